"""The chain rule over the formulas' graph says what finite steps through the compiled evaluator say."""

import numpy as np
import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.gradient import elasticities
from costmodel.facts.vocabulary import vocabulary
from costmodel.language.units import registry

CASES = [
    ("llama-8b", "h100-sxm", "vllm", "fp8", 8.0, 16384.0),
    ("llama-8b", "h100-sxm", "vllm", "kivi-2bit", 4.0, 40000.0),
    ("llama-70b", "a100-sxm", "vllm", "h2o", 16.0, 9000.0),
    ("gpt-oss-20b", "b200-sxm", "sglang", "none", 3.0, 777.0),
    ("deepseek-v3", "h200-sxm", "sglang", "none", 32.0, 5000.0),
]
STEP = 1e-5
JUMPS = {"gemm_tile"}  # enters through whole tiles alone: its derivative is that of what lies between jumps


def stepped(evaluator, scheme, leaf, factor):
    given = {n: v for n, v in evaluator.values.items() if n not in evaluator.formulas and n not in scheme.slots}
    return Evaluator(given | {leaf: given[leaf] * factor}, evaluator.formulas, scheme.slots)["step_time"].item()


@pytest.mark.parametrize(("model", "gpu", "engine", "name", "batch", "context"), CASES)
def test_elasticities_are_those_of_finite_steps(model, gpu, engine, name, batch, context):
    deployment, scheme = resolve_deployment(model, gpu, engine=engine), compiled.load_scheme(name)
    evaluator = build_evaluator(deployment, scheme, batch, context)
    evaluator["step_time"]
    leaves = [n for n, e in vocabulary().items() if e["kind"] == "coefficient" and n in evaluator.values]
    leaves = [*(set(leaves) - JUMPS), "hbm_bandwidth", "hidden_size"]
    exact = elasticities(evaluator, scheme, "step_time", leaves)
    for leaf in leaves:
        up, down = (stepped(evaluator, scheme, leaf, 1 + sign * STEP) for sign in (1, -1))
        assert exact[leaf].sum() == pytest.approx((np.log(up) - np.log(down)) / (2 * STEP), abs=2e-5), leaf
    assert abs(exact["gemm_efficiency"].sum() + exact["grouped_efficiency"].sum()) > 0.05  # weights stream


def test_time_like_numbers_sum_to_one():
    """Euler: a step scales with what has seconds in its unit, counted with the power of the second."""
    deployment, scheme = resolve_deployment("llama-8b", "h100-sxm"), compiled.load_scheme("fp8")
    evaluator = build_evaluator(deployment, scheme, 8.0, 8192.0)
    evaluator["step_time"]
    powers = {}
    for name, entry in vocabulary().items():
        if name in evaluator.values and entry["kind"] in ("coefficient", "input"):
            power = registry().parse_units(entry["unit"]).dimensionality.get("[time]", 0)
            if power and np.isfinite(evaluator[name]).all():
                powers[name] = power
    exact = elasticities(evaluator, scheme, "step_time", powers)
    assert sum(power * exact[name].sum() for name, power in powers.items()) == pytest.approx(1, abs=1e-9)
