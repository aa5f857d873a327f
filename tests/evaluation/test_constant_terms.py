"""Terms that no workload reaches are computed once, and never for a caller who states what they stand on."""

import numpy as np
import pytest

from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import with_model_axes
from costmodel.evaluation.assemble.constant_terms import ConstantTerms
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_formulas, load_scheme


def test_what_stands_on_inputs_alone_is_computed_once_for_all_workloads():
    calls = []

    def double(x):
        calls.append(float(x.item()))
        return 2 * x

    formulas = {"double": (double, ("x",), ()), "sum": (lambda double, batch: double + batch, ("double", "batch"), ())}
    inputs = {"x": with_model_axes(3)}
    constants = ConstantTerms(inputs, formulas, {})
    assert "double" in constants and "sum" not in constants and "batch" not in constants and "other" not in constants
    one, two, fresh = (
        Evaluator(inputs | {"batch": with_model_axes(batch)}, formulas, constants=constants) for batch in (1, 2, 3)
    )
    assert (one["sum"].item(), two["sum"].item()) == (7, 8) and calls == [3]
    assert fresh.with_inputs(double=with_model_axes(10))["sum"].item() == 13
    moved = fresh.with_inputs(x=with_model_axes(5))
    assert moved.constants is None and moved["double"].item() == 10


@pytest.mark.parametrize("model", ["llama-3.1-8b", "deepseek-v3", "jamba-v0.1"])
@pytest.mark.parametrize("scheme", ["none", "kivi-2bit", "h2o"])
def test_a_step_is_the_same_with_constants_and_without(model, scheme):
    deployment, scheme = resolve_deployment(model, "h200-sxm"), load_scheme(scheme)
    batch, context = np.array([1.0, 8.0, 64.0])[:, None], np.array([512.0, 16384.0])
    shared = build_evaluator(deployment, scheme, batch, context)
    assert shared.constants is assemble(deployment, scheme).constants
    alone = build_evaluator(deployment, scheme, batch, context)
    alone.constants = None
    for name in ("step_time", "max_batch", "attention_error", "memory_workspace"):
        np.testing.assert_array_equal(shared[name], alone[name])


def test_who_states_an_input_of_the_deployment_shares_nothing():
    deployment, scheme = resolve_deployment("llama-3.1-8b", "h100-sxm"), load_scheme("fp8")
    stated = build_evaluator(deployment, scheme, 8.0, 4096.0, layers=64.0)
    assert "layers" in assemble(deployment, scheme).inputs and stated.constants is None
    assert load_formulas().formulas.keys().isdisjoint(assemble(deployment, scheme).providers)
