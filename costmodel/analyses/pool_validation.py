"""Pools that engines printed at their start beside predicted ones: published logs whose fraction and version are known.

Rows marked ``settle`` settled constants of engine files and prove nothing; no constant was set to those marked ``judge``, which
the errors are of, though their logs had been read, and some mechanisms found in them. Set-ups are counted once.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.predict import predict
from costmodel.facts import models, store

FILE = store.PACKAGE / "measurements" / "pools.csv"
CLOSE = 0.05  # a pool within it is said to be right
BESIDE = ("tokens", "use", "source", "note")  # columns that are no condition
SETTLE = "settle"
PLAIN, WINDOWS, STATES = "one kind of layer", "windows", "recurrent states"


@dataclass(frozen=True)
class PoolComparison:
    """One printed pool and its prediction, in tokens; ``kind`` is that of the model's layers."""

    setup: str
    kind: str
    settles: bool
    printed: float
    predicted: float
    source: str
    note: str

    @property
    def error(self) -> float:
        """Relative error: predicted / printed − 1."""
        return self.predicted / self.printed - 1


def pools() -> list[PoolComparison]:
    """All comparisons, in the order of ``facts/measurements/pools.csv``."""
    table = pd.read_csv(FILE, dtype={"engine_version": str, "note": str})
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return [_compare({name: value for name, value in row.items() if value is not None}) for row in rows]


def _compare(row: dict) -> PoolComparison:
    conditions = pd.DataFrame([{name: value for name, value in row.items() if name not in BESIDE}])
    predicted = predict(conditions, FILE.name)[0]["kv_pool_tokens"].item()
    words = [f"{row['model']} on {row['tp']} × {row['gpu']}", f"{row['engine']} {row['engine_version']}"]
    words += [str(row[name]) for name in ("weight_dtype", "scheme") if row.get(name, "none") != "none"]
    setup = ", ".join([*words, f"at {row['memory_fraction']:g}"])
    kind, settles = kind_of_layers(models.load(row["model"])), row["use"] == SETTLE
    return PoolComparison(
        setup, kind, settles, float(row["tokens"]), float(predicted), row["source"], row.get("note", "")
    )


def kind_of_layers(model: models.Model) -> str:
    """Whether a model's layers are of one kind, or some have windows, or some a recurrent state."""
    mixers = {group["mixer"] for group in model.groups} - {"none"}
    if "recurrent" in mixers:
        return STATES
    return PLAIN if len(mixers) == 1 else WINDOWS


def summary(comparisons: list[PoolComparison]) -> list[dict]:
    """Errors by kind of layers, hybrids together, and of all, over the rows that judge, and over those that settle.

    Each has ``what``, ``n``, and of the relative error ``median``, ``p90``, ``worst`` of its size, ``bias`` (its median) and
    ``close``, the share within 5 %.
    """
    judged = [row for row in comparisons if not row.settles]
    groups = {kind: [row for row in judged if row.kind == kind] for kind in (PLAIN, WINDOWS, STATES)}
    groups |= {"hybrid, both": groups[WINDOWS] + groups[STATES], "all": judged}
    groups["settled on these"] = [row for row in comparisons if row.settles]
    return [_errors(what, rows) for what, rows in groups.items() if rows]


def _errors(what: str, rows: list[PoolComparison]) -> dict:
    errors = np.array([row.error for row in rows])
    sizes = np.abs(errors)
    return {
        "what": what,
        "n": len(rows),
        "median": float(np.median(sizes)),
        "p90": float(np.quantile(sizes, 0.9)),
        "worst": float(sizes.max()),
        "bias": float(np.median(errors)),
        "close": float((sizes <= CLOSE).mean()),
    }
