"""What a step pays beside products and attention, from a list of its kernels by name: small kernels, sampling, gaps.

A kernel that runs once a layer (or more) and is neither product nor attention is small; one that runs less often belongs to
sampling and bookkeeping. The gap is what the clock shows beyond the sum of all kernels, spread over them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel.errors import InputError
from costmodel.evaluation.ask.number_columns import parse_numbers
from costmodel.facts.profiles import SectionFit
from costmodel.formulas.step import LOGIT_TRAFFIC

KEY = ["kv_cache_dtype", "batch", "prompt_len"]
COLUMNS = [*KEY, "kernel", "calls_a_step", "us_a_step"]
PRODUCTS = ("nvjet", "splitkreduce", "gemm", "cublas", "cutlass_3x")
ATTENTION = ("flash", "attention", "reduce_segments", "fmha", "xqa", "_tq_decode", "mla")
WRITES = ("reshape_and_cache", "_reshape_cache", "store_kv")
KINDS = ["product", "attention", "write", "small", "sampling"]
MIN_BATCHES = 2
MAX_NUMBER = 1e9


@dataclass(frozen=True)
class StepShape:
    """The numbers of a model and GPU on which small kernels depend."""

    layers: float
    hidden_size: float
    vocabulary_size: float
    layer_kernels: float
    hbm_bandwidth: float


def kind_of(kernel: str) -> str:
    """``product``, ``attention``, ``write`` of the cache, or ``small``, by the kernel's name."""
    name = kernel.lower()
    for kind, words in (("product", PRODUCTS), ("write", WRITES), ("attention", ATTENTION)):
        if any(word in name for word in words):
            return kind
    return "small"


def steps_by_kind(kernels: pd.DataFrame, layers: float) -> pd.DataFrame:
    """Microseconds of a step by kind of kernel, one row a KV type, batch and prompt; ``calls`` counts all kernels.

    Raises InputError for a table that lacks a column, and for what is no number above 0.
    """
    if missing := [name for name in COLUMNS if name not in kernels]:
        raise InputError(f"kernels: expected columns {', '.join(COLUMNS)}; {missing[0]} is missing")
    numbers = {
        name: parse_numbers(pd.Series(kernels[name]), name, "kernels", high=MAX_NUMBER)
        for name in ("batch", "prompt_len", "calls_a_step", "us_a_step")
    }
    rows = kernels.assign(**numbers, kind=kernels["kernel"].astype(str).map(kind_of))
    rare = (rows["kind"] == "small") & (rows["calls_a_step"] < layers - 1)
    rows["kind"] = rows["kind"].mask(rare, "sampling")
    table = rows.pivot_table(index=KEY, columns="kind", values="us_a_step", aggfunc="sum", fill_value=0.0)
    table = table.reindex(columns=KINDS, fill_value=0.0)
    return table.assign(device=table.sum(axis=1), calls=rows.groupby(KEY)["calls_a_step"].sum()).reset_index()


def fit_step_kernels(steps: pd.DataFrame, shape: StepShape, gap: float, source: str) -> SectionFit:
    """Floors and efficiencies of small kernels and of sampling, by least squares of relative errors over the batches.

    ``steps`` are those of a 16-bit cache as ``steps_by_kind`` returns them; ``gap`` is the time between two kernels in
    seconds. The spread is that of the residuals. Raises InputError for fewer batches than constants.
    """
    batch = steps["batch"].to_numpy(float)
    if len(np.unique(batch)) < MIN_BATCHES:
        raise InputError(f"kernels: expected steps at {MIN_BATCHES} batches at least, got {len(np.unique(batch))}")
    for kind in KINDS:
        if kind != "write" and not (steps[kind] > 0).all():
            raise InputError(
                f"kernels: expected {kind} kernels in every step of a 16-bit cache, told by their names; found none"
            )
    small = (steps["small"] + steps["write"]).to_numpy(float) * 1e-6
    sampling = steps["sampling"].to_numpy(float) * 1e-6
    count = shape.layers * shape.layer_kernels
    floors = [_line(batch, times) for times in (small, sampling)]
    logits = shape.vocabulary_size * float(LOGIT_TRAFFIC / LOGIT_TRAFFIC.free_symbols.pop())
    traffic = (count * 4 * 2 * shape.hidden_size, logits)
    values = {
        "small_floor": floors[0][0] / count,
        "small_efficiency": traffic[0] / (floors[0][1] * shape.hbm_bandwidth),
        "kernel_gap": gap,
        "sampling_floor": floors[1][0],
        "sampling_efficiency": traffic[1] / (floors[1][1] * shape.hbm_bandwidth),
    }
    measured, fitted = small + sampling, sum(floor + slope * batch for floor, slope in floors)
    spread = float(np.sqrt(np.mean(np.log(fitted / measured) ** 2) * len(batch) / max(len(batch) - MIN_BATCHES, 1)))
    return SectionFit("small_kernel", values, {"all": max(spread, MIN_SPREAD)}, source, len(batch))


MIN_SPREAD = 0.05  # names of kernels change from model to model


def _line(batch: np.ndarray, times: np.ndarray) -> tuple[float, float]:
    """Floor and slope of the line of least relative error."""
    design = np.stack([1 / times, batch / times], axis=1)
    floor, slope = np.linalg.lstsq(design, np.ones(len(batch)), rcond=None)[0]
    return float(floor), float(slope)
