"""A table of points as a person wrote it, completed: numbers read, gaps filled with defaults, and what was filled in."""

import numpy as np
import pandas as pd

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.number_columns import filled, parse_numbers, validate_row_count

MODES = ("static", "serving")
DISAGGREGATED = "disaggregated serving (prompts and decoding on different GPUs) is not modelled"
LENGTHS = ("prompt_len", "gen_len", "gen_cv")
DEFAULTS = {"engine": "vllm", "scheme": "none", "batch": 1, "prompt_len": 1024, "gen_len": 0, "gen_cv": 0}
ZERO_IS_ALLOWED = ("gen_len", "gen_cv", "hit_rate", "admission_steps")
OF_A_LOAD = ("concurrency", "num_prompts", "admission_steps", "rate", "hit_rate")
MOST_HITS = 0.999  # of a prompt that the prefix cache may hold
MAX_NUMBER = 1e9
# Requests of a benchmark for each in flight: InferenceMAX runs ten (its README, --num-prompts), and 3,008 published runs of
# three engines begin as if they did (calibration/validation/serving_constants.py).
BENCHMARK_WAVES = 10


def complete_points(points: pd.DataFrame, location: str, mode: str | None) -> tuple[pd.DataFrame, list[str]]:
    """The table with every column that a prediction needs, and the defaults that were used, in words.

    ``mode`` is that of rows that name none, static without one. Raises InputError naming row and column of what cannot be read
    or states another mode than the one given, UnknownName for a mode or a missing column.
    """
    validate_row_count(points, location)
    frame, defaults_used = points.reset_index(drop=True), []
    for name in ("model", "gpu"):
        if name not in frame:
            raise InputError(f"{location}: {UnknownName('column', name, frame.columns)}; model and gpu are required")
        if (empty := _mask(frame[name].isna())).any():
            raise InputError(f"{location}: row {int(np.argmax(empty)) + 1}: {name} is empty")
    frame["mode"] = filled(pd.Series(frame["mode"]), mode or MODES[0]) if "mode" in frame else mode or MODES[0]
    if (unknown := ~_mask(frame["mode"].isin(MODES))).any():
        row = int(np.argmax(unknown))
        if str(frame["mode"].iloc[row]).lower().startswith("disagg"):
            raise InputError(f"{location}: row {row + 1}: mode: {DISAGGREGATED}; expected {' or '.join(MODES)}")
        raise InputError(f"{location}: row {row + 1}: {UnknownName('mode', str(frame['mode'].iloc[row]), MODES)}")
    if mode is not None and (other := _mask(frame["mode"] != mode)).any():
        row = int(np.argmax(other))
        raise InputError(
            f"{location}: row {row + 1}: mode: states {frame['mode'].iloc[row]}, and --mode {mode}: leave the option out, or "
            "correct the row"
        )
    for name in (*LENGTHS, "batch", "context", "concurrency", "num_prompts", "admission_steps", "rate", "hit_rate"):
        if name in frame:
            zero, column = name in ZERO_IS_ALLOWED, pd.Series(frame[name])
            high = MOST_HITS if name == "hit_rate" else MAX_NUMBER
            frame[name] = parse_numbers(column, name, location, high=high, zero_is_allowed=zero, gaps=True)
    if "prompt_len" not in frame and "context" in frame:
        frame["prompt_len"] = frame["context"]
        defaults_used.append("prompt_len = context")
    for name, default in DEFAULTS.items():
        if name not in frame:
            defaults_used.append(f"{name} = {default}")
            frame[name] = default
        elif _mask(frame[name].isna()).any():
            defaults_used.append(f"{name} = {default} where empty")
            frame[name] = filled(pd.Series(frame[name]), default)
    served = _mask(frame["mode"] == "serving")
    if "context" not in frame:
        formula = "mean of running requests" if served.all() else "prompt_len + gen_len / 2"
        defaults_used.append(f"context = {formula}")
        frame["context"] = np.nan
    mean_context = frame["prompt_len"] + frame["gen_len"] / 2
    frame["context"] = frame["context"].fillna(mean_context.where(~served))
    if unused := [name for name in OF_A_LOAD if name in frame and not served.any()]:
        defaults_used.append(f"{', '.join(unused)}: not used, mode = static has no load")
    if served.any():
        _complete_served(frame, served, defaults_used, location)
    return frame, defaults_used


def _mask(column) -> np.ndarray:
    """A column of truth values as an array of them."""
    return np.asarray(column, dtype=bool)


def _complete_served(frame: pd.DataFrame, served: np.ndarray, defaults_used: list[str], location: str) -> None:
    """Concurrency and requests of the rows under load; InputError for one that generates nothing, or for too few requests."""
    generates_nothing = served & _mask(frame["gen_len"] == 0)
    if generates_nothing.any():
        row = int(np.argmax(generates_nothing)) + 1
        raise InputError(f"{location}: row {row}: gen_len must be greater than 0 when mode = serving, got 0")
    frame["hit_rate"] = frame["hit_rate"].fillna(0.0) if "hit_rate" in frame else 0.0
    if "rate" not in frame:
        frame["rate"] = np.nan
    if "concurrency" not in frame:
        if not _mask(frame["rate"].notna()).all():
            defaults_used.append("concurrency = batch")
        frame["concurrency"] = np.nan
    elif (both := served & _mask(frame["rate"].notna() & frame["concurrency"].notna())).any():
        raise InputError(f"{location}: row {int(np.argmax(both)) + 1}: give concurrency or rate, one of them")
    frame["concurrency"] = frame["concurrency"].fillna(frame["batch"])
    if "num_prompts" not in frame:
        if not _mask(frame["rate"].notna()).all():
            defaults_used.append(f"num_prompts = {BENCHMARK_WAVES} x concurrency, the first of which come at once")
        frame["num_prompts"] = np.nan
    frame["num_prompts"] = frame["num_prompts"].fillna(BENCHMARK_WAVES * frame["concurrency"])
    if (too_few := served & _mask(frame["num_prompts"] < frame["concurrency"])).any():
        row = int(np.argmax(too_few))
        due, given = (f"{frame[name].iloc[row]:g}" for name in ("concurrency", "num_prompts"))
        raise InputError(
            f"{location}: row {row + 1}: num_prompts: expected at least the concurrency, {due}, got {given}"
        )
    frame["admission_steps"] = frame["admission_steps"].fillna(0.0) if "admission_steps" in frame else 0.0
