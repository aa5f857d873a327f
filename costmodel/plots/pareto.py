"""Schemes and the settings of their knobs as points over two quantities, and the front of those that no other beats.

Which way is better is known of every quantity; the front is drawn as steps on its good side. A setting without a published
loss has a row in the table and no mark in the figure.
"""

import pandas as pd

from costmodel.analyses.pareto import HIGHER, LOWER, QUALITY, SPANS, Point, pareto_optimal
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
    QUALITY: "quality loss on a benchmark (%)",
}
SCALES = {"kv_bytes_per_sequence": 1e-9, QUALITY: 100.0}
AXES = ("tpot_ms", "throughput_at_max_batch_tok_s")
SHOWN = "Schemes and the settings of their knobs; the steps join those that no other beats on both axes."
ABSENT = "no published figure"
HOLLOW = "A hollow mark does not fit at this batch."
UNSHOWN = "Quality is not shown: it is not modelled, and published for few settings (quality_loss)."


def table(found: list[Point], axes: tuple[str, str] = AXES) -> pd.DataFrame:
    """One row a setting: scheme, both quantities (x, y) with 90 % intervals where there are any, fits, unbeaten.

    Where one is the quality loss, its span is over models, and benchmark, models, measured and source say what it is of.
    """
    rows = []
    for point, front in zip(found, pareto_optimal(found, axes), strict=True):
        row = {"setting": point.setting, "scheme": point.scheme, "fits": point.fits, "unbeaten": front}
        for letter, name in zip("xy", axes, strict=True):
            factor = SCALES.get(name, 1.0)
            row |= {letter: point.values[name] * factor, f"{letter}_name": name}
            ends = ("_lo", "_hi") if name in SPANS else ("", "")
            row |= {
                f"{letter}{end}": point.values[f"{name}{tail}"] * factor
                for end, tail in zip(("_low", "_high"), ends, strict=True)
            }
        rows.append(row | (_published(point, found) if QUALITY in axes else {}))
    return pd.DataFrame(rows)


def _published(point: Point, found: list[Point]) -> dict:
    """What stands behind a loss; the benchmark is that of any point that has one."""
    where = next(each.quality.benchmark for each in found if each.quality is not None)
    row = {"benchmark": where.id, "benchmark_name": where.name}
    if point.quality is None:
        return row | {"models": 0, "measured": ABSENT, "source": ""}
    lost = point.quality
    return row | {"models": len(lost.models), "measured": lost.basis, "source": "; ".join(lost.sources)}


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, and of a published quantity whose it is and which settings have none."""
    if "benchmark" not in frame:
        return f"{SHOWN} {UNSHOWN} {HOLLOW}"
    name = frame["benchmark_name"].iloc[0]
    sources = "; ".join(dict.fromkeys(frame["source"][frame["source"] != ""]))
    absent = ", ".join(missing(frame))
    return " ".join([
        SHOWN, HOLLOW, f"Quality loss: published, not modelled; relative to the score of the 16-bit cache on {name}. "
        "Median over the models measured, its bar from the least to the greatest of them: a range of models, no 90 % interval; "
        "the deployed model alone where it was measured. Unbeaten goes by medians, which may be of different models. "
        f"Sources: {sources}.",
        *([f"No published figure on {name}, so not drawn: {absent}."] if absent else []),
    ])  # fmt: skip


def missing(frame: pd.DataFrame) -> list[str]:
    """The settings that have no figure on the benchmark."""
    return list(frame["setting"][frame["measured"] == ABSENT]) if "measured" in frame else []


def label(frame: pd.DataFrame, letter: str) -> str:
    """What an axis shows, with its unit, and the benchmark where there is one."""
    name = frame[f"{letter}_name"].iloc[0]
    return f"quality loss, {frame['benchmark_name'].iloc[0]} (%)" if name == QUALITY else LABELS[name]


def scale(frame: pd.DataFrame, letter: str) -> str:
    """Whether an axis runs over the logarithm: where all of it is positive and it spans more than ten times."""
    low, high = frame[f"{letter}_low"].min(), frame[letter].max()
    return "log" if low > 0 and high > 10 * frame[letter].min() else "linear"


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
    for scheme, part in frame.dropna(subset=["x", "y"]).groupby("scheme", sort=False):
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
    axis.set(xlabel=label(frame, "x"), ylabel=label(frame, "y"), xscale=scale(frame, "x"), yscale=scale(frame, "y"))
    axis.grid()
    axis.set_title(title, loc="left")
    legend_below(figure, handles)
    return figure


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    best, shape = front(frame)
    traces = [{"type": "scatter", "mode": "lines", "name": "unbeaten", "x": best["x"].to_numpy(), "y": best["y"].to_numpy(),
               "line": {"shape": shape, "color": palette.QUIET, "width": 1.5, "dash": "dot"}, "hoverinfo": "skip"}]  # fmt: skip
    for scheme, part in frame.dropna(subset=["x", "y"]).groupby("scheme", sort=False):
        looks = palette.look(scheme)
        told = part["setting"] + ("<br>" + part["measured"] if "measured" in part else "")
        symbols = [looks.symbol if fits else f"{looks.symbol}-open" for fits in part["fits"]]
        sizes = [13 if setting == scheme else 9 for setting in part["setting"]]
        bars = {f"error_{letter}": {
            "type": "data", "symmetric": False, "array": (part[f"{letter}_high"] - part[letter]).abs().to_numpy(),
            "arrayminus": (part[letter] - part[f"{letter}_low"]).abs().to_numpy(), "thickness": 1, "width": 0}
            for letter in "xy"}  # fmt: skip
        traces.append({"type": "scatter", "mode": "markers", "name": scheme, "x": part["x"].to_numpy(), "y": part["y"].to_numpy(),
                       "text": told.to_list(), "marker": {"symbol": symbols, "size": sizes, "color": looks.colour},
                       "hovertemplate": "%{text}<br>%{x:,.4g} · %{y:,.4g}<extra></extra>", **bars})  # fmt: skip
    made = page.new(traces, title, axes=400)
    for letter, update in (("x", made.update_xaxes), ("y", made.update_yaxes)):
        kind = scale(frame, letter)
        update(title=label(frame, letter), type=kind, dtick="D2" if kind == "log" else None)  # 1, 2, 5
    return made


KNOWN = (*LOWER, *HIGHER)
