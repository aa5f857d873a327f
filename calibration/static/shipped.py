"""The tables that ship: work of every codec on one architecture, written as a fact file by ``costmodel calibrate static``.

Work is what a codec's loop takes beyond the 16-bit one, in issue slots of a thread for each number. A loop that hides its
conversion behind the waits of a poor 16-bit kernel earns no credit: the difference of issued instructions is its floor.
"""

from datetime import date
from pathlib import Path

from calibration.static import codecs, pipes
from calibration.static.table import Row, row
from costmodel import files
from costmodel.errors import InputError
from costmodel.facts.static import FOLDER

ERRORS = {"fp8": 1.5}
INTEGER_ERROR = 2.0
LANES = pipes.WARP * pipes.SUB_PARTITIONS


def rows(architecture: int, names=tuple(codecs.CODECS)) -> dict[str, Row]:
    """The rows of the named codecs on one architecture, compiled here: of the launches tried, the fastest simulated."""
    return {name: min(launches(name, architecture), key=lambda one: one.cycles) for name in names}


def launches(codec: str, architecture: int) -> list[Row]:
    """The rows of every launch of a codec that is tried and that the compiler takes; InputError where it takes none."""
    found, refused = [], None
    for launch in codecs.LAUNCHES:
        try:
            found.append(row(codecs.spec(codec, architecture, *launch), architecture))
        except InputError as error:
            refused = error
    if not found:
        raise refused
    return found


def work(found: Row, base: Row) -> float:
    """Issue slots of a thread that a number takes beyond those in the 16-bit loop."""
    waits = (found.cycles - base.cycles) * LANES / (2 * codecs.WIDTH)
    return max(waits, found.instructions - base.instructions)


def text(found: dict[str, Row], today: date) -> str:
    """The fact file of one architecture."""
    base = found[codecs.BASE]
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
    for codec, one in found.items():
        lines += [f'[codec."{codec}"]']
        if one is not base:
            lines += [f"work = {work(one, base):.2f}", f"error = {ERRORS.get(codec, INTEGER_ERROR)}"]
        mix = ", ".join(f"{kind} = {count:.2f}" for kind, count in one.mix.items())
        lines += [
            f"cycles = {one.cycles:.2f}",
            f"issue_cycles = {one.issue_cycles:.2f}",
            f"port_cycles = {one.port_cycles:.2f}",
            f'port = "{one.port}"',
            f"instructions = {one.instructions:.2f}",
            f"mix = {{ {mix} }}",
            f"tokens = {one.tokens}",
            f"warps = {one.warps}",
            f"registers = {one.registers}",
            f"spilled = {one.spilled}",
            f"shared = {one.shared}",
            f"blocks = {one.blocks}",
            "",
        ]
    return "\n".join(lines)


CAPABILITIES = {80: ["8.0"], 89: ["8.9"], 90: ["9.0"], 100: ["10.0", "10.3"], 120: ["12.0"]}


def write(architecture: int, folder: Path = FOLDER) -> Path:
    """Compile every codec and write the fact file; the path written."""
    path = files.make_folder(folder) / f"sm-{architecture}.toml"
    files.write_text(path, text(rows(architecture), date.today()))
    return path
