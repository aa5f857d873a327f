"""The log2 scale of interactive figures: a doubling is a step of one, and 2 is as far from 1 as 1/2."""

import numpy as np

TICKS = {  # the widest span of log2 that a set of ticks is for
    0.2: (0.88, 0.9, 0.92, 0.95, 0.98, 1, 1.02, 1.05, 1.08, 1.1, 1.14),
    0.8: (0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.7),
    1.4: (0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.5),
    2.1: (0.25, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 4),
    6.1: tuple(2.0**k for k in range(-6, 7)),
    np.inf: tuple(4.0**k for k in range(-12, 13)),
}


DEEPEST = 2.0
MOST = 5  # spaces between ticks on a phone


def span(*ratios) -> float:
    """The farthest log2 from 0 of what has one; a little where everything is 1 or nothing fits."""
    found = np.abs(np.log2(np.concatenate([np.ravel(each) for each in ratios])))
    return float(max(np.nanmax(found, initial=0.05), 0.05))


def clipped(*ratios) -> float:
    """``span`` for a colour: nothing beyond four times is told apart, or all the rest would be white."""
    return min(span(*ratios), DEEPEST)


def edges(centre: np.ndarray) -> np.ndarray:
    """Borders of cells half-way between their centres."""
    if len(centre) == 1:
        return np.array([centre[0] - 0.5, centre[0] + 0.5])
    inner = (centre[1:] + centre[:-1]) / 2
    return np.concatenate([[2 * centre[0] - inner[0]], inner, [2 * centre[-1] - inner[-1]]])


def bar(span: float) -> dict:
    """A bar of ratios above the figure, with as many ticks as its span has room for."""
    ticks = [t for t in next(v for widest, v in TICKS.items() if span <= widest) if abs(np.log2(t)) <= span]
    return {
        "orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0.5, "thickness": 10, "len": 1, "outlinewidth": 0,
        "tickvals": np.log2(ticks), "ticktext": [f"{t:g}×" if t > 0.2 else f"1/{1 / t:g}×" for t in ticks],
    }  # fmt: skip


def sparse(bar: dict) -> dict:
    """The bar with so few ticks, counted from 1 outwards, that their words stand side by side on a phone."""
    ticks = dict(zip(bar["tickvals"].tolist(), bar["ticktext"], strict=True))
    apart, kept = (max(ticks) - min(ticks)) / MOST, []
    for place in sorted(ticks, key=abs):
        if all(abs(place - other) >= apart for other in kept):
            kept.append(place)
    kept.sort()
    return bar | {"tickvals": kept, "ticktext": [ticks[place] for place in kept], "tickangle": 0}
