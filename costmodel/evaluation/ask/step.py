"""A decode step: what binds it, and how it compares with the baseline's."""

import functools
from collections.abc import Callable

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_terms

COMPARED = ("step_time", "batch", "attention_error", "codec_error", "token_cost_error", "shared_error")


def compare_steps(step: Evaluator, baseline_step: Evaluator) -> Evaluator:
    """The scheme's step compared with the baseline's: an evaluator that also knows the ratios of the two and their spread."""
    return step.with_inputs(**{f"baseline_{name}": baseline_step[name] for name in COMPARED})


def waterfall(amount: Callable[[str], np.ndarray]) -> dict[str, np.ndarray]:
    """Seconds of one step by what binds them, summing to the step time; ``amount`` gives the seconds of a named term."""
    return {term.name: functools.reduce(np.add, map(amount, term.quantities)) for term in load_terms()}


def binding_term(step: Evaluator) -> np.ndarray:
    """The name of the term that takes most of the step, at every point."""
    return largest_term(waterfall(lambda name: drop_model_axes(step[name])))


def largest_term(terms: dict[str, np.ndarray]) -> np.ndarray:
    """The name of the largest of the terms, at every point."""
    shape = np.broadcast_shapes(*(np.shape(amount) for amount in terms.values()))
    largest, index = np.full(shape, -np.inf), np.zeros(shape, dtype=np.int8)
    for place, amount in enumerate(terms.values()):
        above = amount > largest
        np.copyto(index, np.int8(place), where=above)
        np.copyto(largest, amount, where=above)
    return np.array(list(terms), dtype=object)[index]
