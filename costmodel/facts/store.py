"""Where fact files are, and how names are resolved: by id, alias, or a repository's name; never by guessing.

The package's files come first, then the user's data directory, where calibration writes; a profile of one's own device
stands before the package's of that name, since it was measured here. Case, underscores and dots for hyphens are forgiven;
an alias is answered with the canonical id.
"""

import datetime
import functools
import re
import tomllib
from pathlib import Path

from costmodel.errors import FactError, InputError, UnknownName, shown
from costmodel.facts.advice import advise, out_of_scope

PACKAGE = Path(__file__).parent
KINDS = {
    "models": "model", "gpus": "GPU", "engines": "engine", "schemes": "scheme", "profiles": "profile",
    "benchmarks": "benchmark", "quality": "table of quality", "implementations": "implementation",
    "baselines": "baseline", "decoders": "decoder",
}  # fmt: skip
VENDOR_WORDS = ("nvidia", "amd", "intel", "tesla", "geforce", "instinct", "generation", "graphics")
MARKS = re.compile(r"\((r|tm|c)\)")  # of a registered name, as drivers print it
MAX_SIZE, MAX_DEPTH = 4 << 20, 12  # bytes of a TOML file, and how deep its tables nest
OWN_FIRST = ("profiles", "profiles/implementations")


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
    """Id → file, for every fact file of that kind."""
    paths: dict[str, Path] = {}
    for folder in reversed(folders(kind)):
        if folder.is_dir():
            paths |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
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
    for candidate in (_without_vendor(normal_name) if kind == "gpus" else []) + _spellings(normal_name):
        if candidate in identifiers or candidate in files(kind):
            return identifiers.get(candidate, candidate)
    if family := out_of_scope(kind, normal_name):
        raise InputError(f"{KINDS[kind]} {name!r}: {family} are out of scope; costmodel models GPUs (costmodel gpus)")
    raise UnknownName(KINDS[kind], name, [*files(kind), *identifiers], advise(kind, data_folder() / kind))


def _without_vendor(name: str) -> list[str]:
    """The name of a GPU as drivers print it, without the words that no id has: ``nvidia-geforce-rtx-3090``."""
    bare = [word for word in MARKS.sub("", name).split("-") if word not in VENDOR_WORDS]
    return ["-".join(bare)]


def _spellings(name: str) -> list[str]:
    """The name, without its organisation, with and without the vendor's prefix and the tuning's suffix."""
    spellings = [name, name.replace(".", "-")]
    if not re.fullmatch(r"([a-z0-9.-]+/)?[a-z0-9.-]+", name) or ".." in name:
        return spellings
    bare = name.rsplit("/", 1)[-1]
    for suffix in ("", "-instruct", "-chat", "-hf", "-it", "-base"):
        stem = bare.removesuffix(suffix)
        spellings += [stem, stem.removeprefix("meta-"), f"meta-{stem}"]
    return spellings


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


def check_types(facts: dict, types: dict[str, type], location: str) -> None:
    """Check the types of keys that are present; raises FactError naming ``location`` and the key."""
    labels = {dict: "a table", list: "a list", str: "text", bool: "true or false"}
    for key, expected_type in types.items():
        if key in facts and not isinstance(facts[key], expected_type):
            raise FactError(f"{location}: {key}: expected {labels[expected_type]}, got {shown(facts[key])}")
