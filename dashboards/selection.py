"""What a view shows, as texts; so that a link, the controls and a command line can each say all of it.

Texts, since a link may carry anything: what they mean is decided where they are used, and a mistake is said there.
"""

import shlex
from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, urlencode

from costmodel.errors import CostModelError
from costmodel.facts import store

KINDS = {"model": "models", "gpu": "gpus", "engine": "engines"}
POINT = ("at_batch", "at_context")
OBJECTIVE = ("tpot", "ttft")  # milliseconds


@dataclass(frozen=True)
class Selection:
    """One field a control; an empty text stands for what nobody asked for."""

    model: str = "llama-3.1-8b"
    gpu: str = "h100-sxm"
    tp: str = ""
    engine: str = "vllm"
    scheme: str = "fp8"
    comparison: str = "same-batch"
    tpot: str = "50"
    ttft: str = ""
    batch: str = "1:256"
    context: str = ""
    at_batch: str = ""
    at_context: str = ""

    @property
    def view(self) -> "Selection":
        """The same without the point that is taken apart, and without what its comparison does not look at."""
        idle = (() if self.comparison == "objective" else OBJECTIVE) + ("batch",) * (self.comparison != "same-batch")
        return replace(self, **dict.fromkeys((*POINT, *idle), ""))


NAMES = tuple(field.name for field in fields(Selection))


def read(search: str) -> Selection:
    """The selection of a link's query; other keys are none of ours. Aliases become ids, unknown names stay to be told."""
    found = {key: value.strip() for key, value in parse_qsl(search.lstrip("?"), keep_blank_values=True) if key in NAMES}
    for key in KINDS.keys() & found.keys():
        found[key] = canonical(key, found[key])
    return Selection(**found)


def canonical(key: str, name: str) -> str:
    """The id behind a name, or the name itself where no file has it."""
    try:
        return store.resolve(KINDS[key], name)
    except CostModelError:
        return name


def write(chosen: Selection) -> str:
    """The query of a link to it: what differs from the defaults, and always what it is about."""
    always = ("model", "gpu", "engine", "scheme", "comparison")
    plain = Selection()
    said = {n: getattr(chosen, n) for n in NAMES if n in always or getattr(chosen, n) != getattr(plain, n)}
    if chosen.comparison != "objective":
        said = {name: value for name, value in said.items() if name not in OBJECTIVE}
    return "?" + urlencode(said, safe="[]:,=")


def command(chosen: Selection) -> str:
    """The command line that prints the same view."""
    return _line("regime", chosen, ("comparison", "batch", "context", *OBJECTIVE), {})


def explain_command(chosen: Selection, batch: str, context: str) -> str:
    """The command line that takes one point of the view apart."""
    return _line("explain", chosen, (), {"batch": batch, "context": context})


def _line(name: str, chosen: Selection, more, extra: dict[str, str]) -> str:
    view = chosen.view
    given = {key: getattr(view, key) for key in ("model", "gpu", "tp", "engine", "scheme", *more)} | extra
    given = {key: value + "ms" * (key in OBJECTIVE) for key, value in given.items() if value}
    return shlex.join(["costmodel", name, *(word for key, value in given.items() for word in (f"--{key}", value))])
