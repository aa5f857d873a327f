"""The mirror: what the referee understood, so that the author sees at once where it was misread."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.passes import build_passes
from costmodel.facts.lifecycle import PROPERTIES, describe, implied_properties
from costmodel.report.sections.conflicts import conflicts
from costmodel.report.sections.mechanisms import MechanismRead, read_mechanisms
from costmodel.report.subject import Subject

CACHE = ("kv_bytes_per_token", "kv_bytes_per_sequence")


@dataclass(frozen=True)
class SizeAt:
    """Bytes at one context (tokens): of one more token and of the whole sequence, for the scheme and its baseline."""

    context: float
    token: float
    baseline_token: float
    sequence: float
    baseline_sequence: float

    @property
    def ratio(self) -> float:
        """Bytes of a sequence over the baseline's."""
        return self.sequence / self.baseline_sequence


@dataclass(frozen=True)
class PropertyRead:
    """One property of the life cycle: what it asks, its value in words, and why; ``is_stated`` where anything decides it."""

    name: str
    meaning: str
    value: str
    reason: str
    is_stated: bool


@dataclass(frozen=True)
class Mirror:
    """Names, mechanisms, bytes, life cycle, what contradicts, and what the file leaves open."""

    name: str
    scheme: str
    baseline: str
    idea: str
    mechanisms: tuple[MechanismRead, ...]
    sizes: tuple[SizeAt, ...]
    lifecycle: tuple[PropertyRead, ...]
    conflicts: tuple[str, ...]
    unstated: tuple[str, ...]


def compute(subject: Subject, earlier: dict) -> Mirror:
    """The mirror of a subject."""
    scheme, parts = subject.scheme, subject.scheme.spec.parts
    mechanisms = [m for part in parts for m in read_mechanisms(part, Path(part.location).name)]
    properties = tuple(_properties(scheme))
    ideas = [part.facts["idea"] for part in parts if "idea" in part.facts]
    return Mirror(
        scheme.name,
        scheme.id,
        scheme.baseline,
        " ".join(ideas),
        tuple(mechanisms),
        tuple(_sizes(subject)),
        properties,
        tuple(dict.fromkeys(conflicts(scheme, subject.deployment))),
        tuple(_unstated(scheme, properties)),
    )


def _sizes(subject: Subject):
    contexts = np.array(subject.contexts)
    own, baseline = (
        compute_columns(build_passes(subject.deployment, side, 1.0, contexts), names=CACHE)
        for side in (subject.scheme, subject.baseline)
    )
    columns = [np.broadcast_to(side[name], contexts.shape) for name in CACHE for side in (own, baseline)]
    for context, token, baseline_token, sequence, baseline_sequence in zip(contexts, *columns, strict=True):
        yield SizeAt(*map(float, (context, token, baseline_token, sequence, baseline_sequence)))


def _properties(scheme):
    for name, value in scheme.spec.lifecycle.items():
        reasons = []
        for part in scheme.spec.parts:
            file = Path(part.location).name
            implied = implied_properties(part.facts.get("mechanism", []), file)[name]
            if implied is not None and "no mechanism changes it" not in implied.cause:
                reasons.append(implied.cause.removeprefix(f"{file}: "))
            elif implied is None and name in part.facts.get("lifecycle", {}):
                reasons.append(f"{file} says so")
        unchanged = (
            "no mechanism changes it" if value is not None else "no mechanism decides it and the file does not say"
        )
        text = ", ".join(dict.fromkeys(reasons)) or unchanged
        yield PropertyRead(name, PROPERTIES[name].meaning, describe(name, value), text, value is not None)


def _unstated(scheme, properties):
    """What the file leaves open, one phrase each."""
    for entry in properties:
        if not entry.is_stated:
            yield f"{entry.name.replace('_', ' ')}: {entry.meaning[0].lower()}{entry.meaning[1:]}"
    yield from scheme.spec.remarks
    for part in scheme.spec.parts:
        for index, table in enumerate(part.facts.get("mechanism", [])):
            where = f"{Path(part.location).name}: mechanism[{index}]"
            if table.get("kind") == "quantize" and "encode_instructions" not in table and table.get("native") != "fp8":
                yield f"{where} states no encode_instructions; coding what a step appends is priced as free"
