"""The table of a Pareto figure: one row per scheme and knob setting, with both quantities and what was published of them."""

import math

import pandas as pd

from costmodel.analyses.pareto import HIGHER, LOWER, QUALITY, SPANS, Point, pareto_optimal

LABELS = {
    "tpot_ms": "time per output token (ms)",
    "ttft_ms": "time to first token (ms)",
    "throughput_tok_s": "throughput at this batch (tokens/s)",
    "throughput_at_max_batch_tok_s": "throughput at own largest batch (tokens/s)",
    "max_batch": "effective batch size (sequences)",
    "kv_bytes_per_sequence": "cache of a sequence (GB)",
    "gpu_hours_per_million": "GPU hours per million tokens, own largest batch",
    "cost_per_million": "cost per million tokens, own largest batch",
    QUALITY: "quality loss on a benchmark (%)",
}
QUANTITIES = (*LOWER, *HIGHER)
FACTORS = {"kv_bytes_per_sequence": 1e-9, QUALITY: 100.0}  # to the unit of the label
AXES = ("tpot_ms", "throughput_at_max_batch_tok_s")
UNPUBLISHED = "no published figure"


def to_frame(points: list[Point], axes: tuple[str, str] = AXES) -> pd.DataFrame:
    """One row per setting: scheme, both quantities (x, y) with 90 % intervals where there are any, fits,
    pareto_optimal, evidence of the times.

    Where one is the quality loss, its span is over models, and benchmark, models, measured and source describe it.
    """
    rows = []
    for point, optimal in zip(points, pareto_optimal(points, axes), strict=True):
        row = {"setting": point.setting, "scheme": point.scheme, "fits": point.fits, "pareto_optimal": optimal}
        row["evidence"] = point.evidence
        row["output"] = math.nan if point.output is None else point.output
        for letter, name in zip("xy", axes, strict=True):
            factor = FACTORS.get(name, 1.0)
            low, high = (f"{name}_lo", f"{name}_hi") if name in SPANS else (name, name)
            row |= {letter: point.values[name] * factor, f"{letter}_name": name}
            row |= {f"{letter}_low": point.values[low] * factor, f"{letter}_high": point.values[high] * factor}
        rows.append(row | (_published(point, points) if QUALITY in axes else {}))
    return pd.DataFrame(rows)


def _published(point: Point, points: list[Point]) -> dict:
    """What is behind a loss; the benchmark is that of any point that has one."""
    benchmark = next(point.quality.benchmark for point in points if point.quality is not None)
    row = {"benchmark": benchmark.id, "benchmark_name": benchmark.name}
    if point.quality is None:
        return row | {"models": 0, "measured": UNPUBLISHED, "source": ""}
    loss = point.quality
    return row | {"models": len(loss.models), "measured": loss.basis, "source": "; ".join(loss.sources)}


def unpublished_settings(frame: pd.DataFrame) -> list[str]:
    """The settings without a published score on the benchmark."""
    return list(frame["setting"][frame["measured"] == UNPUBLISHED]) if "measured" in frame else []


def axis_label(frame: pd.DataFrame, letter: str) -> str:
    """What an axis shows, with its unit, and the benchmark where there is one."""
    name = frame[f"{letter}_name"].iloc[0]
    return f"quality loss, {frame['benchmark_name'].iloc[0]} (%)" if name == QUALITY else LABELS[name]


def axis_scale(frame: pd.DataFrame, letter: str) -> str:
    """Whether an axis is ``log`` or ``linear``: logarithmic where all of it is positive and spans more than ten times."""
    low, high = frame[f"{letter}_low"].min(), frame[letter].max()
    return "log" if low > 0 and high > 10 * frame[letter].min() else "linear"


def front(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The Pareto-optimal settings in order of x, and on which side of a point its step leaves (Plotly's name of the shape)."""
    shape = "hv" if frame["x_name"].iloc[0] in LOWER else "vh"
    return frame[frame["pareto_optimal"]].sort_values("x"), shape
