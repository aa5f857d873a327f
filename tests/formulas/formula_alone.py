"""One formula by itself: its direct inputs as numbers, everything behind them left out."""

from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas


def value(name, /, **inputs):
    """The formula of that name where the quantities it reads are ``inputs``; a missing one is an error."""
    return float(Evaluator(inputs, load_formulas().formulas)[name])
