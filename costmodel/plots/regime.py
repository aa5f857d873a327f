"""The regime map: speed-up over batch × context, with the band that cannot be told and what does not fit.

``table`` is what the figure shows and nothing more; ``paper`` draws it with Matplotlib, fonts embedded as Type 42, and
``figure`` with Plotly, for a page.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import ABSENT, UNSURE, Regime

WIDTHS = {"column": 3.35, "text": 7.0}


def table(made: Regime) -> pd.DataFrame:
    """One row a cell: batch, context, ratio with its 90 % interval, verdict, binding term.

    Where the comparison chooses the batches, batch is that of the scheme, and that of the baseline stands behind.
    """
    size, length = np.meshgrid(made.batch, made.context, indexing="ij")
    columns = {"batch": size, "context": length, "ratio": made.ratio, "low": made.low, "high": made.high}
    columns |= {"verdict": made.verdict, "binding": made.binding}
    if made.comparison != "same-batch":
        columns |= {"batch": made.scheme_batch, "baseline_batch": made.baseline_batch}
    return pd.DataFrame({name: np.asarray(values).ravel() for name, values in columns.items()})


def paper(frame: pd.DataFrame, title: str = "", width: float = WIDTHS["text"]):
    """A Matplotlib figure of a regime table: colour is the ratio, hatching what cannot be told, grey what does not fit."""
    import matplotlib
    from matplotlib.colors import TwoSlopeNorm
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    matplotlib.rcParams.update(
        {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.hashsalt": "costmodel", "hatch.linewidth": 0.4}
    )
    ratio, verdict = (frame.pivot(index="batch", columns="context", values=v) for v in ("ratio", "verdict"))
    shown = np.where(verdict.to_numpy() == ABSENT, np.nan, ratio.to_numpy(dtype=float))
    span = max(np.nanmax(np.abs(np.log2(shown))), 0.05)
    figure = Figure(figsize=(width, 0.52 * width), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor("#d9d9d9")
    x, y = (np.arange(n + 1) - 0.5 for n in (ratio.shape[1], ratio.shape[0]))
    mesh = axes.pcolormesh(x, y, np.log2(shown), cmap="RdBu", norm=TwoSlopeNorm(0, -span, span), rasterized=False)
    for i, j in np.argwhere(verdict.to_numpy() == UNSURE):
        axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, hatch="////", edgecolor="0.55", linewidth=0))
    if shown.size <= 150:
        for (i, j), value in np.ndenumerate(shown):
            if np.isfinite(value):
                dark = abs(np.log2(value)) > 0.6 * span
                axes.text(
                    j, i, f"{value:.2f}", ha="center", va="center", fontsize=7, color="white" if dark else "black"
                )
    axes.set_xticks(range(ratio.shape[1]), [short(c) for c in ratio.columns])
    axes.set_yticks(range(ratio.shape[0]), [f"{b:g}" for b in ratio.index])
    axes.set_xlabel("context (tokens)")
    axes.set_ylabel("batch (sequences)")
    axes.set_title(title, fontsize=9, loc="left")
    bar = figure.colorbar(mesh, ax=axes, shrink=0.9)
    ticks = [t for t in (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4) if abs(np.log2(t)) <= span]
    bar.set_ticks(np.log2(ticks), labels=[f"{t:g}×" for t in ticks])
    bar.set_label("baseline's step time over scheme's")
    return figure


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the same table: a map over batch × context, or a line with its interval over context."""
    from costmodel.plots import interactive

    return interactive.line(frame, title) if "baseline_batch" in frame else interactive.heat(frame, title)


def short(value: float) -> str:
    """A number of tokens as an axis says it: 512, 4K, 128K."""
    return f"{value / 1024:g}K" if value >= 1024 and value % 1024 == 0 else f"{value:g}"
