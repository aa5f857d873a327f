"""A sweep in a few words a scheme: where it wins at the same batch, by how much, because of which term, and at its own batch.

Wins are counted only where the whole 90 % interval lies above 1 and the batch fits. The reason is the term of the step
that shrinks most (or grows most, where a scheme never wins) between baseline and scheme at the named point.
"""

from dataclasses import asdict, dataclass

import numpy as np

from costmodel.evaluation.ask.grid import Grid
from costmodel.evaluation.ask.outputs import waterfall
from costmodel.evaluation.compile import compiled
from costmodel.facts.schemes import parse_scheme


@dataclass(frozen=True)
class SchemeSummary:
    """One scheme of a sweep, told."""

    scheme: str
    baseline: str
    sequence_share: float
    where: str
    losing: float
    best: float
    why: str
    wins: int
    loses: int
    unsure: int
    capacity: float
    capacity_at: str

    def as_dict(self) -> dict:
        """Plain values by name."""
        return asdict(self)


def with_baselines(schemes) -> list[str]:
    """The schemes, with every baseline that one of them is held against."""
    named = [parse_scheme(text) for text in schemes]
    baselines = [compiled.load_scheme(sentence.baseline).id for sentence in named]
    listed = {sentence.id: text for sentence, text in zip(named, schemes, strict=True)}
    return [b for b in dict.fromkeys(baselines) if b not in listed] + list(schemes)


def summarise(made: Grid) -> list[SchemeSummary]:
    """A line for every scheme of a one-deployment grid that is not its own baseline."""
    pairs = [(scheme.id, compiled.load_scheme(scheme.baseline).id) for scheme in made.schemes]
    return [_line(made, scheme, baseline) for scheme, baseline in pairs if scheme != baseline]


def _line(made: Grid, scheme: str, baseline: str) -> SchemeSummary:
    def ours(name):
        return made.column(name, scheme)

    fits = ours("fits") & made.column("fits", baseline)
    low, high, ratio = (ours(f"speedup{end}") for end in ("_lo", "_hi", ""))
    wins, loses = fits & (low > 1), fits & (high < 1)
    flight = made.batch[:, None] * made.context[None, :]
    best = np.unravel_index(np.where(fits, ratio, -np.inf).argmax(), ratio.shape)
    worst = np.unravel_index(np.where(fits, ratio, np.inf).argmin(), ratio.shape)
    capacity = np.where(np.isfinite(ours("speedup_capacity")[0]), ours("speedup_capacity")[0], -1.0)
    top = int(capacity.argmax())
    share = ours("local_sequence_size")[0, -1] / made.column("local_sequence_size", baseline)[0, -1]
    return SchemeSummary(
        scheme,
        baseline,
        float(share),
        _where(wins, loses, fits, flight),
        float(loses[fits].mean()) if fits.any() else 0.0,
        float(ratio[best]) if wins.any() else 0.0,
        _why(made, scheme, baseline, best if wins.any() else worst, wins.any()),
        int(wins.sum()),
        int(loses.sum()),
        int((fits & ~wins & ~loses).sum()),
        max(float(capacity[top]), 0.0),
        _short(made.context[top]),
    )


def _where(wins, loses, fits, flight) -> str:
    if not fits.any():
        return "nothing fits"
    if not wins.any():
        return "nowhere" if loses.any() else "cannot tell"
    if wins[fits].all():
        return "everywhere"
    threshold = [f for f in sorted(set(flight[fits])) if wins[fits & (flight >= f)].all()]
    if threshold:
        return f"from {_short(threshold[0])} in flight"
    return f"in {wins[fits].mean():.0%} of cells"


def _why(made: Grid, scheme: str, baseline: str, at, won: bool) -> str:
    mine, base = (waterfall(lambda name, who=who: made.column(name, who)[at]) for who in (scheme, baseline))
    change = {word: mine[word] - base[word] for word in mine}
    word = min(change, key=change.get) if won else max(change, key=change.get)
    return f"{word} {change[word] / made.column('step_time', baseline)[at]:+.0%} of the step"


def _short(value: float) -> str:
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if value >= size and value % size == 0:
            return f"{value / size:.0f}{letter}"
    return f"{value:,.0f}"
