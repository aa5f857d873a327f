"""The log2 scale of ratios, batches and contexts: a doubling is a step of one, and 2 is as far from 1 as 1/2."""

import numpy as np

TICKS = {  # ratios to label, by the widest span of log2 that they are for
    0.2: (0.88, 0.9, 0.92, 0.95, 0.98, 1, 1.02, 1.05, 1.08, 1.1, 1.14),
    0.8: (0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.7),
    1.4: (0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.5),
    2.1: (0.25, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 4),
    6.1: tuple(2.0**k for k in range(-6, 7)),
    np.inf: tuple(4.0**k for k in range(-12, 13)),
}
MAX_COLOUR_SPAN = 2.0
MAX_TICK_GAPS = 5  # spaces between ticks on a phone


def log2_span(*ratios) -> float:
    """The largest absolute log2 of the ratios, NaN left out; at least 0.05."""
    distances = np.abs(np.log2(np.concatenate([np.ravel(array) for array in ratios])))
    return float(max(np.nanmax(distances, initial=0.05), 0.05))


def colour_span(*ratios) -> float:
    """``log2_span`` for a colour scale: capped at four times, or everything else would look white."""
    return min(log2_span(*ratios), MAX_COLOUR_SPAN)


def cell_edges(centres: np.ndarray) -> np.ndarray:
    """Edges of cells half-way between their centres: one more than there are cells."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    inner = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - inner[0]], inner, [2 * centres[-1] - inner[-1]]])


def colour_bar(span: float) -> dict:
    """Plotly's settings of a colour bar above a figure, with as many ticks as its span has room for."""
    candidates = next(ratios for widest, ratios in TICKS.items() if span <= widest)
    ticks = [ratio for ratio in candidates if abs(np.log2(ratio)) <= span]
    return {
        "orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0.5, "thickness": 10, "len": 1, "outlinewidth": 0,
        "tickvals": np.log2(ticks), "ticktext": [f"{tick:g}×" if tick > 0.2 else f"1/{1 / tick:g}×" for tick in ticks],
    }  # fmt: skip


def thin_ticks(bar: dict) -> dict:
    """The colour bar with so few ticks, counted from 1 outwards, that their labels fit side by side on a phone."""
    ticks = dict(zip(bar["tickvals"].tolist(), bar["ticktext"], strict=True))
    min_gap, positions = (max(ticks) - min(ticks)) / MAX_TICK_GAPS, []
    for position in sorted(ticks, key=abs):
        if all(abs(position - other) >= min_gap for other in positions):
            positions.append(position)
    positions.sort()
    return bar | {"tickvals": positions, "ticktext": [ticks[position] for position in positions], "tickangle": 0}


def powers_of_two(values, max_ticks: int = 9) -> np.ndarray:
    """Exponents of the powers of two to label on an axis over log2 of ``values``; about ``max_ticks`` at most."""
    low, high = np.floor(np.log2(np.min(values)) + 1e-9), np.ceil(np.log2(np.max(values)) - 1e-9)
    powers = np.arange(low, high + 1)
    return powers[:: max(1, int(np.ceil(len(powers) / max_ticks)))]


def format_count(value: float) -> str:
    """A number of tokens or sequences as an axis labels it: 512, 4K, 128K, 1M."""
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if value >= size and value % (size / 4) == 0:
            return f"{value / size:g}{letter}"
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"
