"""The compiled loop computes what the NumPy evaluator computes, and says so where it cannot."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import c_compiler as compiler
from costmodel.evaluation.compile import c_loop as native
from costmodel.evaluation.compile import compiled
from costmodel.facts import profiles
from costmodel.facts.deployment import resolve_deployment

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
TARGETS = ("step_time", "max_batch", "throughput")
BATCH = np.array([1.0, 2, 3, 16, 17, 33, 264, 700])  # past one tile of the loop, and on whole waves of 132
CONTEXT = np.array([1.0, 16, 100, 1024, 1025, 2048, 2049, 8192, 131072])


def equal(where, text, targets=TARGETS, batch=BATCH, context=CONTEXT):
    scheme = compiled.load_scheme(text)
    found = native.compiled(where, scheme, targets)(batch, context)
    made = build_evaluator(where, scheme, batch[:, None], context[None, :])
    assert set(found) == set(targets)
    for name in targets:
        due = made[name][..., 0, 0]
        assert np.isfinite(due).all() and found[name].ndim == 2
        np.testing.assert_allclose(*np.broadcast_arrays(found[name], due), rtol=1e-9, err_msg=name)


@needs_compiler
@pytest.mark.parametrize(
    "scheme", ["none", "fp8", "kivi-2bit", "h2o", "quest", "hf-quantized", "snapkv", "kvquant-4bit"]
)
@pytest.mark.parametrize("model", ["llama-3.1-8b", "gemma-3-27b", "qwen3-30b-a3b", "jamba-v0.1"])
def test_equals_the_evaluator(model, scheme):
    equal(resolve_deployment(model, "h200-sxm", ranks=2), scheme)


@needs_compiler
@pytest.mark.parametrize("scheme", ["none", "kivi-2bit"])
def test_equals_it_on_the_uncalibrated_profile(scheme):
    equal(resolve_deployment("llama-3.1-8b", "h200-sxm", ranks=1).with_options(profile=profiles.ideal()), scheme)


@needs_compiler
@pytest.mark.parametrize("scheme", ["turboquant-3bit", "pyramidkv"])
def test_layers_of_their_own(scheme):
    equal(resolve_deployment("llama-3.1-8b", "h200-sxm", ranks=1), scheme)


@needs_compiler
def test_kernels_that_dispatch_by_length():
    # under this rule short contexts take another path than long ones, so coefficients vary along the context
    where = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)

    class Dispatching(profiles.Profile):
        def attention(self, *arguments, **options):
            chosen = super().attention(*arguments, **options)
            return replace(chosen, rule="masked-or-grouped", fallback=chosen.main | {"attention_launch": 5e-5})

    ours = Dispatching(**{name: getattr(where.profile, name) for name in where.profile.__dataclass_fields__})
    where = where.with_options(profile=ours)
    short, long = (
        build_evaluator(where, compiled.load_scheme("none"), 1.0, c)["attention_launch"].max()
        for c in (100.0, 100000.0)
    )
    assert short != long, "the rule does not vary: this test would show nothing"
    equal(where, "none")


@needs_compiler
def test_terms_of_the_step_and_of_the_batch_alone():
    targets = ["attention_step_time", "hbm_bound_time", "matrix_step_time", "local_sequence_size", "memory_weights"]
    equal(resolve_deployment("gemma-3-27b", "h100-sxm", ranks=1), "kivi-2bit", targets)


@needs_compiler
def test_one_point():
    where = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)
    found = native.compiled(where, compiled.load_scheme("fp8"), ["step_time"])(8, 8192)["step_time"]
    due = build_evaluator(where, compiled.load_scheme("fp8"), 8.0, 8192.0)["step_time"]
    assert found.shape == (1, 1) and found.item() == pytest.approx(due.item(), rel=1e-12)


@needs_compiler
def test_subnormal_numbers_survive_loading_it():
    # -ffast-math at link time would flush them to zero in the whole process
    equal(resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1), "none")
    assert np.float64(5e-324) * np.float64(1.0) > 0 and np.float64(1e-308) / 10 > 0


@needs_compiler
def test_code_is_shared_by_deployments_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    compiler.shared_library.cache_clear()
    for ranks in (2, 4):
        native.compiled(
            resolve_deployment("llama-3.1-8b", "h200-sxm", ranks=ranks), compiled.load_scheme("fp8"), TARGETS
        )
    assert len(list(tmp_path.glob("native_*.so"))) == len(list(tmp_path.iterdir())) == 1


def test_no_compiler_is_told(monkeypatch):
    compiler.shared_library.cache_clear()
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(CostModelError, match="no C compiler 'no-such-compiler'"):
        native.compiled(resolve_deployment("llama-3.1-8b", "h100-sxm"), compiled.load_scheme("none"), TARGETS)


@needs_compiler
def test_a_compiler_that_fails_is_told(monkeypatch, tmp_path):
    compiler.shared_library.cache_clear()
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    monkeypatch.setenv("CC", "cc -fno-such-option")
    with pytest.raises(CostModelError, match="failed"):
        native.compiled(resolve_deployment("llama-3.1-8b", "h100-sxm"), compiled.load_scheme("none"), TARGETS)


@needs_compiler
def test_mistakes_are_told():
    where, scheme = resolve_deployment("llama-3.1-8b", "h100-sxm"), compiled.load_scheme("none")
    with pytest.raises(UnknownName, match="step_time"):
        native.compiled(where, scheme, ["step_tim"])
    run = native.compiled(where, scheme, ["step_time"])
    for batch, context in ((0, 1), (1, -1), (float("nan"), 1), (1, [])):
        with pytest.raises(InputError, match="found"):
            run(batch, context)
