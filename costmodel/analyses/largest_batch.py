"""How many sequences a scheme runs at once: what memory and scheduler allow, and what an objective allows of that.

Static: every prompt is as long as its context, nothing arrives. Tables that several comparisons of several schemes ask for
are computed once.
"""

import functools
from dataclasses import dataclass

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.assemble import shared_terms as sharing
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
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
                raise InputError(f"{name}: found {value:g} s, due a time above 0")


class EvaluatorCache:
    """Tables of schemes over one batch × context on one deployment, each computed when it is first asked for.

    ``batch`` in sequences, ``context`` in tokens, vectors. What schemes share is computed once for all of them.
    """

    def __init__(self, where: Deployment, batch: np.ndarray, context: np.ndarray):
        self.where, self.batch, self.context = where, np.asarray(batch, float), np.asarray(context, float)
        for name in ("step", "pool", "largest", "full"):
            setattr(self, name, functools.cache(getattr(self, name)))

    def step(self, scheme: compiled.Scheme) -> Evaluator:
        """A decode step over batch × context."""
        return sharing.build_evaluator_with_shared(self.where, scheme, *self._axes, self._shared)

    def pool(self, scheme: compiled.Scheme) -> Evaluator:
        """The pool at every context, each sequence holding exactly its context."""
        known = {"pool_room": self._by_batch["pool_room"]}
        return sharing.build_evaluator_with_shared(
            self.where, scheme, 1.0, self.context[None, :], known, exact_lengths=1.0
        )

    def largest(self, scheme: compiled.Scheme, objective: Objective | None = None) -> np.ndarray:
        """The largest batch at every context that fits, and meets the objective; 0 where none does. Shape (1, contexts)."""
        if objective is not None:
            return self._within(scheme, objective)
        return np.broadcast_to(drop_model_axes(self.pool(scheme)["max_batch"]), (1, len(self.context)))

    def full(self, scheme: compiled.Scheme, objective: Objective | None = None) -> Evaluator:
        """A decode step of ``largest`` sequences at every context, of one where none fits."""
        return self._at(scheme, np.maximum(self.largest(scheme, objective), 1.0))

    @property
    def _axes(self):
        return self.batch[:, None], self.context[None, :]

    @functools.cached_property
    def _shared(self) -> dict[str, np.ndarray]:
        return sharing.compute_shared_terms(self.where, *self._axes)

    @functools.cached_property
    def _by_batch(self) -> dict[str, np.ndarray]:
        """Terms that schemes share and that do not vary with the context, for every batch that the scheduler runs."""
        batch = np.arange(1.0, self.where.engine.numbers["max_sequences"] + 1)
        found = sharing.compute_shared_terms(self.where, batch[:, None], self.context[None, :])
        return {name: value for name, value in found.items() if value.shape[1:2] == (1,) or value.ndim <= 2}

    def _at(self, scheme: compiled.Scheme, batch: np.ndarray) -> Evaluator:
        """A step at any whole batches × contexts, with the shared terms of each batch picked."""
        place = batch.astype(int) - 1
        known = {name: v[:, 0][place] if v.ndim > 2 else v for name, v in self._by_batch.items()}
        return sharing.build_evaluator_with_shared(
            self.where, scheme, batch, np.broadcast_to(self.context, batch.shape), known
        )

    def _within(self, scheme: compiled.Scheme, objective: Objective) -> np.ndarray:
        """The largest batch in time, looked for in ever smaller strides above the last that is fine.

        Within a stride of a tile's rows a step may be shorter for more sequences; over a stride it grows.
        """
        most = self.largest(scheme).astype(int)
        fast = np.ones(most.shape, dtype=bool)
        if objective.ttft is not None:
            fast = self._first_token(scheme) <= objective.ttft
        if objective.tpot is None:
            return np.where(fast, most, 0.0)
        found, reach = np.zeros(most.shape), int(most.max(initial=1))
        for stride in STRIDES:
            steps = found + np.arange(0, reach + stride, stride)[:, None]
            tried = np.clip(steps, 1.0, np.maximum(most, 1))
            time = drop_model_axes(self._at(scheme, tried)["step_time"])
            found = np.where((time <= objective.tpot) & (tried <= most), tried, found).max(axis=0, keepdims=True)
            reach = stride
        return np.where(fast & (most > 0), found, 0.0)

    def _first_token(self, scheme: compiled.Scheme) -> np.ndarray:
        """Seconds of the prefill of a lone prompt of every context, shape (1, contexts)."""
        chunk = np.minimum(self.context, self.where.engine.numbers["max_batched_tokens"])
        prompt = build_evaluator(
            self.where, scheme, 1.0, self.context, prompt=self.context, forward_tokens=chunk, head_rows=1.0
        )
        return np.broadcast_to(drop_model_axes(prompt["prefill_time"]), (1, len(self.context)))


def within(where: Deployment, scheme: compiled.Scheme, context, objective: Objective) -> np.ndarray:
    """The largest batch of one scheme at every context that fits and meets the objective, shape (1, contexts)."""
    return EvaluatorCache(where, np.ones(1), context).largest(scheme, objective)
