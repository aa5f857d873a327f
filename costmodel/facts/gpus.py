"""A GPU as its vendor prints it and its driver reports it; nothing measured is in here."""

from dataclasses import dataclass, field

from costmodel.errors import FactError
from costmodel.facts import store
from costmodel.facts.vocabulary import complete, number
from costmodel.language.units import format_quantity

UNITS = {
    "memory": "byte",
    "memory_visible": "byte",
    "memory_nameplate": "byte",
    "hbm_bandwidth": "byte/second",
    "sms": "",
    "l2_size": "byte",
    "clock": "1/second",
    "peak_16bit": "flop/second",
    "peak_fp8": "flop/second",
    "peak_int8": "flop/second",
    "peak_fp4": "flop/second",
    "link_bandwidth": "byte/second",
    "host_bandwidth": "byte/second",
    "power": "watt",
    "registers_per_sm": "",
    "shared_memory_per_sm": "byte",
    "max_warps_per_sm": "",
    "node_gpus": "",
}
NON_NUMERIC_KEYS = [
    "name",
    "vendor",
    "architecture",
    "compute_capability",
    "year",
    "aliases",
    "links",
    "read",
    "notes",
    "sources",
    "status",
]
NODE_GPUS = 8  # of a server, where a file states no other number
PCIE = ("pcie", "pcie-no-peer")  # links of a card whose file names none
MAX = {  # far beyond any device: what exceeds it is a slip of the pen, such as a wrong prefix
    "memory": 10e12,
    "memory_visible": 10e12,
    "memory_nameplate": 10e12,
    "hbm_bandwidth": 100e12,
    "sms": 10_000,
    "clock": 10e9,
}
FALLBACK = {"fp4": ("fp4", "fp8", "16bit"), "fp8": ("fp8", "16bit"), "int8": ("int8", "16bit")}
REQUIRED = ("name", "memory", "hbm_bandwidth", "sms", "l2_size", "clock", "peak_16bit", "sources")


@dataclass(frozen=True, eq=False)
class GPU:
    """Numbers in SI units by name, and where each comes from; ``defaults`` names what the file leaves to costmodel.

    ``links`` are the ids of links that may join such GPUs, the usual one first.
    """

    id: str
    name: str
    architecture: str
    numbers: dict[str, float]
    sources: dict[str, str]
    status: dict[str, str]
    notes: tuple[str, ...] = ()
    links: tuple[str, ...] = PCIE
    facts: dict = field(default_factory=dict, repr=False, compare=False)
    defaults: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def node_gpus(self) -> int:
        """GPUs that one link joins without a network in between: those of a server, or of a rack that NVLink joins."""
        return int(self.numbers.get("node_gpus", NODE_GPUS))

    def peak(self, dtype: str) -> float:
        """Dense tensor throughput (flop/s) at a type (16bit, fp8, int8, fp4); the next wider type's where the hardware lacks it.

        Raises FactError where the file states none of them.
        """
        for candidate in FALLBACK.get(dtype, ("16bit",)):
            if f"peak_{candidate}" in self.numbers:
                return self.numbers[f"peak_{candidate}"]
        raise FactError(f"GPU {self.id}: no peak for {dtype}")


def load(name: str) -> GPU:
    """The GPU of that id or alias; UnknownName otherwise, FactError for a file that cannot be trusted."""
    identifier = store.resolve("gpus", name)
    return build(identifier, store.read_fact_file("gpus", identifier), str(store.files("gpus")[identifier]))


def build(identifier: str, facts: dict, location: str) -> GPU:
    """A GPU from the table of a file.

    Raises FactError, naming ``location`` and the key, for what is missing, unknown, absurd or without a source.
    """
    store.check_keys(facts, [*UNITS, *NON_NUMERIC_KEYS], location, REQUIRED)
    store.check_types(
        facts,
        {"sources": dict[str, str], "status": dict[str, str], "notes": list[str], "aliases": list[str], "name": str},
        location,
    )
    store.check_types(facts, {"links": list[str]}, location)
    store.check_types(facts, {"architecture": str}, location)
    numbers = {key: number(facts, key, unit, location, positive=True) for key, unit in UNITS.items() if key in facts}
    for key, high in MAX.items():
        if numbers.get(key, 0) > high:
            limit = format_quantity(high, UNITS[key]) if UNITS[key] else f"{high:,}"
            raise FactError(f"{location}: {key}: expected at most {limit}, got {facts[key]!r}")
    for key in numbers:
        if key not in facts["sources"]:
            raise FactError(f"{location}: [sources] has no {key}: every number names its source")
    defaults = complete(numbers, "gpu")
    return GPU(
        identifier,
        facts["name"],
        facts.get("architecture", ""),
        numbers,
        dict(facts["sources"]),
        dict(facts.get("status", {})),
        tuple(facts.get("notes", ())),
        _links(facts),
        facts,
        defaults,
    )


def _links(facts: dict) -> tuple[str, ...]:
    """The links that a file states; where it states none, NVLink's rate means NVLink, and PCIe is there in any case."""
    if "links" in facts:
        return tuple(str(name) for name in facts["links"])
    return ("nvlink", *PCIE) if "link_bandwidth" in facts else PCIE
