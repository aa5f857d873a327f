"""Requests split over groups of GPUs that share the experts: what a group holds, computes and waits for, by hand."""

import numpy as np
import pandas as pd
import pytest

from costmodel.errors import InfeasibleDeploymentError, InputError
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator, split_requests
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress.replay.costs import costs_of


def where(groups, model="deepseek-r1", **options):
    options = {"ranks": 8, "expert_ranks": 8, "engine": "tensorrt-llm", "weight_dtype": "nvfp4"} | options
    return resolve_deployment(model, "b200-sxm", attention_groups=groups, **options)


def step(groups, batch, **options):
    return build_evaluator(where(groups, **options), load_scheme("fp8"), np.array([float(batch)]), np.array([4096.0]))


@pytest.mark.parametrize(("batch", "of_group", "busy"), [(256, 32, 8), (8, 1, 8), (4, 1, 4), (12, 1.5, 8), (1, 1, 1)])
def test_requests_are_spread_evenly_over_the_groups(batch, of_group, busy):
    shares = split_requests(where(8), np.array([float(batch)]))
    assert [share.item() for share in shares] == [of_group, busy]


def test_a_group_computes_its_own_tokens_and_the_experts_those_of_all():
    split, whole = step(8, 256), step(1, 256)
    assert split["forward_tokens"].item() == 32 and split["expert_tokens"].item() == 256
    assert split["expert_choices"].max() == whole["expert_choices"].max() == 256 * 8
    assert split["expert_weights"].max() == pytest.approx(whole["expert_weights"].max())
    assert split["batch_of_groups"].item() == whole["batch_of_groups"].item() == 256


def test_every_group_holds_attention_and_an_eighth_of_the_experts():
    """61 layers of DeepSeek R1 hold 187 M weights of attention, 58 a shared expert of 44 M and the others 8 experts' width of
    dense layers of 396 M; an embedding and a head of 0.93 G each. Split eight ways, 7/8 of them would lie elsewhere."""
    split, whole = (step(groups, 256)["memory_weights"].item() for groups in (8, 1))
    narrow = 0.5 + 1 / 16  # bytes of a weight in nvfp4, its scale of a block of 16 included
    attention, shared, dense = 61 * 187.1e6, 58 * 44.0e6, 3 * 396.4e6
    expected = 7 / 8 * ((attention + shared + dense) * narrow + 2 * 0.927e9 * 2)
    assert split - whole == pytest.approx(expected, rel=0.08)


def test_pools_of_all_groups_add_up():
    """A latent cache is whole on every GPU: eight groups hold eight times the tokens of one pool, less their weights."""
    split, whole = step(8, 256), step(1, 256)
    pools = [e["memory_pool"].item() for e in (split, whole)]
    tokens = [e["pool_tokens"].item() for e in (split, whole)]
    assert tokens[0] / tokens[1] == pytest.approx(8 * pools[0] / pools[1], rel=1e-3)
    assert split["max_batch"].item() > 6 * whole["max_batch"].item()


def test_rows_are_gathered_and_scattered_in_place_of_two_reductions():
    """256 rows of 7,168 numbers of 2 bytes: 3.67 MB, of which 7/8 pass twice."""
    split, whole = step(8, 256), step(1, 256)
    assert whole["exchange_time"].item() == 0 and split["all_reduce_time"].item() == 0
    names = ("reduce_launch", "reduce_hop", "reduce_efficiency", "link_bandwidth")
    launch, hop, efficiency, bandwidth = (split[name].item() for name in names)
    wire = 2 * 256 * 7168 * 2 * 7 / 8 / (efficiency * bandwidth)
    assert split["exchange_time"].item() == pytest.approx(2 * (launch + 3 * hop) + wire)
    assert split["communication_step_time"].item() == pytest.approx(58 * split["exchange_time"].item())


def test_throughput_is_that_of_all_groups():
    split = step(8, 256)
    assert split["throughput"].item() == pytest.approx(256 / split["step_time"].item())
    assert split["device_time"].item() == pytest.approx(8 * split["step_time"].item() / 256)
    few = step(8, 4)
    assert few["throughput"].item() == pytest.approx(4 / few["step_time"].item())


@pytest.mark.parametrize(("together", "delayed"), [(0.0, 1 - 0.9**8), (1.0, 0.1)])
def test_a_prompt_in_any_group_delays_all_unless_they_come_together(together, delayed):
    """102.4 running over 8 groups, outputs of 128: a tenth of a prompt a step in each."""
    from costmodel.evaluation.assemble.evaluator import Evaluator
    from costmodel.evaluation.compile.compiled import load_formulas

    values = {"running": 102.4, "generated": 128.0, "prompts": 1.0, "ranks": 1.0, "expert_gpus": 8.0}
    loop = Evaluator(values | {"groups_in_step": together}, load_formulas().formulas)
    assert loop["prompts_per_step"].item() == pytest.approx(delayed)


def test_one_group_is_what_no_group_was():
    points = pd.DataFrame(
        {
            "model": "deepseek-r1", "gpu": "b200-sxm", "engine": "tensorrt-llm", "weight_dtype": "nvfp4", "tp": 8, "batch": 64,
            "attention_dp": [1, np.nan], "mode": "serving", "prompt_len": 1024, "gen_len": 256,
        }
    )  # fmt: skip
    one, none = predict(points)[0].to_dict("records")
    assert one["tpot_ms"] == none["tpot_ms"] and one["max_batch"] == none["max_batch"]


@pytest.mark.parametrize(
    ("model", "ranks", "groups", "words"),
    [
        ("llama-8b", 2, 2, "--attention-dp: expected 1, got 2: without experts, which llama-3.1-8b lacks, groups share nothing"),
        ("deepseek-r1", 8, 3, "--attention-dp: expected a divisor of the 8 GPUs .* valid --attention-dp values: 1, 2, 4, 8"),
        ("deepseek-r1", 16, 16, "--attention-dp: expected a divisor of the 16 GPUs .* at most the 8 of one node, got 16"),
    ],
)  # fmt: skip
def test_groups_that_cannot_be_are_refused_in_words(model, ranks, groups, words):
    with pytest.raises(InfeasibleDeploymentError, match=words):
        resolve_deployment(model, "b200-sxm", ranks=ranks, attention_groups=groups, engine="tensorrt-llm")


def test_replays_refuse_groups_in_words():
    with pytest.raises(
        InfeasibleDeploymentError, match="--attention-dp 8: requests split over groups are not replayed"
    ):
        costs_of(where(8), load_scheme("fp8"))


def test_data_parallel_names_what_is_modelled():
    with pytest.raises(InputError, match="row 1: dp: data parallel .*attention_dp"):
        predict(pd.DataFrame({"model": ["deepseek-r1"], "gpu": "b200-sxm", "dp": [8]}))


def test_the_label_says_how_requests_are_split():
    assert "(experts over 8, requests over 8 groups)" in where(8).label
