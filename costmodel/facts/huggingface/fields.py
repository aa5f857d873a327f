"""The keys of a configuration, read with checks so that an error names the key of a bad value."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from costmodel.errors import FactError, InputError, shown
from costmodel.facts.huggingface.mistral import plain_spelling
from costmodel.text.json_text import parse_json

TEXT_TOWERS = ("text_config", "language_config", "llm_config", "thinker_config")
QUANTIZATION = "quantization_config"
QUANTIZATION_BESIDE = "hf_quant_config.json"
OUTER_KEYS = ("tie_word_embeddings", "dtype", "torch_dtype", "quantization_config", "_name_or_path")


def read_config(path: Path) -> dict[str, Any]:
    """The object in a ``config.json``, bare ``Infinity`` and ``NaN`` allowed; raises FactError for anything else.

    Some repositories name the format of their quantised weights in a second file; if that is in the same
    folder, it becomes the ``quantization_config`` that is absent here.
    """
    config = read_object(Path(path))
    beside = Path(path).with_name(Path(path).name.removesuffix("config.json") + QUANTIZATION_BESIDE)
    nested = (config.get(name) for name in TEXT_TOWERS)
    towers = [config, *(tower for tower in nested if isinstance(tower, Mapping))]
    if (
        Path(path).name.endswith("config.json")
        and beside.exists()
        and not any(QUANTIZATION in tower for tower in towers)
    ):
        return config | {QUANTIZATION: read_object(beside).get("quantization")}
    return config


def read_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file; FactError for what cannot be read, is not JSON, or is no object."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FactError(f"{path}: cannot be read ({error.strerror}); expected the config.json of a model") from None
    except ValueError:
        raise FactError(f"{path}: not text in UTF-8; expected the config.json of a model") from None
    try:
        config = parse_json(text, str(path), "the config.json of a model")
    except InputError as error:
        raise FactError(str(error)) from None
    if not isinstance(config, dict):
        raise FactError(f"{path}: expected a JSON object with the keys of a model, got a {type(config).__name__}")
    return config


def text_tower(config: Mapping[str, Any], location: str) -> dict[str, Any]:
    """The keys of the language model: those of the innermost text tower, else all; FactError for no object."""
    if not isinstance(config, Mapping):
        raise FactError(f"{location}: expected the object of a config.json, got a {type(config).__name__}")
    for key in TEXT_TOWERS:
        if config.get(key) is None:
            continue
        if not isinstance(config[key], Mapping):
            expected = "an object with the keys of the text tower"
            raise FactError(f"{location}: {key}: expected {expected}, got {shown(config[key])}")
        outer = {name: config[name] for name in OUTER_KEYS if config.get(name) is not None}
        inner = {name: value for name, value in config[key].items() if value is not None or name not in outer}
        return text_tower(outer | inner, location)
    return plain_spelling(config)


class Fields:
    """The keys of one text tower; class defaults fill the gaps, and an explicit ``null`` is no gap."""

    def __init__(self, values: Mapping[str, Any], location: str, defaults: Mapping[str, Any] | None = None):
        self.values = values
        self.location = location
        self.defaults = defaults or {}

    def of_layer(self, place: int, count: int) -> "Fields":
        """The keys of the layer at ``place``: a list of ``count`` whole numbers stands for its entry."""
        values = {
            key: value[place] if isinstance(value, list) and len(value) == count and whole_numbers(value) else value
            for key, value in self.values.items()
        }
        return Fields(values, self.location, self.defaults)

    def having(self, **values: Any) -> "Fields":
        """The same keys with some set to other values, for a layer or a kind of layers."""
        return Fields(dict(self.values) | values, self.location, self.defaults)

    def get(self, *names: str) -> Any:
        """The value under the first of the names that is there, as stated or by the class; None where none is."""
        gaps = [name for name in names if name in self.defaults and not any(other in self.values for other in names)]
        stated = (self.values[name] for name in names if self.values.get(name) is not None)
        return next(stated, self.defaults[gaps[0]] if gaps else None)

    def name_of(self, *names: str) -> str:
        """The name under which the value is stated, for messages."""
        return next((name for name in names if self.values.get(name) is not None), names[0])

    def wrong(self, key: str, expected: str) -> FactError:
        """The error for a key with an unexpected value; ``expected`` describes a valid one."""
        return FactError(f"{self.location}: {key}: expected {expected}, got {shown(self.values.get(key))}")

    def missing(self, *names: str, expected: str) -> FactError:
        """The error for a required key that is absent under all of its names."""
        others = f" (or {', '.join(names[1:])})" if names[1:] else ""
        return FactError(f"{self.location}: {names[0]}{others}: missing; expected {expected}")

    def integer(self, *names: str, default: int | None = None, minimum: int = 1, maximum: int | None = None) -> int:
        """A whole number in the range; without any of the names the default, or FactError where there is none."""
        expected = (
            f"a whole number of at least {minimum}"
            if maximum is None
            else f"a whole number from {minimum} to {maximum}"
        )
        value = self.get(*names)
        if value is None:
            if default is None:
                raise self.missing(*names, expected=expected)
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum or (maximum and value > maximum):
            raise self.wrong(self.name_of(*names), expected)
        return value

    def text(self, *names: str) -> str | None:
        """A text; None where no name is there; FactError for a value of another type."""
        value = self.get(*names)
        if value is not None and not isinstance(value, str):
            raise self.wrong(self.name_of(*names), "a text")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value, the default where the name is not there; FactError for a value of another type."""
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def _further_layers(self) -> int:
        return self.integer("num_nextn_predict_layers", "num_mtp_modules", default=0, minimum=0)

    def entries(self, name: str, count: int | None = None) -> list | None:
        """A list, with ``count`` entries (one per layer) if that is given; None where it is absent or empty.

        Entries beyond are those of layers that predict further tokens, and left out. Raises FactError for no list, or another
        number of entries.
        """
        value = self.get(name)
        if isinstance(value, list) and count is not None and count < len(value) <= count + self._further_layers():
            value = value[:count]
        if value is None or value == []:
            return None
        if not isinstance(value, list) or (count is not None and len(value) != count):
            got = f"{len(value)} entries" if isinstance(value, list) else shown(value)
            size = f"of {count} entries, one per layer" if count is not None else "of entries"
            raise FactError(f"{self.location}: {name}: expected a list {size}, got {got}")
        return value


def whole_numbers(values: list) -> bool:
    """Whether a list holds whole numbers only."""
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)
