"""Schemes and the settings of their knobs as points over two quantities, and the front of those that no other beats.

Which way is better is known of every quantity; the front is drawn as steps on its good side.
"""

import pandas as pd

from costmodel.analyses.pareto import HIGHER, INTERVALS, LOWER, Point, unbeaten
from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below

LABELS = {
    "tpot_ms": "time of an output token (ms)",
    "ttft_ms": "time to first token (ms)",
    "throughput_tok_s": "throughput at this batch (tokens/s)",
    "throughput_at_max_batch_tok_s": "throughput at own largest batch (tokens/s)",
    "max_batch": "effective batch size (sequences)",
    "kv_bytes_per_sequence": "cache of a sequence (GB)",
    "gpu_hours_per_million": "GPU hours per million tokens, own largest batch",
    "cost_per_million": "cost of a million tokens, own largest batch",
}
SCALES = {"kv_bytes_per_sequence": 1e-9}
AXES = ("tpot_ms", "throughput_at_max_batch_tok_s")
CAPTION = (
    "Schemes and the swept settings of their knobs; the steps join those that no other beats on both axes. Quality is not "
    "shown: it is not modelled. A hollow mark does not fit at this batch."
)


def table(found: list[Point], axes: tuple[str, str] = AXES) -> pd.DataFrame:
    """One row a setting: scheme, both quantities (x, y) with 90 % intervals where there are any, fits, unbeaten."""
    rows = []
    for point, front in zip(found, unbeaten(found, axes), strict=True):
        row = {"setting": point.setting, "scheme": point.scheme, "fits": point.fits, "unbeaten": front}
        for letter, name in zip("xy", axes, strict=True):
            factor = SCALES.get(name, 1.0)
            row |= {letter: point.values[name] * factor, f"{letter}_name": name}
            ends = ("_lo", "_hi") if name in INTERVALS else ("", "")
            row |= {
                f"{letter}{end}": point.values[f"{name}{tail}"] * factor
                for end, tail in zip(("_low", "_high"), ends, strict=True)
            }
        rows.append(row)
    return pd.DataFrame(rows)


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def front(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The unbeaten settings in order of x, and on which side of a point its step leaves (Plotly's word for the shape)."""
    sides = {(True, True): "hv", (True, False): "hv", (False, True): "vh", (False, False): "vh"}
    better = tuple(frame[f"{letter}_name"].iloc[0] in LOWER for letter in "xy")
    return frame[frame["unbeaten"]].sort_values("x"), sides[better]


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table."""
    from matplotlib.lines import Line2D

    figure, axis = canvas(width, max(0.55 * width, 2.5))
    best, shape = front(frame)
    axis.plot(
        best["x"],
        best["y"],
        color=palette.QUIET,
        linewidth=0.9,
        drawstyle="steps-post" if shape == "hv" else "steps-pre",
    )
    handles = [Line2D([], [], color=palette.QUIET, linewidth=0.9, label="unbeaten")]
    for scheme, part in frame.groupby("scheme", sort=False):
        looks = palette.look(scheme)
        spans = {f"{axis_}err": [(part[axis_] - part[f"{axis_}_low"]).abs(), (part[f"{axis_}_high"] - part[axis_]).abs()]
                 for axis_ in "xy"}  # fmt: skip
        axis.errorbar(part["x"], part["y"], **spans, fmt="none", ecolor=looks.colour, elinewidth=0.6, alpha=0.45)
        for row in part.itertuples():
            size = 6.5 if row.setting == scheme else 4
            face = looks.colour if row.fits else "white"
            axis.plot(
                row.x, row.y, marker=looks.marker, markersize=size, markerfacecolor=face, markeredgecolor=looks.colour
            )
        handles.append(Line2D([], [], marker=looks.marker, color=looks.colour, linestyle="", label=scheme))
    axis.set(xlabel=LABELS[frame["x_name"].iloc[0]], ylabel=LABELS[frame["y_name"].iloc[0]])
    for scale, letter in ((axis.set_xscale, "x"), (axis.set_yscale, "y")):
        if frame[letter].max() > 10 * frame[letter].min() > 0:
            scale("log")
    axis.grid()
    axis.set_title(title, loc="left")
    legend_below(figure, handles)
    return figure


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    best, shape = front(frame)
    traces = [{"type": "scatter", "mode": "lines", "name": "unbeaten", "x": best["x"].to_numpy(), "y": best["y"].to_numpy(),
               "line": {"shape": shape, "color": palette.QUIET, "width": 1.5, "dash": "dot"}, "hoverinfo": "skip"}]  # fmt: skip
    for scheme, part in frame.groupby("scheme", sort=False):
        looks = palette.look(scheme)
        symbols = [looks.symbol if fits else f"{looks.symbol}-open" for fits in part["fits"]]
        sizes = [13 if setting == scheme else 9 for setting in part["setting"]]
        bars = {f"error_{letter}": {
            "type": "data", "symmetric": False, "array": (part[f"{letter}_high"] - part[letter]).abs().to_numpy(),
            "arrayminus": (part[letter] - part[f"{letter}_low"]).abs().to_numpy(), "thickness": 1, "width": 0}
            for letter in "xy"}  # fmt: skip
        traces.append({"type": "scatter", "mode": "markers", "name": scheme, "x": part["x"].to_numpy(), "y": part["y"].to_numpy(),
                       "text": part["setting"].to_list(), "marker": {"symbol": symbols, "size": sizes, "color": looks.colour},
                       "hovertemplate": "%{text}<br>%{x:,.4g} · %{y:,.4g}<extra></extra>", **bars})  # fmt: skip
    made = page.new(traces, title, height=520)
    for letter, update in (("x", made.update_xaxes), ("y", made.update_yaxes)):
        kind = "log" if frame[letter].max() > 10 * frame[letter].min() > 0 else "linear"
        update(title=LABELS[frame[f"{letter}_name"].iloc[0]], type=kind)
    page.legend_below(made)
    return made


KNOWN = (*LOWER, *HIGHER)
