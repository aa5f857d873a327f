"""A sweep in a few words a scheme: where it wins at the same batch, by how much, because of which term, and at its own batch.

Wins are counted only where the whole 90 % interval lies above 1 and the batch fits. The reason is the term of the step
that shrinks most (or grows most, where a scheme never wins) between baseline and scheme at the named point.
"""

from dataclasses import asdict, dataclass

import numpy as np

from costmodel.evaluation import library
from costmodel.evaluation.outputs import BINDING
from costmodel.facts.schemes import parse


@dataclass(frozen=True)
class Line:
    """One scheme of a sweep, told."""

    scheme: str
    baseline: str
    token_share: float
    where: str
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
    named = [parse(text) for text in schemes]
    baselines = [library.scheme(sentence.baseline).id for sentence in named]
    listed = {sentence.id: text for sentence, text in zip(named, schemes, strict=True)}
    return [b for b in dict.fromkeys(baselines) if b not in listed] + list(schemes)


def summarise(data) -> list[Line]:
    """A line for every scheme of a one-deployment dataset that is not its own baseline."""
    point = data.isel(model=0, gpu=0)
    lines = []
    for scheme in point["scheme"].values:
        ours = point.sel(scheme=scheme)
        baseline = str(ours["baseline"].values)
        if baseline != scheme:
            lines.append(_line(str(scheme), baseline, ours, point.sel(scheme=baseline)))
    return lines


def _line(scheme, baseline, ours, theirs) -> Line:
    fits = ours["fits"].values & theirs["fits"].values
    low, high, ratio = (ours[f"speedup{end}"].values for end in ("_lo", "_hi", ""))
    wins, loses = fits & (low > 1), fits & (high < 1)
    flight = ours["batch"].values[:, None] * ours["context"].values[None, :]
    best = np.unravel_index(np.where(fits, ratio, -np.inf).argmax(), ratio.shape)
    worst = np.unravel_index(np.where(fits, ratio, np.inf).argmin(), ratio.shape)
    at = best if wins.any() else worst
    capacity = np.where(np.isfinite(ours["speedup_capacity"].values[0]), ours["speedup_capacity"].values[0], np.nan)
    top = int(np.nanargmax(capacity)) if np.isfinite(capacity).any() else 0
    share = ours["local_sequence_size"].values[0, 0] / theirs["local_sequence_size"].values[0, 0]
    tokens = ours["kv_bytes_per_token"].values, theirs["kv_bytes_per_token"].values
    first = np.broadcast_to(tokens[0], ratio.shape)[0, 0] / np.broadcast_to(tokens[1], ratio.shape)[0, 0]
    return Line(
        scheme,
        baseline,
        float(first if first > 0 else share),
        _where(wins, loses, fits, flight),
        float(ratio[best]) if wins.any() else 0.0,
        _why(ours, theirs, at, wins.any()),
        int(wins.sum()),
        int(loses.sum()),
        int((fits & ~wins & ~loses).sum()),
        float(capacity[top]) if np.isfinite(capacity[top]) else 0.0,
        f"{_short(ours['context'].values[top])}",
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
        return f"from {_short(threshold[0])} tokens in flight"
    return f"in {wins.sum() / fits.sum():.0%} of what fits"


def _why(ours, theirs, at, won: bool) -> str:
    change = {}
    for word, names in BINDING.items():
        mine, base = (
            sum(float(np.broadcast_to(d[n].values, d["step_time"].shape)[at]) for n in names if n in d)
            for d in (ours, theirs)
        )
        if word == "sm":
            mine, base = (
                value - float(np.broadcast_to(d["conversion_bound_time"].values, d["step_time"].shape)[at])
                for value, d in ((mine, ours), (base, theirs))
            )
        change[word] = mine - base
    word = min(change, key=change.get) if won else max(change, key=change.get)
    step = float(np.broadcast_to(theirs["step_time"].values, ours["step_time"].shape)[at])
    return f"{word} {change[word] / step:+.0%} of the step"


def _short(value: float) -> str:
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if value >= size and value % size == 0:
            return f"{value / size:.0f}{letter}"
    return f"{value:,.0f}"
