"""The mirror: what the referee understood, so that the author sees at once where it was misread."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from costmodel.analyses.predicates import Predicate, predicates
from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.passes import build_passes
from costmodel.facts.lifecycle import Conflict
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
class Mirror:
    """Names, mechanisms, bytes, what the scheme is to an engine, what an implementation must solve, what the file leaves open."""

    name: str
    scheme: str
    baseline: str
    idea: str
    mechanisms: tuple[MechanismRead, ...]
    sizes: tuple[SizeAt, ...]
    predicates: tuple[Predicate, ...]
    conflicts: tuple[Conflict, ...]
    unstated: tuple[str, ...]


def compute(subject: Subject, earlier: dict) -> Mirror:
    """The mirror of a subject."""
    scheme, parts = subject.scheme, subject.scheme.spec.parts
    mechanisms = [m for part in parts for m in read_mechanisms(part, Path(part.location).name)]
    read = predicates(scheme, subject.deployment)
    ideas = [part.facts["idea"] for part in parts if "idea" in part.facts]
    return Mirror(
        scheme.name,
        scheme.id,
        scheme.baseline,
        " ".join(ideas),
        tuple(mechanisms),
        tuple(_sizes(subject)),
        read,
        scheme.spec.conflicts(subject.deployment.engine.numbers["block_size"]),
        tuple(_unstated(scheme, read)),
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


def _unstated(scheme, read: tuple[Predicate, ...]):
    """What the file leaves open, one phrase each."""
    for entry in read:
        if not entry.is_stated:
            yield f"{entry.name.replace('_', ' ')}: {entry.meaning[0].lower()}{entry.meaning[1:]}"
    yield from scheme.spec.remarks
    for part in scheme.spec.parts:
        for index, table in enumerate(part.facts.get("mechanism", [])):
            where = f"{Path(part.location).name}: mechanism[{index}]"
            if table.get("kind") == "quantize" and "encode_instructions" not in table and table.get("native") != "fp8":
                yield f"{where} states no encode_instructions; coding what a step appends is priced as free"
