"""What was measured on a real decoder: how far a rounded cache moves its answers, and how well scores know a needle.

One TOML file a decoder, written by ``python -m costmodel.numerics.constants``. Conditions: the decoder that the file names;
others behave alike in kind, and the intervals here do not cover them.
"""

import functools
from dataclasses import dataclass

from costmodel.errors import FactError
from costmodel.facts import store

KIND, DEFAULT = "decoders", "smollm2-135m"
DRIFT = (
    "key_token_spread", "key_channel_spread", "value_spread", "key_even_gain", "key_scaled_gain", "value_error_gain",
    "key_recency", "value_recency", "divergence_gain",
)  # fmt: skip
NEEDED = ("name", "source", "drift", "factor", "salience", "longest_haystack", "longest_conversation", "late")
KEYS = (*NEEDED, "command", "status", "read", "notes")
LATE = ("factor", "turns", "first", "last")
FACTORS = ("stored_key_error", "stored_value_error", "attention_output_error", "answer_divergence")
MOMENTS = ("in_prompt", "after")


@dataclass(frozen=True)
class Salience:
    """Odds that a needle is kept over those of any token, with their 90 % interval over haystacks."""

    value: float
    low: float
    high: float


BLIND, PERFECT = 1.0, 1e12
UNMEASURED = Salience(BLIND, BLIND, PERFECT)


@dataclass(frozen=True)
class LateTurns:
    """What long conversations gave: nats by scheme in the first three turns and in the turns ``begin`` to ``end``.

    ``factor`` is that of the law's 90 % interval (× or ÷) beyond the turns it was fitted on: how it misses these.
    """

    factor: float
    begin: int
    end: int
    first: dict[str, float]
    last: dict[str, float]


@dataclass(frozen=True)
class DecoderFacts:
    """One decoder: constants of ``formulas.drift`` by name, factors of its 90 % intervals, salience by signal and moment.

    ``longest_haystack`` and ``longest_conversation`` are the contexts, in tokens, up to which salience was measured and drift
    fitted.
    """

    id: str
    name: str
    source: str
    drift: dict[str, float]
    factor: dict[str, float]
    salience: dict[tuple[str, str], Salience]
    longest_haystack: float
    longest_conversation: float
    late: LateTurns

    def salience_of(self, signal: str | None, question_after: bool) -> Salience | None:
        """What a signal knows of a needle when the question is in the prompt, or comes after; None where not measured."""
        return self.salience.get((signal or "", MOMENTS[question_after]))


@functools.cache
def load_decoder_facts(name: str = DEFAULT) -> DecoderFacts:
    """A decoder's measured constants; FactError naming file and key for what is missing or no number."""
    identifier = store.resolve(KIND, name)
    path = store.files(KIND)[identifier]
    facts = store.read_fact_file(KIND, identifier)
    store.check_keys(facts, KEYS, str(path), required=NEEDED)
    store.check_date(facts, "read", str(path))
    drift, factor = (
        _numbers(facts[key], names, f"{path}: {key}") for key, names in (("drift", DRIFT), ("factor", FACTORS))
    )
    salience = {}
    for signal, table in facts["salience"].items():
        for moment, numbers in table.items():
            if (
                moment not in MOMENTS
                or not isinstance(numbers, list)
                or len(numbers) != 3
                or sorted(numbers)[1] != numbers[0]
            ):
                raise FactError(
                    f"{path}: salience.{signal}.{moment}: expected in_prompt or after = [value, low, high], got {numbers}"
                )
            salience[signal, moment] = Salience(*map(float, numbers))
    haystack, conversation = (
        _positive(facts[key], f"{path}: {key}") for key in ("longest_haystack", "longest_conversation")
    )
    late = _late(facts["late"], f"{path}: late")
    return DecoderFacts(
        identifier, facts["name"], facts["source"], drift, factor, salience, haystack, conversation, late
    )


def _late(table: dict, location: str) -> LateTurns:
    store.check_keys(table, LATE, location, required=LATE)
    turns = table["turns"]
    if not isinstance(turns, list) or len(turns) != 2 or not 1 <= turns[0] <= turns[1]:
        raise FactError(f"{location}.turns: expected [first, last], got {turns!r}")
    first, last = (
        {scheme: _positive(nats, f"{location}.{part}.{scheme}") for scheme, nats in table[part].items()}
        for part in ("first", "last")
    )
    if set(first) != set(last):
        raise FactError(
            f"{location}: expected first and last of the same schemes, got {sorted(set(first) ^ set(last))}"
        )
    return LateTurns(_positive(table["factor"], f"{location}.factor"), turns[0], turns[1], first, last)


def _numbers(table: dict, names: tuple[str, ...], location: str) -> dict[str, float]:
    store.check_keys(table, names, location, required=names)
    return {name: _positive(table[name], f"{location}.{name}") for name in names}


def _positive(value: object, location: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < float("inf"):
        raise FactError(f"{location}: expected a positive number, got {value!r}")
    return float(value)
