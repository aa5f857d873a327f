"""A grid computes what the plain evaluator computes, compiled or not, whatever varies along its axes."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import CostModelError
from costmodel.evaluation.assemble import grid_evaluator
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.grid_evaluator import StepGrid
from costmodel.evaluation.compile import c_compiler, c_loop
from costmodel.evaluation.compile.compiled import load_grid_loop, load_scheme
from costmodel.facts import profiles

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
# Outputs of the loop, terms that stand on them, and terms that do not vary along both axes.
TERMS = (*load_grid_loop().outputs, "throughput", "launch_bound_time", "codec_share", "shared_error", "matrix_step_time",
         "attention_time", "max_batch", "memory_weights")  # fmt: skip
BATCH = np.array([1.0, 2, 3, 16, 17, 33, 264, 700])  # on whole waves of 132 and beside them
CONTEXT = np.array([1.0, 16, 100, 1024, 1025, 2048, 2049, 8192, 131072])
SCHEMES = ["none", "fp8", "kivi-2bit", "h2o", "quest", "hf-quantized", "snapkv", "kvquant-4bit"]
LLAMA = resolve_deployment("llama-3.1-8b", "h200-sxm", ranks=1)


@pytest.fixture(autouse=True)
def small_grids_are_compiled(monkeypatch):
    monkeypatch.setattr(grid_evaluator, "MIN_COMPILED_POINTS", 1)


def assert_equal(deployment, text, is_compiled, batch=BATCH, context=CONTEXT, terms=TERMS):
    scheme = load_scheme(text)
    grid = StepGrid(deployment, scheme, batch, context)
    assert grid.is_compiled == is_compiled
    expected = build_evaluator(deployment, scheme, batch[:, None], context[None, :])
    for evaluator, rows in ((grid.rows(), slice(None)), (grid.rows(1, 3), slice(1, 3))):
        for name in terms:
            value, due = np.broadcast_arrays(evaluator[name], _rows(expected[name], rows, len(batch)))
            assert np.isfinite(due).all(), name
            np.testing.assert_allclose(value, due, rtol=1e-12, atol=1e-18, err_msg=name)


def _rows(array, rows, batches):
    return array[rows] if array.ndim == 4 and array.shape[0] == batches else array


@needs_compiler
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("model", ["llama-3.1-8b", "gemma-3-27b", "qwen3-30b-a3b", "jamba-v0.1"])
def test_the_compiled_loop_equals_the_evaluator(model, scheme):
    assert_equal(resolve_deployment(model, "h200-sxm", ranks=2), scheme, is_compiled=True)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("model", ["llama-3.1-8b", "gemma-3-27b", "deepseek-v3"])
def test_it_equals_the_evaluator_without_a_compiler(model, scheme, monkeypatch):
    monkeypatch.setattr(c_loop, "is_available", lambda: False)
    assert_equal(resolve_deployment(model, "h200-sxm"), scheme, is_compiled=False)


@needs_compiler
@pytest.mark.parametrize("scheme", ["none", "kivi-2bit"])
def test_it_equals_it_on_the_uncalibrated_profile(scheme):
    assert_equal(LLAMA.with_options(profile=profiles.ideal()), scheme, is_compiled=True)


@needs_compiler
@pytest.mark.parametrize("scheme", ["turboquant-3bit", "pyramidkv"])
def test_layers_of_their_own(scheme):
    assert_equal(LLAMA, scheme, is_compiled=True)


@given(
    batch=st.lists(st.integers(1, 2000), min_size=1, max_size=4, unique=True),
    context=st.lists(st.integers(1, 2_000_000), min_size=1, max_size=4, unique=True),
    scheme=st.sampled_from(["none", "fp8", "kivi-2bit+streaming-llm", "h2o[budget=100]", "turboquant-4bit"]),
)
def test_any_axes(batch, context, scheme):
    grid_evaluator.MIN_COMPILED_POINTS = 1
    assert_equal(
        LLAMA, scheme, shutil.which("cc") is not None, np.array(batch, float), np.array(context, float), ["step_time"]
    )


def test_kernels_that_dispatch_by_length():
    # under this rule short contexts take another path than long ones, so coefficients vary along the context
    class Dispatching(profiles.Profile):
        def attention(self, *arguments, **options):
            kernel = super().attention(*arguments, **options)
            return replace(kernel, rule="masked-or-grouped", fallback=kernel.main | {"attention_launch": 5e-5})

    fields = {name: getattr(LLAMA.profile, name) for name in LLAMA.profile.__dataclass_fields__}
    deployment = LLAMA.with_options(profile=Dispatching(**fields))
    short, long = (
        build_evaluator(deployment, load_scheme("none"), 1.0, context)["attention_launch"].max()
        for context in (100.0, 100000.0)
    )
    assert short != long, "the rule does not vary: this test would show nothing"
    assert_equal(deployment, "none", is_compiled=False)


def test_a_scheme_that_looks_at_the_batch(tmp_path):
    path = tmp_path / "shared-budget.toml"
    path.write_text(
        'name = "A budget shared by the batch"\nsource = "this test"\n[[mechanism]]\nkind = "redefine"\n'
        'kept_tokens = "min(context, 65536 * token / batch)"\n'
    )
    scheme = load_scheme(str(path))
    grid = StepGrid(LLAMA, scheme, BATCH, CONTEXT)
    expected = build_evaluator(LLAMA, scheme, BATCH[:, None], CONTEXT[None, :])
    kept = grid.rows()["kept_tokens"]
    assert kept.shape[0] == len(BATCH) and len(set(kept[:, -1, 0, 0])) > 1
    np.testing.assert_array_equal(grid.rows()["step_time"], expected["step_time"])


def test_inputs_can_be_added_to_a_grid():
    evaluator = StepGrid(LLAMA, load_scheme("fp8"), BATCH, CONTEXT).rows()
    step = evaluator["step_time"]
    names = ("attention_error", "codec_error", "token_cost_error", "shared_error")
    added = evaluator.with_inputs(
        baseline_step_time=2 * step, **{f"baseline_{name}": evaluator[name] for name in names}
    )
    np.testing.assert_allclose(added["speedup"], 2.0)


@needs_compiler
def test_subnormal_numbers_survive_loading_the_loop():
    # -ffast-math at link time would flush them to zero in the whole process
    assert_equal(LLAMA, "none", is_compiled=True)
    assert np.float64(5e-324) * np.float64(1.0) > 0 and np.float64(1e-308) / 10 > 0


@needs_compiler
def test_code_is_shared_by_schemes_and_deployments_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    for cached in (c_compiler.shared_library, c_loop.is_available, c_loop._function):
        cached.cache_clear()
    for ranks, scheme in ((2, "fp8"), (4, "kivi-2bit")):
        deployment = resolve_deployment("llama-3.1-8b", "h200-sxm", ranks=ranks)
        StepGrid(deployment, load_scheme(scheme), BATCH, CONTEXT).rows()["step_time"]
    assert [path.suffix for path in tmp_path.iterdir()] == [".so"]


def test_small_grids_do_not_wait_for_a_compiler(monkeypatch):
    monkeypatch.setattr(grid_evaluator, "MIN_COMPILED_POINTS", len(BATCH) * len(CONTEXT) + 1)
    monkeypatch.setattr(c_loop, "is_available", lambda: pytest.fail("compiled"))
    assert not StepGrid(LLAMA, load_scheme("none"), BATCH, CONTEXT).is_compiled


@pytest.mark.parametrize("compiler", ["no-such-compiler", "cc -fno-such-option"])
def test_without_a_working_compiler_the_loop_is_not_available(compiler, monkeypatch, tmp_path):
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    monkeypatch.setenv("CC", compiler)
    for cached in (c_compiler.shared_library, c_loop.is_available):
        cached.cache_clear()
    with pytest.raises(CostModelError, match="no C compiler 'no-such-compiler'|failed"):
        c_compiler.shared_library(load_grid_loop().source)
    assert not c_loop.is_available()
    c_loop.is_available.cache_clear()
