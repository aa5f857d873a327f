"""Predicted against measured times that no fit saw, and their ratio: what a profile misses, and where.

On the left the two times, both logarithmic, on the right their ratio; a law that is right stands on the line.
"""

import numpy as np
import pandas as pd

from costmodel.errors import InputError
from costmodel.facts import engines, gpus
from costmodel.plots.base import Figure, Option, Request
from costmodel.plots.style import page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes, set_log_axis

COLOURS = ("#0072b2", "#d55e00", "#117733", "#aa4499", "#e69f00", "#56b4e9")
UNITS = {"us": "µs", "ms": "ms", "tok_s": "tokens/s"}
RATIO_LIMITS = (1 / 3, 3.0)  # of the ratio as drawn; the table has all of it
CAPTION = "Predicted against measured time of kernel calls outside the fits, and their ratio; dashed: 10 % off."
USER_CAPTION = "Predicted against measured time of each row, and their ratio; dashed: 10 % off."


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the measured rows of a GPU and an engine that no fit saw, and its title.

    Raises InputError where the calibration package or its measurements are not installed.
    """
    from importlib.metadata import entry_points

    gpu = gpus.load(request["gpu"])
    engine = engines.load(request["engine"], gpu, "server")
    plugins = list(entry_points(group="costmodel.plugins", name="parity"))
    if not plugins:
        raise InputError("parity needs the calibration package beside costmodel and its measurements: "
                        "pip install 'costmodel[measured]'")  # fmt: skip
    frame = to_frame(plugins[0].load()(gpu.id, engine.id))
    return frame, f"{gpu.name} under {engine.name}: predicted against measured, outside the fits"


def to_frame(rows: pd.DataFrame, unit: str = "us") -> pd.DataFrame:
    """One row per call: what it is, measured and predicted time in a unit of ``UNITS``, their ratio, then all other columns."""
    first = ["what", f"measured_{unit}", f"predicted_{unit}", "ratio"]
    frame = rows.assign(ratio=rows[first[2]] / rows[first[1]])
    return frame[[*first, *(name for name in frame if name not in first)]]


def user_rows_to_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """The table of a user's own rows: ``what``, ``measured``, ``predicted``, ``lo`` and ``hi`` in their ``unit``."""
    unit = rows["unit"].iloc[0]
    names = {"measured": f"measured_{unit}", "predicted": f"predicted_{unit}"}
    names |= {end: f"predicted_{unit}_{end}" for end in ("lo", "hi")}
    bare = rows.drop(columns=[name for name in rows if name in (*names.values(), "error", "unit")])
    return to_frame(bare.rename(columns=names), unit)


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return USER_CAPTION if f"{frame.columns[2]}_lo" in frame else CAPTION


def label_kinds(frame: pd.DataFrame) -> dict[str, str]:
    """For each kind of call: its label, with its number of rows and median error."""
    return {
        what: f"{what.replace('_', '-')} (n {len(part):,}, median {100 * (part['ratio'] - 1).abs().median():.1f} %)"
        for what, part in frame.groupby("what", sort=False)
    }


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    from matplotlib.lines import Line2D

    figure, (times, ratios) = new_axes(width, max(0.46 * width, 2.4), 1, 2)
    handles, (measured, predicted, unit) = [], _time_columns(frame)
    for label, colour, part in _kinds(frame):
        marks = {
            "color": colour,
            "alpha": 0.35,
            "marker": ".",
            "markersize": 2.5,
            "linestyle": "",
            "markeredgewidth": 0,
        }
        times.plot(part[measured], part[predicted], rasterized=True, **marks)
        ratios.plot(part[measured], part["ratio"].clip(*RATIO_LIMITS), rasterized=True, **marks)
        handles.append(Line2D([], [], color=colour, marker="o", markersize=4, linestyle="", label=label))
    values = frame[[measured, predicted]].to_numpy(dtype=float)
    ends = np.array([values.min(), values.max()])
    for factor, line in ((1, {"linewidth": 0.8}), (0.9, {"linewidth": 0.5, "linestyle": "--"}),
                         (1.1, {"linewidth": 0.5, "linestyle": "--"})):  # fmt: skip
        times.plot(ends, factor * ends, color=palette.INK, **line)
        ratios.axhline(factor, color=palette.INK, **line)
    times.set(xlabel=f"measured ({unit})", ylabel=f"predicted ({unit})")
    ratios.set(xlabel=f"measured ({unit})", ylabel="predicted / measured", ylim=RATIO_LIMITS)
    for axis in (times.xaxis, times.yaxis, ratios.xaxis, ratios.yaxis):
        set_log_axis(axis)
    finish(figure, title, handles)
    return figure


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table: the ratio over the measured time."""
    traces, (measured, predicted, unit) = [], _time_columns(frame)
    hover = f"measured %{{x:,.4~g}} {unit}, predicted %{{customdata:,.4~g}} {unit}<extra></extra>"
    for label, colour, part in _kinds(frame):
        traces.append({"type": "scatter", "mode": "markers", "name": label.replace(" (", "<br>("),
                       "x": part[measured].to_numpy(), "y": part["ratio"].clip(*RATIO_LIMITS).to_numpy(),
                       "customdata": part[predicted].to_numpy(), "hovertemplate": hover,
                       "marker": {"size": 4, "color": colour, "opacity": 0.5}})  # fmt: skip
    figure = page.build_figure(traces, title, showlegend=True)
    figure.update_layout(legend_itemsizing="constant")  # the points themselves are too small to tell a colour by
    figure.update_xaxes(title=f"measured ({unit})", **page.decade_ticks(frame[measured]))
    ticks = [0.4, 0.5, 0.7, 1, 1.4, 2, 3]
    labels = {"tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    figure.update_yaxes(type="log", title="predicted / measured", range=np.log10(RATIO_LIMITS), **labels)
    for level, dash in ((1, "solid"), (0.9, "dot"), (1.1, "dot")):
        figure.add_hline(y=level, line={"color": palette.MUTED, "width": 1, "dash": dash})
    return figure


def _kinds(frame: pd.DataFrame):
    """For each kind of call: its label, its colour and its rows."""
    labels = label_kinds(frame)
    for index, (what, part) in enumerate(frame.groupby("what", sort=False)):
        yield labels[what], COLOURS[index % len(COLOURS)], part


def _time_columns(frame: pd.DataFrame) -> tuple[str, str, str]:
    """The columns of the measured and the predicted time, and their unit as printed."""
    return frame.columns[1], frame.columns[2], UNITS[frame.columns[1].rpartition("_")[2]]


FIGURE = Figure(
    id="parity",
    order=12,
    summary="predicted against measured kernel times",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(Option("gpu", default="h100-sxm"), Option("engine", default="vllm")),
    has_deployment=False,
)
