"""Instructions out of ``nvdisasm -c -hex``, with the control bits by which the compiler schedules them, and the loop.

The upper word holds stall cycles (4 bits), yield (1), the barrier a result sets (3), the one that freed operands set (3)
and the barriers waited for (6). The loop is the backward branch whose body does most arithmetic and loads.
"""

import re
from dataclasses import dataclass

from costmodel.errors import InputError

FIRST = re.compile(r"^\s*/\*([0-9a-f]{4,6})\*/\s+(.*?)\s*;\s+/\* 0x([0-9a-f]{16}) \*/")
SECOND = re.compile(r"^\s+/\* 0x([0-9a-f]{16}) \*/")
LABEL = re.compile(r"^\s*(\.L_x_\d+):")
BRANCH = re.compile(r"\bBRA(?:\.\S+)?\s.*?(\.L_x_\d+)")
GUARD = re.compile(r"^@!?U?P[T\d]+\s+")
WORK = ("HMMA", "IMMA", "QMMA", "HGMMA", "QGMMA", "FFMA", "FADD", "FMUL", "LDG", "LDGSTS")
NO_BARRIER = 7


@dataclass(frozen=True)
class Instruction:
    """One instruction: its text, opcode with modifiers, and control bits."""

    text: str
    opcode: str
    stall: int
    sets: int
    frees: int
    waits: tuple[int, ...]

    @property
    def name(self) -> str:
        """The opcode without modifiers."""
        return self.opcode.split(".")[0]

    @property
    def width(self) -> int:
        """Bits a thread moves: 128, 64, 32, 16 or 8."""
        for word, bits in ((".128", 128), (".64", 64), (".U8", 8), (".S8", 8), (".U16", 16), (".S16", 16)):
            if word in self.opcode:
                return bits
        return 32


def parse(text: str) -> tuple[list[Instruction], dict[str, int]]:
    """Instructions in order, and the index that every label stands before."""
    instructions, labels, open_line = [], {}, None
    for line in text.splitlines():
        if match := LABEL.match(line):
            labels[match.group(1)] = len(instructions)
        elif match := FIRST.match(line):
            open_line = match.group(2)
        elif open_line is not None and (match := SECOND.match(line)):
            instructions.append(_instruction(open_line, int(match.group(1), 16) >> 41))
            open_line = None
    return instructions, labels


def _instruction(text: str, control: int) -> Instruction:
    bare = GUARD.sub("", text.strip("{} "))
    waits = tuple(barrier for barrier in range(6) if control >> 11 >> barrier & 1)
    return Instruction(text, bare.split()[0], control & 15, control >> 5 & 7, control >> 8 & 7, waits)


def loop(text: str) -> list[Instruction]:
    """The body of the loop that does the work; InputError where nothing branches back."""
    instructions, labels = parse(text)
    bodies = []
    for index, instruction in enumerate(instructions):
        target = BRANCH.search(instruction.text)
        if target and labels.get(target.group(1), index) < index:
            bodies.append(instructions[labels[target.group(1)] : index + 1])
    if not bodies:
        raise InputError("the compiled kernel has no loop, so that what one turn covers is unknown")
    return max(bodies, key=lambda body: sum(i.name in WORK for i in body))
