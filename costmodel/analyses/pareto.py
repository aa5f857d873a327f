"""Schemes and the settings of their knobs as points: time of a token, throughput, bytes, GPU time; and which are not beaten.

Same batch and context for all, and each at its own largest batch. Quality is no axis: no file of this project holds measured
quality, so an unbeaten point here says nothing of what a scheme loses.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation import library
from costmodel.evaluation.outputs import flat, outputs, passes
from costmodel.facts.deployment import Deployment
from costmodel.facts.schemes import parse

LOWER = ("tpot_ms", "ttft_ms", "kv_bytes_per_sequence", "gpu_hours_per_million", "cost_per_million")
HIGHER = ("throughput_tok_s", "throughput_at_max_batch_tok_s", "max_batch")
INTERVALS = ("tpot_ms", "ttft_ms", "throughput_tok_s")
HOUR, MILLION = 3600.0, 1e6
MOST_SETTINGS = 12  # of one scheme: more points than that hide each other


@dataclass(frozen=True)
class Point:
    """One setting of one scheme: its sentence, the scheme without its knobs, and its quantities by name."""

    setting: str
    scheme: str
    fits: bool
    values: dict[str, float]


def settings(text: str) -> list[str]:
    """A sentence and, where it is one scheme without brackets, every combination of the swept values of its knobs."""
    sentence = parse(text)
    part = sentence.parts[0]
    if len(sentence.parts) > 1 or part.changed or text.strip().endswith(".toml"):
        return [text]
    swept = {knob: table["sweep"] for knob, table in part.facts.get("knobs", {}).items() if "sweep" in table}
    names = [
        f"{part.id}[{','.join(f'{knob}={value}' for knob, value in zip(swept, values, strict=True))}]"
        for values in itertools.islice(itertools.product(*swept.values()), MOST_SETTINGS)
    ]
    return list(dict.fromkeys([sentence.id, *(parse(name).id for name in names if swept)]))


def points(
    where: Deployment, schemes: list[str], batch: float, context: float, price: float | None = None
) -> list[Point]:
    """Every setting of every scheme; ``price`` is that of a GPU for an hour, in any currency, and gives a cost."""
    found = []
    for text in schemes:
        for sentence in settings(text):
            scheme = library.scheme(sentence)
            made = passes(where, scheme, float(batch), float(context))
            table = {name: float(value) for name, value in outputs(made, where).items() if name in _wanted()}
            hours = MILLION / HOUR * float(flat(made.full["device_time"])) if table["max_batch"] >= 1 else np.inf
            table["gpu_hours_per_million"] = hours
            if price is not None:
                table["cost_per_million"] = hours * price
            found.append(Point(scheme.id, parse(text).id, bool(table.pop("fits")), table))
    return found


def _wanted() -> set[str]:
    ends = {f"{name}{end}" for name in INTERVALS for end in ("_lo", "_hi")}
    return {*LOWER, *HIGHER, *ends, "fits"}


def unbeaten(found: list[Point], axes: tuple[str, str]) -> list[bool]:
    """Whether no other point that fits is at least as good on both axes and better on one."""
    signs = [1.0 if name in LOWER else -1.0 for name in axes]
    places = np.array([[sign * point.values[name] for sign, name in zip(signs, axes, strict=True)] for point in found])
    usable = np.array([point.fits for point in found]) & np.isfinite(places).all(axis=1)
    told = []
    for place, fine in zip(places, usable, strict=True):
        others = places[usable]
        told.append(bool(fine and not ((others <= place).all(axis=1) & (others < place).any(axis=1)).any()))
    return told
