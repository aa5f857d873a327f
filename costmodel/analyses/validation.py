"""Predicted against measured memory: pools, sessions, caches and ratios whose conditions somebody stated.

Every row is listed with both numbers; nothing is fitted to them. What a fit may see and how kernels are judged is the
calibration's business; this is capacity alone.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile import compiled
from costmodel.facts import store
from costmodel.facts.deployment import resolve_deployment

MEBI, GIBI = 2**20, 2**30


@dataclass(frozen=True)
class MeasuredComparison:
    """One measured number, what the model says, and the relative error."""

    what: str
    measured: float
    predicted: float
    unit: str
    source: str

    @property
    def error(self) -> float:
        """Predicted over measured, less one."""
        return self.predicted / self.measured - 1


def capacity() -> list[MeasuredComparison]:
    """All capacity checks, in the order of ``facts/measurements/capacity.toml``."""
    rows = store.read_toml(store.PACKAGE / "measurements" / "capacity.toml")
    return [
        *(_pool(row) for row in rows["pool"]),
        *(check for row in rows["sessions"] for check in _sessions(row)),
        *(check for row in rows["cache"] for check in _caches(row)),
        *(_ratio(row) for row in rows["ratio"]),
    ]


def concurrency() -> list[MeasuredComparison]:
    """Peak of running requests against the effective batch size, which is a mean over a request's stay."""
    found = []
    for row in store.read_toml(store.PACKAGE / "measurements" / "capacity.toml")["concurrency"]:
        for fraction, running in zip(row["memory_fractions"], row["running"], strict=True):
            where = _where(row, memory_fraction=fraction, usage=row["usage"])
            length = row["prompt"] + row["generated"] / 2
            made = build_passes(where, compiled.load_scheme("none"), 1.0, length, row["prompt"], row["generated"])
            what = f"running requests of {row['prompt']} + {row['generated']} tokens, vLLM at {fraction:g}"
            found.append(
                MeasuredComparison(what, running, float(drop_model_axes(made.pool["max_batch"])), "", row["source"])
            )
    return found


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
    found = []
    for identifier in store.files("profiles"):
        facts = store.read_fact_file("profiles", identifier)
        fits = facts.get("attention", [])
        if not any("held_out" in fit for fit in (*fits, *facts.get("gemm", []))):
            continue
        attention = {kind: _medians([f["held_out"].get(kind) for f in fits]) for kind in ("bfloat16", "fp8")}
        signs = [f["held_out"]["pairs"].get("sign_5") for f in fits if "pairs" in f["held_out"]]
        products = {fit["dtype"]: _pair(fit["held_out"]) for fit in facts.get("gemm", [])}
        sign = float(np.median([s for s in signs if s is not None] or [np.nan]))
        found.append(ProfileErrors(identifier, len(fits) + len(products), attention, sign, products))
    return found


def _medians(tables) -> tuple[float, float]:
    known = [t for t in tables if t]
    return tuple(float(np.median([t[name] for t in known])) if known else float("nan") for name in ("median", "p90"))


def _pair(held_out: dict) -> tuple[float, float]:
    return tuple(float(held_out.get(size, {}).get("median", float("nan"))) for size in ("small", "large"))


def summary(checks: list[MeasuredComparison]) -> dict[str, float]:
    """Number, median and 90th percentile of the absolute error, and the bias."""
    errors = np.array([check.error for check in checks])
    found = {
        "n": len(checks),
        "median": float(np.median(np.abs(errors))),
        "p90": float(np.quantile(np.abs(errors), 0.9)),
    }
    return found | {"worst": float(np.abs(errors).max()), "bias": float(np.median(errors))}


def _where(row, **options):
    return resolve_deployment(row["model"], row["gpu"], ranks=1, engine=row.get("engine", "vllm"), **options)


def _bytes(where, scheme: str, length: float) -> float:
    step = build_passes(where, compiled.load_scheme(scheme), 1.0, float(length)).step
    return float(drop_model_axes(step["local_sequence_size"]))


def _pool(row) -> MeasuredComparison:
    where = _where(row, memory_fraction=row["memory_fraction"], usage=row["usage"])
    made = build_passes(where, compiled.load_scheme("none"), 1.0, 2048.0)
    return MeasuredComparison(
        row["what"], row["tokens"], float(drop_model_axes(made.pool["pool_tokens"])), "tokens", row["source"]
    )


def _sessions(row) -> list[MeasuredComparison]:
    where, found = _where(row), []
    for scheme, sizes in row["mebibytes"].items():
        for batch, size in list(zip(row["batches"], sizes, strict=True))[1:]:
            extra = batch - row["batches"][0]
            predicted = extra * _bytes(where, scheme, row["length"]) / MEBI
            what = f"{extra} more sessions of {row['length']} tokens, {scheme}, LMDeploy"
            found.append(MeasuredComparison(what, size - sizes[0], predicted, "MiB", row["source"]))
    return found


def _caches(row) -> list[MeasuredComparison]:
    where, found = _where(row), []
    for scheme, sizes in row["gibibytes"].items():
        for length, size in zip(row["lengths"], sizes, strict=True):
            what = f"cache of {length} tokens, {scheme}, Llama 3.1 8B"
            found.append(MeasuredComparison(what, size, _bytes(where, scheme, length) / GIBI, "GiB", row["source"]))
    return found


def _ratio(row) -> MeasuredComparison:
    where = _where(row)
    plain, coded = (
        float(drop_model_axes(build_passes(where, compiled.load_scheme(s), 1.0, 2048.0).pool["pool_tokens"]))
        for s in ("none", row["scheme"])
    )
    return MeasuredComparison(row["what"], row["measured"][1] / row["measured"][0], coded / plain, "×", row["source"])
