"""What others measured of a scheme's answers: scores on a named benchmark, with the 16-bit cache and with the scheme.

A file is a table that somebody published, a row one scheme on one benchmark and one model. Only what the knobs of a
scheme file can express is in there; what was left out is in the file's notes.
"""

import functools
from dataclasses import dataclass

from costmodel.errors import CostModelError, FactError
from costmodel.facts import schemes, store

KEYS = ("name", "source", "read", "notes", "rows")
ROW_KEYS = ("scheme", "benchmark", "variant", "model", "model_id", "baseline", "value", "note")
ROW_NEEDS = ("scheme", "benchmark", "model", "baseline", "value")
BENCHMARK_KEYS = ("name", "aliases", "unit", "better", "asks", "source", "read", "notes")
BETTER = ("higher", "lower")
DEFAULT = "longbench"  # the benchmark with figures of most schemes
MAX_SCORE = 1e9  # a score beyond it is a slip of the pen


@dataclass(frozen=True)
class Benchmark:
    """A benchmark: the unit of its score, whether more or less is better, and what it asks of the cache."""

    id: str
    name: str
    unit: str
    better: str
    asks: str
    source: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublishedScore:
    """One published figure: a canonical sentence on a benchmark and a model, its score and that of the 16-bit cache.

    ``model`` is the model as its source names it, ``model_id`` the model file that it is, or nothing.
    """

    scheme: str
    benchmark: str
    variant: str
    model: str
    model_id: str
    baseline: float
    value: float
    note: str
    table: str
    source: str


def benchmark(name: str) -> Benchmark:
    """The benchmark of that id or alias; UnknownName for no such one, FactError for a file that cannot be trusted."""
    identifier = store.resolve("benchmarks", name)
    return _benchmark(identifier)


@functools.cache
def _benchmark(identifier: str) -> Benchmark:
    facts, location = store.read_fact_file("benchmarks", identifier), str(store.files("benchmarks")[identifier])
    return build_benchmark(identifier, facts, location)


def build_benchmark(identifier: str, facts: dict, location: str) -> Benchmark:
    """A Benchmark from a table; raises FactError, naming ``location`` and the key."""
    needed = ("name", "unit", "better", "asks", "source", "read")
    store.check_keys(facts, BENCHMARK_KEYS, location, needed)
    store.check_types(facts, dict.fromkeys(("name", "unit", "better", "asks", "source"), str), location)
    store.check_types(facts, {"aliases": list[str], "notes": list[str]}, location)
    if facts["better"] not in BETTER:
        raise FactError(f"{location}: better: expected {' or '.join(BETTER)}, got {facts['better']!r}")
    texts = {key: facts[key] for key in ("name", "unit", "better", "asks", "source")}
    return Benchmark(identifier, **texts, notes=tuple(facts.get("notes", ())))


@functools.cache
def rows() -> tuple[PublishedScore, ...]:
    """Every published figure of every file, in the order of files; FactError naming file, row and key."""
    return tuple(
        row
        for name, path in store.files("quality").items()
        for row in build(name, store.read_fact_file("quality", name), str(path))
    )


def build(identifier: str, facts: dict, location: str) -> list[PublishedScore]:
    """The rows of one table, with canonical scheme names: a knob at its default is left out.

    Raises FactError naming ``location``, row and key.
    """
    store.check_keys(facts, KEYS, location, ("name", "source", "read", "rows"))
    store.check_types(facts, {"name": str, "source": str, "notes": list[str], "rows": list}, location)
    store.check_date(facts, "read", location)
    return [_row(identifier, facts, row, f"{location}: rows[{index}]") for index, row in enumerate(facts["rows"])]


def key(sentence: schemes.SchemeSpec) -> str | None:
    """The canonical name of a composition of scheme files; None where a part is a user's file, whatever its name."""
    files = store.files("schemes")
    return sentence.id if all(part.location == str(files.get(part.id)) for part in sentence.parts) else None


def _row(identifier: str, facts: dict, row: dict, location: str) -> PublishedScore:
    store.check_keys(row, ROW_KEYS, location, ROW_NEEDS)
    texts = tuple(key for key in ROW_KEYS if key not in ("baseline", "value"))
    store.check_types(row, dict.fromkeys(texts, str), location)
    model = row.get("model_id", "")
    return PublishedScore(
        scheme=_with_location(lambda: _canonical(row["scheme"]), f"{location}: scheme"),
        benchmark=_with_location(lambda: benchmark(row["benchmark"]).id, f"{location}: benchmark"),
        variant=row.get("variant", ""),
        model=row["model"],
        model_id=_with_location(lambda: store.resolve("models", model), f"{location}: model_id") if model else "",
        baseline=_score(row, "baseline", location),
        value=_score(row, "value", location),
        note=row.get("note", ""),
        table=identifier,
        source=facts["source"],
    )


def _canonical(text: str) -> str:
    canonical = key(schemes.parse_scheme(text))
    if canonical is None:
        raise FactError(f"expected scheme files by their names, got {text!r}")
    return canonical


def _with_location(look_up, location: str) -> str:
    """What ``look_up`` returns; its error is raised again with the location of the name."""
    try:
        return look_up()
    except CostModelError as error:
        raise FactError(f"{location}: {error}") from error


def _score(row: dict, key: str, location: str) -> float:
    """A score; a baseline of 0 leaves nothing to lose and nothing to divide by."""
    score = row[key]
    is_valid = isinstance(score, (int, float)) and not isinstance(score, bool) and 0 <= score < MAX_SCORE
    if not is_valid or (key == "baseline" and score == 0):
        raise FactError(f"{location}: {key}: expected a {'positive ' * (key == 'baseline')}score, got {score!r}")
    return float(score)
