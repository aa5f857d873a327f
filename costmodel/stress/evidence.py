"""What the times of a stress test rest on: the evidence for the kernels of a curve's scheme; bytes follow from its format."""

from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.compile.compiled import compile_scheme
from costmodel.stress.base import StressConditions, StressCurve


def times_evidence(conditions: StressConditions, curve: StressCurve) -> str:
    """What the times of a scheme are known from: measured, compiled, ideal and the like."""
    return assemble(conditions.deployment, compile_scheme(curve.spec)).evidence
