"""One row for a compiled kernel: residence, instructions by class, the bound, the simulation."""

from dataclasses import dataclass

from calibration.static import pipes, sass, simulate
from calibration.static.compile import Binary, compiled
from calibration.static.spec import Spec


@dataclass(frozen=True)
class Row:
    """What a compiled kernel costs: cycles are those of one multiprocessor for one token of one cached head."""

    name: str
    architecture: int
    tokens: int
    warps: int
    triton: str
    registers: int
    spilled: int
    shared: int
    blocks: int
    instructions: float
    mix: dict[str, float]
    issue_cycles: float
    port_cycles: float
    port: str
    cycles: float


def row(spec: Spec, architecture: int) -> Row:
    """Compile and judge one spec; InputError where it does not compile or has no loop."""
    binary = compiled(spec, architecture)
    return judged(spec, binary)


def judged(spec: Spec, binary: Binary) -> Row:
    """The row of a binary."""
    at, body = pipes.rates(binary.architecture), sass.loop(binary.sass)
    blocks = pipes.resident_blocks(binary, spec.warps)
    issue, ports = pipes.bounds(body, spec.warps, at)
    slowest = max(ports, key=ports.get)
    mix = pipes.mix(body, spec.warps, spec.tokens * spec.numbers)
    turn = simulate.cycles_a_turn(body, blocks, spec.warps, at, spec.near_loads)
    return Row(
        spec.name,
        binary.architecture,
        spec.tokens,
        spec.warps,
        binary.triton,
        binary.registers,
        binary.stack,
        binary.shared,
        blocks,
        sum(mix.values()),
        mix,
        issue / spec.tokens,
        ports[slowest] / spec.tokens,
        slowest,
        turn / spec.tokens,
    )
