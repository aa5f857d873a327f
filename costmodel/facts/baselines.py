"""Baselines outside the paged engines, against which papers measured: what one step took in them, as published.

A file is one way to serve (``hf-eager``, ``flexgen``); its rows are step times with a 16-bit cache. What such a baseline
was worth against a paged engine is that time over the engine's own at the same point, which the analyses compute.
"""

import functools
import math
from dataclasses import dataclass

from costmodel.errors import CostModelError, FactError
from costmodel.facts import store

KIND = "baselines"
KEYS = ("name", "aliases", "source", "read", "notes", "rows")
ROW_KEYS = ("model", "gpu", "batch", "context", "step_ms", "source", "note")
ROW_NEEDS = ("model", "gpu", "batch", "context", "step_ms", "source")


@dataclass(frozen=True)
class BaselineStep:
    """One published step: a model and GPU by id, sequences, tokens of each, milliseconds, and who measured it."""

    model: str
    gpu: str
    batch: float
    context: float
    step_ms: float
    source: str


@dataclass(frozen=True)
class Baseline:
    """A way to serve that a claim was measured against."""

    id: str
    name: str
    source: str
    steps: tuple[BaselineStep, ...]
    notes: tuple[str, ...] = ()


@functools.cache
def load(name: str) -> Baseline:
    """The baseline of that id or alias; UnknownName for none, FactError for a file that cannot be trusted."""
    identifier = store.resolve(KIND, name)
    return build(identifier, store.read_fact_file(KIND, identifier), str(store.files(KIND)[identifier]))


def build(identifier: str, facts: dict, location: str) -> Baseline:
    """A Baseline from the table of a file; raises FactError naming ``location``, row and key."""
    store.check_keys(facts, KEYS, location, ("name", "source", "read", "rows"))
    store.check_types(
        facts, {"name": str, "source": str, "aliases": list[str], "notes": list[str], "rows": list}, location
    )
    store.check_date(facts, "read", location)
    steps = tuple(_step(row, f"{location}: rows[{index}]") for index, row in enumerate(facts["rows"]))
    if not steps:
        raise FactError(f"{location}: rows: expected at least one step, got none")
    return Baseline(identifier, facts["name"], facts["source"], steps, tuple(facts.get("notes", ())))


def _step(row: dict, location: str) -> BaselineStep:
    store.check_keys(row, ROW_KEYS, location, ROW_NEEDS)
    store.check_types(row, dict.fromkeys(("model", "gpu", "source", "note"), str), location)
    for key in ("batch", "context", "step_ms"):
        value = row[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            raise FactError(f"{location}: {key}: expected a number above 0, got {value!r}")
    try:
        model, gpu = store.resolve("models", row["model"]), store.resolve("gpus", row["gpu"])
    except CostModelError as error:
        raise FactError(f"{location}: {error}") from error
    return BaselineStep(model, gpu, float(row["batch"]), float(row["context"]), float(row["step_ms"]), row["source"])
