"""What all interactive figures share: a transparent ground, ink that follows the page, axes over log2, short numbers."""

import numpy as np

from costmodel.plots import palette

HEIGHT = 460
INK = palette.QUIET
LINE = "rgba(128,128,128,0.28)"


AXIS = {"gridcolor": LINE, "zeroline": False, "linecolor": LINE, "automargin": True}


def new(traces=(), title: str = "", height: int = HEIGHT, **layout):
    """A figure with the house's layout; ``layout`` overrules it.

    Traces and layout are the house's own, and checking their every number would take longer than computing it.
    """
    import plotly.graph_objects as go

    house = {
        "template": {},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": INK, "family": "system-ui, sans-serif"},
        "margin": {"l": 64, "r": 16, "t": 84 if title else 64, "b": 60},
        "height": height,
        "dragmode": False,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hoverlabel": {"align": "left"},
    }
    if title:
        house["title"] = {"text": title, "font": {"size": 14}}
    axes = {name for name in layout if name.startswith(("xaxis", "yaxis"))} | {"xaxis", "yaxis"}
    house |= layout | {name: AXIS | layout.get(name, {}) for name in axes}
    data = [dict(trace) if isinstance(trace, dict) else trace.to_plotly_json() for trace in traces]
    return go.Figure(data, house, _validate=False)


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


def legend_below(made) -> None:
    """Moves the legend under the axes, with room for as many rows as its names may take on a phone."""
    names = [trace.name or "" for trace in made.data if trace.showlegend is not False]
    rows = -(-sum(len(name) + 6 for name in names) // 95)
    extra = 24 + 22 * rows
    height, title = made.layout.height, bool(made.layout.title.text)
    made.update_layout(
        legend={"yref": "container", "y": 0.01, "yanchor": "bottom", "traceorder": "normal"}, height=height + extra - 40,
        margin={"t": 60 if title else 16, "b": 60 + extra},
    )  # fmt: skip
