"""The tables that ship: work of every codec on one architecture, written as a fact file by ``costmodel calibrate static``.

Work is what a codec's loop takes beyond the 16-bit one, in issue slots of a thread for each number. A loop that hides its
conversion behind the waits of a poor 16-bit kernel earns no credit: the difference of issued instructions is its floor.
"""

from datetime import date
from pathlib import Path

from calibration.static import codecs, pipes
from calibration.static.kernel_cost import KernelCost, kernel_cost
from costmodel import files
from costmodel.errors import InputError
from costmodel.facts.codec_costs import FOLDER

ERRORS = {"fp8": 1.5}
INTEGER_ERROR = 2.0
LANES = pipes.WARP * pipes.SUB_PARTITIONS


def codec_costs(architecture: int, names=tuple(codecs.CODECS)) -> dict[str, KernelCost]:
    """The costs of the named codecs on one architecture, compiled here: of the launches tried, the fastest simulated."""
    return {name: min(launches(name, architecture), key=lambda cost: cost.cycles) for name in names}


def launches(codec: str, architecture: int) -> list[KernelCost]:
    """The costs of every launch of a codec that is tried and that the compiler takes; InputError where it takes none."""
    costs, refusal = [], None
    for launch in codecs.LAUNCHES:
        try:
            costs.append(kernel_cost(codecs.spec(codec, architecture, *launch), architecture))
        except InputError as error:
            refusal = error
    if not costs:
        raise refusal
    return costs


def work(cost: KernelCost, base: KernelCost) -> float:
    """Issue slots of a thread that a number takes beyond those in the 16-bit loop."""
    waits = (cost.cycles - base.cycles) * LANES / (2 * codecs.WIDTH)
    return max(waits, cost.instructions - base.instructions)


def format_table(costs: dict[str, KernelCost], today: date) -> str:
    """The fact file of one architecture."""
    base = costs[codecs.BASE]
    name = f"sm-{base.architecture}"
    lines = [
        f'architecture = "{name}"',
        f"capabilities = {CAPABILITIES[base.architecture]}".replace("'", '"'),
        'label = "static"',
        f'source = "calibration/kernels/triton/attention.py under Triton {base.triton}, cross-compiled; its loop simulated in '
        'order by calibration/static with recalled rates; no measurement"',
        f'triton = "{base.triton}"',
        f"made = {today}",
        f'shape = "head width {codecs.WIDTH}, {codecs.PACKED} query heads a cached head, the fastest of 4 launches"',
        "",
    ]
    for codec, cost in costs.items():
        lines += [f'[codec."{codec}"]']
        if cost is not base:
            lines += [f"work = {work(cost, base):.2f}", f"error = {ERRORS.get(codec, INTEGER_ERROR)}"]
        mix = ", ".join(f"{name} = {count:.2f}" for name, count in cost.mix.items())
        lines += [
            f"cycles = {cost.cycles:.2f}",
            f"issue_cycles = {cost.issue_cycles:.2f}",
            f"port_cycles = {cost.port_cycles:.2f}",
            f'port = "{cost.port}"',
            f"instructions = {cost.instructions:.2f}",
            f"mix = {{ {mix} }}",
            f"tokens = {cost.tokens}",
            f"warps = {cost.warps}",
            f"registers = {cost.registers}",
            f"spilled = {cost.spilled}",
            f"shared = {cost.shared}",
            f"blocks = {cost.blocks}",
            "",
        ]
    return "\n".join(lines)


CAPABILITIES = {80: ["8.0"], 89: ["8.9"], 90: ["9.0"], 100: ["10.0", "10.3"], 120: ["12.0"]}


def write(architecture: int, folder: Path = FOLDER) -> Path:
    """Compile every codec and write the fact file; the path written."""
    path = files.make_folder(folder) / f"sm-{architecture}.toml"
    files.write_text(path, format_table(codec_costs(architecture), date.today()))
    return path
