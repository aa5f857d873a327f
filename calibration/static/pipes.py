"""Which pipe an instruction takes and for how many cycles of a sub-partition: the table ``rates.toml``, read and applied.

A multiprocessor has four sub-partitions; each issues one warp instruction a clock to pipes of a quarter of the lanes.
"""

import math
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from calibration.static.compile import Binary
from calibration.static.sass import Instruction
from costmodel.errors import UnknownName
from costmodel.language.units import parse_quantity

PATH = Path(__file__).with_name("rates.toml")
WARP = 32
SUB_PARTITIONS = 4
RESERVED = 1024  # bytes of shared memory that a resident block costs beyond its own
REGISTER_UNIT = 8 * WARP  # registers are given to warps in units of 8 a thread
MAX_BLOCKS = 32


@dataclass(frozen=True)
class Rates:
    """Rates of one architecture: lanes by class, latencies in cycles, and what limits residence."""

    architecture: int
    lanes: dict[str, float]
    mma_cycles: float
    latency: dict[str, float]
    shared_memory: float
    registers: int
    warps: int
    clock: float


@cache
def _file() -> dict:
    return tomllib.loads(PATH.read_text(encoding="utf-8"))


@cache
def _classes() -> dict[str, str]:
    return {opcode: name for name, opcodes in _file()["classes"].items() for opcode in opcodes}


@cache
def load_rates(architecture: int) -> Rates:
    """The rates of sm_<architecture>; UnknownName where the table has none."""
    key = f"sm-{architecture}"
    if key not in _file():
        raise UnknownName("architecture", key, [name for name in _file() if name.startswith("sm-")])
    table = dict(_file()[key])
    table["shared_memory"] = parse_quantity(table["shared_memory"], "byte")
    table["clock"] = parse_quantity(table["clock"], "1/second")
    return Rates(architecture, **table)


def class_of(instruction: Instruction) -> str:
    """The class of an instruction; what no class names is ``uniform`` where it works on uniform registers, else ``other``."""
    name = instruction.name
    return _classes().get(name) or ("uniform" if name.startswith("U") else "other")


def port(instruction: Instruction) -> str | None:
    """The issue port that the instruction occupies, or None."""
    return _file()["ports"].get(class_of(instruction))


def cycles(instruction: Instruction, rates: Rates) -> float:
    """Cycles of a sub-partition for which the instruction occupies its port.

    The memory port is the multiprocessor's: one warp's 128 bytes a clock, so four clocks of a sub-partition's share.
    """
    name, opcode = class_of(instruction), instruction.opcode
    if name == "mma":
        return rates.mma_cycles * (
            0.5 if "1688" in opcode else 2 if "16832" in opcode and rates.architecture not in (89, 120) else 1
        )
    if name == "shared":
        wide = 4 if ".4" in opcode else 2 if ".2" in opcode else 1 if "SM." in opcode else instruction.width / 32
        return SUB_PARTITIONS * max(1.0, wide)
    if name in ("load", "async"):
        return SUB_PARTITIONS * max(1.0, instruction.width / 32)
    if name == "shuffle":
        return SUB_PARTITIONS
    if name == "multiply" and ".MOV" in opcode:
        name = "float"
    return WARP * SUB_PARTITIONS / rates.lanes[name] if name in rates.lanes else 0.0


def resident_blocks(binary: Binary, warps: int) -> int:
    """Blocks that fit on one multiprocessor together, by registers, shared memory and warps."""
    rates = load_rates(binary.architecture)
    registers = math.ceil(binary.registers * WARP / REGISTER_UNIT) * REGISTER_UNIT * warps
    room = (
        rates.registers // registers,
        int(rates.shared_memory // (binary.shared + RESERVED)),
        rates.warps // warps,
        MAX_BLOCKS,
    )
    return max(1, min(room))


def bounds(body: list[Instruction], warps: int, rates: Rates) -> tuple[float, dict[str, float]]:
    """Least cycles of one turn of the loop of one block: by issue slots, and by port."""
    warps_per_partition = warps / SUB_PARTITIONS
    busy = Counter()
    for instruction in body:
        if name := port(instruction):
            busy[name] += cycles(instruction, rates)
    return len(body) * warps_per_partition, {name: total * warps_per_partition for name, total in busy.items()}


def mix(body: list[Instruction], warps: int, numbers: int) -> dict[str, float]:
    """Thread instructions of one turn for each cached number, by class."""
    counts = Counter(class_of(instruction) for instruction in body)
    return {name: count * WARP * warps / numbers for name, count in sorted(counts.items())}
