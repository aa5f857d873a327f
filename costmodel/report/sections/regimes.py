"""Where it pays: the regime over batch × context, each at its own largest batch, and the kernel budget at the points."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from costmodel.analyses.kernel_budget import CONDITION, EQUATION, kernel_budget
from costmodel.analyses.regime import Regime, compute_regimes
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.verdicts import is_absent
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.facts.evidence import is_decisive
from costmodel.report.subject import BATCHES, OperatingPoint, Subject

SAME = 1e-3  # of a ratio, below which two steps take one time


@dataclass(frozen=True)
class Cell:
    """One cell: sequences, tokens, ratio with its 90 % ends, verdict, evidence, binding term, budget in ns.

    Where ``baseline_fits`` is false, 16 bit cannot run this batch at all, and the ratio is to a step that nobody can take.
    """

    batch: float
    context: float
    ratio: float
    low: float
    high: float
    verdict: str
    evidence: str
    binding: str
    budget_ns: float
    baseline_fits: bool

    @property
    def is_compared(self) -> bool:
        """Whether both sides can run it, so that the ratio is one that somebody could measure."""
        return self.baseline_fits and not is_absent(np.array(self.verdict))


@dataclass(frozen=True)
class OwnBatch:
    """Each side at its own largest batch at one context, and the prompts that filling the scheme's batch takes (seconds)."""

    context: float
    batch: float
    baseline_batch: float
    ratio: float
    low: float
    high: float
    verdict: str
    fill_seconds: float


@dataclass(frozen=True)
class KernelBar:
    """A kernel at one point: ns a token and head of the baseline's cache, its evidence, and whether it is within the budget."""

    name: str
    evidence: str
    nanoseconds: float
    pays: bool


@dataclass(frozen=True)
class BudgetAt:
    """The budget at one operating point, in ns a token and KV head; negative: even a free kernel loses."""

    point: OperatingPoint
    budget_ns: float
    kernels: tuple[KernelBar, ...]
    baseline_fits: bool


@dataclass(frozen=True)
class Regimes:
    """The map, own batches, budgets, and who implements it; ``slow_end`` says what stands behind the slow end.

    ``counts`` are of the cells that both sides can run, by verdict. ``is_baselines_step`` where a measured kernel takes the
    baseline's time in all of them, so that no step gains or pays.
    """

    cells: tuple[Cell, ...]
    counts: dict[str, int]
    own_batch: tuple[OwnBatch, ...]
    budgets: tuple[BudgetAt, ...]
    implementation: str
    slow_end: str
    ttft_ratio: float
    is_baselines_step: bool
    equation: str = EQUATION
    condition: str = CONDITION


def compute(subject: Subject, earlier: dict) -> Regimes:
    """The regimes of a subject."""
    contexts = np.array(subject.contexts)
    by_comparison = compute_regimes(
        subject.deployment, [subject.scheme], np.array(BATCHES), contexts, ["same-batch", "own-batch"], output=None
    )
    same, own = by_comparison["same-batch"][0], by_comparison["own-batch"][0]
    budgets = [kernel_budget(subject.deployment, subject.scheme, p.batch, p.context) for p in subject.points]
    cells = tuple(_cells(subject, same))
    counts = Counter(cell.verdict for cell in cells if cell.is_compared)
    return Regimes(
        cells,
        dict(sorted(counts.items())),
        tuple(_own(subject, own)),
        tuple(_budget(subject, point, budget) for point, budget in zip(subject.points, budgets, strict=True)),
        same.implementation,
        budgets[0].slow_end,
        float(same.ttft_ratio.min()),
        all(abs(c.ratio - 1) < SAME and is_decisive(c.evidence) for c in cells if c.is_compared),
    )


def _cells(subject: Subject, regime: Regime):
    pool = build_passes(subject.deployment, subject.baseline, 1.0, regime.context).pool
    room = np.broadcast_to(drop_model_axes(pool["max_batch_memory"]), regime.context.shape)
    for i, j in np.ndindex(regime.ratio.shape):
        numbers = (regime.ratio, regime.low, regime.high)
        yield Cell(
            float(regime.batch[i]), float(regime.context[j]), *(float(values[i, j]) for values in numbers),
            verdict=str(regime.verdict[i, j]), evidence=str(regime.evidence[i, j]), binding=str(regime.binding[i, j]),
            budget_ns=1e9 * float(regime.kernel_budget[i, j]), baseline_fits=bool(regime.batch[i] <= room[j]),
        )  # fmt: skip


def _own(subject: Subject, regime: Regime):
    prompts = build_passes(subject.deployment, subject.scheme, 1.0, regime.context).prompt["prefill_time"]
    seconds = np.broadcast_to(drop_model_axes(prompts), regime.context.shape)
    for j, context in enumerate(regime.context):
        numbers = (regime.scheme_batch, regime.baseline_batch, regime.ratio, regime.low, regime.high)
        yield OwnBatch(
            float(context), *(float(values[0, j]) for values in numbers), verdict=str(regime.verdict[0, j]),
            fill_seconds=float(regime.scheme_batch[0, j] * seconds[j]),
        )  # fmt: skip


def _budget(subject: Subject, point: OperatingPoint, budget) -> BudgetAt:
    limit = float(budget.latency)
    pool = build_passes(subject.deployment, subject.baseline, 1.0, point.context).pool
    fits = point.batch <= float(np.ravel(drop_model_axes(pool["max_batch_memory"]))[0])
    bars = (KernelBar(k.name, k.evidence, 1e9 * float(k.seconds), float(k.seconds) < limit) for k in budget.kernels)
    return BudgetAt(point, 1e9 * limit, tuple(bars), fits)
