"""How many sequences a scheme runs at once: what memory and scheduler allow, and what an objective allows of that.

Static: every prompt is as long as its context, nothing arrives. Evaluators that several comparisons of several schemes ask
for are built once.
"""

import functools
from dataclasses import dataclass

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.ask.passes import Passes
from costmodel.evaluation.assemble.assembly import with_ideal_kernels
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.grid_evaluator import StepGrid
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

STRIDES = (64, 8, 1)  # batches; the last but one is the rows of the smallest tile


@dataclass(frozen=True)
class Objective:
    """Most seconds that an output token and a first token may take; None where it does not matter."""

    tpot: float | None = None
    ttft: float | None = None

    def check(self) -> None:
        """InputError for an objective that asks for nothing, or for a time that cannot be."""
        if self.tpot is None and self.ttft is None:
            raise InputError("comparison 'objective' needs --tpot or --ttft")
        for name in ("tpot", "ttft"):
            if (value := getattr(self, name)) is not None and not value > 0:
                raise InputError(f"{name}: expected a time above 0 s, got {value:g} s")


class EvaluatorCache:
    """Evaluators of schemes over one batch × context on one deployment, each built when it is first asked for.

    ``batch`` in sequences, ``context`` in tokens, vectors. What schemes share is computed once for all of them.
    """

    def __init__(
        self,
        deployment: Deployment,
        batch: np.ndarray,
        context: np.ndarray,
        shared: dict[str, StepGrid] | None = None,
    ):
        self.deployment = deployment
        self.batch, self.context = np.asarray(batch, dtype=float), np.asarray(context, dtype=float)
        self._shared: dict[str, StepGrid] = {} if shared is None else shared
        for name in ("step", "_along_context", "largest", "_every_batch"):
            setattr(self, name, functools.cache(getattr(self, name)))

    def step(self, scheme: Scheme) -> Evaluator:
        """A decode step over batch × context."""
        return self._grid("step", scheme, self.batch).rows()

    def pool(self, scheme: Scheme) -> Evaluator:
        """The pool at every context, each sequence holding exactly its context; arrays (1, contexts)."""
        return self._along_context(scheme)

    def largest(self, scheme: Scheme, objective: Objective | None = None) -> np.ndarray:
        """The largest batch at every context that fits, and meets the objective; 0 where none does. Shape (1, contexts)."""
        if objective is not None:
            return self._within(scheme, objective)
        return np.broadcast_to(drop_model_axes(self.pool(scheme)["max_batch"]), (1, len(self.context)))

    @functools.cached_property
    def ideal(self) -> "EvaluatorCache":
        """The same with ideal kernels."""
        return EvaluatorCache(with_ideal_kernels(self.deployment), self.batch, self.context, self._shared)

    def full(self, scheme: Scheme, batches: np.ndarray) -> Evaluator:
        """A decode step of these batches (1, contexts), at every context, of one sequence where a batch is 0."""
        return self._at(scheme, np.maximum(batches, 1.0))

    def _along_context(self, scheme: Scheme) -> Evaluator:
        """What does not vary with the batch, at every context, each sequence holding exactly its context."""
        return build_evaluator(self.deployment, scheme, 1.0, self.context[None, :])

    def _grid(self, kind: str, scheme: Scheme, batch: np.ndarray) -> StepGrid:
        """A grid of the scheme; the first of its kind is shared by the others."""
        along_context = self._along_context(scheme)
        grid = StepGrid(self.deployment, scheme, batch, self.context, self._shared.get(kind), along_context)
        self._shared.setdefault(kind, grid)
        return grid

    def _every_batch(self, scheme: Scheme) -> StepGrid:
        """A grid over every batch that the scheduler runs."""
        return self._grid("every", scheme, np.arange(1.0, self.deployment.engine.numbers["max_sequences"] + 1))

    def _at(self, scheme: Scheme, batch: np.ndarray) -> Evaluator:
        """A step at any whole batches × contexts."""
        return self._every_batch(scheme).points(batch.astype(int) - 1)

    def _within(self, scheme: Scheme, objective: Objective) -> np.ndarray:
        """The largest batch in time, looked for in ever smaller strides above the last that is fine.

        Within a stride of a tile's rows a step may be shorter for more sequences; over a stride it grows.
        """
        fitting = self.largest(scheme).astype(int)
        in_time = np.ones(fitting.shape, dtype=bool)
        if objective.ttft is not None:
            in_time = self._first_token(scheme) <= objective.ttft
        if objective.tpot is None:
            return np.where(in_time, fitting, 0.0)
        largest, reach = np.zeros(fitting.shape), int(fitting.max(initial=1))
        for stride in STRIDES:
            steps = largest + np.arange(0, reach + stride, stride)[:, None]
            candidates = np.clip(steps, 1.0, np.maximum(fitting, 1))
            time = drop_model_axes(self._at(scheme, candidates)["step_time"])
            meets = (time <= objective.tpot) & (candidates <= fitting)
            largest = np.where(meets, candidates, largest).max(axis=0, keepdims=True)
            reach = stride
        return np.where(in_time & (fitting > 0), largest, 0.0)

    def _first_token(self, scheme: Scheme) -> np.ndarray:
        """Seconds of the prefill of a lone prompt of every context, shape (1, contexts)."""
        chunk = np.minimum(self.context, self.deployment.engine.numbers["max_batched_tokens"])
        prompt = build_evaluator(
            self.deployment, scheme, 1.0, self.context, prompt=self.context, forward_tokens=chunk, head_rows=1.0
        )
        return np.broadcast_to(drop_model_axes(prompt["prefill_time"]), (1, len(self.context)))


class RegimePasses(Passes):
    """The passes of one scheme over a cache's batches × contexts; ``full`` is at the largest batch within an objective.

    With ``at`` (shape (1, contexts)) ``full`` is at these batches, so that an ideal kernel is held against the same ones.
    """

    def __init__(self, cache: EvaluatorCache, scheme: Scheme, objective: Objective | None = None, at=None):
        super().__init__(cache.deployment, scheme, cache.context[None, :])
        self._cache, self._objective, self._at = cache, objective, at

    @functools.cached_property
    def ideal(self) -> "RegimePasses":
        """The same with an ideal kernel, at the same batches."""
        return RegimePasses(self._cache.ideal, self.scheme, self._objective, self.batches)

    @functools.cached_property
    def batches(self) -> np.ndarray:
        """The largest batch at every context, shape (1, contexts); 0 where none fits."""
        return self._cache.largest(self.scheme, self._objective) if self._at is None else self._at

    @functools.cached_property
    def step(self) -> Evaluator:
        """A decode step over batch × context."""
        return self._cache.step(self.scheme)

    @functools.cached_property
    def pool(self) -> Evaluator:
        """The pool at every context."""
        return self._cache.pool(self.scheme)

    @functools.cached_property
    def full(self) -> Evaluator:
        """A decode step of the largest batch, of one sequence where none fits."""
        return self._cache.full(self.scheme, self.batches)


def within(deployment: Deployment, scheme: Scheme, context, objective: Objective) -> np.ndarray:
    """The largest batch of one scheme at every context that fits and meets the objective, shape (1, contexts).

    ``context`` in tokens; returns whole sequences, 0 where not even one meets it.
    """
    return EvaluatorCache(deployment, np.ones(1), context).largest(scheme, objective)
