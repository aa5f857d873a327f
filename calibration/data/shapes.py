"""Columns that name a call of attention, the bytes it reads, and which rows are one shape in two KV types."""

import numpy as np
import pandas as pd

from costmodel.facts.kv_types import KV_BYTES

SHAPE = ["batch", "query_heads", "kv_heads", "head_dim", "window", "context"]
ATTENTION_KEY = ["kernel", "kv_dtype", *SHAPE]


def kv_bytes(rows: pd.DataFrame) -> pd.Series:
    """Bytes of keys and values that one call reads; a window of 0 is none."""
    sizes = rows["kv_dtype"].map(KV_BYTES).astype(float)  # a column of text stays one where the table is empty
    return 2.0 * rows["batch"] * rows["kv_heads"] * rows["head_dim"] * read_tokens(rows) * sizes


def read_tokens(rows: pd.DataFrame) -> np.ndarray:
    """Tokens of a sequence that one call reads: the context, cut to the window where there is one."""
    return np.minimum(rows["context"].to_numpy(), windows(rows))


def windows(rows: pd.DataFrame) -> np.ndarray:
    """Windows in tokens, infinite where a row states 0, which is none."""
    return np.where(rows["window"] > 0, rows["window"], np.inf).astype(float)


def kv_dtype_pairs(rows: pd.DataFrame) -> np.ndarray:
    """Row numbers (n × 2) of shapes that are in the table in both KV types."""
    numbered = rows[SHAPE].assign(kv_dtype=rows["kv_dtype"].to_numpy(), row=np.arange(len(rows)))
    wide = numbered.pivot_table(index=SHAPE, columns="kv_dtype", values="row").dropna()
    return wide.to_numpy(int) if wide.shape[1] == 2 else np.zeros((0, 2), int)
