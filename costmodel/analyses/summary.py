"""A sweep in a few words a scheme: where it wins at the same batch, by how much, because of which term, and at its own batch.

Wins are counted only where the whole 90 % interval lies above 1 and the batch fits. The reason is the term of the step
that shrinks most (or grows most, where a scheme never wins) between baseline and scheme at the named point.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.grid import Grid
from costmodel.evaluation.ask.step import waterfall
from costmodel.evaluation.compile.compiled import load_scheme, load_terms
from costmodel.facts.schemes import parse_scheme

OUTPUTS = ("fits", "speedup", "speedup_capacity", "local_sequence_size", "step_time")


def needed_outputs() -> tuple[str, ...]:
    """The columns of a sweep that a summary reads."""
    terms = [quantity for term in load_terms() for quantity in term.quantities]
    return tuple(dict.fromkeys([*OUTPUTS, *terms]))


@dataclass(frozen=True)
class SchemeSummary:
    """Summary of one scheme over a sweep.

    ``kv_bytes_ratio`` is bytes of a sequence over the baseline's at the longest context; fractions are of cells that fit;
    ``max_speedup`` is 0 where the scheme never wins.
    """

    scheme: str
    baseline: str
    kv_bytes_ratio: float
    win_region: str
    loss_fraction: float
    max_speedup: float
    main_change: str
    wins: int
    loses: int
    inconclusive: int
    capacity: float
    capacity_at: str

    def as_dict(self) -> dict:
        """Values by the keys of ``costmodel sweep --json``."""
        return {
            "scheme": self.scheme,
            "baseline": self.baseline,
            "sequence_share": self.kv_bytes_ratio,
            "where": self.win_region,
            "losing": self.loss_fraction,
            "best": self.max_speedup,
            "why": self.main_change,
            "wins": self.wins,
            "loses": self.loses,
            "unsure": self.inconclusive,
            "capacity": self.capacity,
            "capacity_at": self.capacity_at,
        }


def with_baselines(schemes: Sequence[str]) -> list[str]:
    """The schemes, preceded by every baseline that one of them is compared with and that is not among them."""
    specs = [parse_scheme(text) for text in schemes]
    baselines = [load_scheme(spec.baseline).id for spec in specs]
    listed = {spec.id: text for spec, text in zip(specs, schemes, strict=True)}
    return [baseline for baseline in dict.fromkeys(baselines) if baseline not in listed] + list(schemes)


def summarise(grid: Grid) -> list[SchemeSummary]:
    """A summary of every scheme of a one-deployment grid that is not its own baseline.

    The grid must hold ``needed_outputs``; raises UnknownName otherwise.
    """
    pairs = [(scheme.id, load_scheme(scheme.baseline).id) for scheme in grid.schemes]
    return [_summarise_scheme(grid, scheme, baseline) for scheme, baseline in pairs if scheme != baseline]


def _summarise_scheme(grid: Grid, scheme: str, baseline: str) -> SchemeSummary:
    fits = grid.column("fits", scheme) & grid.column("fits", baseline)
    low, high, ratio = (grid.column(f"speedup{end}", scheme) for end in ("_lo", "_hi", ""))
    wins, loses = fits & (low > 1), fits & (high < 1)
    tokens_in_flight = grid.batch[:, None] * grid.context[None, :]
    best = np.unravel_index(np.where(fits, ratio, -np.inf).argmax(), ratio.shape)
    worst = np.unravel_index(np.where(fits, ratio, np.inf).argmin(), ratio.shape)
    capacity = grid.column("speedup_capacity", scheme)[0]
    capacity = np.where(np.isfinite(capacity), capacity, -1.0)
    top = int(capacity.argmax())
    sizes = [grid.column("local_sequence_size", side)[0, -1] for side in (scheme, baseline)]
    return SchemeSummary(
        scheme,
        baseline,
        float(sizes[0] / sizes[1]),
        _describe_region(wins, loses, fits, tokens_in_flight),
        float(loses[fits].mean()) if fits.any() else 0.0,
        float(ratio[best]) if wins.any() else 0.0,
        _describe_change(grid, scheme, baseline, best if wins.any() else worst, bool(wins.any())),
        int(wins.sum()),
        int(loses.sum()),
        int((fits & ~wins & ~loses).sum()),
        max(float(capacity[top]), 0.0),
        _format_short(grid.context[top]),
    )


def _describe_region(wins, loses, fits, tokens_in_flight) -> str:
    if not fits.any():
        return "nothing fits"
    if not wins.any():
        return "nowhere" if loses.any() else "cannot tell"
    if wins[fits].all():
        return "everywhere"
    last_not_won = tokens_in_flight[fits & ~wins].max()
    beyond = tokens_in_flight[fits & (tokens_in_flight > last_not_won)]
    if beyond.size:
        return f"from {_format_short(beyond.min())} in flight"
    return f"in {wins[fits].mean():.0%} of cells"


def _describe_change(grid: Grid, scheme: str, baseline: str, index, wins: bool) -> str:
    amounts, baseline_amounts = (
        waterfall(lambda name, side=side: grid.column(name, side)[index]) for side in (scheme, baseline)
    )
    change = {term: amounts[term] - baseline_amounts[term] for term in amounts}
    term = (min if wins else max)(change, key=lambda name: change[name])
    return f"{term} {change[term] / grid.column('step_time', baseline)[index]:+.0%} of the step"


def _format_short(number: float) -> str:
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if number >= size and number % size == 0:
            return f"{number / size:.0f}{letter}"
    return f"{number:,.0f}"
