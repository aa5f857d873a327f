"""Small parts of evaluation by hand: axes, blocks of work, gaps of a table, types of products, verdicts, rates of arrival."""

import shutil

import numpy as np
import pandas as pd
import pytest
import sympy as sp

from costmodel.errors import CostModelError, InfeasibleDeploymentError, InputError
from costmodel.evaluation.ask import kernels, table_io
from costmodel.evaluation.ask.blocks import blocks_of
from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.load import (
    STEADY,
    Load,
    binding_term_under_load,
    load_pool,
    serve_load,
    served_rate,
)
from costmodel.evaluation.ask.open_load import load_at_rate
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.point_table import complete_points
from costmodel.evaluation.ask.shares import _add, _edges
from costmodel.evaluation.ask.step import largest_term
from costmodel.evaluation.ask.sweep_axes import default_context
from costmodel.evaluation.ask.verdicts import VERDICTS, is_absent, verdict_codes, within_limit
from costmodel.evaluation.assemble.axes import as_leading, drop_model_axes, layer_column, validate_axis, with_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.expert_parallel import check_expert_ranks
from costmodel.evaluation.assemble.products import _fit, is_cast_before, weight_types
from costmodel.evaluation.assemble.routing import routing_exponent
from costmodel.evaluation.compile import numpy_source, sources
from costmodel.evaluation.compile.c_compiler import _compile
from costmodel.evaluation.compile.compiled import load_formulas, load_scheme
from costmodel.facts.engines import covers
from costmodel.language.functions import PNorm

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")


def test_model_axes_stand_behind_those_of_the_caller():
    numbers = [1.0, 2.0, 3.0]
    shapes = [with_model_axes(*arguments).shape for arguments in
              ((1.0,), (numbers,), (numbers, "layer_group"), (numbers, "product"), ([numbers, numbers],))]  # fmt: skip
    assert shapes == [(1, 1), (3, 1, 1), (3, 1), (1, 3), (2, 3, 1, 1)]
    assert as_leading(numbers).shape == (3, 1, 1) and as_leading(np.ones((3, 1, 1))).shape == (3, 1, 1)
    assert as_leading(np.ones((3, 2))).shape == (3, 2, 1, 1) and as_leading(5.0).shape == (1, 1)
    assert drop_model_axes(np.ones((3, 1, 1))).shape == (3,) and drop_model_axes(numbers).tolist() == numbers
    assert layer_column(np.arange(12.0).reshape(2, 3, 2)).tolist() == [0, 2, 4] and layer_column(7.0).tolist() == [7]


def test_bounds_of_an_axis():
    assert validate_axis("x", 3).tolist() == [3] and validate_axis("x", [0, 1], positive=False).tolist() == [0, 1]
    assert validate_axis("x", [2, 5], low=2, high=5).tolist() == [2, 5]
    for bad, due in (
        ([0, 1], "above 0, got 0.0"),
        ([1, np.nan], "got nan"),
        ([], "got nothing"),
        ([np.inf], "got inf"),
    ):
        with pytest.raises(InputError, match=due):
            validate_axis("x", bad)
    with pytest.raises(InputError, match="numbers from 2, at most 5, got 6.0"):
        validate_axis("x", [3, 6], low=2, high=5, positive=False)
    with pytest.raises(InputError, match="got 1.0"):
        validate_axis("x", [1], low=2)


def test_work_is_cut_into_blocks():
    found = [(b.batches.start, b.batches.stop, b.contexts.start, b.contexts.stop) for b in blocks_of(HERE, 5, 3, 6)]
    assert found == [(0, 2, 0, 3), (2, 4, 0, 3), (4, 5, 0, 3)]
    assert len(list(blocks_of(HERE, 5, 3))) == 1 and len(list(blocks_of(HERE, 2, 3, 1))) == 2
    wide = [(b.contexts.start, b.contexts.stop) for b in blocks_of(HERE, 1, 16_385)]
    assert wide == [(0, 16_384), (16_384, 16_385)] and len(list(blocks_of(HERE, 4_097, 1))) == 2


def test_default_contexts_end_at_the_models_limit():
    assert default_context([HERE]) == tuple(2**k for k in range(10, 18))
    short = resolve_deployment("llama-3-8b", "h100-sxm", ranks=1)
    assert default_context([HERE, short]) == (1024, 2048, 4096, 8192)


def test_cells_of_a_map():
    assert _edges(10, 4).tolist() == [0, 2, 5, 7] and _edges(3, 10).tolist() == [0, 1, 2]
    counts = np.zeros((len(VERDICTS), 2, 2), dtype=np.uint32)
    codes = np.array([[0, 2, 2], [0, 0, 2], [1, 1, 1]], dtype=np.int8)
    for _ in range(2):
        _add(counts, codes, np.array([0, 0, 1]), np.array([0, 0, 1]))
    assert counts[:3].tolist() == [[[6, 0], [0, 0]], [[0, 0], [4, 2]], [[2, 4], [0, 0]]]


def test_verdicts_at_their_bounds():
    low, high = np.array([1.0, 1.01, 0.5, 0.5, 0.5]), np.array([1.5, 1.5, 1.0, 0.99, 1.5])
    assert list(VERDICTS[verdict_codes(low, high)]) == ["cannot tell", "wins", "cannot tell", "loses", "cannot tell"]
    fits = np.array([True, False, True, True, True])
    assert list(VERDICTS[verdict_codes(low, high, fits)])[:2] == ["cannot tell", "does not fit"]
    ideal = np.array([1.0, 1.01, np.nan, 0.9, 1.01])
    due = ["cannot tell", "needs kernel", "cannot tell", "loses", "needs kernel"]
    assert list(VERDICTS[verdict_codes(low, high, None, ideal)]) == due
    codes = within_limit(np.array([2, 2]), np.array([100.0, 101.0]), 100.0)
    assert list(VERDICTS[codes]) == ["wins", "beyond context limit"]
    assert is_absent(np.array(["wins", "does not fit", "beyond context limit"], dtype=object)).tolist() == [
        False,
        True,
        True,
    ]


def test_the_largest_term():
    terms = {"a": np.array([1.0, 5.0, 2.0]), "b": np.array([3.0, 5.0, 1.0]), "c": np.array(2.5)}
    assert largest_term(terms).tolist() == ["b", "a", "c"]


def test_versions_that_are_known():
    from packaging.version import Version

    assert covers(">=0.20,<0.24", Version("0.23.1")) and not covers(">=0.20,<0.24", Version("0.24.0"))
    assert (
        covers("0.24.0", Version("0.24.7"))
        and not covers("0.24.0", Version("0.25.0"))
        and not covers("0.24", Version("1.24"))
    )
    assert covers("any", Version("9"))


ROW = {"model": "llama-3.1-8b", "gpu": "h100-sxm"}


def complete(*rows, mode=None):
    return complete_points(pd.DataFrame([ROW | row for row in rows]), "points", mode)


def test_gaps_of_a_table():
    frame, words = complete({"prompt_len": 1000.0, "gen_len": 100.0}, {"gen_len": 50.0})
    assert frame["context"].tolist() == [1050, 1049] and frame["prompt_len"].tolist() == [1000, 1024]
    assert (
        "prompt_len = 1024 where empty" in words
        and "batch = 1" in words
        and "context = prompt_len + gen_len / 2" in words
    )
    frame, words = complete({"context": 500.0, "gen_len": 10.0})
    assert frame["prompt_len"].tolist() == [500] == frame["context"].tolist() and "prompt_len = context" in words
    frame, words = complete({"prompt_len": 1000.0, "gen_len": 100.0, "batch": 4}, mode="serving")
    row = frame.iloc[0]
    assert np.isnan(row["context"]) and (row["concurrency"], row["num_prompts"], row["hit_rate"]) == (4, 40, 0)
    assert "concurrency = batch" in words and "context = mean of running requests" in words
    frame, _ = complete({"gen_len": 9.0, "mode": "serving", "rate": 2.0}, {"gen_len": 9.0, "mode": "static"})
    assert frame["rate"].tolist()[0] == 2 and frame["context"].isna().tolist() == [True, False]
    _, words = complete({"rate": 2.0})
    assert "rate: not used, mode = static has no load" in words
    mistakes = [({"gen_len": 0, "mode": "serving"}, "gen_len must be greater than 0"),
                ({"gen_len": 9, "mode": "serving", "rate": 1.0, "concurrency": 2.0}, "give concurrency or rate"),
                ({"gen_len": 9, "mode": "serving", "num_prompts": 3.0, "concurrency": 4.0}, "at least the concurrency, 4, got 3"),
                ({"mode": "disaggregated"}, "is not modelled")]  # fmt: skip
    for row, due in mistakes:
        with pytest.raises(InputError, match=due):
            complete({"gen_len": 1.0}, row)
    assert complete({"gen_len": 9, "mode": "serving", "num_prompts": 4.0, "concurrency": 4.0})[0]["num_prompts"][0] == 4


def test_experts_are_divided_among_the_gpus_of_a_node():
    model = resolve_deployment("qwen3-30b-a3b", "h100-sxm", ranks=1).model  # 128 experts
    assert check_expert_ranks(model, 4, None) == check_expert_ranks(model, 4, 1) == 1
    assert [check_expert_ranks(model, 8, n) for n in (2.0, 4.0, 8.0)] == [2, 4, 8]
    for ranks, expert_ranks, due in (
        (8, 3, "valid --ep values: 1, 2, 4, 8"),
        (16, 16, "at most 8"),
        (4, 8, "valid --ep values: 1, 2, 4"),
    ):
        with pytest.raises(InfeasibleDeploymentError, match=due):
            check_expert_ranks(model, ranks, expert_ranks)
    with pytest.raises(InfeasibleDeploymentError, match="has no experts"):
        check_expert_ranks(HERE.model, 2, 2)


def test_names_of_routings():
    assert routing_exponent("balanced") is routing_exponent("independent") is None
    assert routing_exponent("power_law_1.2") == 1.2
    for name in ("power_law_1", "power_law_2.0", "power_law_3", "power_law_0", "power_law_", "even"):
        with pytest.raises(Exception, match="exponent not 0, 1, 2 or 3"):
            routing_exponent(name)


def test_types_of_products():
    narrow = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm", weight_dtype="fp8")
    types = dict(zip(load_formulas().products, weight_types(narrow), strict=True))
    assert types["qkv"] == types["up"] == types["down"] == types["attention_out"] == "fp8"
    assert types["head"] == types["router"] == "bfloat16"
    # one by one a narrow product also pays the host; in a graph 16 bit's floor and one kernel of 2 us more, at most
    wide, tabled = (HERE.profile.gemm(name)[0]["gemm_launch"] for name in ("bfloat16", "fp8"))
    assert _fit(narrow, "fp8", False, 0.0)["gemm_launch"] == min(tabled, wide)
    assert _fit(narrow, "fp8", False, 1.0)["gemm_launch"] == tabled
    assert _fit(narrow, "bfloat16", False, 0.0)["gemm_launch"] == wide


def test_an_input_that_the_kernel_before_casts_is_not_cast_again():
    """vLLM casts in norms and activations, not in attention: its output projection alone pays for a kernel that casts."""
    narrow = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm", weight_dtype="fp8")
    cast_before = [name for name in load_formulas().products if is_cast_before(narrow, "fp8", name)]
    assert cast_before == ["qkv", "query_up", "latent", "mixer", "up", "down"]
    cast, apart = (_fit(narrow, "fp8", is_cast, 2e-6) for is_cast in (True, False))
    assert cast["gemm_launch"] == HERE.profile.gemm("bfloat16")[0]["gemm_launch"] < apart["gemm_launch"]
    assert cast["gemm_input_cast_passes"] == 0 < apart["gemm_input_cast_passes"]
    assert cast["gemm_efficiency"] == apart["gemm_efficiency"]


def test_attention_over_a_latent_casts_for_nobody():
    """Its results come out of the latent through a product first."""
    plain, latent = (
        resolve_deployment(model, "b200-sxm", ranks=8, engine="tensorrt-llm", weight_dtype="fp8")
        for model in ("llama-3.1-70b", "deepseek-v3")
    )
    assert is_cast_before(plain, "fp8", "attention_out") and not is_cast_before(latent, "fp8", "attention_out")
    assert is_cast_before(latent, "fp8", "down") and not is_cast_before(plain, "bfloat16", "down")


def test_columns_are_in_their_units():
    passes, baseline = (build_passes(HERE, load_scheme(s), 8.0, 8192.0) for s in ("fp8", "none"))
    columns = compute_columns(passes, baseline)
    step, prompt = passes.step, passes.prompt
    assert columns["tpot_ms"] == pytest.approx(1e3 * step["step_time"].item())
    assert columns["ttft_ms"] == pytest.approx(1e3 * prompt["prefill_time"].item())
    spread = np.exp(1.6448536269514722 * prompt["prefill_time_spread"].item())
    assert columns["ttft_ms_hi"] == pytest.approx(columns["ttft_ms"] * spread)
    assert columns["throughput_tok_s_lo"] == pytest.approx(8e3 / columns["tpot_ms_hi"])
    assert columns["throughput_tok_s_hi"] == pytest.approx(8e3 / columns["tpot_ms_lo"])
    assert columns["ttft_ratio"] == pytest.approx(
        baseline.prompt["prefill_time"].item() / prompt["prefill_time"].item()
    )
    # tokens of the baseline's cache: 32 layers x 8 heads x 8 sequences x 8,192
    attention = step["attention_step_time"].item()
    assert columns["kernel_ns"] == pytest.approx(1e9 * attention / (32 * 8 * 8 * 8192))
    allowed = baseline.step["step_time"].item() - (step["step_time"].item() - attention)
    assert columns["kernel_budget_ns"] == pytest.approx(1e9 * allowed / (32 * 8 * 8 * 8192))
    two = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=2, engine="vllm")
    shared = compute_columns(build_passes(two, load_scheme("none"), 1.0, 8192.0))
    assert shared["kv_bytes_per_sequence"] == 2**30 and shared["kv_bytes_per_token_per_gpu"] == 65_536


LOAD = Load(*(np.array([x]) for x in (12.0, 1000.0, 200.0, 0.5, np.nan)))


def test_a_load_holds_the_mean_context_of_those_that_run():
    context, _ = load_pool(HERE, load_scheme("none"), LOAD)
    assert context.tolist() == [1000 + 200 * 1.25 / 2]
    stated, _ = load_pool(HERE, load_scheme("none"), Load(*(np.array([x]) for x in (16.0, 1000.0, 200.0, 0.5, 700.0))))
    assert stated.tolist() == [700]
    assert LOAD.at(np.array([0.2])).concurrency.tolist() == [1] and LOAD.at(np.array([5.0])).concurrency.tolist() == [5]


def test_a_rate_is_what_its_requests_in_flight_serve():
    scheme = load_scheme("none")
    served = served_rate(HERE, scheme, LOAD)
    loop = serve_load(HERE, scheme, LOAD).loop
    assert served == pytest.approx(drop_model_axes(loop["served_throughput"]) / 200)
    found = load_at_rate(HERE, scheme, LOAD, served)
    assert found.concurrency == pytest.approx([12], rel=1e-6) and found.waves == STEADY
    none = load_at_rate(HERE, scheme, LOAD, np.array([np.nan]))
    assert none.concurrency.tolist() == [12] and none.waves == STEADY
    assert np.isinf(load_at_rate(HERE, scheme, LOAD, np.array([1e6])).concurrency).all()


def test_what_binds_under_load():
    scheme = load_scheme("none")
    assert binding_term_under_load(serve_load(HERE, scheme, LOAD)).tolist() == ["matrix-memory"]
    long = Load(*(np.array([x]) for x in (16.0, 30_000.0, 2.0, 0.0, np.nan)))
    assert binding_term_under_load(serve_load(HERE, scheme, long)).tolist() == ["prefill"]


def test_the_workload_of_an_evaluator():
    evaluator = build_evaluator(HERE, load_scheme("none"), 4.0, 2000.0)
    assert [evaluator[name].item() for name in ("batch", "context", "forward_tokens", "head_rows")] == [4, 2000, 4, 4]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_what_a_compiler_refuses_is_said_in_its_words():
    with pytest.raises(CostModelError, match=r"failed: \['.*loop\.c.*'\]$"):
        _compile(["cc"], "int seven(void) { return x; }")


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_a_table_is_written_in_the_format_that_its_name_says(name, tmp_path):
    table = pd.DataFrame({"batch": [1.5, 2.0], "model": ["a, b", "c"]})
    table_io.write(table, str(tmp_path / name))
    read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
    pd.testing.assert_frame_equal(read(tmp_path / name), table)


def test_numbers_of_another_kernel_pass_through_a_table_of_calls():
    calls = pd.DataFrame({"gpu": ["h100-sxm"], "m": [16], "n": [4096], "k": [4096], "window": ["none"]})
    predicted, _ = kernels.predict(calls, "gemm", "calls", False)
    assert predicted["window"].tolist() == ["none"] and predicted["latency_us"].item() > 0
    with pytest.raises(InputError, match="row 1: num_heads is no multiple of num_kv_heads"):
        heads = {
            "gpu": ["h100-sxm"],
            "batch": [1],
            "num_heads": [12],
            "num_kv_heads": [8],
            "head_dim": [128],
            "context": [64],
        }
        kernels.predict(pd.DataFrame(heads), "decode-attention", "calls", False)


def test_printed_norms_are_norms_whatever_their_power():
    """(1 + 2^4)^(1/4) has a form of its own; (1 + 2^3)^(1/3) and (3^4 + 2^4)^(1/4) do not take it."""
    x, y = sp.symbols("x y", positive=True)
    norms = {"a": PNorm(1, x, 4), "b": PNorm(1, x, 3), "c": PNorm(y, x, 4), "d": PNorm(x, y, -1), "e": PNorm(y, x, 2)}
    module: dict = {}
    exec(numpy_source.HEADER + numpy_source.table_source("NORMS", norms), module)
    numbers = {"x": 2.0, "y": 3.0}
    found = {
        name: float(function(*(numbers[read] for read in reads)))
        for name, (function, reads, _) in module["NORMS"].items()
    }
    due = {"a": 17**0.25, "b": 9 ** (1 / 3), "c": 97**0.25, "d": 1.2, "e": 13**0.5}
    assert found == pytest.approx(due, rel=1e-12)


def test_a_digest_is_the_beginning_of_sha_256():
    assert (
        sources._digest(b"") == "e3b0c44298fc1c14"
    )  # e3b0c442 98fc1c14 9afbf4c8 …, of nothing (FIPS 180-4 test vectors)
