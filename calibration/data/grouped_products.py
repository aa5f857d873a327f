"""Measured feed-forwards of mixtures of experts, one grouped product a row, out of aiconfigurator's tables.

One row: tokens of a pass over all GPUs, width of the model, width, number and choices of experts, GPUs that split every
expert (``tp``) and over which whole experts are spread (``ep``), and how loads were set (``routing``). The time is that of the
GPU with most work. What is left out is counted with its reason, never dropped in silence.
"""

from collections.abc import Callable

import pandas as pd

from calibration.data import aiconfigurator as source
from costmodel.errors import FactError
from costmodel.facts.weight_types import GROUPED_TYPES

OPERATION = "moe"
NAMES = {
    "kernel_source": "kernel",
    "moe_dtype": "dtype",
    "num_tokens": "tokens",
    "inter_size": "intermediate_size",
    "num_experts": "experts",
    "topk": "experts_per_token",
    "moe_tp_size": "tp",
    "moe_ep_size": "ep",
    "distribution": "routing",
}
SHAPE = [
    "tokens",
    "hidden_size",
    "intermediate_size",
    "experts",
    "experts_per_token",
    "matrices",
    "tp",
    "ep",
    "routing",
]
GROUPED_KEY = ["kernel", "dtype", *SHAPE]
LAYER = ["hidden_size", "intermediate_size", "experts_per_token", "experts"]  # of one model
# (experts, choices) of the Nemotron-3 family, whose experts are two matrices without a gate (their config.json: relu2);
# TensorRT-LLM's tables run exactly these as ``nongated``.
WITHOUT_GATE = {(512, 22), (128, 6)}


def grouped_products(gpu: str, engine: str, note: Callable[[str, int], None] = lambda *_: None) -> pd.DataFrame:
    """Rows with gpu, engine, engine_version, ``GROUPED_KEY`` and ``latency_us``, the median over repeats.

    A kernel counts in the newest version of the engine that ran it in that type. ``note`` takes what is left out: the reason,
    and how many rows. Raises FactError where nothing was measured.
    """
    rows = _all_versions(gpu, engine, note)
    rank = pd.Series(rows["engine_version"].cat.codes, index=rows.index)
    newest = rank.groupby([rows["kernel"], rows["dtype"]]).transform("max")
    _noted(note, "of an older version of the same kernel", rank < newest)
    rows = rows[rank == newest].astype({"engine_version": str})
    rows = rows.groupby(["engine_version", *GROUPED_KEY], as_index=False, observed=True)["latency_us"].median()
    rows.insert(0, "engine", engine)
    rows.insert(0, "gpu", gpu)
    return rows


def measured_layers(gpu: str, engine: str) -> dict[tuple[str, str], list[tuple]]:
    """The layers (columns ``LAYER``) that every kernel ran in a type, under any version: (kernel, dtype) → layers."""
    layers = _all_versions(gpu, engine)[["kernel", "dtype", *LAYER]].drop_duplicates().sort_values(LAYER)
    return {
        (kernel, dtype): list(group[LAYER].itertuples(index=False, name=None))
        for (kernel, dtype), group in layers.groupby(["kernel", "dtype"])
    }


def _all_versions(gpu: str, engine: str, note: Callable[[str, int], None] = lambda *_: None) -> pd.DataFrame:
    """Rows of all versions, whose column is a category in their order."""
    versions = source.versions(gpu, OPERATION, engine)
    if not versions:
        raise FactError(f"no {OPERATION} was measured on {gpu} with {engine}")
    tables = [_tidy(source.read_operation(gpu, OPERATION, engine, version)[0], version, note) for version in versions]
    rows = pd.concat(tables, ignore_index=True)
    return rows.assign(engine_version=pd.Categorical(rows["engine_version"], versions))


def _tidy(raw: pd.DataFrame, version: str, note: Callable[[str, int], None]) -> pd.DataFrame:
    rows = raw.rename(columns=NAMES).assign(engine_version=version, latency_us=raw["latency"] * 1e3)
    is_known = rows["dtype"].isin(GROUPED_TYPES)
    for dtype, count in rows.loc[~is_known, "dtype"].value_counts().items():
        note(f"of {dtype}, whose bytes and throughput are not defined", int(count))
    is_timed = rows["latency_us"] > 0
    _noted(note, "without a time above 0", is_known & ~is_timed)
    divides = (rows["experts"] % rows["ep"] == 0) & (rows["intermediate_size"] % rows["tp"] == 0)
    _noted(note, "whose experts or widths do not divide over the GPUs", is_known & is_timed & ~divides)
    pairs = pd.Series(list(zip(rows["experts"], rows["experts_per_token"], strict=True)), index=rows.index)
    rows = rows.assign(matrices=pairs.isin(WITHOUT_GATE).map({True: 2, False: 3}))
    return rows.loc[is_known & is_timed & divides, ["engine_version", *GROUPED_KEY, "latency_us"]]


def _noted(note: Callable[[str, int], None], reason: str, mask: pd.Series) -> None:
    if mask.any():
        note(reason, int(mask.sum()))
