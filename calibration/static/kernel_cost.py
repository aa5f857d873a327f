"""The cost of a compiled kernel: residence, instructions by class, the bound, the simulation."""

from dataclasses import dataclass

from calibration.static import pipes, sass, simulate
from calibration.static.compile import Binary, compile_kernel
from calibration.static.spec import Spec


@dataclass(frozen=True)
class KernelCost:
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


def kernel_cost(spec: Spec, architecture: int) -> KernelCost:
    """The cost of a spec, compiled; InputError where it does not compile or has no loop."""
    return binary_cost(spec, compile_kernel(spec, architecture))


def binary_cost(spec: Spec, binary: Binary) -> KernelCost:
    """The cost of a binary of that spec."""
    rates, body = pipes.load_rates(binary.architecture), sass.loop(binary.sass)
    blocks = pipes.resident_blocks(binary, spec.warps)
    issue, ports = pipes.bounds(body, spec.warps, rates)
    slowest = max(ports, key=ports.get)
    mix = pipes.mix(body, spec.warps, spec.tokens * spec.numbers)
    turn = simulate.cycles_per_turn(body, blocks, spec.warps, rates, spec.near_loads)
    return KernelCost(
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
