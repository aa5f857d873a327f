"""What a bench found, as lines to print."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from calibration.engine import records
from calibration.engine.fit_steps import Learnt
from costmodel.text.counted import counted

SHOWN = 12  # points


def measured_lines(folder: Path) -> list[str]:
    """Steps of the points that most KV types share, with the noise between repeats."""
    rows = records.read(folder, "steps.csv")
    repeats = rows["repeat"].astype(str) == "True"
    table = rows[~repeats].pivot_table(index=["batch", "prompt_len"], columns="kv_cache_dtype", values="step_ms")
    shared = table.notna().sum(axis=1).sort_values(ascending=False, kind="stable").index[:SHOWN]
    text = table.loc[shared].sort_index().to_string(na_rep="", float_format=lambda value: f"{value:.2f}")
    lines = ["", "ms a step", text]
    if repeats.any():
        lines.append(f"noise: the same point again differs by {100 * _largest_difference(rows, repeats):.1f} % at most")
    return lines


def checked_lines(scores: dict[str, float]) -> list[str]:
    """How far predicted 16-bit steps are from measured ones."""
    if not scores["n"]:
        return ["no 16-bit steps were measured, so that the prediction is not checked: add auto to --kv-cache-dtype"]
    text = f"median error {scores['median']:.1f} %, p90 {scores['p90']:.1f} %, bias {scores['bias']:+.1f} %"
    return [f"predicted against measured 16-bit steps: {text} ({counted(scores['n'], 'step')})"]


def learnt_lines(learnt: Iterable[Learnt]) -> list[str]:
    """What was learnt of each KV type, or why nothing was."""
    return [
        f"{one.kv_type}: nothing learnt: {one.reason}" if one.reason else f"{one.kv_type} ({one.scheme}): {one.result}"
        for one in learnt
    ]


def _largest_difference(rows: pd.DataFrame, repeats: pd.Series) -> float:
    key = ["kv_cache_dtype", "batch", "prompt_len"]
    both = rows[repeats].merge(rows[~repeats], on=key, suffixes=("_again", ""))
    return float((both["step_ms_again"] / both["step_ms"] - 1).abs().max())
