"""Equivalence: the known setting that takes no more memory and time where the proposal is asked, and where none does."""

from dataclasses import dataclass

import numpy as np

from costmodel.analyses.equivalence import MAX_LOSS, Equal, equivalence
from costmodel.report.subject import BATCHES, Subject

SHOWN = 8


@dataclass(frozen=True)
class RivalRead:
    """A rival over the region: cells reached, and reached whatever the kernels take; its bytes and step over the proposal's.

    Pairs are the least and the most over the region. ``condition`` is what it needs beside its setting, ``quality`` what is
    known of its loss, ``counts`` whether that is within the limit.
    """

    setting: str
    reached: int
    sure: int
    memory: tuple[float, float]
    step: tuple[float, float]
    evidence: str
    quality: str
    counts: bool
    condition: str


@dataclass(frozen=True)
class EquivalenceRead:
    """The best rival (or nothing), cells of the region, those that no rival reaches in words, and the first rivals.

    ``beside_the_step`` says what neither bytes of a sequence in the pool nor time of a step show.
    """

    verdict: str
    best: str
    dominates: bool
    cells: int
    unreached: int
    unreached_region: str
    max_loss: float
    beside_the_step: tuple[str, ...]
    rivals: tuple[RivalRead, ...]

    @property
    def is_matched(self) -> bool:
        """Whether known settings do as well in every cell, and nothing else is gained beside the step."""
        return bool(self.best and not self.unreached and not self.beside_the_step)


def compute(subject: Subject, earlier: dict) -> EquivalenceRead:
    """Compare the proposal with known settings on its deployment, over the batches and contexts of the report."""
    result = equivalence(subject.deployment, subject.scheme, (), BATCHES, subject.contexts)
    best, unreached = result.best, result.unreached
    return EquivalenceRead(
        result.verdict,
        best.setting if best else "",
        bool(best and best.dominates),
        unreached.size,
        int(unreached.sum()),
        result.region(unreached) if unreached.any() else "",
        MAX_LOSS,
        result.left_out,
        tuple(map(_read, result.rivals[:SHOWN])),
    )


def _read(rival: Equal) -> RivalRead:
    return RivalRead(
        rival.setting, int(rival.reached.sum()), int(rival.is_sure.sum()), _ends(rival.memory), _ends(rival.time),
        rival.evidence, rival.quality, rival.counts, rival.condition,
    )  # fmt: skip


def _ends(ratios: np.ndarray) -> tuple[float, float]:
    return float(ratios.min()), float(ratios.max())
