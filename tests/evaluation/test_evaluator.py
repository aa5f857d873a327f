"""The lazy table: it computes what is asked for, once, and names what it does not know."""

import numpy as np
import pytest

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.assemble.axes import validate_axis, with_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled


def counting():
    calls = []

    def double(x):
        calls.append("double")
        return 2 * x

    def never(x):
        raise AssertionError("nobody asked for this")

    return calls, {
        "double": (double, ("x",), ()),
        "sum": (lambda double, weight: weight * double, ("double", "weight"), ("layer_group",)),
        "never": (never, ("x",), ()),
        "more": (lambda double: double + 1, ("double",), ()),
    }


def test_computes_only_what_is_asked_for_and_once():
    calls, law = counting()
    evaluator = Evaluator({"x": with_model_axes(3), "weight": with_model_axes([1, 2], "layer_group")}, law)
    assert evaluator["more"].item() == 7 and evaluator["sum"].item() == 18 and evaluator["double"].item() == 6
    assert calls == ["double"]


def test_a_scheme_comes_before_the_law():
    _, law = counting()
    evaluator = Evaluator({"x": with_model_axes(3)}, law, {"double": (lambda x: 5 * x, ("x",), ())})
    assert evaluator["more"].item() == 16


def test_unknown_names_propose_near_ones():
    evaluator = build_evaluator(
        resolve_deployment("llama-3.1-8b", "h100-sxm"), compiled.load_scheme("none"), 1.0, 100.0
    )
    with pytest.raises(UnknownName, match="step_time"):
        evaluator["step_tim"]


def test_a_constant_that_a_caller_states_is_not_replaced_by_the_profiles():
    deployment, scheme = resolve_deployment("llama-3.1-8b", "h100-sxm"), compiled.load_scheme("none")
    plain = build_evaluator(deployment, scheme, 1.0, 1000.0)
    stated = build_evaluator(deployment, scheme, 1.0, 1000.0, attention_launch=1e-3)
    added = stated["attention_floor"].item() - plain["attention_floor"].item()
    in_step = plain["floor_in_step"].item()
    assert added == pytest.approx(in_step * (1e-3 - plain["attention_launch"].item()), rel=1e-9)
    assert stated["token_cost"].item() == plain["token_cost"].item()


def test_sums_run_over_their_axes_only():
    law = {
        "layers": (lambda x: x, ("x",), ("layer_group",)),
        "both": (lambda x: x, ("x",), ("layer_group", "product")),
    }
    evaluator = Evaluator({"x": np.arange(24.0).reshape(2, 3, 4)}, law)
    assert evaluator["layers"].shape == (2, 1, 4) and evaluator["both"].shape == (2, 1, 1)
    assert evaluator["both"].ravel().tolist() == [sum(range(12)), sum(range(12, 24))]


def test_numpy_is_not_left_warning():
    with np.errstate(all="raise"):
        evaluator = build_evaluator(
            resolve_deployment("jamba-v0.1", "h200-sxm"), compiled.load_scheme("kivi-2bit"), 1.0, 1.0
        )
        assert np.isfinite(evaluator["step_time"]).all()
        assert np.geterr()["divide"] == "raise"


def test_a_grid_is_its_points():
    deployment = resolve_deployment("gemma-3-27b", "h200-sxm")
    batch, context = np.array([1.0, 3, 64]), np.array([100.0, 1024, 30000])
    for text in ("none", "kivi-2bit", "turboquant-3bit"):
        scheme = compiled.load_scheme(text)
        grid = build_evaluator(deployment, scheme, batch[:, None], context[None, :])["step_time"][..., 0, 0]
        points = [[build_evaluator(deployment, scheme, b, c)["step_time"].item() for c in context] for b in batch]
        np.testing.assert_allclose(grid, points, rtol=1e-13)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), []])
def test_axes_are_checked(value):
    with pytest.raises(InputError, match="batch: expected numbers"):
        validate_axis("batch", value)


def test_a_scheme_of_one_number_a_layer_tells_layers_apart():
    evaluator = build_evaluator(
        resolve_deployment("gemma-3-27b", "h200-sxm"), compiled.load_scheme("turboquant-3bit"), 1.0, 100.0
    )
    bits, count = np.broadcast_arrays(evaluator["key_bits"], evaluator["layer_count"])
    assert count[bits == 2].sum() == 4  # the first two and the last two layers stay at 16 bit
    assert evaluator["layer_count"].sum() == 62 and len(count) < 6, "layers whose slots agree are one group"
