"""Where fact files lie, and how a name finds one: by id, alias, or a repository's name; never by guessing.

The package's files come first, then the user's data directory, where calibration writes. Case, underscores and dots for
hyphens are forgiven; an alias is answered with the canonical id.
"""

import functools
import re
import tomllib
from pathlib import Path

from costmodel.errors import FactError, UnknownName

PACKAGE = Path(__file__).parent
KINDS = {
    "models": "model", "gpus": "GPU", "engines": "engine", "schemes": "scheme", "profiles": "profile",
    "benchmarks": "benchmark", "quality": "table of quality",
}  # fmt: skip


def folders(kind: str) -> list[Path]:
    """The folders that hold files of that kind, package first."""
    return [PACKAGE / kind, data_folder() / kind]


def data_folder() -> Path:
    """The user's data directory, where calibration writes; ``COSTMODEL_DATA`` names another."""
    import os

    own = os.environ.get("COSTMODEL_DATA")
    if own is None:
        import platformdirs

        own = platformdirs.user_data_dir("costmodel")
    return Path(own)


@functools.cache
def files(kind: str) -> dict[str, Path]:
    """Id → file, for every fact file of that kind."""
    found: dict[str, Path] = {}
    for folder in reversed(folders(kind)):
        if folder.is_dir():
            found |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return dict(sorted(found.items()))


def read_toml(path: Path) -> dict:
    """The table of a TOML file; FactError naming file and line for what is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FactError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise FactError(f"{path}: is a folder, due a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FactError(f"{path}: not a TOML file: {error}") from error


@functools.cache
def read_fact_file(kind: str, identifier: str) -> dict:
    """The raw table of one fact file of the package or the user's directory."""
    return read_toml(files(kind)[identifier])


@functools.cache
def aliases(kind: str) -> dict[str, str]:
    """Alias → id over all files of that kind."""
    found = {}
    for identifier in files(kind):
        facts = read_fact_file(kind, identifier)
        names = list(facts.get("aliases", []))
        if repository := facts.get("huggingface"):
            names += [repository, repository.rsplit("/", 1)[-1]]
        for name in names:
            found.setdefault(normal(name), identifier)
    return found


def normal(name: str) -> str:
    """A name as ids are written: lower case, hyphens."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def resolve(kind: str, name: str) -> str:
    """The canonical id that a name stands for; UnknownName with the nearest valid names otherwise."""
    wanted = normal(name)
    if wanted in files(kind):
        return wanted
    known = aliases(kind)
    for candidate in _spellings(wanted):
        if candidate in known or candidate in files(kind):
            return known.get(candidate, candidate)
    raise UnknownName(KINDS[kind], name, [*files(kind), *known])


def _spellings(name: str) -> list[str]:
    """The name, without its organisation, with and without the vendor's prefix and the tuning's suffix."""
    found = [name, name.replace(".", "-")]
    if not re.fullmatch(r"([a-z0-9.-]+/)?[a-z0-9.-]+", name) or ".." in name:
        return found
    bare = name.rsplit("/", 1)[-1]
    for suffix in ("", "-instruct", "-chat", "-hf", "-it", "-base"):
        stem = bare.removesuffix(suffix)
        found += [stem, stem.removeprefix("meta-"), f"meta-{stem}"]
    return found


def check_keys(facts: dict, known, where: str, required=()) -> None:
    """FactError for a key that is not of the schema (with the nearest one) or a required one that is missing."""
    if not isinstance(facts, dict):
        raise FactError(f"{where}: found {facts!r}, due a table")
    for key in facts:
        if key not in known:
            raise FactError(f"{where}: {UnknownName('key', key, known)}")
    if missing := [key for key in required if key not in facts]:
        lacks = f"{missing[0]} is" if len(missing) == 1 else f"{', '.join(missing)} are"
        raise FactError(f"{where}: {lacks} missing; required are {', '.join(required)}")


def check_types(facts: dict, due: dict[str, type], where: str) -> None:
    """FactError for a key that is present with another type than a table, list or text that it must be."""
    words = {dict: "a table", list: "a list", str: "text", bool: "true or false"}
    for key, kind in due.items():
        if key in facts and not isinstance(facts[key], kind):
            raise FactError(f"{where}: {key}: found {facts[key]!r}, due {words[kind]}")
