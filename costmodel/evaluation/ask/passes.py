"""The four evaluators behind everything that is said of one scheme on one deployment, each built when it is first needed.

The step at this batch and context; the pool at the resident length; the prompt alone; the step at the largest batch that
fits.
"""

import abc
import functools

import numpy as np

from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.assemble.assembly import Assembly, assemble, with_ideal_kernels
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.assemble.grid_evaluator import StepGrid
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.evidence import is_decisive


class Passes(abc.ABC):
    """One scheme on one deployment under a workload; arrays broadcast against each other.

    ``prompt`` is the context where it is not given, ``generated`` then nothing.
    """

    def __init__(self, deployment: Deployment, scheme: Scheme, context, prompt=None, generated=None, generated_cv=None):
        self.deployment, self.scheme = deployment, scheme
        self.context = np.asarray(context, dtype=float)
        self.prompt_length = self.context if prompt is None else np.asarray(prompt, dtype=float)
        self.generated, self.generated_cv = generated, generated_cv

    @property
    @abc.abstractmethod
    def step(self) -> Evaluator:
        """A decode step at batch and context."""

    @property
    @abc.abstractmethod
    def ideal(self) -> "Passes":
        """The same passes with an ideal kernel: the fast end of what nobody measured."""

    @functools.cached_property
    def assembly(self) -> Assembly:
        """Inputs and kernels of the scheme, and what their times are known from."""
        return assemble(self.deployment, self.scheme)

    @property
    def is_decisive(self) -> bool:
        """Whether the kernels' evidence lets a verdict stand."""
        return is_decisive(self.assembly.evidence)

    @functools.cached_property
    def pool(self) -> Evaluator:
        """The pool at the length at which it must hold a request."""
        lengths = (self.context, self.prompt_length, self.generated, self.generated_cv)
        return build_pool_evaluator(self.deployment, self.scheme, *lengths)

    @functools.cached_property
    def prompt(self) -> Evaluator:
        """The prompt alone on an idle replica."""
        return build_prefill_evaluator(self.deployment, self.scheme, self.prompt_length)

    @functools.cached_property
    def full(self) -> Evaluator:
        """A decode step of the largest batch that fits, of one sequence where none does."""
        largest = np.maximum(drop_model_axes(self.pool["max_batch"]), 1.0)
        return build_evaluator(self.deployment, self.scheme, largest, self.context, prompt=self.prompt_length)


class PointPasses(Passes):
    """The passes at points: batch and context broadcast against each other."""

    def __init__(self, deployment: Deployment, scheme: Scheme, batch, context, **lengths):
        super().__init__(deployment, scheme, context, **lengths)
        self.batch, self._lengths = batch, lengths

    @functools.cached_property
    def ideal(self) -> "PointPasses":
        """The same points with an ideal kernel."""
        return PointPasses(with_ideal_kernels(self.deployment), self.scheme, self.batch, self.context, **self._lengths)

    @functools.cached_property
    def step(self) -> Evaluator:
        """A decode step at batch and context."""
        return build_evaluator(self.deployment, self.scheme, self.batch, self.context, prompt=self.prompt_length)


class GridPasses(Passes):
    """The passes of a grid of batch × context; ``rows`` gives those of some batches."""

    def __init__(self, grid: StepGrid):
        super().__init__(grid.deployment, grid.scheme, grid.context[None, :])
        self._grid = grid

    @functools.cached_property
    def step(self) -> Evaluator:
        """A decode step over all batches × contexts."""
        return self._grid.rows()

    @functools.cached_property
    def ideal(self) -> "GridPasses":
        """The same grid with an ideal kernel."""
        grid = self._grid
        deployment = with_ideal_kernels(self.deployment)
        return GridPasses(StepGrid(deployment, self.scheme, grid.batch, grid.context, grid.shared or grid))

    @functools.cached_property
    def pool(self) -> Evaluator:
        """The pool, each sequence holding exactly its context."""
        return self._grid.along_context

    def rows(self, rows: slice) -> "GridRowsPasses":
        """The passes of some batches; what does not vary with the batch is shared by all of them."""
        return GridRowsPasses(self, rows)


class GridRowsPasses(Passes):
    """Some rows of the passes of a grid."""

    def __init__(self, whole: GridPasses, rows: slice):
        super().__init__(whole.deployment, whole.scheme, whole.context)
        self._whole, self._rows = whole, rows

    @functools.cached_property
    def ideal(self) -> "GridRowsPasses":
        """The same rows with an ideal kernel."""
        return self._whole.ideal.rows(self._rows)

    @functools.cached_property
    def step(self) -> Evaluator:
        """A decode step over rows × contexts."""
        return self._whole._grid.rows(self._rows.start, self._rows.stop)

    @functools.cached_property
    def pool(self) -> Evaluator:
        """The pool, at every context."""
        return self._whole.pool

    @functools.cached_property
    def prompt(self) -> Evaluator:
        """The prompt alone, at every context."""
        return self._whole.prompt

    @functools.cached_property
    def full(self) -> Evaluator:
        """A step of the largest batch, at every context."""
        return self._whole.full


def build_passes(
    deployment: Deployment, scheme: Scheme, batch, context, prompt=None, generated=None, generated_cv=None
) -> PointPasses:
    """The passes of one scheme at points.

    ``batch`` in sequences; ``context``, ``prompt`` and ``generated`` (mean output) in tokens of a sequence, arrays that
    broadcast against each other; ``prompt`` is the context where it is not given, ``generated`` then nothing.
    """
    return PointPasses(
        deployment, scheme, batch, context, prompt=prompt, generated=generated, generated_cv=generated_cv
    )
