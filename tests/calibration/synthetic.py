"""Synthetic devices and measurements that the formula itself wrote, so that the truth behind them is known."""

import itertools

import numpy as np
import pandas as pd

from calibration.data.columns import Dispatch, attention_columns
from calibration.kernel_fits.attention_law import attention_law
from costmodel.facts import gpus

GPU = gpus.load("h100-sxm")


def shapes(windows=(0,)) -> pd.DataFrame:
    """A grid of decode-attention shapes in two KV types, without latencies."""
    grid = itertools.product(
        ("bfloat16", "fp8"),
        (1, 4, 16, 64, 256, 1024),
        ((1, 1), (8, 8), (32, 8), (24, 1), (48, 1), (64, 8)),
        windows,
        tuple(2**power for power in range(1, 17)),
    )
    rows = [
        {"kv_dtype": kv_dtype, "batch": batch, "query_heads": q, "kv_heads": kv, "window": window, "context": context}
        for kv_dtype, batch, (q, kv), window, context in grid
        if batch * kv * context <= 2**24
    ]
    return pd.DataFrame(rows).assign(
        gpu=GPU.id, engine="synthetic", engine_version="1", kernel="synthetic", head_dim=128
    )


TRUTH = {
    "attention_launch": {"bfloat16": 8e-6, "fp8": 9.5e-6},
    "token_cost": {"bfloat16": 5e-9, "fp8": 12e-9},
    "wave_cost": {"bfloat16": 1.8e-6, "fp8": 1.2e-6},
    "overlap": {"bfloat16": 2.5, "fp8": 5.0},
    "min_split_tokens": {"bfloat16": 300.0, "fp8": 150.0},
    "hbm_efficiency": 0.88,
    "l2_speedup": 5.0,
    "l2_usable": 0.6,
}


def truth(coefficient, kv_dtype: str, fallback: bool) -> float:
    """The number behind the synthetic measurements; the fallback path launches slower and streams cheaper."""
    value = TRUTH.get(coefficient.name, coefficient.start)
    value = value[kv_dtype] if isinstance(value, dict) else value
    return value * ({"attention_launch": 1.3, "token_cost": 0.5}.get(coefficient.name, 1.0) if fallback else 1.0)


def measure(rows: pd.DataFrame, dispatch: Dispatch, noise: float, seed: int = 3) -> pd.DataFrame:
    """The rows with latencies from the formula under a dispatch, times log-normal noise."""
    law = attention_law()
    columns, fallback = attention_columns(rows, GPU, dispatch)
    values = np.array(
        [
            [truth(c, kv_dtype, path) for kv_dtype, path in zip(rows["kv_dtype"], fallback, strict=True)]
            for c in law.coefficients
        ]
    )
    jitter = np.exp(np.random.default_rng(seed).normal(0, noise, len(rows)))
    return rows.assign(latency_us=1e6 * law.time(columns, values) * jitter)


def assert_elasticities_are_slopes(law, columns, count, skip=()):
    """The law's elasticities at ``count`` rows agree with central differences, but for the coefficients to skip."""
    values = np.array([[c.start * 1.1] for c in law.coefficients]) * np.ones(count)
    _, slopes = law.time_and_elasticities(columns, values)
    for row, coefficient in enumerate(law.coefficients):
        if coefficient.name in skip:
            continue
        up, down = values.copy(), values.copy()
        up[row], down[row] = values[row] * np.exp(1e-5), values[row] * np.exp(-1e-5)
        difference = np.log(law.time(columns, up) / law.time(columns, down)) / 2e-5
        np.testing.assert_allclose(slopes[row], difference, atol=2e-4, rtol=0, err_msg=coefficient.name)
