"""Which known setting does what a scheme does, or more: bytes and step time over a region, each with its own kernel's evidence.

A rival reaches a cell where it takes no more memory and no longer step than the scheme, up to 2 %; it dominates where one of the
two is better by more. It counts where its quality is known: it loses nothing, stores what the scheme stores, or somebody measured
a loss within the limit. A loss that nobody measured compares with nothing.
"""

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.analyses.novelty.delta import delta
from costmodel.analyses.novelty.rivals import Rival, beside_the_step, default_rivals, named_rivals
from costmodel.analyses.quality import first_published
from costmodel.evaluation.ask.compare import step_evidence, step_interval
from costmodel.evaluation.ask.passes import PointPasses
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.evidence import EVIDENCE, is_decisive
from costmodel.text.counted import counted

SAME = "the same code"
TOLERANCE = 0.02
SELECTING = {"read_tokens", "kept_tokens"}  # what is stored or read in part loses something, exact as it is
MAX_LOSS = 0.03  # of a score, published
BATCHES = (1.0, 4.0, 16.0, 64.0, 256.0)
CONTEXTS = tuple(float(1024 << k) for k in range(8))


@dataclass(frozen=True)
class Equal:
    """A rival over the region: bytes and step time over the scheme's (arrays over batch × context), and what it reaches.

    ``evidence`` is that of its step; ``condition`` says what it needs beside its setting, such as a share of common prefix.
    """

    setting: str
    scheme: Scheme
    condition: str
    memory: np.ndarray
    time: np.ndarray
    slowest: np.ndarray
    evidence: str
    implementation: str
    quality: str
    counts: bool

    @property
    def reached(self) -> np.ndarray:
        """Cells in which it takes no more memory and no longer step."""
        return (self.memory <= 1 + TOLERANCE) & (self.time <= 1 + TOLERANCE)

    @property
    def dominates(self) -> bool:
        """Whether it reaches every cell and is better in one."""
        better = (self.memory < 1 - TOLERANCE) | (self.time < 1 - TOLERANCE)
        return bool(self.reached.all() and better.any())

    @property
    def is_sure(self) -> np.ndarray:
        """Cells that it reaches whatever the kernels take: the slow end of its step within the fast end of the scheme's."""
        return (self.memory <= 1 + TOLERANCE) & (self.slowest <= 1 + TOLERANCE)


@dataclass(frozen=True)
class Equivalence:
    """A scheme's rivals from the one that reaches most cells; ``unreached`` marks the cells that none reaches.

    ``left_out`` says what bytes in the pool and the time of a step do not show; empty for most schemes.
    """

    scheme: str
    batch: np.ndarray
    context: np.ndarray
    rivals: tuple[Equal, ...]
    left_out: tuple[str, ...] = ()

    @functools.cached_property
    def unreached(self) -> np.ndarray:
        """Cells in which every rival that counts takes more memory or longer; all cells without one."""
        nowhere = np.zeros((len(self.batch), len(self.context)), dtype=bool)
        return ~np.logical_or.reduce([nowhere, *(rival.reached for rival in self.rivals if rival.counts)])

    @property
    def best(self) -> Equal | None:
        """The rival that counts and reaches most cells, None where none reaches any."""
        return next((rival for rival in self.rivals if rival.counts and rival.reached.any()), None)

    @property
    def verdict(self) -> str:
        """One sentence: which setting reaches how much, and what is left."""
        best, cells = self.best, self.unreached.size
        if best is None:
            return f"no rival of known quality takes as little memory and time anywhere: {self._of_unknown_quality}"
        reached = int(best.reached.sum())
        where = "in the whole region" if reached == cells else f"in {reached} of {counted(cells, 'cell')}"
        is_estimate = not is_decisive(best.evidence) and best.quality != SAME
        takes = "would take, as far as its kernel is estimated," if is_estimate else "takes"
        what = "less memory or time, and no more of the other," if best.dominates else "no more memory and time"
        does = f"{takes} {what}"
        facts = ", ".join(filter(None, (best.evidence, best.quality, best.condition)))
        left = int(self.unreached.sum())
        rest = f"no rival reaches {left}: {self.region(self.unreached)}" if left else "no cell is left to the scheme"
        gains = " and ".join(self.left_out)
        beside = f" (bytes in the pool and time of a step: {gains} is left out)" if gains else ""
        return f"{best.setting} {does} {where} ({facts}); {rest}{beside}"

    @property
    def _of_unknown_quality(self) -> str:
        reaching = sum(bool(rival.reached.any()) for rival in self.rivals if not rival.counts)
        return f"{reaching} others do, whose loss nobody measured or is above the limit"

    def region(self, cells: np.ndarray) -> str:
        """The ranges of batch and context that hold the cells."""
        rows, columns = np.nonzero(cells)
        batch, context = self.batch[rows], self.context[columns]
        return f"batch {_span(batch)}, context {_span(context / 1024, 'K')}"


def equivalence(
    deployment: Deployment,
    scheme: str | Scheme,
    rivals: Iterable[str] = (),
    batch: Sequence[float] = BATCHES,
    context: Sequence[float] = CONTEXTS,
    max_loss: float = MAX_LOSS,
) -> Equivalence:
    """Compare a scheme with settings of known ones (those named in ``rivals``, or all and some compositions).

    ``max_loss`` is the largest published loss, as a fraction, of a rival that counts; infinite where unknown ones count too.

    Raises UnknownName for a rival that is no scheme and no word for the baseline's own means.
    """
    scheme = load_scheme(scheme) if isinstance(scheme, str) else scheme
    batches, contexts = np.asarray(batch, dtype=float), np.asarray(context, dtype=float)
    own = _Measures(deployment, scheme, batches, contexts)
    candidates = named_rivals(deployment, scheme, rivals) if rivals else default_rivals(deployment, scheme)
    same = {neighbour.scheme for neighbour in delta(scheme).neighbours if neighbour.is_identical}
    compared = {}
    for rival in candidates:
        equal = _compare(own, rival, batches, contexts, _quality(rival, same, deployment.model.id, max_loss))
        kept = compared.get(rival.family)
        if kept is None or _rank(equal) < _rank(kept):
            compared[rival.family] = equal
    return Equivalence(
        scheme.id, batches, contexts, tuple(sorted(compared.values(), key=_rank)), beside_the_step(scheme)
    )


class _Measures:
    """Bytes of a sequence (1, contexts) and seconds of a step with its ends (batches, contexts), each when first asked for."""

    def __init__(self, deployment: Deployment, scheme: Scheme, batch: np.ndarray, context: np.ndarray):
        self.passes = PointPasses(deployment, scheme, batch[:, None], context[None, :])
        self.deployment, self.scheme, self.context = deployment, scheme, context

    @functools.cached_property
    def memory(self) -> np.ndarray:
        sizes = build_evaluator(self.deployment, self.scheme, 1.0, self.context[None, :], exact_lengths=0.0)
        return drop_model_axes(sizes["local_sequence_size"])

    @functools.cached_property
    def step(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return step_interval(self.passes)

    @property
    def evidence(self) -> str:
        return EVIDENCE[int(np.max(step_evidence(self.passes)))]


def _compare(own: _Measures, rival: Rival, batch: np.ndarray, context: np.ndarray, quality: tuple[str, bool]) -> Equal:
    other = _Measures(rival.deployment, rival.scheme, batch, context)
    memory = other.memory * rival.memory_share(other.memory, own.memory) / own.memory
    (value, fast, _), (rival_value, _, rival_slow) = own.step, other.step
    shape = len(batch), len(context)
    return Equal(
        rival.setting,
        rival.scheme,
        rival.condition(other.memory, own.memory),
        np.broadcast_to(memory, shape),
        np.broadcast_to(rival_value / value, shape),
        np.broadcast_to(rival_slow / fast, shape),
        other.evidence,
        other.passes.assembly.choice.id,
        *quality,
    )


def _quality(rival: Rival, same: set[str], model: str, max_loss: float) -> tuple[str, bool]:
    """What is known of a rival's quality, in words, and whether it counts."""
    if rival.setting in same:
        return SAME, True
    if rival.scheme.spec.lifecycle["reversible"] is True and not set(rival.scheme.slots) & SELECTING:
        return "nothing lost", True
    loss = first_published(rival.scheme.spec, model)
    if loss is None:
        return "unknown", math.isinf(max_loss)
    return f"{loss.value:.1%} {loss.benchmark.name}", loss.value <= max_loss


def _rank(equal: Equal) -> tuple:
    """Those that count first; then by cells reached, measured kernels, cells that are sure, no condition, the smaller product."""
    product = float(np.mean(np.log(equal.memory) + np.log(equal.time)))
    cells, sure = -int(equal.reached.sum()), -int(equal.is_sure.sum())
    return not equal.counts, cells, not is_decisive(equal.evidence), sure, bool(equal.condition), product, equal.setting


def _span(values: np.ndarray, suffix: str = "") -> str:
    low, high = values.min(), values.max()
    return f"{low:g}{suffix}" if low == high else f"{low:g}{suffix} to {high:g}{suffix}"
