"""A decode step: told twice it is the same, it grows where it must, and far out it streams at the device's speed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.compiled import load_terms
from costmodel.facts import profiles

MODELS = ("llama-3.1-8b", "gemma-3-27b", "qwen3-30b-a3b", "jamba-v0.1", "deepseek-v2-lite")
SCHEMES = ("none fp8 kivi-2bit h2o quest turboquant-3bit hf-quantized snapkv streaming-llm kvquant-4bit").split()
BOUND = [quantity for term in load_terms() for quantity in term.quantities]
BATCH = np.array([1.0, 2, 4, 8, 16, 32, 64, 128, 256, 512])[:, None]  # odd rows cost more than the next sixteen
CONTEXT = np.array([1.0, 100, 127, 1024, 1025, 4096, 8192, 20000, 131072])[None, :]


def table(model, scheme, batch=BATCH, context=CONTEXT, ranks=1, gpu="h200-sxm", **options):
    made_for = resolve_deployment(model, gpu, ranks=ranks).with_options(profile=profiles.ideal())
    return build_evaluator(made_for, compiled.load_scheme(scheme), batch, context, **options)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("model", MODELS)
def test_what_binds_adds_up_to_the_step(model, scheme):
    evaluator = table(model, scheme)
    whole = sum(evaluator[name] for name in BOUND)
    assert np.isfinite(whole).all()
    np.testing.assert_allclose(whole, evaluator["step_time"], rtol=1e-12)
    assert all((evaluator[name] >= -1e-15).all() for name in BOUND)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_conversion_is_part_of_what_the_multiprocessors_do(scheme):
    evaluator = table("llama-3.1-8b", scheme)
    assert (evaluator["conversion_bound_time"] <= evaluator["sm_bound_time"] * (1 + 1e-12)).all()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("model", MODELS)
def test_more_work_never_takes_less_time(model, scheme):
    step = table(model, scheme)["step_time"][..., 0, 0]
    assert (np.diff(step, axis=0) > 0).all(), "more sequences"
    assert (np.diff(step, axis=1) >= -1e-15).all(), "more history"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("model", MODELS)
def test_a_longer_context_never_takes_less_room(model, scheme):
    evaluator = table(model, scheme, batch=1.0)
    size = evaluator["local_sequence_size"].ravel()
    assert (np.diff(size) >= 0).all()
    assert (np.diff(evaluator["max_batch"].ravel()) <= 0).all()


@given(st.floats(1, 4096), st.floats(1, 2e6))
@pytest.mark.parametrize("scheme", ["none", "kivi-2bit", "h2o"])
def test_time_is_positive_and_throughput_its_inverse(scheme, batch, context):
    evaluator = table("llama-3.1-8b", scheme, batch, context)
    assert evaluator["step_time"].item() > 0
    assert evaluator["throughput"].item() * evaluator["step_time"].item() == pytest.approx(batch, rel=1e-12)


SIXTEEN = """
name = "Nothing changed"
source = "this test"
[knobs.width]
meaning = "Bits of a number"
default = 16
low = 1
high = 16
[[mechanism]]
kind = "quantize"
bits = "width * bit"
"""


def test_sixteen_bits_are_no_compression(data_folder):
    (data_folder / "schemes" / "wide.toml").write_text(SIXTEEN)
    same, plain = table("llama-3.1-8b", "wide"), table("llama-3.1-8b", "none")
    for name in ("step_time", "max_batch", "throughput", "local_sequence_size", "prefill_time", "step_spread"):
        np.testing.assert_array_equal(same[name], plain[name])


def test_fewer_bits_never_take_more_bytes_or_time(data_folder):
    # Decoding at no cost, since a narrower codec takes more work for each number.
    (data_folder / "schemes" / "wide.toml").write_text(SIXTEEN + "decode_instructions = 0\n")
    evaluators = [table("llama-3.1-8b", f"wide[width={bits}]", 64.0, 8192.0) for bits in (1, 2, 3, 4, 6, 8, 12, 16)]
    for name in ("local_sequence_size", "attention_traffic", "kv_bytes_per_token", "step_time"):
        assert (np.diff([evaluator[name].item() for evaluator in evaluators]) > 0).all(), name
    assert (np.diff([evaluator["max_batch_memory"].item() for evaluator in evaluators]) < 0).all()


def test_the_baseline_redefines_nothing():
    assert compiled.load_scheme("none").slots == {} and compiled.load_scheme("gqa").slots == {}


def test_far_out_a_token_costs_its_bytes_over_the_bandwidth():
    far = 1e9
    near, double = (table("llama-3.1-8b", "none", 1.0, context) for context in (far, 2 * far))
    time_per_token = (double["step_time"] - near["step_time"]).item() / far
    numbers = {name: near[name].item() for name in (
        "hbm_bandwidth", "hbm_efficiency", "l2_speedup", "overlap", "token_cost", "token_cost_doubling_heads", "sms",
        "occupancy_sharpness", "max_extra_splits", "group_size",
    )}  # fmt: skip
    # A token of a layer is 8 heads × (128 + 128) × 2 bytes, read once from memory and once through L2.
    memory = 8 * 256 * 2 / numbers["hbm_bandwidth"] * (1 / numbers["hbm_efficiency"] + 1 / numbers["l2_speedup"])
    # Eight work units of four query heads, split as often as they may, occupy the multiprocessors.
    units, sms, q = 8 * (1 + numbers["max_extra_splits"]), numbers["sms"], numbers["occupancy_sharpness"]
    busy = (units**-q + sms**-q) ** (-1 / q)
    streaming = (
        numbers["token_cost"] * (1 + (numbers["group_size"] - 1) / numbers["token_cost_doubling_heads"]) * 8 / busy
    )
    p = numbers["overlap"]
    assert numbers["group_size"] == 4
    assert time_per_token == pytest.approx(32 * (memory**p + streaming**p) ** (1 / p), rel=1e-6)


def test_one_sequence_takes_no_batched_path():
    single, two = (table("llama-3.1-8b", "none", batch, 8192.0) for batch in (1.0, 2.0))
    assert single["attention_floor"].item() == pytest.approx((single["attention_launch"] + single["combine_cost"] * (
        1 - single["work_units"] / single["active_sms"])).item())  # fmt: skip
    assert two["attention_floor"].item() > two["attention_launch"].item() + two["batch_cost"].item()


@pytest.mark.parametrize("ranks", [1, 2, 4, 8])
def test_one_gpu_reduces_nothing(ranks):
    evaluator = table("llama-3.1-8b", "none", 8.0, 8192.0, ranks=ranks)
    assert (evaluator["communication_step_time"].item() > 0) == (ranks > 1)


def test_conversion_work_is_counted_once_a_number():
    # The work of a number, for keys and values alike, is charged once a number and not twice.
    evaluator = table("llama-3.1-8b", "fp8", 1.0, 8192.0)
    assert evaluator["fp8_work"].item() > 0
    assert evaluator["conversion_work"].item() == pytest.approx(evaluator["fp8_work"].item())
    assert table("llama-3.1-8b", "int4", 1.0, 8192.0)["encode_work"].item() == pytest.approx(6)


def test_a_measured_format_pays_its_conversion_only_once():
    # Where the profile was measured with this very format, the conversion is in its token cost already.
    evaluator = table("llama-3.1-8b", "fp8", 1.0, 8192.0)
    assert evaluator["codec_is_measured"].item() == 1 and evaluator["conversion_cost"].item() == 0


def test_an_unfused_codec_reads_sixteen_bits_in_attention():
    evaluator, plain = table("llama-3.1-8b", "hf-quantized", 8.0, 8192.0), table("llama-3.1-8b", "none", 8.0, 8192.0)
    assert evaluator["attention_traffic"].item() == plain["attention_traffic"].item()
    assert evaluator["conversion_cost"].item() == 0
    assert evaluator["decode_pass_time"].item() > 0 and evaluator["step_time"].item() > plain["step_time"].item()


def test_bursts_are_spread_over_the_steps_between_them():
    evaluator = table("llama-3.1-8b", "kivi-2bit", 8.0, 8192.0)
    assert evaluator["flush_encode_time"].item() == pytest.approx(evaluator["encode_time"].item() * 128)
