"""An engine and its defaults: how it fills memory, admits requests, cuts blocks, and which kernels it runs."""

from dataclasses import dataclass, field

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from costmodel.errors import FactError, InputError, UnknownName, shown
from costmodel.facts import admission, commands, fused_casts, store
from costmodel.facts.admission import Admission
from costmodel.facts.gpus import GPU
from costmodel.facts.vocabulary import complete, number, required, schema
from costmodel.language.renamed import current_names

NON_NUMERIC_KEYS = [
    "name",
    "aliases",
    "version",
    "oldest_version",
    "release_numbers",
    "source",
    "read",
    "kernels",
    "fused_casts",
    "notes",
    "override",
    "admission",
    "command",
    "sources",
    "status",
]
CONDITIONS = ("least_memory", "except_architecture", "architecture", "link", "usage", "versions", "label")
USAGES = ("server", "offline")
RELEASE_NUMBERS, MOST_NUMBERS = 2, 3  # of a version: what comes behind is a patch


@dataclass(frozen=True, eq=False)
class Engine:
    """Numbers by the vocabulary's names, for one GPU; ``kernels`` names the attention family of each KV type.

    ``fused_casts`` names, by weight type, the kernels that cast the input of the products behind them (``facts.fused_casts``).
    ``running`` is the version that somebody stated, None where it is taken to be the file's.
    ``admissions`` are the policies by which it lets requests in, its default first; ``command`` is the table of ``commands``;
    ``defaults`` names what the file leaves to costmodel.
    """

    id: str
    name: str
    version: str
    numbers: dict[str, float]
    kernels: dict[str, str]
    fused_casts: dict[str, tuple[str, ...]]
    sources: dict[str, str]
    status: dict[str, str]
    source: str
    notes: tuple[str, ...] = ()
    admissions: tuple[Admission, ...] = ()
    command: dict = field(default_factory=dict, repr=False)
    facts: dict = field(default_factory=dict, repr=False, compare=False)
    running: str | None = None
    defaults: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def release_numbers(self) -> int:
        """Numbers of a version that tell one release from the next, behind which patches are counted."""
        return int(self.facts.get("release_numbers", RELEASE_NUMBERS))


def load(name: str, gpu: GPU, usage: str = "server", version: str | None = None) -> Engine:
    """The engine of that id or alias with its defaults on that GPU, as a server or for an offline batch.

    ``version`` is the one that runs; that of the file by default. Raises UnknownName for no such engine or usage, InputError
    for what is no version, FactError for a file that cannot be trusted.
    """
    if usage not in USAGES:
        raise UnknownName("usage", usage, USAGES)
    identifier = store.resolve("engines", name)
    location = str(store.files("engines")[identifier])
    return build(identifier, store.read_fact_file("engines", identifier), location, gpu, usage, version)


def load_shipped(identifier: str, gpu: GPU) -> Engine:
    """The package's engine of that id, whatever stands before it in the user's data directory; the user's where it has none."""
    path = store.PACKAGE / "engines" / f"{identifier}.toml"
    return build(identifier, store.read_toml(path), str(path), gpu) if path.exists() else load(identifier, gpu)


def build(
    identifier: str, facts: dict, location: str, gpu: GPU, usage: str = "server", version: str | None = None
) -> Engine:
    """An Engine from the table of a file, with the overrides that apply to the GPU, the usage and the version.

    Raises FactError, naming ``location`` and the key, for what is missing, unknown or absurd.
    """
    units, facts = schema("engine"), current_names(facts)
    store.check_keys(facts, [*units, *NON_NUMERIC_KEYS], location, ("name", "source", *required("engine")))
    store.check_types(
        facts,
        {
            "sources": dict[str, str],
            "status": dict[str, str],
            "kernels": dict[str, str],
            "fused_casts": dict,
            "override": list,
            "notes": list[str],
            "admission": list,
            "command": dict,
        },
        location,
    )
    store.check_types(
        facts,
        {"name": str, "source": str, "aliases": list[str], "oldest_version": str, "release_numbers": int},
        location,
    )
    if not 1 <= facts.get("release_numbers", RELEASE_NUMBERS) <= MOST_NUMBERS:
        raise FactError(f"{location}: release_numbers: expected 1 to {MOST_NUMBERS}, got {facts['release_numbers']}")
    merged, running = dict(facts), parse_version(version) if version is not None else None
    _refuse_older(running, facts, identifier, location)
    for index, stated in enumerate(facts.get("override", [])):
        if not isinstance(stated, dict):
            raise FactError(f"{location}: override[{index}]: expected a table, got {shown(stated)}")
        override = current_names(stated)
        store.check_keys(override, [*units, *CONDITIONS], f"{location}: override[{index}]")
        if _applies(override, gpu, usage, f"{location}: override[{index}]", running):
            merged |= {key: value for key, value in override.items() if key not in CONDITIONS}
    numbers = {key: number(merged, key, unit, location) for key, unit in units.items() if key in merged}
    defaults = complete(numbers, "engine")
    if not 0 < numbers["memory_fraction"] <= 1:
        raise FactError(f"{location}: memory_fraction must be in (0, 1], got {merged['memory_fraction']!r}")
    return Engine(
        identifier,
        facts["name"],
        str(facts.get("version", "")),
        numbers,
        dict(facts.get("kernels", {})),
        fused_casts.read(facts.get("fused_casts", {}), location),
        dict(facts.get("sources", {})),
        dict(facts.get("status", {})),
        facts["source"],
        tuple(facts.get("notes", ())),
        admission.read(facts.get("admission", []), location) or (_as_reserved(numbers, facts["source"]),),
        commands.check(facts["command"], location) if "command" in facts else {},
        facts,
        version,
        defaults,
    )


def _as_reserved(numbers: dict[str, float], source: str) -> Admission:
    """The policy of an engine whose file names none: the reserve that its pool keeps, for all alike."""
    share = numbers["reserved_generation"]
    limit = numbers["reserve_limit"] if numbers["reserve_limit"] else float("inf")
    return Admission("as-reserved", source, share, share, limit=limit)


def parse_version(text: object) -> Version:
    """The version that a text states; InputError for what is none."""
    try:
        if not isinstance(text, str):  # of a number, 0.20 and 0.2 look alike
            raise InvalidVersion
        return Version(text)
    except InvalidVersion as error:
        raise InputError(f"engine_version: expected a text such as 0.24.0, got {text!r}") from error


def covers(known: str, version: Version, release_numbers: int = RELEASE_NUMBERS) -> bool:
    """Whether a range (``>=0.20``), or a version with all its patches, contains a version; one without numbers covers all.

    ``release_numbers`` tell one release from the next; numbers behind them are patches.
    """
    if not any(character.isdigit() for character in known):
        return True
    if not known[0].isdigit():
        return SpecifierSet(known).contains(version, prereleases=True)
    return Version(known).release[:release_numbers] == version.release[:release_numbers]


def _refuse_older(version: Version | None, facts: dict, identifier: str, location: str) -> None:
    """Raise InputError for a version before the oldest whose memory is known."""
    try:
        oldest = Version(facts.get("oldest_version", "0"))
    except InvalidVersion as error:
        raise FactError(
            f"{location}: oldest_version: expected a text such as '0.6', got {facts['oldest_version']!r}"
        ) from error
    if version is not None and version < oldest:
        raise InputError(
            f"engine_version: {identifier} {version} is not modelled: no pool of a version before {oldest} was measured; "
            f"state {oldest} or later, or leave it out"
        )


def _applies(override: dict, gpu: GPU, usage: str, location: str, version: Version | None) -> bool:
    if "versions" in override:
        try:
            versions = SpecifierSet(override["versions"])
        except InvalidSpecifier as error:
            raise FactError(
                f"{location}: versions: expected a range such as '<0.21', got {override['versions']!r}"
            ) from error
        if version is None or not versions.contains(version, prereleases=True):
            return False
    if "label" in override and (version is None or version.local != override["label"]):
        return False
    if override.get("usage", usage) != usage:
        return False
    if "least_memory" in override and gpu.numbers["memory"] < number(override, "least_memory", "byte", location):
        return False
    if override.get("except_architecture") == gpu.architecture or override.get("link", gpu.links[0]) != gpu.links[0]:
        return False
    return override.get("architecture", gpu.architecture) == gpu.architecture
