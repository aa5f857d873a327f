"""Where fact files are, and how names are resolved: by id, alias, or a repository's name; never by guessing.

The package's files come first, then the user's data directory, where calibration writes; a profile of one's own device and
an engine with one's own constants stand before the package's of that name, since they were measured here. Case, underscores
and dots for hyphens are forgiven; an alias is answered with the canonical id.
"""

import datetime
import functools
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import GenericAlias
from typing import Any, get_origin

from costmodel.errors import FactError, InputError, UnknownName, shown
from costmodel.facts.advice import advise, not_modelled, out_of_scope
from costmodel.facts.spellings import spellings, without_weight_format

PACKAGE = Path(__file__).parent
KINDS = {
    "models": "model", "gpus": "GPU", "engines": "engine", "schemes": "scheme", "profiles": "profile",
    "benchmarks": "benchmark", "quality": "table of quality", "implementations": "implementation",
    "baselines": "baseline", "decoders": "decoder", "links": "link",
}  # fmt: skip
MAX_SIZE, MAX_DEPTH = 4 << 20, 12  # bytes of a TOML file, and how deep its tables nest
OWN_FIRST = ("profiles", "profiles/implementations", "engines")


def folders(kind: str) -> list[Path]:
    """The folders with files of that kind, in the order in which they are looked into."""
    shipped, own = PACKAGE / kind, data_folder() / kind
    return [own, shipped] if kind in OWN_FIRST else [shipped, own]


def data_folder() -> Path:
    """The user's data directory, where calibration writes; ``COSTMODEL_DATA`` names another."""
    import os

    folder = os.environ.get("COSTMODEL_DATA")
    if folder is None:
        import platformdirs

        folder = platformdirs.user_data_dir("costmodel")
    return Path(folder)


@functools.cache
def files(kind: str) -> dict[str, Path]:
    """Id → file, for every fact file of that kind; an id is the file's name as ids are written."""
    paths: dict[str, Path] = {}
    for folder in reversed(folders(kind)):
        if folder.is_dir():
            paths |= {normal(path.stem): path for path in sorted(folder.glob("*.toml"))}
    return dict(sorted(paths.items()))


def read_toml(path: Path) -> dict:
    """The table of a TOML file; FactError naming file and line for what is no TOML, or beyond the limits of one."""
    try:
        if path.stat().st_size > MAX_SIZE:
            raise FactError(
                f"{path}: expected a TOML file of at most {MAX_SIZE >> 10:,} KiB, got {path.stat().st_size >> 10:,}"
            )
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FactError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise FactError(f"{path}: expected a TOML file, got a folder") from error
    except RecursionError as error:
        raise FactError(f"{path}: not a TOML file: nested too deeply") from error
    except ValueError as error:  # what is no TOML, no UTF-8, or an integer that Python refuses to read
        raise FactError(f"{path}: not a TOML file: {error}") from error
    _check_shape(table, str(path))
    return table


def _check_shape(table: dict, location: str) -> None:
    """FactError for nesting deeper than MAX_DEPTH or an integer beyond 64 bits, the limit of TOML itself."""
    pending: list[tuple[object, str, int]] = [(table, "", 0)]
    while pending:
        value, key, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise FactError(f"{location}: {key[:60]} …: expected tables nested at most {MAX_DEPTH} deep")
        if isinstance(value, int) and value.bit_length() > 63:
            raise FactError(f"{location}: {key}: expected an integer within 64 bits, got {shown(value)}")
        if isinstance(value, dict):
            pending += [(inner, f"{key}.{name}".lstrip("."), depth + 1) for name, inner in value.items()]
        elif isinstance(value, list):
            pending += [(inner, f"{key}[{place}]", depth + 1) for place, inner in enumerate(value)]


@functools.cache
def read_fact_file(kind: str, identifier: str) -> dict:
    """The raw table of one fact file of the package or the user's directory."""
    return read_toml(files(kind)[identifier])


@functools.cache
def aliases(kind: str) -> dict[str, str]:
    """Alias → id over all files of that kind."""
    identifiers = {}
    for identifier in files(kind):
        facts = read_fact_file(kind, identifier)
        names = list(facts.get("aliases", []))
        if repository := facts.get("huggingface"):
            names += [repository, repository.rsplit("/", 1)[-1]]
        for name in names:
            identifiers.setdefault(normal(name), identifier)
    return identifiers


def normal(name: str) -> str:
    """A name as ids are written: lower case, hyphens."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def resolve(kind: str, name: str) -> str:
    """The canonical id of the file of a kind that a name (id, alias, repository) refers to.

    Raises UnknownName with the nearest valid names and how to add one's own, InputError for what is out of scope.
    """
    normal_name = normal(name)
    if normal_name in files(kind):
        return normal_name
    identifiers = aliases(kind)
    if match := _first_known(spellings(kind, normal_name), kind):
        return match
    for bare, weights in without_weight_format(normal_name) if kind == "models" else ():
        if match := _first_known(spellings(kind, bare), kind):
            raise InputError(
                f"model {name!r}: {match} is the model, and its weights are --weight-dtype {weights}; name them apart"
            )
    if family := out_of_scope(kind, normal_name):
        raise InputError(f"{KINDS[kind]} {name!r}: {family} are out of scope; costmodel models GPUs (costmodel gpus)")
    if why := not_modelled(kind, normal_name):
        raise InputError(f"model {name!r} is not modelled: {why}")
    raise UnknownName(KINDS[kind], name, [*files(kind), *identifiers], advise(kind, data_folder() / kind))


def _first_known(candidates: Iterable[str], kind: str) -> str | None:
    """The id that the first of these normal names refers to; None where no file has any."""
    identifiers = aliases(kind)
    for candidate in candidates:
        if candidate in identifiers or candidate in files(kind):
            return identifiers.get(candidate, candidate)
    return None


def check_keys(facts: dict, valid_keys, location: str, required=()) -> None:
    """Check keys against a schema; raises FactError for an unknown key (with the nearest one) or a missing required one."""
    if not isinstance(facts, dict):
        raise FactError(f"{location}: expected a table, got {shown(facts)}")
    for key in facts:
        if key not in valid_keys:
            raise FactError(f"{location}: {UnknownName('key', key, valid_keys)}")
    if missing := [key for key in required if key not in facts]:
        lacks = f"{missing[0]} is" if len(missing) == 1 else f"{', '.join(missing)} are"
        raise FactError(f"{location}: {lacks} missing; required are {', '.join(required)}")


def check_date(facts: dict, key: str, location: str) -> None:
    """Check a key that is present: a date of TOML, or one as text; raises FactError naming ``location`` and the key."""
    try:
        if key in facts and not isinstance(facts[key], datetime.date):
            datetime.date.fromisoformat(facts[key])
    except (TypeError, ValueError) as error:
        raise FactError(f"{location}: {key}: expected a date such as 2026-11-23, got {shown(facts[key])}") from error


def check_types(facts: dict, types: Mapping[str, type | GenericAlias], location: str) -> None:
    """Check the types of keys that are present; raises FactError naming ``location`` and the key.

    ``list[str]`` and ``dict[str, str]`` also hold what they contain to be text.
    """
    labels = {dict: "a table", list: "a list", str: "text", bool: "true or false"}
    for key, expected_type in types.items():
        if key not in facts:
            continue
        outer: Any = get_origin(expected_type) or expected_type
        value = facts[key]
        if not isinstance(value, outer):
            raise FactError(f"{location}: {key}: expected {labels[outer]}, got {shown(value)}")
        if outer is expected_type:
            continue
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if not isinstance(inner, str):
                place = f"{key}.{name}" if isinstance(value, dict) else f"{key}[{name}]"
                raise FactError(f"{location}: {place}: expected text, got {shown(inner)}")
