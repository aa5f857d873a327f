"""A decode step over batch × context, every term computed only along the axes on which it varies.

Matrix products vary with the batch, the cache with the context; only attention and what it feeds vary with both, and these
come from the compiled loop where a C compiler exists and the grid is large. Conditions: those of ``build_evaluator`` with no
option, every prompt as long as its context. Numbers are those of the plain evaluator to 1e-12.
"""

import functools

import numpy as np

from costmodel.evaluation.assemble.assembly import Assembly, assemble
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.kernels import coefficients_by_path
from costmodel.evaluation.assemble.shared_terms import terms_of_no_scheme
from costmodel.evaluation.assemble.variation import axes_of
from costmodel.evaluation.compile import c_loop
from costmodel.evaluation.compile.compiled import Scheme, load_formulas, load_grid_loop
from costmodel.evaluation.compile.dependence import BATCH, BOTH, CONTEXT
from costmodel.facts.deployment import Deployment

MIN_COMPILED_POINTS = 8_192  # smaller grids are done before a compiler would have started


class StepGrid:
    """One scheme on one deployment over vectors of batch and context; ``rows`` gives an evaluator of some batches.

    Terms that do not vary along both axes are computed once, whatever rows are asked for; terms that are no scheme's own are
    taken from ``shared``, a grid of another scheme on the same deployment and axes, where there is one; ``along_context`` is
    that of a grid of the same scheme at the same contexts.
    """

    def __init__(
        self,
        deployment: Deployment,
        scheme: Scheme,
        batch: np.ndarray,
        context: np.ndarray,
        shared: "StepGrid | None" = None,
        along_context: Evaluator | None = None,
    ):
        self.shared = shared
        self.batch, self.context = np.asarray(batch, dtype=float), np.asarray(context, dtype=float)
        self.deployment, self.scheme = deployment, scheme
        self.assembly = assemble(deployment, scheme)
        self.along_batch = build_evaluator(deployment, scheme, self.batch[:, None], self.context[None, :1])
        self.along_context = along_context or build_evaluator(
            deployment, scheme, self.batch[:1, None], self.context[None, :]
        )
        self.axes = axes_of(dispatches_by_length(self.assembly, self.along_context))
        self.hoists = not slots_vary_with_batch(scheme) and deployment.attention_groups == 1
        self._packed: dict[str, np.ndarray | None] = {}

    def rows(self, start: int = 0, stop: int | None = None) -> Evaluator:
        """An evaluator of the batches from ``start`` to ``stop`` at all contexts."""
        batch = self.batch[start:stop]
        if not self.hoists:
            return build_evaluator(self.deployment, self.scheme, batch[:, None], self.context[None, :])
        return _GridRows(self, slice(start, start + len(batch)))

    def points(self, index: np.ndarray) -> Evaluator:
        """An evaluator of the batches at ``index`` (any × contexts), each at the context of its column."""
        if not self.hoists:
            return build_evaluator(
                self.deployment, self.scheme, self.batch[index], np.broadcast_to(self.context, index.shape)
            )
        return _GridPoints(self, index)

    def by_batch(self, name: str) -> np.ndarray:
        """A term that varies with the batch, if at all, at the first context."""
        if self.shared is not None and name in terms_of_no_scheme():
            return self.shared.by_batch(name)
        return self.along_batch[name]

    def hoisted(self, name: str, rows: slice) -> np.ndarray:
        """A term that does not vary along both axes, for some batches."""
        if BATCH not in self.axes[name]:
            return self.along_context[name]
        value = self.by_batch(name)
        return value[rows] if value.ndim == 4 and value.shape[0] > 1 else value

    @functools.cached_property
    def groups(self) -> int:
        """Kinds of layers that the scheme tells apart."""
        return self.along_context["layer_count"].shape[-2]

    @functools.cached_property
    def is_compiled(self) -> bool:
        """Whether the compiled loop computes this grid."""
        if len(self.batch) * len(self.context) < MIN_COMPILED_POINTS or not c_loop.is_available():
            return False
        loop = load_grid_loop()
        if any(self.axes[name] >= BOTH for name in loop.inputs):
            return False
        return all(self._pack(name, axes) is not None for name, axes in loop.inputs.items())

    def run(self, rows: slice) -> dict[str, np.ndarray]:
        """The outputs of the compiled loop for some batches, with the two model axes.

        For grids of which ``is_compiled`` is true; RuntimeError for any other.
        """
        packed = {}
        for name, axes in load_grid_loop().inputs.items():
            array = self._pack(name, axes)
            if array is None:
                raise RuntimeError(
                    f"{name} does not lie along {axes}: ``run`` is for grids of which ``is_compiled`` is true"
                )
            packed[name] = array[rows] if BATCH in axes else array
        outputs = c_loop.run(packed, rows.stop - rows.start, len(self.context), self.groups)
        return {name: array[..., None, None] for name, array in outputs.items()}

    def _pack(self, name: str, axes: tuple[str, ...]) -> np.ndarray | None:
        if name not in self._packed:
            value = self.hoisted(name, slice(0, len(self.batch)))
            self._packed[name] = c_loop.pack(value, axes, len(self.batch), len(self.context), self.groups)
        return self._packed[name]


class _GridRows(Evaluator):
    """An evaluator of some batches that takes from its grid what does not vary along both axes, or is compiled."""

    def __init__(self, grid: StepGrid, rows: slice):
        workload = {"batch": grid.batch[rows].reshape(-1, 1, 1, 1), "context": grid.context.reshape(1, -1, 1, 1)}
        super().__init__({}, load_formulas().formulas, grid.scheme.slots, grid.assembly.providers)
        self.values = dict(workload)
        self._grid, self._rows = grid, rows

    def _compute(self, name: str) -> np.ndarray:
        axes = self._grid.axes.get(name)
        if axes is None or not axes >= BOTH:
            self.values[name] = self._grid.hoisted(name, self._rows) if axes is not None else self._constant(name)
        elif name in load_grid_loop().outputs and self._grid.is_compiled:
            self.values.update(self._grid.run(self._rows))
        else:
            return super()._compute(name)
        return self.values[name]

    def _constant(self, name: str) -> np.ndarray:
        """A knob of the scheme, which the vocabulary does not know."""
        return self._grid.along_context[name]

    def with_inputs(self, **inputs) -> "_GridRows":
        copy = _GridRows(self._grid, self._rows)
        copy.values = self.values | {name: np.asarray(value, dtype=float) for name, value in inputs.items()}
        return copy


class _GridPoints(Evaluator):
    """An evaluator of any batches of a grid, one at each context, that takes what does not vary along both from the grid."""

    def __init__(self, grid: StepGrid, index: np.ndarray):
        workload = {"batch": grid.batch[index][..., None, None], "context": grid.context.reshape(1, -1, 1, 1)}
        super().__init__(workload, load_formulas().formulas, grid.scheme.slots, grid.assembly.providers)
        self._grid, self._index = grid, index

    def _compute(self, name: str) -> np.ndarray:
        axes = self._grid.axes.get(name)
        if axes is not None and axes >= BOTH:
            return super()._compute(name)
        if axes is None or BATCH not in axes:
            value = self._grid.along_context[name]
        else:
            value = self._grid.by_batch(name)
            value = value[:, 0][self._index] if value.ndim == 4 and value.shape[0] > 1 else value
        self.values[name] = value
        return value

    def with_inputs(self, **inputs) -> "_GridPoints":
        copy = _GridPoints(self._grid, self._index)
        copy.values = self.values | {name: np.asarray(value, dtype=float) for name, value in inputs.items()}
        return copy


def slots_vary_with_batch(scheme: Scheme) -> bool:
    """Whether what the scheme redefines looks at the batch, so that nothing of it can be computed per context alone."""
    axes = axes_of()
    return any(BATCH in axes.get(name, ()) for _, arguments, _ in scheme.slots.values() for name in arguments)


def dispatches_by_length(assembly: Assembly, along_context: Evaluator) -> bool:
    """Whether a kernel takes one path or the other by the length or the number of sequences of a call."""
    axes = axes_of()
    for kernel in set(assembly.attention):
        _, arguments, _ = load_formulas().rules[kernel.rule]
        for name in arguments:
            if BATCH in axes[name] or (CONTEXT in axes[name] and _varies_with_context(along_context[name])):
                return True
    return any(
        name in axes and other is not None and _varies_with_context(other)
        for name, (_, other) in coefficients_by_path(assembly.attention).items()
    )


def _varies_with_context(array: np.ndarray) -> bool:
    return array.ndim >= 3 and array.shape[-3] > 1
