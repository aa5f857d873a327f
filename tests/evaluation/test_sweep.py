"""A sweep is labelled, carries units, is cut without a seam, and refuses absurd axes."""

import numpy as np
import pytest

from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.evaluation.ask import blocks, passes
from costmodel.evaluation.ask import grid as grids
from costmodel.evaluation.ask.columns import ALL, DEFAULT
from costmodel.evaluation.ask.sweep import sweep
from costmodel.evaluation.ask.sweep_axes import DIMENSIONS
from costmodel.evaluation.ask.write import check_sweep_target


@pytest.fixture(scope="module")
def data():
    return sweep(
        ["llama-8b", "qwen3-32b"],
        ["h100-sxm", "h200-sxm"],
        ["none", "fp8"],
        [1, 16],
        [1024, 8192],
        outputs="all",
        ranks=2,
    )


def test_dimensions_labels_and_deployments(data):
    assert dict(data.sizes) == {"model": 2, "gpu": 2, "scheme": 2, "batch": 2, "context": 2}
    assert list(data["model"].values) == ["llama-3.1-8b", "qwen3-32b"]
    assert (data["ranks"] == 2).all() and set(data["calibrated"].values.ravel()) == {"measured"}


def test_every_array_has_unit_and_meaning(data):
    for name, array in data.data_vars.items():
        if array.dims == DIMENSIONS:
            assert {"units", "long_name", "latex"} <= set(array.attrs), name
    assert data["step_time"].attrs["units"] == "second" and data["tpot_ms"].attrs["units"] == "ms"
    assert "lower end" in data["speedup_lo"].attrs["long_name"]


def test_longer_contexts_and_larger_batches_take_longer(data):
    assert (data["step_time"].diff("context") > 0).all() and (data["step_time"].diff("batch") > 0).all()


def test_cutting_along_the_context_leaves_no_seam(monkeypatch):
    options = {
        "model": "llama-8b",
        "gpu": "h100-sxm",
        "scheme": ["kivi-2bit", "none"],
        "batch": [1, 4, 9, 30],
        "outputs": "all",
        "ranks": 1,
    }
    context = np.arange(1000, 1040)
    whole = grids.grid(**options, context=context)
    monkeypatch.setattr(blocks, "CHUNK", 14)
    monkeypatch.setattr(blocks, "MAX_BATCHES", 3)
    monkeypatch.setattr(blocks, "MAX_CONTEXTS", 7)
    cut = grids.grid(**options, context=context)
    for name, values in whole.columns.items():
        assert (values == cut.columns[name]).all(), name


def test_progress_counts_to_the_end():
    seen = []
    sweep("llama-8b", "h100-sxm", ["none", "fp8"], [1], [1024], progress=lambda *at: seen.append(at), ranks=1)
    assert seen[-1] == (2, 2)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"batch": [0]}, "above 0"),
        ({"batch": [-3]}, "-3"),
        ({"batch": []}, "nothing"),
        ({"batch": [float("nan")]}, "nan"),
        ({"context": [1e12]}, "at most"),
        ({"scheme": ["fp8", "fp8"]}, "once"),
        ({"scheme": []}, "nothing"),
        ({"model": ["llama-8b", "llama-3.1-8b"]}, "once"),
    ],
)
def test_absurd_axes_are_refused(changes, word):
    with pytest.raises(InputError, match=word):
        sweep(
            **({"model": "llama-8b", "gpu": "h100-sxm", "scheme": ["fp8"], "batch": [1], "context": [1024]} | changes)
        )


def test_targets_are_checked_before_work(tmp_path):
    for bad in ("x.xls", "x", str(tmp_path / "no" / "x.csv")):
        with pytest.raises(CostModelError):
            check_sweep_target(bad)


def test_only_what_is_asked_for_is_computed(monkeypatch):
    options = {"model": "llama-8b", "gpu": "h100-sxm", "scheme": ["none", "int4"], "batch": [1, 8, 64], "ranks": 1}
    everything = sweep(**options, outputs="all")
    default = sweep(**options)
    assert set(DEFAULT) < set(default) < set(everything)
    monkeypatch.setattr(passes, "build_prefill_evaluator", lambda *_, **__: pytest.fail("nobody asked for a prompt"))
    few = sweep(**options, outputs=["speedup", "kv_bytes_per_token"])
    arrays = {name for name, array in few.data_vars.items() if array.dims == DIMENSIONS}
    assert arrays == {"speedup", "speedup_lo", "speedup_hi", "kv_bytes_per_token"}
    for data in (default, few):
        for name in set(data.data_vars) & set(everything.data_vars):
            assert (data[name] == everything[name]).all(), name


def test_what_does_not_vary_is_a_view():
    data = sweep("llama-8b", "h100-sxm", "none", batch=range(1, 200), context=[1024, 8192], outputs="all", ranks=1)
    for name in ("kv_bytes_per_token", "max_batch", "ttft_ms", "matrix_step_time"):
        values = data[name].values
        assert values.shape == (1, 1, 1, 199, 2) and values.base.nbytes <= values.nbytes / 2, name
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 0
    assert all(array.dtype in (np.float64, object, bool) for array in (data[n].values for n in ALL))


def test_the_verdict_follows_from_the_interval():
    options = {"batch": [1, 16, 512], "ranks": 1}
    data = sweep("llama-8b", "h100-sxm", "fp8", outputs=["verdict", "speedup", "fits"], **options)
    fits, low, high = (data[name].values for name in ("fits", "speedup_lo", "speedup_hi"))
    due = np.where(~fits, "does not fit", np.where(low > 1, "wins", np.where(high < 1, "loses", "cannot tell")))
    assert (data["verdict"].values == due).all() and len(set(due.ravel())) > 2


def test_a_scheme_that_nobody_measured_never_wins():
    options = {"batch": [1, 16, 512], "ranks": 1, "outputs": ["verdict", "speedup", "fits", "evidence"]}
    data = sweep("llama-8b", "h100-sxm", ["h2o", "kivi-2bit"], **options)
    ideal = sweep("llama-8b", "h100-sxm", ["h2o", "kivi-2bit"], implementation="ideal", **options)
    assert set(data["evidence"].values.ravel()) == {"compiled"} and set(ideal["evidence"].values.ravel()) == {"ideal"}
    for side in (data, ideal):
        assert not (side["verdict"].values == "wins").any()
    fits, high = data["fits"].values, data["speedup_hi"].values
    assert (data["verdict"].values[fits & (high < 1)] == "loses").all()
    assert (data["speedup_lo"].values <= data["speedup"].values).all() and (data["speedup"].values <= high).all()
    np.testing.assert_allclose(ideal["speedup_hi"].values, high)
    assert (data["verdict"].values == "needs kernel").any()


def test_an_output_that_does_not_exist():
    with pytest.raises(UnknownName, match="tpot_ms"):
        sweep("llama-8b", "h100-sxm", "fp8", outputs=["tpot"])
