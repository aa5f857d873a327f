"""What others measured of a scheme's answers: scores on a named benchmark, with the 16-bit cache and with the scheme.

A file is a table that somebody published, a row one scheme's sentence on one benchmark and one model. Only what the knobs
of a scheme file can express stands there; what was left out is in the file's notes.
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
    facts, where = store.read_fact_file("benchmarks", identifier), str(store.files("benchmarks")[identifier])
    return build_benchmark(identifier, facts, where)


def build_benchmark(identifier: str, facts: dict, where: str) -> Benchmark:
    """A Benchmark out of a table."""
    needed = ("name", "unit", "better", "asks", "source", "read")
    store.check_keys(facts, BENCHMARK_KEYS, where, needed)
    store.check_types(facts, dict.fromkeys(("name", "unit", "better", "asks", "source"), str), where)
    store.check_types(facts, {"aliases": list, "notes": list}, where)
    if facts["better"] not in BETTER:
        raise FactError(f"{where}: better: found {facts['better']!r}, due {' or '.join(BETTER)}")
    words = {key: facts[key] for key in ("name", "unit", "better", "asks", "source")}
    return Benchmark(identifier, **words, notes=tuple(facts.get("notes", ())))


@functools.cache
def rows() -> tuple[PublishedScore, ...]:
    """Every published figure of every file, in the order of files; FactError naming file, row and key."""
    return tuple(
        row
        for name, path in store.files("quality").items()
        for row in build(name, store.read_fact_file("quality", name), str(path))
    )


def build(identifier: str, facts: dict, where: str) -> list[PublishedScore]:
    """The rows of one table, their sentences canonical: a knob at its default is not said."""
    store.check_keys(facts, KEYS, where, ("name", "source", "read", "rows"))
    store.check_types(facts, {"name": str, "source": str, "notes": list, "rows": list}, where)
    return [_row(identifier, facts, row, f"{where}: rows[{place}]") for place, row in enumerate(facts["rows"])]


def key(sentence: schemes.SchemeSpec) -> str | None:
    """The canonical text of a sentence of scheme files; None where a part is a file of somebody's own, whatever its name."""
    files = store.files("schemes")
    return sentence.id if all(part.where == str(files.get(part.id)) for part in sentence.parts) else None


def _row(identifier: str, facts: dict, row: dict, where: str) -> PublishedScore:
    store.check_keys(row, ROW_KEYS, where, ROW_NEEDS)
    texts = tuple(key for key in ROW_KEYS if key not in ("baseline", "value"))
    store.check_types(row, dict.fromkeys(texts, str), where)
    model = row.get("model_id", "")
    return PublishedScore(
        scheme=_named(lambda: _canonical(row["scheme"]), f"{where}: scheme"),
        benchmark=_named(lambda: benchmark(row["benchmark"]).id, f"{where}: benchmark"),
        variant=row.get("variant", ""),
        model=row["model"],
        model_id=_named(lambda: store.resolve("models", model), f"{where}: model_id") if model else "",
        baseline=_score(row, "baseline", where),
        value=_score(row, "value", where),
        note=row.get("note", ""),
        table=identifier,
        source=facts["source"],
    )


def _canonical(text: str) -> str:
    found = key(schemes.parse_scheme(text))
    if found is None:
        raise FactError(f"found {text!r}, due scheme files by their names")
    return found


def _named(find, where: str) -> str:
    """What ``find`` finds by a name, or its complaint with the place of the name."""
    try:
        return find()
    except CostModelError as error:
        raise FactError(f"{where}: {error}") from error


def _score(row: dict, key: str, where: str) -> float:
    """A score; a baseline of 0 leaves nothing to lose and nothing to divide by."""
    found = row[key]
    fine = isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found < MAX_SCORE
    if not fine or (key == "baseline" and found == 0):
        raise FactError(f"{where}: {key}: found {found!r}, due a {'positive ' * (key == 'baseline')}score")
    return float(found)
