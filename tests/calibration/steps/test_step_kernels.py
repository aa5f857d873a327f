"""A list of kernels by name gives what a step pays beside products and attention, by a line through its batches."""

from pathlib import Path

import pandas as pd
import pytest

from calibration.kernel_fits.step_kernels import COLUMNS, fit_step_kernels, kind_of, steps_by_kind
from costmodel.errors import InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
COUNT = 32 * 5  # layers, and small kernels of a layer in the engine's file
KERNELS = Path(__file__).parents[4] / "shared" / "data" / "h100_vllm024_kernels.parquet"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("nvjet_tst_64x8_64x16_4x1_v_bz_TNT", "product"),
        ("void cublasLt::splitKreduce_kernel<32, 16>", "product"),
        ("void cutlass::device_kernel<flash::enable_sm90<flash::FlashAttnFwdSm90>>", "attention"),
        ("kernel_unified_attention_3d", "attention"),
        ("reduce_segments", "attention"),
        ("_tq_decode_stage1", "attention"),
        ("void vllm::reshape_and_cache_flash_kernel<bf16>", "write"),
        ("triton_red_fused_rms_norm_0", "small"),
        ("void at::native::index_elementwise_kernel", "small"),
    ],
)
def test_a_kernel_is_told_by_its_name(name, kind):
    assert kind_of(name) == kind


def kernels(batches, floor=100.0, slope=2.0, sampling=(40.0, 0.5)) -> pd.DataFrame:
    """Microseconds of the kernels of a step: two small ones a layer and a write, sampling, a product, attention."""
    rows = []
    for batch in batches:
        step = [
            ("rms_norm", 64, floor + slope * batch), ("reshape_and_cache_flash", 32, 10.0), ("argmax", 1, sampling[0]),
            ("softmax", 2, sampling[1] * batch), ("nvjet_a", 128, 5000.0), ("flash_fwd", 32, 700.0),
        ]  # fmt: skip
        rows += [dict(zip(COLUMNS, ("auto", batch, 1024, *kernel), strict=True)) for kernel in step]
    return pd.DataFrame(rows)


def test_microseconds_are_summed_by_kind():
    (row,) = steps_by_kind(kernels([8]), 32).to_dict("records")
    assert (row["small"], row["write"], row["sampling"]) == (116.0, 10.0, 44.0)
    assert (row["product"], row["attention"], row["device"]) == (5000.0, 700.0, 5870.0)
    assert row["calls"] == 64 + 32 + 1 + 2 + 128 + 32


def test_a_small_kernel_that_runs_less_than_once_a_layer_belongs_to_sampling():
    rows = kernels([8]).assign(calls_a_step=[31, 32, 30, 2, 128, 32])
    (row,) = steps_by_kind(rows, 32).to_dict("records")
    assert row["small"] == 116.0 and row["sampling"] == 44.0, "one of 32 layers may have its kernel fused away"


def test_a_line_by_hand():
    """Small and write: 110 µs and 2 µs a sequence, over 32 × 5 kernels; sampling: 40 µs and half a µs a sequence."""
    fit = fit_step_kernels(DEPLOYMENT, steps_by_kind(kernels([1, 16, 64, 256]), 32), 1.5e-6, "this test")
    assert fit.values["small_floor"] == pytest.approx(110e-6 / COUNT, rel=1e-9)
    assert fit.values["small_efficiency"] == pytest.approx(COUNT * 4 * 2 * 4096 / (2e-6 * 3.35e12), rel=1e-9)
    assert fit.values["sampling_floor"] == pytest.approx(40e-6, rel=1e-9)
    assert fit.values["sampling_efficiency"] == pytest.approx(128_256 * 10 / (0.5e-6 * 3.35e12), rel=1e-9), (
        "10 B a logit"
    )
    assert fit.values["kernel_gap"] == 1.5e-6 and fit.points == 4 and fit.source == "this test"
    assert fit.spread["all"] == 0.05, "names change from model to model: never less"


def test_what_no_line_explains_widens_the_spread():
    rows = steps_by_kind(kernels([1, 16, 64, 256]), 32)
    rows["small"] *= [1.0, 1.3, 1.0, 1.3]
    assert fit_step_kernels(DEPLOYMENT, rows, 1e-6, "x").spread["all"] > 0.05


def test_one_batch_is_too_few():
    with pytest.raises(InputError, match="2 batches at least, got 1"):
        fit_step_kernels(DEPLOYMENT, steps_by_kind(pd.concat([kernels([8]), kernels([8])]), 32), 1e-6, "x")


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(column):
    with pytest.raises(InputError, match=f"{column} is missing"):
        steps_by_kind(kernels([8]).drop(columns=column), 32)


@pytest.mark.skipif(not KERNELS.exists(), reason=f"needs {KERNELS.name}, kernels measured beside the repository")
def test_no_kernel_of_a_real_step_is_lost():
    table = pd.read_parquet(KERNELS)
    steps = steps_by_kind(table, 32)
    assert steps["device"].sum() == pytest.approx(table["us_a_step"].sum(), rel=1e-9)
    assert (steps[["product", "attention", "write", "small", "sampling"]] > 0).all().all()
