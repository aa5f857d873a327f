"""What to measure next: eight measurements that would narrow or turn the verdict, ranked by how much of the map they decide.

A kernel that nobody timed leaves every cell open whose interval holds 1; answers that nobody scored may void every cell
that wins; a fitted number widens the interval of all cells a little. Each is priced from the report's own intervals.
"""

import math
from dataclasses import dataclass

from costmodel.analyses import quality
from costmodel.analyses.uncertainty import PROSE, REMEDY, uncertainty
from costmodel.evaluation.ask.intervals import Z90
from costmodel.evaluation.ask.verdicts import NEEDS_KERNEL, UNSURE, WINS
from costmodel.facts import store
from costmodel.facts.quality import key
from costmodel.report.sections.novelty import Novelty
from costmodel.report.sections.regimes import Cell, Regimes
from costmodel.report.sections.torture import UNKNOWN, TortureCard
from costmodel.report.subject import Subject
from costmodel.text.durations import format_duration

COUNT = 8
KERNEL_POINTS, BENCHMARKS = 3, 3


@dataclass(frozen=True)
class Measurement:
    """One measurement: what and where, the fraction of the map's cells that it decides, how much it narrows (a factor of
    the interval's width, high over low), and why, in words."""

    what: str
    where: str
    decides: float
    narrows: float
    why: str


@dataclass(frozen=True)
class Measurements:
    """Eight measurements at most, the most decisive first."""

    ranked: tuple[Measurement, ...]


def compute(subject: Subject, earlier: dict) -> Measurements:
    """Rank measurements from the regimes, the novelty and the torture card that were computed before."""
    regimes: Regimes = earlier["regimes"]
    fitting = [cell for cell in regimes.cells if cell.is_compared]
    candidates = [
        *([] if regimes.is_baselines_step else _kernel_points(subject, fitting)),
        *_resume(earlier["torture"]),
        *_benchmarks(subject, earlier["novelty"], fitting),
        *_needle(earlier["torture"], fitting),
        *_first_token(regimes),
        *_numbers(subject),
    ]
    ranked = sorted(candidates, key=lambda m: (-m.decides, -m.narrows))
    return Measurements(tuple(ranked[:COUNT]))


def _kernel_points(subject: Subject, cells: list[Cell]) -> list[Measurement]:
    """Points whose kernel time decides the most undecided cells: each open cell counts for the nearest chosen point."""
    open_cells = [c for c in cells if c.verdict in (NEEDS_KERNEL, UNSURE)]
    chosen: list[Cell] = []
    for _ in range(min(KERNEL_POINTS, len(open_cells))):
        # A new point lies where the open cells are farthest from those chosen; the first in their middle.
        rest = [c for c in open_cells if c not in chosen]
        spread = (
            (lambda c: min(_apart(c, o) for o in chosen))
            if chosen
            else (lambda c: -sum(_apart(c, o) for o in open_cells))
        )
        chosen.append(max(rest, key=lambda c: (spread(c), c.batch * c.context)))
    candidates = []
    for point in chosen:
        own = [c for c in open_cells if min(chosen, key=lambda p, c=c: _apart(p, c)) is point]
        limit = f"below {point.budget_ns:.3g} ns a token and KV head it wins, above it loses"
        if point.budget_ns <= 0:
            limit = "even a free kernel loses: the passes beside attention are to be timed"
        span = f"today {point.low:.2f} to {point.high:.2f} × ({point.evidence})"
        where = f"batch {point.batch:,.0f}, context {point.context:,.0f}"
        decides, narrows = len(own) / len(cells), point.high / point.low
        candidates.append(
            Measurement("time of the decode-attention kernel", where, decides, narrows, f"{limit}; {span}")
        )
    return candidates


def _apart(one: Cell, other: Cell) -> float:
    return abs(math.log(one.batch / other.batch)) + abs(math.log(one.context / other.context))


def _benchmarks(subject: Subject, novelty: Novelty, cells: list[Cell]) -> list[Measurement]:
    """Benchmarks on which nobody scored this setting and on which its nearest known relatives lost most."""
    hopeful = sum(c.verdict in (WINS, NEEDS_KERNEL) for c in cells) / max(len(cells), 1)
    relatives = dict.fromkeys(name for n in novelty.nearest for name in (n.scheme, n.scheme.partition("[")[0]))
    own_key = novelty.identical_to or (key(subject.scheme.spec) or "")
    losses = []
    for name in store.files("benchmarks"):
        if own_key and quality.published(own_key, name):
            continue
        known = [loss for relative in relatives if (loss := quality.published(relative, name)) and loss.models]
        if known:
            losses.append(known[0])
    # One benchmark at several lengths counts once, where it loses most.
    losses = {loss.benchmark.id.split("-")[0]: loss for loss in sorted(losses, key=lambda loss: loss.value)}
    worst = sorted(losses.values(), key=lambda loss: -loss.value)
    return [
        Measurement(
            f"quality on {loss.benchmark.name}", "the setting as proposed, the model as deployed", hopeful, 1.0,
            f"unknown for this setting; {loss.setting}, the nearest that was scored, loses {loss.value:.1%} ({loss.basis})",
        )
        for loss in worst[:BENCHMARKS]
    ] or [
        Measurement(
            "quality on RULER and on a passkey test at the longest context", "the setting as proposed", hopeful, 1.0,
            "nobody scored this setting or a near one: every win stands on answers that nobody has seen",
        )
    ]  # fmt: skip


def _needle(torture: TortureCard, cells: list[Cell]) -> list[Measurement]:
    if torture.verdict_of("retrieval") != UNKNOWN:
        return []
    hopeful = sum(c.verdict in (WINS, NEEDS_KERNEL) for c in cells) / max(len(cells), 1)
    why = next(outcome.at for outcome in torture.outcomes if outcome.test == "retrieval")
    return [Measurement("passkeys found", "64K tokens, needle at every tenth of the depth", hopeful, 1.0, why)]


def _resume(torture: TortureCard) -> list[Measurement]:
    """The decoding of a resting cache: between an ideal kernel and the time at which plain pages are back as soon."""
    resumed = torture.resumed
    if resumed is None or not resumed.decode_seconds:
        return []
    limit = resumed.plain_seconds - resumed.fetch_seconds
    why = f"below {format_duration(limit)} it beats plain pages over the link; estimated as "
    why += f"{format_duration(resumed.decode_seconds)} at the pace of an ideal kernel, and nobody timed one"
    narrows = max(limit / resumed.decode_seconds, 1.0)
    where = f"a history of {resumed.history:,.0f} tokens"
    return [Measurement("time to decode a resting cache", where, 0.0, narrows, why)]


def _first_token(regimes: Regimes) -> list[Measurement]:
    if regimes.ttft_ratio > 0.95:
        return []
    why = f"predicted at {regimes.ttft_ratio:.2f} × the baseline's speed; scoring or coding a prompt was priced, not timed"
    return [Measurement("time to first token", "one prompt of the longest context", 0.0, 1 / regimes.ttft_ratio, why)]


def _numbers(subject: Subject) -> list[Measurement]:
    """At each operating point, the term or fitted number that most of the step's variance comes from."""
    candidates = {}
    for point in subject.points:
        analysis = uncertainty(subject.deployment, subject.scheme, point.batch, point.context)
        for term, share in sorted(analysis.terms.items(), key=lambda item: -item[1])[:2]:
            narrows = math.exp(2 * Z90 * analysis.spread * (1 - math.sqrt(max(1 - share, 0.0))))
            remedy = REMEDY.get(term) or f"measure {PROSE.get(term, term)} at this very shape"
            advice = f"{share:.0%} of the variance of the step there; {remedy}"
            name = f"the {term} term of the step"
            if name not in candidates or candidates[name].narrows < narrows:
                where = f"batch {point.batch:,.0f}, context {point.context:,.0f}"
                candidates[name] = Measurement(name, where, 0.0, narrows, advice)
    return list(candidates.values())
