"""A link between the GPUs of a replica: whose lanes it takes, who reaches whom, and what a ring of messages pays on it.

NVLink's rate and PCIe's are numbers of the GPU; a link says which of them counts. Engines reduce directly between peers where
they can, and by NCCL's ring where there is no peer access or there are more PCIe cards than their own kernel takes.
"""

import math
from dataclasses import dataclass, field

from costmodel.errors import FactError, InfeasibleDeploymentError, UnknownName
from costmodel.facts import store
from costmodel.facts.gpus import GPU
from costmodel.facts.vocabulary import number, schema

LANES = {"link": "link_bandwidth", "host": "host_bandwidth"}
COUNTS = ("direct_ranks", "most_ranks")
NON_NUMERIC_KEYS = ["name", "aliases", "source", "read", "lanes", "peer_access", "notes", "sources", "status"]


@dataclass(frozen=True, eq=False)
class Link:
    """``lanes`` names the GPU's number that is its bandwidth; ``numbers`` holds the constants of a ring.

    Up to ``direct_ranks`` GPUs reduce directly; a link joins at most ``most_ranks``.
    """

    id: str
    name: str
    source: str
    lanes: str
    peer_access: bool
    direct_ranks: float
    most_ranks: float
    numbers: dict[str, float]
    sources: dict[str, str] = field(default_factory=dict, repr=False)
    status: dict[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    def inputs(self, gpu: GPU, ranks: int) -> dict[str, float]:
        """The inputs of communication between that many GPUs."""
        reduces_in_ring = float(ranks > self.direct_ranks)
        return self.numbers | {"link_bandwidth": gpu.numbers[self.lanes], "reduces_in_ring": reduces_in_ring}


def load(name: str) -> Link:
    """The link of that id or alias; UnknownName otherwise, FactError for a file that cannot be trusted."""
    identifier = store.resolve("links", name)
    return build(identifier, store.read_fact_file("links", identifier), str(store.files("links")[identifier]))


def build(identifier: str, facts: dict, location: str) -> Link:
    """A Link from the table of a file; FactError, naming ``location`` and the key, for what is missing, unknown or absurd."""
    units = {name: unit for name, unit in schema("link").items() if name != "reduces_in_ring"}
    store.check_keys(
        facts, [*units, *COUNTS, *NON_NUMERIC_KEYS], location, ("name", "source", "lanes", "peer_access", *units)
    )
    store.check_types(
        facts, {"name": str, "source": str, "lanes": str, "peer_access": bool, "sources": dict[str, str]}, location
    )
    store.check_types(facts, {"status": dict[str, str], "notes": list[str], "aliases": list[str]}, location)
    if facts["lanes"] not in LANES:
        raise FactError(f"{location}: lanes: expected {' or '.join(LANES)}, got {facts['lanes']!r}")
    numbers = {key: number(facts, key, unit, location, positive=True) for key, unit in units.items()}
    counts = {key: number(facts, key, "", location, default=math.inf, positive=True) for key in COUNTS}
    for key in (*units, *(key for key in COUNTS if key in facts)):
        if key not in facts.get("sources", {}):
            raise FactError(f"{location}: [sources] has no {key}: every number names its source")
    return Link(
        identifier, facts["name"], facts["source"], LANES[facts["lanes"]], facts["peer_access"], counts["direct_ranks"],
        counts["most_ranks"], numbers, dict(facts["sources"]), dict(facts.get("status", {})), tuple(facts.get("notes", ())),
    )  # fmt: skip


def between(gpu: GPU, ranks: int, name: str | None = None) -> Link:
    """The link of that name, or the GPU's usual one, between that many of them.

    Raises UnknownName for a link that such GPUs do not have, InfeasibleDeploymentError for more GPUs than it joins.
    """
    if name is None:
        usual = (load(candidate) for candidate in gpu.links)
        return next(link for link in usual if ranks <= link.most_ranks)
    link = load(name)
    if link.id not in gpu.links:
        raise UnknownName("link", name, gpu.links, f"(of {gpu.id})")
    if ranks > link.most_ranks:
        others = [other for other in gpu.links if load(other).most_ranks >= ranks]
        raise InfeasibleDeploymentError(
            f"link {link.id} joins {link.most_ranks:.0f} GPUs, not {ranks}; {gpu.id} has {', '.join(others)} between more"
        )
    return link
