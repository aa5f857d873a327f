"""Tables of kernel calls: which columns a kernel needs, which it may have, and what is wrong with a row."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.number_columns import parse_numbers, validate_row_count

MAX_NUMBER = 1e12
NUMBERS = ("batch num_heads num_kv_heads head_dim context prompt_len window m n k num_gpus message_bytes").split()


@dataclass(frozen=True)
class KernelSchema:
    """Required columns, optional ones with their defaults, and the law that times a group of rows."""

    required: tuple[str, ...]
    optional: dict
    law: Callable[[pd.DataFrame, dict, bool], dict]


def complete(points: pd.DataFrame, kernel: str, columns: KernelSchema, where: str) -> tuple[pd.DataFrame, list[str]]:
    """The table with defaults filled in and numbers read, and what was filled in; InputError naming row and column."""
    validate_row_count(points, where)
    table, said = points.reset_index(drop=True), []
    for name in columns.required:
        if name not in table:
            due = f"{kernel} needs {', '.join(columns.required)}"
            raise InputError(f"{where}: {UnknownName('column', name, table.columns)}; {due}")
    for name, value in columns.optional.items():
        if name not in table:
            table[name] = value
            if value != "":
                said.append(f"{name} = {value}")
        table[name] = table[name].fillna(value)
    for name in NUMBERS:
        if name in table and (name in columns.required or name in columns.optional):
            table[name] = parse_numbers(table[name], name, where, high=MAX_NUMBER, zero_is_allowed=name == "window")
    if "num_kv_heads" in columns.required and (bad := table["num_heads"] % table["num_kv_heads"] != 0).any():
        raise InputError(f"{where}: row {int(bad.idxmax()) + 1}: num_heads is no multiple of num_kv_heads")
    return table, said


def lead(values) -> np.ndarray:
    """A vector of points as an array with the two trailing axes."""
    return np.asarray(values, dtype=float).reshape(-1, 1, 1)
