"""Tables of kernel calls: which columns a kernel needs, which it may have, and what is wrong with a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.column_names import unknown_columns, unknown_remark
from costmodel.evaluation.ask.number_columns import filled, parse_numbers, validate_row_count

MAX_NUMBER = 1e12
PASSING = (
    "engine_version",
    "latency_us",
    "latency_us_lo",
    "latency_us_hi",
)  # of tables of measurements and of predictions
NUMBERS = (
    "batch num_heads num_kv_heads head_dim context prompt_len window m n k num_gpus message_bytes tokens "
    "hidden_size intermediate_size experts experts_per_token matrices tp ep"
).split()


@dataclass(frozen=True)
class KernelSchema:
    """Required columns, optional ones with their defaults, and the law that times a group of rows."""

    required: tuple[str, ...]
    optional: dict[str, str | float]
    law: Callable[[pd.DataFrame, dict[str, Any], bool], dict[str, Any]]


def complete_calls(
    points: pd.DataFrame, kernel: str, schema: KernelSchema, location: str
) -> tuple[pd.DataFrame, list[str]]:
    """The table with defaults filled in and numbers read, and the defaults that were used, in words.

    ``location`` names the table in messages. Raises InputError naming the column that is missing, or row and column of what
    cannot be read.
    """
    validate_row_count(points, location)
    calls, defaults_used = points.reset_index(drop=True), []
    accepted = (*schema.required, *schema.optional)
    unknown = unknown_columns(map(str, points.columns), accepted, PASSING, location)
    for name in schema.required:
        if name not in calls:
            required = f"{kernel} needs {', '.join(schema.required)}"
            raise InputError(f"{location}: {UnknownName('column', name, calls.columns)}; {required}")
    for name, default in schema.optional.items():
        if name not in calls:
            calls[name] = default
            if default != "":
                defaults_used.append(f"{name} = {default}")
        calls[name] = filled(pd.Series(calls[name]), default)
    for name in NUMBERS:
        if name in calls and (name in schema.required or name in schema.optional):
            column = pd.Series(calls[name])
            calls[name] = parse_numbers(column, name, location, high=MAX_NUMBER, zero_is_allowed=name == "window")
    if "num_kv_heads" in schema.required:
        remainder = (calls["num_heads"] % calls["num_kv_heads"]).to_numpy()
        if remainder.any():
            row = int(np.argmax(remainder != 0)) + 1
            raise InputError(f"{location}: row {row}: num_heads is no multiple of num_kv_heads")
    return calls, defaults_used + unknown_remark(unknown)


def as_column(values) -> np.ndarray:
    """A vector over the points as an array with the two trailing axes of the model, of shape (points, 1, 1)."""
    return np.asarray(values, dtype=float).reshape(-1, 1, 1)
