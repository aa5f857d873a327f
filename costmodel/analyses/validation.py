"""Predicted and measured memory: pools, sessions, caches and ratios whose conditions somebody stated.

Every row is listed with both numbers; nothing is fitted to them. Calibration decides what a fit may use and how kernels are
scored; this file is about capacity alone.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile import compiled
from costmodel.facts import store

MEBI, GIBI = 2**20, 2**30


@dataclass(frozen=True)
class MeasuredComparison:
    """One measured number and its prediction, both in ``unit``."""

    what: str
    measured: float
    predicted: float
    unit: str
    source: str

    @property
    def error(self) -> float:
        """Relative error: predicted / measured − 1."""
        return self.predicted / self.measured - 1


def capacity() -> list[MeasuredComparison]:
    """All comparisons of capacity, in the order of ``facts/measurements/capacity.toml``."""
    rows = store.read_toml(store.PACKAGE / "measurements" / "capacity.toml")
    return [
        *(_pool(row) for row in rows["pool"]),
        *(check for row in rows["sessions"] for check in _sessions(row)),
        *(check for row in rows["cache"] for check in _caches(row)),
        *(_ratio(row) for row in rows["ratio"]),
    ]


def concurrency() -> list[MeasuredComparison]:
    """Measured peaks of running requests beside the effective batch size, which is a mean over a request's residence."""
    comparisons = []
    for row in store.read_toml(store.PACKAGE / "measurements" / "capacity.toml")["concurrency"]:
        for fraction, running in zip(row["memory_fractions"], row["running"], strict=True):
            deployment = _deployment(row, memory_fraction=fraction, usage=row["usage"])
            length = row["prompt"] + row["generated"] / 2
            passes = build_passes(
                deployment, compiled.load_scheme("none"), 1.0, length, row["prompt"], row["generated"]
            )
            what = f"running requests of {row['prompt']} + {row['generated']} tokens, vLLM at {fraction:g}"
            comparisons.append(
                MeasuredComparison(what, running, float(drop_model_axes(passes.pool["max_batch"])), "", row["source"])
            )
    return comparisons


@dataclass(frozen=True)
class ProfileErrors:
    """Errors of one profile on rows outside its fits, in percent; medians over kernel families and head widths."""

    profile: str
    fits: int
    attention: dict[str, tuple[float, float]]
    sign: float
    products: dict[str, tuple[float, float]]


def kernels() -> list[ProfileErrors]:
    """The held-out errors that every fitted profile stores (``python -m calibration report`` computes them again)."""
    profile_errors = []
    for identifier in store.files("profiles"):
        facts = store.read_fact_file("profiles", identifier)
        fits = facts.get("attention", [])
        if not any("held_out" in fit for fit in (*fits, *facts.get("gemm", []))):
            continue
        attention = {kind: _medians([f["held_out"].get(kind) for f in fits]) for kind in ("bfloat16", "fp8")}
        signs = [f["held_out"]["pairs"].get("sign_5") for f in fits if "pairs" in f["held_out"]]
        products = {fit["dtype"]: _pair(fit["held_out"]) for fit in facts.get("gemm", [])}
        sign = float(np.median([s for s in signs if s is not None] or [np.nan]))
        profile_errors.append(ProfileErrors(identifier, len(fits) + len(products), attention, sign, products))
    return profile_errors


def _medians(error_tables) -> tuple[float, float]:
    """Over the tables that are not empty: the median of their medians, and that of their 90th percentiles."""
    present = [table for table in error_tables if table]
    if not present:
        return float("nan"), float("nan")
    return float(np.median([table["median"] for table in present])), float(
        np.median([table["p90"] for table in present])
    )


def _pair(held_out: dict) -> tuple[float, float]:
    """The median error at few rows, and at many."""
    small, large = (float(held_out.get(size, {}).get("median", float("nan"))) for size in ("small", "large"))
    return small, large


def summary(comparisons: list[MeasuredComparison]) -> dict[str, float]:
    """``n``, and of the relative error: median, 90th percentile and maximum of its size, and the median (``bias``)."""
    errors = np.array([check.error for check in comparisons])
    statistics = {
        "n": len(comparisons),
        "median": float(np.median(np.abs(errors))),
        "p90": float(np.quantile(np.abs(errors), 0.9)),
    }
    return statistics | {"worst": float(np.abs(errors).max()), "bias": float(np.median(errors))}


def _deployment(row, **options):
    options |= {name: row[name] for name in ("engine_version", "max_num_seqs") if name in row}
    return resolve_deployment(row["model"], row["gpu"], ranks=1, engine=row.get("engine", "vllm"), **options)


def _sequence_bytes(deployment, scheme: str, length: float) -> float:
    step = build_passes(deployment, compiled.load_scheme(scheme), 1.0, float(length)).step
    return float(drop_model_axes(step["local_sequence_size"]))


def _pool(row) -> MeasuredComparison:
    deployment = _deployment(row, memory_fraction=row["memory_fraction"], usage=row["usage"])
    passes = build_passes(deployment, compiled.load_scheme("none"), 1.0, 2048.0)
    return MeasuredComparison(
        row["what"], row["tokens"], float(drop_model_axes(passes.pool["pool_tokens"])), "tokens", row["source"]
    )


def _sessions(row) -> list[MeasuredComparison]:
    deployment, comparisons = _deployment(row), []
    for scheme, sizes in row["mebibytes"].items():
        for batch, size in list(zip(row["batches"], sizes, strict=True))[1:]:
            extra = batch - row["batches"][0]
            predicted = extra * _sequence_bytes(deployment, scheme, row["length"]) / MEBI
            what = f"{extra} more sessions of {row['length']} tokens, {scheme}, LMDeploy"
            comparisons.append(MeasuredComparison(what, size - sizes[0], predicted, "MiB", row["source"]))
    return comparisons


def _caches(row) -> list[MeasuredComparison]:
    deployment, comparisons = _deployment(row), []
    for scheme, sizes in row["gibibytes"].items():
        for length, size in zip(row["lengths"], sizes, strict=True):
            what = f"cache of {length} tokens, {scheme}, Llama 3.1 8B"
            comparisons.append(
                MeasuredComparison(what, size, _sequence_bytes(deployment, scheme, length) / GIBI, "GiB", row["source"])
            )
    return comparisons


def _ratio(row) -> MeasuredComparison:
    deployment = _deployment(row)
    plain, coded = (
        float(drop_model_axes(build_passes(deployment, compiled.load_scheme(s), 1.0, 2048.0).pool["pool_tokens"]))
        for s in ("none", row["scheme"])
    )
    return MeasuredComparison(row["what"], row["measured"][1] / row["measured"][0], coded / plain, "×", row["source"])
