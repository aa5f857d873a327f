"""The user's file of an engine: the shipped text, with the constants that its own benchmarks gave."""

import re
from pathlib import Path

from calibration.bench.update import Updated
from costmodel.facts import store
from costmodel.files.whole import replace_file

UNITS = {"step_host_time": "s", "request_overhead": "s", "load_spread": "", "first_token_spread": ""}


def engine_text(text: str, updated: Updated, source: str) -> str:
    """The text of an engine's file with the updated constants, each with its source."""
    head, mark, rest = text.partition("[sources]\n")
    for name, value in updated.constants.items():
        line = f'{name} = "{value:.6g} s"' if UNITS[name] else f"{name} = {value:.6g}"
        head = re.sub(rf"^{name} = .*\n", "", head, flags=re.MULTILINE)
        rest = re.sub(rf"^{name} = .*\n", "", rest, flags=re.MULTILINE)
        head = re.sub(
            r"^(kernels = )", lambda found, line=line: f"{line}\n{found[1]}", head, count=1, flags=re.MULTILINE
        )
        rest = f'{name} = "{source}"\n' + rest
    return head + mark + rest


def write_engine(updated: Updated, source: str, folder: Path | None = None) -> Path:
    """Write the engine's file into the user's data directory (or ``folder``), whole or not at all."""
    target = (folder or store.data_folder()) / "engines" / f"{updated.engine}.toml"
    shipped = (store.PACKAGE / "engines" / f"{updated.engine}.toml").read_text(encoding="utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(target) as temporary:
        temporary.write_text(engine_text(shipped, updated, source), encoding="utf-8")
    return target
