"""What all interactive figures share: a transparent ground, ink that follows the page, axes over log2, short numbers."""

import textwrap

import numpy as np

from costmodel.plots import palette

AXES = 340  # pixels of the axes' height, however many rows the legend takes
UNDER = 58  # pixels below the axes for ticks and title
AROUND = 12  # pixels that Plotly leaves around a legend
DESK = 800  # pixels across that rows of a legend have on a desk; only the browser knows of a narrower one
SYMBOL, ROW, LETTER = 46, 19, 6.4  # pixels of a legend's symbol, of its row, and of a letter at most, on average
LONGEST = 34  # letters of a legend's line; a longer name takes two
INK = palette.QUIET
LINE = "rgba(128,128,128,0.28)"
AXIS = {"gridcolor": LINE, "zeroline": False, "linecolor": LINE, "automargin": True}
# Left of the axes by nothing: where a legend lies outside them, Plotly gives its rows the room under the tick labels too.
OUTSIDE = -1e-6


def new(traces=(), title: str = "", axes: int = AXES, above: int = 16, beside: int = 16, **layout):
    """A figure with the house's layout, its legend below; ``layout`` overrules it.

    ``axes`` are the pixels of the axes' height, ``above`` and ``beside`` those of the margins above and to the right of them.
    The figure is as high as that takes with a legend as wide as a desk; ``meta`` says both, so that a page can make room for
    the rows that a legend takes in its own width. Traces and layout are the house's own, and checking their every number
    would take longer than computing it.
    """
    import plotly.graph_objects as go

    data = [dict(trace) if isinstance(trace, dict) else trace.to_plotly_json() for trace in traces]
    for trace in data:
        if name := trace.get("name"):
            trace["name"] = "<br>".join(line for part in name.split("<br>") for line in textwrap.wrap(part, LONGEST))
    above += 44 if title else 0
    below = UNDER + _legend(data, layout)
    house = {
        "template": {},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": INK, "family": "system-ui, sans-serif"},
        "margin": {"l": 64, "r": beside, "t": above, "b": below},
        "height": above + axes + below,
        "meta": {"axes": axes, "under": UNDER + AROUND},
        "dragmode": False,
        "legend": {
            "orientation": "h", "x": OUTSIDE, "y": -UNDER / axes, "yanchor": "top", "traceorder": "normal", "maxheight": 4000,
            "font": {"size": 11},
        },
        "hoverlabel": {"align": "left"},
    }  # fmt: skip
    if title:
        house["title"] = {"text": title, "font": {"size": 14}}
    names = {name for name in layout if name.startswith(("xaxis", "yaxis"))} | {"xaxis", "yaxis"}
    house |= layout | {name: AXIS | layout.get(name, {}) for name in names}
    return go.Figure(data, house, _validate=False)


def _legend(data: list[dict], layout: dict) -> int:
    """Pixels of a legend's rows on a desk, where there is one: one row of names as wide as they are, or columns."""
    names = [trace.get("name") or "" for trace in data if trace.get("showlegend", True)]
    if not layout.get("showlegend", len(names) > 1):
        return 0
    widths = [SYMBOL + LETTER * max(map(len, name.split("<br>"))) for name in names]
    columns = len(names) if sum(widths) < DESK else max(1, int(DESK / max(widths)))
    lines = max(name.count("<br>") + 1 for name in names)
    return AROUND + 10 + (ROW + 12 * (lines - 1)) * -(-len(names) // columns)


def log2_ticks(values, words) -> dict:
    """Ticks of a Plotly axis that runs over log2, at powers of two, as many as have room."""
    low, high = np.floor(np.log2(np.min(values)) + 1e-9), np.ceil(np.log2(np.max(values)) - 1e-9)
    powers = np.arange(low, high + 1)
    powers = powers[:: max(1, int(np.ceil(len(powers) / 9)))]
    return {"tickvals": powers, "ticktext": [words(2.0**p) for p in powers]}


def short(value: float) -> str:
    """A number of tokens or sequences as an axis says it: 512, 4K, 128K, 1M."""
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if value >= size and value % (size / 4) == 0:
            return f"{value / size:g}{letter}"
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"
