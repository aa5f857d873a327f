"""What all figures for a page share: a transparent background, ink that follows the page, axes over log2."""

import textwrap

import numpy as np

from costmodel.plots.style import palette, scale

AXES_HEIGHT = 340  # pixels, however many rows the legend takes
TICKS_HEIGHT = 58  # pixels below the axes for ticks and title
LEGEND_PADDING = 12  # pixels that Plotly leaves around a legend
LEGEND_WIDTH = 800  # pixels on a desktop screen; only the browser knows of a narrower one
SYMBOL_WIDTH, ROW_HEIGHT, LETTER_WIDTH = 46, 19, 6.4  # pixels in a legend
MAX_LEGEND_LETTERS = 34  # in a line of a legend; a longer name takes two
FEW_DECADES = 3  # of an axis that has ticks between decades
INK = palette.MUTED
GRID = "rgba(128,128,128,0.28)"
AXIS_STYLE = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "automargin": True}
# Just left of the axes: where a legend lies outside them, Plotly gives its rows the room under the tick labels too.
LEGEND_X = -1e-6


def build_figure(traces=(), title: str = "", axes: int = AXES_HEIGHT, above: int = 16, beside: int = 16, **layout):
    """A Plotly figure in the common layout, with its legend below; ``layout`` overrides the common layout.

    ``axes`` is the height of the axes in pixels, ``above`` and ``beside`` are the margins above and to the right of them. The
    figure is as high as that takes with a legend of desktop width; ``meta`` holds what a page needs to make room for a legend
    of another width. Plotly's validation is off: checking every number would take longer than computing it.
    """
    import plotly.graph_objects as go

    data = [dict(trace) if isinstance(trace, dict) else trace.to_plotly_json() for trace in traces]
    for trace in data:
        if name := trace.get("name"):
            trace["name"] = "<br>".join(
                line for part in name.split("<br>") for line in textwrap.wrap(part, MAX_LEGEND_LETTERS)
            )
    above += 44 if title else 0
    below = TICKS_HEIGHT + _legend_height(data, layout)
    common = {
        "template": {},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": INK, "family": "system-ui, sans-serif"},
        "margin": {"l": 64, "r": beside, "t": above, "b": below},
        "height": above + axes + below,
        "meta": {"axes": axes, "under": TICKS_HEIGHT + LEGEND_PADDING},
        "dragmode": False,
        "legend": {
            "orientation": "h", "x": LEGEND_X, "y": -TICKS_HEIGHT / axes, "yanchor": "top", "traceorder": "normal",
            "maxheight": 4000, "font": {"size": 11},
        },
        "hoverlabel": {"align": "left"},
    }  # fmt: skip
    if title:
        common["title"] = {"text": title, "font": {"size": 14}}
    names = {name for name in layout if name.startswith(("xaxis", "yaxis"))} | {"xaxis", "yaxis"}
    common |= layout | {name: AXIS_STYLE | layout.get(name, {}) for name in names}
    return go.Figure(data, common, _validate=False)


def _legend_height(data: list[dict], layout: dict) -> int:
    """Pixels of a legend's rows on a desktop screen: one row of names as wide as they are, or columns; 0 without a legend."""
    names = [trace.get("name") or "" for trace in data if trace.get("showlegend", True)]
    if not layout.get("showlegend", len(names) > 1):
        return 0
    widths = [SYMBOL_WIDTH + LETTER_WIDTH * max(map(len, name.split("<br>"))) for name in names]
    columns = len(names) if sum(widths) < LEGEND_WIDTH else max(1, int(LEGEND_WIDTH / max(widths)))
    lines = max(name.count("<br>") + 1 for name in names)
    return LEGEND_PADDING + 10 + (ROW_HEIGHT + 12 * (lines - 1)) * -(-len(names) // columns)


def log2_ticks(values) -> dict:
    """Plotly's settings of ticks at powers of two, for an axis that runs over log2 of ``values``."""
    powers = scale.powers_of_two(values)
    return {"tickvals": powers, "ticktext": [scale.format_count(2.0**power) for power in powers]}


def decade_ticks(values) -> dict:
    """Plotly's settings of a logarithmic axis over ``values``: 1, 2 and 5 of every decade, decades alone where many are crossed.

    Every tick has its whole number: Plotly itself writes a small 2 or 5 between decades, which reads as that number.
    """
    numbers = np.asarray(values, dtype=float).ravel()
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    if not numbers.size:
        return {"type": "log"}
    first, last = int(np.floor(np.log10(numbers.min()))), int(np.ceil(np.log10(numbers.max())))
    steps = (1, 2, 5) if last - first <= FEW_DECADES else (1,)
    ticks = [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]
    return {"type": "log", "tickvals": ticks, "ticktext": [_tick_text(tick) for tick in ticks]}


def _tick_text(tick: float) -> str:
    """A tick in full: 1,000 and 0.02; a power of ten where that would be long."""
    if 1e-4 <= tick < 1e6:
        return f"{tick:,.0f}" if tick >= 1 else f"{tick:.6f}".rstrip("0")
    step, power = f"{tick:.0e}".split("e")
    return f"{'' if step == '1' else step + '·'}10<sup>{int(power)}</sup>"
