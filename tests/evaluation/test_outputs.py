"""What is said of a scheme hangs together: columns agree with each other, with the baseline, and with a hand's count."""

import numpy as np
import pytest

from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.step import waterfall
from costmodel.evaluation.ask.sweep_axes import DEFAULT_SCHEMES
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme, load_terms

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)
BATCH, CONTEXT = [1, 8, 64], [1024, 8192, 65536]


@pytest.fixture(scope="module")
def grid_result():
    return grid(HERE, scheme=DEFAULT_SCHEMES, batch=BATCH, context=CONTEXT, outputs="all")


def test_every_number_is_finite_and_no_time_is_negative(grid_result):
    for name, values in grid_result.columns.items():
        if values.dtype.kind == "f" and not name.startswith("speedup_capacity"):
            assert np.isfinite(values).all(), name
        if name.endswith("_time"):
            assert (values >= -1e-15).all(), name


def test_the_baseline_against_itself_is_one_without_doubt(grid_result):
    for name in ("speedup", "speedup_lo", "speedup_hi", "speedup_capacity", "speedup_capacity_lo"):
        values = grid_result.column(name, "none")
        assert (values[np.isfinite(values)] == 1).all(), name


def test_intervals_hold_their_value(grid_result):
    for name in ("tpot_ms", "ttft_ms", "throughput_tok_s", "speedup", "speedup_capacity"):
        low, middle, high = (grid_result.columns[f"{name}{end}"] for end in ("_lo", "", "_hi"))
        known = np.isfinite(middle)
        assert ((low <= middle) & (middle <= high))[known].all(), name


def test_throughput_is_batch_over_step(grid_result):
    due = grid_result.batch[:, None] / (grid_result.column("tpot_ms", "fp8") / 1e3)
    assert grid_result.column("throughput_tok_s", "fp8") == pytest.approx(due)


def test_speedup_is_the_ratio_of_the_step_times(grid_result):
    due = grid_result.column("tpot_ms", "none") / grid_result.column("tpot_ms", "int4")
    assert grid_result.column("speedup", "int4") == pytest.approx(due)


def test_capacity_is_the_ratio_of_throughputs_at_own_batches(grid_result):
    ours, theirs = (grid_result.column("throughput_at_max_batch_tok_s", s) for s in ("kivi-2bit", "none"))
    assert grid_result.column("speedup_capacity", "kivi-2bit") == pytest.approx(ours / theirs)


def test_memory_of_a_gpu_adds_up_to_what_the_runtime_sees(grid_result):
    used = sum(grid_result.column(f"memory_{n}_bytes", "none") for n in ("weights", "workspace", "pool", "reserve"))
    peak = np.maximum(grid_result.column("memory_activations", "none"), grid_result.column("memory_logits", "none"))
    assert used + peak == pytest.approx(HERE.gpu.numbers["memory_visible"])


def test_the_waterfall_sums_to_the_step_and_names_what_binds():
    step = build_passes(HERE, load_scheme("kivi-2bit"), 8.0, 32768.0).step
    terms = waterfall(lambda name: drop_model_axes(step[name]))
    assert sum(terms.values()).item() == pytest.approx(step["step_time"].item(), rel=1e-12)
    assert set(terms) == {term.name for term in load_terms()}


def test_llama_8b_by_hand():
    # 8.03e9 weights at 2 bytes; 32 layers x 8 heads x 128 x 2 x 2 B = 131,072 B a token; 8,192 tokens are 1 GiB.
    columns = compute_columns(build_passes(HERE, load_scheme("none"), 1.0, 8192.0))
    assert columns["memory_weights_bytes"] == pytest.approx(16.06e9, rel=1e-3)
    assert columns["kv_bytes_per_token"] == 131_072
    assert columns["kv_bytes_per_sequence"] == 2**30
    assert columns["max_batch_memory"] == columns["kv_pool_bytes"] // 2**30
    assert columns["kv_pool_tokens"] % 16 == 0


def test_a_batch_that_does_not_fit_is_marked(grid_result):
    fits = grid_result.column("fits", "none")
    assert fits[0].all() and not fits[2, 2]
    assert (grid_result.batch[:, None] <= grid_result.column("max_batch_memory", "none"))[fits].all()


def test_requests_of_spread_length_hold_their_age():
    # prompt 700, output 1,024 of CV 1: a resident request has 1,024 x (1 + 1) / 2 = 1,024 tokens of output behind it
    spread = build_passes(HERE, load_scheme("none"), 1.0, 1212.0, 700.0, 1024.0, 1.0).pool
    exact = build_passes(HERE, load_scheme("none"), 1.0, 1212.0, 700.0, 1024.0, 0.0).pool
    assert spread["resident_tokens"].item() == 700 + 1024
    assert exact["resident_tokens"].item() == 700 + 512
    assert spread["max_batch_memory"].item() < exact["max_batch_memory"].item()


def test_tensorrt_reserves_the_whole_output():
    there = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="tensorrt-llm")
    assert build_passes(there, load_scheme("none"), 1.0, 1212.0, 700.0, 1024.0).pool["resident_tokens"].item() == 1724


def test_an_uncalibrated_gpu_says_so_and_is_less_sure():
    there = resolve_deployment("llama-3.1-8b", "mi300x", ranks=1)
    sure, unsure = (
        compute_columns(build_passes(d, load_scheme("none"), 8.0, 8192.0))["step_spread"] for d in (HERE, there)
    )
    assert there.profile.origin == "ideal" and HERE.profile.origin == "measured" and unsure > 2 * sure


def test_a_relative_lends_its_kernels_with_a_wider_interval():
    lent = resolve_deployment("llama-3.1-8b", "h100-pcie", ranks=1)
    assert lent.profile.origin == "inherited" and lent.profile.id == "h100-sxm--vllm"
    ours, theirs = (
        compute_columns(build_passes(d, load_scheme("none"), 8.0, 8192.0))["step_spread"] for d in (HERE, lent)
    )
    assert theirs > ours
