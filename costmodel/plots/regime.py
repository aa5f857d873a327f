"""The regime map: speed-up over batch × context, with the band that cannot be told and what does not fit.

``table`` is what the figure shows and nothing more; ``paper`` draws it with Matplotlib, fonts embedded as Type 42.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import ABSENT, UNSURE, Regime

WIDTHS = {"column": 3.35, "text": 7.0}


def table(made: Regime) -> pd.DataFrame:
    """One row a cell: batch, context, ratio with its 90 % interval, verdict, binding term."""
    size, length = np.meshgrid(made.batch, made.context, indexing="ij")
    columns = {"batch": size, "context": length, "ratio": made.ratio, "low": made.low, "high": made.high}
    columns |= {"verdict": made.verdict, "binding": made.binding}
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
    axes.set_xticks(range(ratio.shape[1]), [_short(c) for c in ratio.columns])
    axes.set_yticks(range(ratio.shape[0]), [f"{b:g}" for b in ratio.index])
    axes.set_xlabel("context (tokens)")
    axes.set_ylabel("batch (sequences)")
    axes.set_title(title, fontsize=9, loc="left")
    bar = figure.colorbar(mesh, ax=axes, shrink=0.9)
    ticks = [t for t in (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4) if abs(np.log2(t)) <= span]
    bar.set_ticks(np.log2(ticks), labels=[f"{t:g}×" for t in ticks])
    bar.set_label("baseline's step time over scheme's")
    return figure


def _short(value: float) -> str:
    return f"{value / 1024:g}K" if value >= 1024 and value % 1024 == 0 else f"{value:g}"
