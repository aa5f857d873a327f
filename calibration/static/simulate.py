"""The loop of a compiled kernel, run by an in-order model of one sub-partition: what latency leaves of the issue slots.

The resident blocks' warps are dealt evenly to the four sub-partitions. A warp issues in order, waits for the barriers that
its control bits name, and for its port. Not modelled: bank conflicts, queues before L2 and memory, tails of waves.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from calibration.static import pipes
from calibration.static.sass import NO_BARRIER, Instruction

TURNS = 12  # turns of the loop a warp runs; the middle ones count
OPERANDS_FREE = 10  # cycles until a memory instruction has read its operands
STAGGER = 7.0  # cycles between the starts of two warps
MAX_OPEN_GROUPS = 8
DEPTH = re.compile(r"DEPBAR\.LE SB0, 0x(\w+)")


@dataclass(frozen=True)
class Step:
    """One instruction as the model sees it."""

    instruction: Instruction
    port: str | None
    busy: float
    latency: float
    stall: float
    groups_left: int | None
    closes_group: bool
    asynchronous: bool


def steps(body: list[Instruction], rates: pipes.Rates, near_loads: tuple[int, ...]) -> list[Step]:
    """The body with every instruction's port, occupancy and latency."""
    return [_step(instruction, rates, near_loads) for instruction in body]


def _step(instruction: Instruction, rates: pipes.Rates, near_loads) -> Step:
    name, delay = pipes.class_of(instruction), rates.latency
    if name == "load":
        latency = delay["l2"] if instruction.width in near_loads else delay["memory"]
    elif name == "uniform":
        latency = delay["constant"] if instruction.name in ("LDC", "S2R", "S2UR") else delay["uniform"]
    else:
        latency = delay["memory"] if name == "async" else delay.get(name, delay["other"])
    depth = DEPTH.search(instruction.text)
    stall = max(instruction.stall, 1, delay["barrier"] if instruction.name == "BAR" else 0)
    return Step(
        instruction,
        pipes.port(instruction),
        pipes.cycles(instruction, rates),
        latency,
        stall,
        int(depth.group(1), 16) if depth else None,
        instruction.name == "LDGDEPBAR",
        name == "async",
    )


class _Warp:
    def __init__(self, index: int):
        self.position, self.turn, self.time = 0, 0, index * STAGGER
        self.barriers, self.copied, self.groups = [0.0] * 6, 0.0, []

    def ready(self, step: Step, free: dict) -> float:
        """When the warp may issue its next instruction."""
        times = [self.time, *(self.barriers[barrier] for barrier in step.instruction.waits if barrier < 6)]
        if step.groups_left is not None and len(self.groups) > step.groups_left:
            times.append(self.groups[-1 - step.groups_left])
        if step.port:
            times.append(free[step.port])
        return max(times)

    def issue(self, step: Step, now: float) -> None:
        """Set what the instruction sets, and go on."""
        done = now + step.latency + step.busy
        if step.asynchronous:
            self.copied = max(self.copied, done)
        if step.closes_group:
            self.groups = [*self.groups, self.copied][-MAX_OPEN_GROUPS:]
        elif step.instruction.sets != NO_BARRIER and step.instruction.sets < 6:
            self.barriers[step.instruction.sets] = max(self.barriers[step.instruction.sets], done)
        if step.instruction.frees < 6:
            freed = now + OPERANDS_FREE + step.busy
            self.barriers[step.instruction.frees] = max(self.barriers[step.instruction.frees], freed)
        self.time = now + step.stall
        self.position += 1


def cycles_per_turn(
    body: list[Instruction],
    blocks: int,
    warps: int,
    rates: pipes.Rates,
    near_loads: tuple[int, ...] = (16,),
    turns: int = TURNS,
) -> float:
    """Cycles in which one multiprocessor with that many resident blocks gets through one turn of one block."""
    program = steps(body, rates, near_loads)
    crew = [_Warp(index) for index in range(max(1, blocks * warps // pipes.SUB_PARTITIONS))]
    free, slot, finished = defaultdict(float), 0.0, []
    running = list(crew)
    ready_at = {warp: warp.ready(program[0], free) for warp in running}
    while running:
        warp = min(running, key=ready_at.__getitem__)
        step = program[warp.position]
        now = max(ready_at[warp], slot)
        later = warp.ready(step, free)
        if later > now:  # its port was taken since
            ready_at[warp] = later
            continue
        slot = now + 1
        if step.port:
            free[step.port] = max(free[step.port], now) + step.busy
        warp.issue(step, now)
        if warp.position == len(program):
            warp.position, warp.turn = 0, warp.turn + 1
            finished.append(now)
            if warp.turn == turns:
                running.remove(warp)
                continue
        ready_at[warp] = warp.ready(program[warp.position], free)
    first, last = int(len(finished) * 0.35), int(len(finished) * 0.8)
    turns_counted = (last - first) / len(crew)
    return (finished[last] - finished[first]) / turns_counted / blocks
