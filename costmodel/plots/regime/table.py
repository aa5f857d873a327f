"""The table of a regime figure, one row per cell, and its columns as arrays over batch × context."""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import Regime
from costmodel.evaluation.ask.verdicts import is_absent
from costmodel.plots.style import scale

MAX_NUMBERED_CELLS = 150  # of a map whose cells have room for their number
TEXT_COLUMNS = ("verdict", "binding", "implementation", "evidence")
AXIS_COLUMNS = ("batch", "context", "scheme", "baseline_batch")


def to_frame(regimes: Regime | list[Regime]) -> pd.DataFrame:
    """One row per cell: scheme, batch, context, ratio with its 90 % interval, verdict, binding term, kernel and budget.

    Where the comparison chooses the batches, batch is that of the scheme, and ``baseline_batch`` that of the baseline.
    """
    listed = regimes if isinstance(regimes, list) else [regimes]
    columns = {}
    for parts in zip(*(_columns(regime).items() for regime in listed), strict=True):
        name, values = parts[0][0], np.concatenate([np.asarray(values).ravel() for _, values in parts])
        # As they are: whether thousands of words are all text is a question that takes longer than the table.
        columns[name] = pd.Series(values, dtype=object) if values.dtype.kind in "OU" else values
    return pd.DataFrame(columns)


def _columns(regime: Regime) -> dict[str, np.ndarray]:
    batch, context = np.meshgrid(regime.batch, regime.context, indexing="ij")
    columns = {"scheme": np.full(batch.shape, regime.scheme, dtype=object), "batch": batch, "context": context}
    columns |= {"ratio": regime.ratio, "low": regime.low, "high": regime.high}
    columns |= {"verdict": regime.verdict, "binding": regime.binding}
    if regime.comparison == "same-batch":
        columns |= {
            "implementation": np.full(batch.shape, regime.implementation, dtype=object),
            "evidence": regime.evidence,
        }
        columns |= {"kernel_ns": 1e9 * regime.kernel_time, "kernel_budget_ns": 1e9 * regime.kernel_budget}
    if regime.comparison != "same-batch":
        columns |= {"batch": regime.scheme_batch, "baseline_batch": regime.baseline_batch}
        columns |= {"comparison": np.full(batch.shape, regime.comparison, dtype=object)}
        columns |= {"output": np.full(batch.shape, np.nan if regime.output is None else regime.output)}
    return columns


def cells(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Edges of the cells in log2 of context and of batch, and every column as an array over batch × context.

    ``shown`` is the ratio of the cells that fit, NaN elsewhere.
    """
    batch, rows = np.unique(frame["batch"].to_numpy(dtype=float), return_inverse=True)
    context, columns = np.unique(frame["context"].to_numpy(dtype=float), return_inverse=True)
    arrays = {}
    for name in (name for name in frame if name not in AXIS_COLUMNS):
        is_text = name in TEXT_COLUMNS
        values = frame[name].to_numpy(dtype=object if is_text else float)
        arrays[name] = np.full((len(batch), len(context)), "" if is_text else np.nan, dtype=values.dtype)
        arrays[name][rows, columns] = values
    arrays["shown"] = np.where(is_absent(arrays["verdict"]), np.nan, arrays["ratio"])
    x, y = (scale.cell_edges(np.log2(axis)) for axis in (context, batch))
    return x, y, arrays


def centres(edges: np.ndarray) -> np.ndarray:
    """The centres of cells between edges."""
    return (edges[1:] + edges[:-1]) / 2


def usable(frame: pd.DataFrame) -> np.ndarray:
    """Which rows have a ratio to draw: finite, positive, and of a cell that fits."""
    ratio = frame["ratio"].to_numpy(dtype=float)
    return np.isfinite(ratio) & (ratio > 0) & ~is_absent(frame["verdict"].to_numpy(dtype=object))


def nearest_point(frame: pd.DataFrame, x: float, y: float) -> tuple[float, float]:
    """Batch and context of the row whose cell or point is nearest to a click at (x, y), in log2, on its Plotly figure."""
    distances = frame.assign(across=(np.log2(frame["context"].astype(float)) - x).abs(), up=0.0)
    if "baseline_batch" not in frame:
        distances["up"] = (np.log2(frame["batch"].astype(float)) - y).abs()
    row = distances.sort_values(["across", "up"], kind="stable").iloc[0]
    return row["batch"], row["context"]
