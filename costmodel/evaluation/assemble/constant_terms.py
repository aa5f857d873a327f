"""Terms that no workload reaches: one deployment with one scheme needs them once, whatever is asked of it.

Sizes of elements, widths of heads, blocks of the pool, workspace: nearly half of the terms behind a step. They are computed when
they are first needed, from the inputs of the assembly alone.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from costmodel.evaluation.assemble.evaluator import Evaluator


class ConstantTerms:
    """A mapping of the terms that stand on ``inputs`` alone, through formulas and ``slots``; others are not in it."""

    def __init__(self, inputs: Mapping, formulas: Mapping, slots: Mapping):
        self._evaluator = Evaluator(inputs, formulas, slots)
        self._is_constant = dict.fromkeys(inputs, True)

    def __contains__(self, name: str) -> bool:
        known = self._is_constant.get(name)
        if known is None:
            step = self._evaluator.slots.get(name) or self._evaluator.formulas.get(name)
            known = self._is_constant[name] = step is not None and all(argument in self for argument in step[1])
        return known

    def __getitem__(self, name: str) -> np.ndarray:
        """The value of a term that is ``in`` this mapping."""
        return self._evaluator[name]

    def has_any(self, names: Iterable[str]) -> bool:
        """Whether one of the names is a constant here: a caller who states it takes nothing from this mapping."""
        return any(name in self for name in names)
