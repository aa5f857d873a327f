"""Implementations of schemes: whose kernels run a scheme, in which engine and versions, turned on by which flag.

A file names kernels, versions and flags; what the kernels cost is in profiles, per GPU or architecture, where somebody
measured. A scheme may have several implementations in an engine; the first that lists the GPU's architecture is shipped.
"""

import functools
import math
from dataclasses import dataclass, field
from typing import Any

from costmodel.errors import FactError, UnknownName
from costmodel.facts import store
from costmodel.facts.gpus import GPU

KIND = "implementations"
TEXTS = ("name", "scheme", "engine", "versions", "flag", "status", "graphs", "prefill_kernel", "source")
NUMBERS = ("splits", "split_limit")
KEYS = [
    *TEXTS,
    *NUMBERS,
    "work_unit",
    "kernel",
    "aliases",
    "kv_cache_dtype",
    "architectures",
    "block_sizes",
    "launches",
    "notes",
    "read",
]
REQUIRED = ("name", "scheme", "engine", "status", "kernel", "source", "read")
WORK_UNITS = ("group", "query head")
STATUSES = ("shipped", "experimental", "pull request", "research code", "none")
GRAPHS = ("full", "piecewise", "eager", "not read")
ANY = "any"


@dataclass(frozen=True, eq=False)
class Implementation:
    """One implementation: the kernels that run a scheme in an engine, and how they are turned on.

    ``versions`` is the range of the engine's versions as text, ``kv_cache_dtype`` the engine's own word for the cache type,
    ``architectures`` those of the GPUs that it runs on (``any``), ``launches`` what it launches beside attention. What is known
    of the kernel's grid: ``work_unit``, whether a work unit serves a query head or its whole group; ``splits``, the parts into
    which it cuts the context; ``split_limit``, the most work units (sequences × heads) of which it still does.
    """

    id: str
    name: str
    scheme: str
    engine: str
    kernel: str
    status: str
    source: str
    versions: str = ""
    flag: str = ""
    kv_cache_dtype: str = ""
    graphs: str = "not read"
    prefill_kernel: str = ""
    architectures: tuple[str, ...] = (ANY,)
    work_unit: str = "group"
    splits: float | None = None
    split_limit: float | None = None
    block_sizes: tuple[int, ...] = ()
    launches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    read: object = field(default=None, repr=False)

    @property
    def is_shipped(self) -> bool:
        """Whether a release of the engine contains it."""
        return self.status in ("shipped", "experimental")

    def runs_on(self, gpu: GPU) -> bool:
        """Whether it runs on the GPU's architecture."""
        return ANY in self.architectures or gpu.architecture in self.architectures

    def describe(self) -> str:
        """Engine, versions, flag and status as one phrase."""
        where = " ".join(filter(None, (self.engine, self.versions)))
        return f"{where}: {self.flag}" if self.flag else f"{where} ({self.status})"


@functools.cache
def load(name: str) -> Implementation:
    """The implementation of that id or alias; UnknownName for none, FactError for a file that cannot be trusted."""
    identifier = store.resolve(KIND, name)
    return build(identifier, store.read_fact_file(KIND, identifier), str(store.files(KIND)[identifier]))


def build(identifier: str, facts: dict, location: str) -> Implementation:
    """An Implementation from the table of a file; raises FactError, naming ``location`` and the key."""
    store.check_keys(facts, KEYS, location, REQUIRED)
    store.check_types(facts, dict.fromkeys((*TEXTS, "work_unit", "kernel", "kv_cache_dtype"), str), location)
    store.check_types(facts, dict.fromkeys(("aliases", "architectures", "launches", "notes"), list[str]), location)
    store.check_types(facts, {"block_sizes": list}, location)
    store.check_date(facts, "read", location)
    for key in NUMBERS:
        value = facts.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value < math.inf:
            raise FactError(f"{location}: {key}: expected a number of at least 1, got {value!r}")
    for size in facts.get("block_sizes", ()):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise FactError(f"{location}: block_sizes: expected whole tokens of at least 1, got {size!r}")
    for key, valid in (("status", STATUSES), ("graphs", GRAPHS), ("work_unit", WORK_UNITS)):
        if key in facts and facts[key] not in valid:
            raise FactError(f"{location}: {UnknownName(key, facts[key], valid)}")
    try:
        scheme, engine = store.resolve("schemes", facts["scheme"]), store.resolve("engines", facts["engine"])
    except UnknownName as error:
        raise FactError(f"{location}: {error}") from error
    if identifier != f"{engine}--{scheme}" and not identifier.startswith(f"{engine}--{scheme}-"):
        raise FactError(
            f"{location}: expected the file name {engine}--{scheme} or {engine}--{scheme}-…, got {identifier}"
        )
    lists = {key: tuple(facts[key]) for key in ("architectures", "block_sizes", "launches", "notes") if key in facts}
    plain = (*TEXTS, *NUMBERS, "work_unit", "kernel", "kv_cache_dtype")
    texts = {key: facts[key] for key in plain if key in facts}
    stated: dict[str, Any] = texts | lists | {"scheme": scheme, "engine": engine, "read": facts["read"]}
    return Implementation(identifier, **stated)


@functools.cache
def of_scheme(scheme: str, engine: str = "") -> tuple[Implementation, ...]:
    """Implementations of a scheme file, in one engine or in all, in the order of their ids."""
    every = (load(identifier) for identifier in store.files(KIND))
    return tuple(i for i in every if i.scheme == scheme and (not engine or i.engine == engine))


def of_engine(engine: str) -> tuple[Implementation, ...]:
    """Every implementation in an engine, by id."""
    return tuple(one for one in map(load, sorted(store.files(KIND))) if one.engine == engine)


def shipped(scheme: str, engine: str, gpu: GPU) -> Implementation | None:
    """The first implementation that the engine ships for the scheme on the GPU's architecture; None where there is none."""
    return next((i for i in of_scheme(scheme, engine) if i.is_shipped and i.runs_on(gpu)), None)
