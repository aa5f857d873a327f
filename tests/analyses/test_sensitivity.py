"""Elasticities come from one evaluation along an axis of moves; each is what moving that number alone gives."""

import numpy as np
import pytest

from costmodel.analyses.breakeven import break_even
from costmodel.analyses.sensitivity import STEP, elasticities, tornado
from costmodel.errors import InputError
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)
BATCH, CONTEXT = 8.0, 16384.0


def step_time(scheme, batch=BATCH, context=CONTEXT, **stated):
    evaluator = build_evaluator(DEPLOYMENT, load_scheme(scheme), batch, context, prompt=context, **stated)
    return drop_model_axes(evaluator["step_time"]).item()


def speedup(**moved):
    return step_time("none", **moved) / step_time("int4", **moved)


@pytest.mark.parametrize("name", ["batch", "context", "hbm_bandwidth", "clock"])
def test_an_elasticity_is_that_of_moving_the_number_alone(name):
    here = {"batch": BATCH, "context": CONTEXT} | DEPLOYMENT.gpu.numbers
    ends = [speedup(**{name: here[name] * np.exp(sign * STEP)}) for sign in (1, -1)]
    expected = np.log(ends[0] / ends[1]) / (2 * STEP)
    of_name = next(item for item in elasticities(DEPLOYMENT, "int4", BATCH, CONTEXT) if item.name == name)
    assert of_name.side == "both" and of_name.elasticity == pytest.approx(expected, rel=1e-6)


def test_a_number_of_one_side_moves_that_side_alone():
    listed = elasticities(DEPLOYMENT, "fp8", BATCH, CONTEXT)
    assert {item.side for item in listed} == {"both", "scheme", "baseline"}
    of_step = elasticities(DEPLOYMENT, "fp8", BATCH, CONTEXT, "step_time")
    assert of_step and "baseline" not in {item.side for item in of_step}


def test_a_break_even_that_nothing_moves_is_said():
    context = break_even(DEPLOYMENT, "pyramidkv", BATCH)[0].context
    assert np.isfinite(context)
    with pytest.raises(InputError, match="no number moves the break-even"):
        tornado(DEPLOYMENT, "pyramidkv", BATCH, context)
