"""The keys of a configuration, read with checks so that a bad value is named where it stands."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from costmodel.errors import FactError

TEXT_TOWERS = ("text_config", "language_config", "llm_config")
QUANTIZATION = "quantization_config"
QUANTIZATION_BESIDE = "hf_quant_config.json"
KEPT_OUTSIDE_THE_TOWER = ("tie_word_embeddings", "dtype", "torch_dtype", "quantization_config", "_name_or_path")


def read_config(path: Path) -> dict[str, Any]:
    """The object in a ``config.json``, bare ``Infinity`` and ``NaN`` allowed; a FactError says what is wrong else.

    Some repositories name the format of their quantised weights in a second file; where that stands beside
    this one, it becomes the ``quantization_config`` that is absent here.
    """
    config = read_object(Path(path))
    beside = Path(path).with_name(QUANTIZATION_BESIDE)
    nested = (config.get(name) for name in TEXT_TOWERS)
    towers = [config, *(tower for tower in nested if isinstance(tower, Mapping))]
    if Path(path).name == "config.json" and beside.exists() and not any(QUANTIZATION in tower for tower in towers):
        return config | {QUANTIZATION: read_object(beside).get("quantization")}
    return config


def read_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FactError(f"{path}: cannot be read ({error.strerror}); due: the config.json of a model") from None
    except ValueError:
        raise FactError(f"{path}: not text in UTF-8; due: the config.json of a model") from None
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FactError(f"{path}: not JSON ({error}); due: the config.json of a model") from None
    if not isinstance(config, dict):
        raise FactError(f"{path}: found a {type(config).__name__}; due: a JSON object with the keys of a model")
    return config


def text_tower(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The keys of the language model: those of the nested text tower, where there is one, else all."""
    if not isinstance(config, Mapping):
        raise FactError(f"{where}: found a {type(config).__name__}; due: the object of a config.json")
    for key in TEXT_TOWERS:
        if config.get(key) is None:
            continue
        if not isinstance(config[key], Mapping):
            due = "an object with the keys of the text tower"
            raise FactError(f"{where}: {key}: found {shown(config[key])}; due: {due}")
        outer = {name: config[name] for name in KEPT_OUTSIDE_THE_TOWER if config.get(name) is not None}
        return outer | {name: value for name, value in config[key].items() if value is not None or name not in outer}
    return dict(config)


def shown(value: Any) -> str:
    """A value as a message quotes it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class Fields:
    """The keys of one text tower; class defaults fill the gaps, and an explicit ``null`` is no gap."""

    def __init__(self, values: Mapping[str, Any], where: str, defaults: Mapping[str, Any] | None = None):
        self.values = values
        self.where = where
        self.defaults = defaults or {}

    def get(self, *names: str) -> Any:
        """The value under the first of the names that is there, as stated or by the class; None where none is."""
        gaps = [name for name in names if name in self.defaults and not any(other in self.values for other in names)]
        stated = (self.values[name] for name in names if self.values.get(name) is not None)
        return next(stated, self.defaults[gaps[0]] if gaps else None)

    def name_of(self, *names: str) -> str:
        """The name under which the value stands, for messages."""
        return next((name for name in names if self.values.get(name) is not None), names[0])

    def wrong(self, key: str, due: str) -> FactError:
        """The error for a key that holds something else than is due."""
        return FactError(f"{self.where}: {key}: found {shown(self.values.get(key))}; due: {due}")

    def missing(self, *names: str, due: str) -> FactError:
        """The error for a key that is needed and stands under none of its names."""
        others = f" (or {', '.join(names[1:])})" if names[1:] else ""
        return FactError(f"{self.where}: {names[0]}{others}: missing; due: {due}")

    def integer(self, *names: str, default: int | None = None, least: int = 1, most: int | None = None) -> int:
        """A whole number in the range; the default where no name is there, an error where none is given."""
        due = f"a whole number of at least {least}" if most is None else f"a whole number from {least} to {most}"
        value = self.get(*names)
        if value is None:
            if default is None:
                raise self.missing(*names, due=due)
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < least or (most and value > most):
            raise self.wrong(self.name_of(*names), due)
        return value

    def text(self, *names: str) -> str | None:
        """A text; None where no name is there."""
        value = self.get(*names)
        if value is not None and not isinstance(value, str):
            raise self.wrong(self.name_of(*names), "a text")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value."""
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def entries(self, name: str, count: int | None = None) -> list | None:
        """A list, of one entry a layer where ``count`` layers are asked for; None where it is absent or empty."""
        value = self.get(name)
        if value is None or value == []:
            return None
        if not isinstance(value, list) or (count is not None and len(value) != count):
            found = f"{len(value)} entries" if isinstance(value, list) else shown(value)
            size = f"of {count} entries, one a layer" if count is not None else "of entries"
            raise FactError(f"{self.where}: {name}: found {found}; due: a list {size}")
        return value
