"""The one reader of profile files: TOML → ``schema``, every mistake named by file, key and what was expected.

Coefficients are parsed when one of their table is first looked at, since a run uses few of a profile's fits. Names of
earlier versions are accepted.
"""

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from costmodel.errors import FactError, UnknownName, shown
from costmodel.facts import store
from costmodel.facts.profiles.schema import (
    FOLDERS,
    SECTIONS,
    AttentionFit,
    GemmFit,
    GroupedFit,
    Header,
    PrefillFit,
    ProfileFile,
    SectionFit,
)
from costmodel.facts.vocabulary import number, vocabulary
from costmodel.language.renamed import current_names

HEADER_KEYS = tuple(entry.name for entry in fields(Header))
ALLOWED = {
    "profile": ("attention", "gemm", *SECTIONS),
    "prefill": ("prefill",),
    "latent": ("attention",),
    "grouped": ("grouped",),
    "implementation": ("attention", "prefill"),
}
NEEDED = {
    "profile": (),
    "prefill": ("prefill",),
    "latent": ("attention",),
    "grouped": ("grouped",),
    "implementation": ("attention", "scheme", "evidence"),
}
REQUIRED = {AttentionFit: ("kernel", "head_dim", "main"), PrefillFit: ("kernel", "head_dim", "main")}
REQUIRED |= {GemmFit: ("dtype", "values", "spread"), SectionFit: ("values",)}
REQUIRED |= {GroupedFit: ("kernel", "dtype", "values", "spread", "measured_calls")}
TABLES = ("shared", "main", "fallback", "values", "spread", "held_out", "measured_calls")
NUMBERS = ("head_dim", "points", "cost", "pair_correlation", "max_tokens")
LISTS = ("kv_dtypes", "measured_experts")
SIGNED = ("held_out", "pair_correlation")
STATISTICS = ("spread", "held_out", "measured_calls")  # tables of numbers, or of such tables
TYPES = {
    **dict.fromkeys(("kernel", "rule", "dtype", "source", "condition", "model", "engine_version"), ("text", str)),
    **dict.fromkeys(NUMBERS, ("a number", (int, float))),
    **dict.fromkeys(("latent", "ignores_window"), ("true or false", bool)),
    **dict.fromkeys(TABLES, ("a table", dict)),
    **dict.fromkeys(LISTS, ("a list", list)),
}


def identifiers(file_kind: str = "profile") -> list[str]:
    """Ids (``<gpu>--<engine>``, and ``ideal``) of all profiles, the package's and those of the user's data directory.

    ``file_kind`` names the kind of file: profile, or one of those beside it, prefill or latent.
    """
    return list(store.files(FOLDERS[file_kind]))


def points_path(identifier: str, file_kind: str = "profile") -> Path:
    """The table of the fitted rows' keys beside a profile file (it may not exist)."""
    return store.files(FOLDERS[file_kind])[identifier].parent / "points" / f"{identifier}.csv"


@functools.cache
def read_profile_file(identifier: str, file_kind: str = "profile") -> ProfileFile:
    """The profile file of that id; FactError for one that cannot be trusted, UnknownName where there is none."""
    if identifier not in store.files(FOLDERS[file_kind]):
        raise UnknownName("profile", identifier, identifiers(file_kind))
    return parse_profile(
        store.read_fact_file(FOLDERS[file_kind], identifier), f"{FOLDERS[file_kind]}/{identifier}", file_kind
    )


def parse_profile(facts: dict, location: str, file_kind: str = "profile") -> ProfileFile:
    """The table of a TOML file as dataclasses; FactError naming ``location`` and key for what is not of the schema."""
    required = ("source", "gpu", "engine", *NEEDED[file_kind])
    store.check_keys(facts, (*HEADER_KEYS, *ALLOWED[file_kind]), location, required)
    listed = {"attention": AttentionFit, "gemm": GemmFit, "grouped": GroupedFit} | (
        {"prefill": PrefillFit} if file_kind in ("prefill", "implementation") else {}
    )
    fits = {law: tuple(_parse_list(facts, law, cls, location)) for law, cls in listed.items()}
    sections = {}
    for name in SECTIONS if file_kind == "profile" else ():
        if name in facts:
            _check_type(facts, name, "a table", dict, location)
            sections[name] = SectionFit(name, **_parse_fit(facts[name], SectionFit, f"{location}: {name}"))
    return ProfileFile(_parse_header(facts, location), sections=sections, **fits)


def _parse_header(facts: dict, location: str) -> Header:
    for key in ("gpu", "engine", "source", "method", "scheme", "evidence"):
        _check_type(facts, key, "text", str, location)
    _check_type(facts, "fitted", "a date", (date, str), location)
    store.check_types(facts, {"default_kernel": dict[str, str]}, location)
    stated: dict[str, Any] = {key: facts[key] for key in HEADER_KEYS if key in facts}
    stated["engine_version"] = str(facts.get("engine_version", ""))
    return Header(**stated)


def _parse_list(facts: dict, law: str, cls: type, location: str) -> Iterator:
    _check_type(facts, law, "a list", list, location)
    for index, table in enumerate(facts.get(law, [])):
        yield cls(**_parse_fit(table, cls, f"{location}: {law}[{index}]"))


def _parse_fit(table: dict, cls: type, location: str) -> dict:
    keys = [entry.name for entry in fields(cls) if not (cls is SectionFit and entry.name == "name")]
    store.check_keys(table, keys, location, REQUIRED[cls])
    for key in table:
        expected, kind = TYPES[key]
        _check_type(table, key, expected, kind, location)
    store.check_types(table, dict.fromkeys(LISTS, list[str]), location)
    for key in (*NUMBERS, *STATISTICS):
        if key in table:
            _check_numbers(table[key], -math.inf if key in SIGNED else 0.0, f"{location}: {key}")
    for key in ("main", "fallback"):
        for kv_dtype in table.get(key, {}):
            _check_type(table[key], kv_dtype, "a table", dict, f"{location}: {key}")
    fit = dict(table)
    for key in LISTS:
        if key in fit:
            fit[key] = tuple(fit[key])
    for key in ("shared", "values"):
        if key in fit:
            fit[key] = CoefficientTable(fit[key], f"{location}: {key}")
    for key in ("main", "fallback"):
        if key in fit:
            fit[key] = {
                kv_dtype: CoefficientTable(numbers, f"{location}: {key}.{kv_dtype}")
                for kv_dtype, numbers in fit[key].items()
            }
    return fit


def _check_type(table: dict, key: str, expected: str, kind: type | tuple, location: str) -> None:
    if key in table and (not isinstance(table[key], kind) or (isinstance(table[key], bool) and kind is not bool)):
        raise FactError(f"{location}: {key}: expected {expected}, got {table[key]!r}")


def _check_numbers(value: object, low: float, location: str) -> None:
    """FactError unless a value is a finite number of at least ``low``, or a table of such."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_numbers(inner, low, f"{location}: {key}")
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value or not math.isfinite(value):
        expected = "a finite number" if low < 0 else "a finite number from 0"
        raise FactError(f"{location}: expected {expected}, got {shown(value)}")


class CoefficientTable(Mapping):
    """Coefficients of a file by today's names, in base units; FactError for an unknown name or a wrong unit."""

    def __init__(self, table: dict, location: str):
        self._table, self._location = table, location

    @functools.cached_property
    def _numbers(self) -> dict[str, float]:
        entries, table = vocabulary(), current_names(self._table)
        for key in table:
            if key not in entries or entries[key]["kind"] != "coefficient":
                raise FactError(f"{self._location}: {key} is not a coefficient of the model")
        return {key: number(table, key, entries[key]["unit"], self._location) for key in table}

    def __getitem__(self, name: str) -> float:
        return self._numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._table)
