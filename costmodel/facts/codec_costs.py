"""What codecs that nobody has measured cost inside attention: tables from compiled kernels, one file an architecture.

A table is found by the GPU's compute capability; where none fits, instruction counts stand in (``counts.toml``). Work is in
issue slots of a thread for each cached number, beyond those of a 16-bit cache; its error is a factor, × or ÷, at 90 %.
"""

import functools
import math
from dataclasses import dataclass, field
from statistics import NormalDist

from costmodel.errors import FactError
from costmodel.facts import store
from costmodel.facts.gpus import GPU

KIND = "profiles/static"
FOLDER = store.PACKAGE / KIND
COUNTS = "counts"
KEYS = ("architecture", "capabilities", "label", "source", "triton", "made", "shape", "codec", "notes")
COST_KEYS = (
    "work",
    "error",
    "cycles",
    "issue_cycles",
    "port_cycles",
    "port",
    "instructions",
    "mix",
    "tokens",
    "warps",
    "registers",
    "spilled",
    "shared",
    "blocks",
)
Z90 = NormalDist().inv_cdf(0.95)  # the error is one of 90 %, two-sided
CODECS = ("fp8", "int8-token", "int4-token", "int4-group", "int4-channel", "int2-group", "int2-channel")


@dataclass(frozen=True, eq=False)
class CodecCosts:
    """The table of one architecture: work by input name (``int4_token_work``), error factors by the same name."""

    id: str
    source: str
    work: dict[str, float]
    error: dict[str, float]
    facts: dict = field(repr=False)

    def spread(self, names) -> float:
        """Log standard error of the conversion work that these inputs state: the largest of theirs, or of all."""
        used = [self.error[name] for name in names if name in self.error]
        return math.log(max(used, default=max(self.error.values()))) / Z90

    def describe(self) -> str:
        """The table, its source and the errors of its costs, as one line of text."""
        factors = sorted(set(self.error.values()))
        return f"{self.id}: {self.source}; × or ÷ {' or '.join(f'{factor:g}' for factor in factors)}"


def input_name(codec: str) -> str:
    """The input of the formulas that carries a codec's work."""
    return f"{codec.replace('-', '_')}_work"


@functools.cache
def load_codec_costs(identifier: str) -> CodecCosts:
    """The table of that id; FactError for one that lacks a codec, a source, or states what is no positive number."""
    location, facts = f"{KIND}/{identifier}", store.read_fact_file(KIND, identifier)
    store.check_keys(facts, KEYS, location, ("architecture", "source", "label", "codec"))
    store.check_types(facts, {"codec": dict, "capabilities": list}, location)
    work, error = {}, {}
    for codec in CODECS:
        if codec not in facts["codec"]:
            raise FactError(f"{location}: codec.{codec} is missing; expected all of {', '.join(CODECS)}")
        store.check_keys(facts["codec"][codec], COST_KEYS, f"{location}: codec.{codec}", ("work", "error"))
        for key, minimum, column in (("work", 0.0, work), ("error", 1.0, error)):
            value = facts["codec"][codec][key]
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not minimum < value < 1e4:
                raise FactError(f"{location}: codec.{codec}.{key}: expected a number above {minimum:g}, got {value!r}")
            column[input_name(codec)] = float(value)
    return CodecCosts(identifier, facts["source"], work, error, facts)


def select_codec_costs(gpu: GPU) -> CodecCosts:
    """The table of the GPU's architecture, or the instruction counts where none was compiled for it."""
    capability = str(gpu.facts.get("compute_capability", ""))
    for identifier in store.files(KIND):
        if capability in store.read_fact_file(KIND, identifier).get("capabilities", []):
            return load_codec_costs(identifier)
    return load_codec_costs(COUNTS)
