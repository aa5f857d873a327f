"""What a step pays beside products and attention, from a list of its kernels by name: small kernels, sampling, gaps.

A kernel that runs once a layer (or more) and is neither product nor attention is small; one that runs less often belongs to
sampling and bookkeeping. The gap is what the clock shows beyond the sum of all kernels, spread over them.
"""

import numpy as np
import pandas as pd

from costmodel.errors import InputError
from costmodel.evaluation.ask.number_columns import parse_numbers
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.profiles import SectionFit

KEY = ["kv_cache_dtype", "batch", "prompt_len"]
COLUMNS = [*KEY, "kernel", "calls_a_step", "us_a_step"]
PRODUCTS = ("nvjet", "splitkreduce", "gemm", "cublas", "cutlass_3x")
ATTENTION = ("flash", "attention", "reduce_segments", "fmha", "xqa", "_tq_decode", "mla")
WRITES = ("reshape_and_cache", "_reshape_cache", "store_kv")
KINDS = ["product", "attention", "write", "small", "sampling"]
MIN_BATCHES = 2
MIN_SPREAD = 0.05  # names of kernels change from model to model
MAX_NUMBER = 1e9


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


def fit_step_kernels(deployment: Deployment, steps: pd.DataFrame, gap: float, source: str) -> SectionFit:
    """Floors and efficiencies of small kernels and of sampling, by least squares of relative errors over the batches.

    ``deployment`` is what ran; ``steps`` are those of a 16-bit cache as ``steps_by_kind`` returns them; ``gap`` is the time
    between two kernels in seconds. The spread is that of the residuals. Raises InputError for fewer batches than constants.
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
    step = build_evaluator(deployment, load_scheme("none"), batch, steps["prompt_len"].to_numpy(float))
    values, fitted = {"kernel_gap": gap}, np.zeros(len(batch))
    for name, times in (("small_kernel", small), ("sampling", sampling)):
        floor, efficiency = (f"{name.removesuffix('_kernel')}_{end}" for end in ("floor", "efficiency"))

        def law(f: float, e: float, names=(floor, efficiency), time=f"{name}_time") -> np.ndarray:
            moved = step.with_inputs(**dict(zip(names, (np.asarray(f), np.asarray(e)), strict=True)))
            return np.broadcast_to(drop_model_axes(moved[time]), len(batch))

        columns = law(1.0, np.inf), law(0.0, 1.0)  # both laws are linear in the floor and in 1 / efficiency
        solved = np.linalg.lstsq(np.stack(columns, axis=1) / times[:, None], np.ones(len(batch)), rcond=None)[0]
        values |= {floor: float(solved[0]), efficiency: float(1 / solved[1])}
        fitted = fitted + law(*(values[n] for n in (floor, efficiency)))
    spread = float(np.sqrt(np.sum(np.log(fitted / (small + sampling)) ** 2) / max(len(batch) - MIN_BATCHES, 1)))
    return SectionFit("small_kernel", values, {"all": max(spread, MIN_SPREAD)}, source, len(batch))
