"""What a file states of a set-up beside what options say: options fill in, and none changes in silence what the file says.

What ran (GPU, ranks, engine) is a fact of the file: an option that contradicts it is refused. A model may be a path on the
machine that served it, and types have more words than this program: there the option stands, and that is said.
"""

from collections.abc import Mapping

from costmodel.errors import CostModelError, InputError, shown
from costmodel.facts import store
from costmodel.facts.weight_types import canonical_weight_type

RAN = ("gpu", "tp", "engine")
KINDS = {"model": "models", "gpu": "gpus", "engine": "engines"}


def agree(
    stated: Mapping[str, object], options: Mapping[str, object], location: str, refused: tuple[str, ...] = RAN
) -> tuple[dict, list[str]]:
    """What a file states, completed and corrected by options, and a sentence for everything that they changed.

    ``location`` names the file. Raises InputError, with both values, where an option contradicts one of the names ``refused``;
    a name that no fact file has contradicts nothing.
    """
    agreed, remarks = dict(stated), []
    for name, value in options.items():
        said = stated.get(name)
        agreed[name] = value
        if is_missing(said) or same(name, said, value):
            continue
        flag = f"--{name.replace('_', '-')}"
        if name in refused and _is_known(name, said):
            raise InputError(
                f"{location}: {name}: states {shown(said)}, and {flag} {shown(value)}: leave the option out, or correct the file"
            )
        remarks.append(f"{location}: {name}: {value} ({flag}) in place of {shown(said)}, which it states")
    return agreed, remarks


def is_missing(value: object) -> bool:
    """Whether a file says nothing: an absent, empty or undefined value."""
    return value is None or value == "" or value != value


def same(name: str, one: object, other: object) -> bool:
    """Whether two values of a name mean the same thing: by the file that they name, by number, or by their words."""
    return _meant(name, one) == _meant(name, other)


def _meant(name: str, value: object) -> object:
    try:
        return float(str(value))
    except ValueError:
        pass
    try:
        if name in KINDS:
            return store.resolve(KINDS[name], str(value))
        if name == "weight_dtype":
            return canonical_weight_type(str(value))
    except CostModelError:
        pass
    return store.normal(str(value))


def _is_known(name: str, value: object) -> bool:
    """Whether a value is one that a fact file has, or a number."""
    try:
        return name not in KINDS or bool(store.resolve(KINDS[name], str(value)))
    except CostModelError:
        return False
