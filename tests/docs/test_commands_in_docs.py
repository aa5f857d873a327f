"""Every command in the documentation exists, with every option that it is given there."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from calibration.__main__ import main as calibrate
from costmodel.cli.app import app

DOCS = Path(__file__).parents[2] / "docs"
LINE = re.compile(r"^costmodel [^\n]+$", re.MULTILINE)
BLOCK = re.compile(r"```(?:sh)?\n(.*?)```", re.DOTALL)
FOUND = sorted(
    (path.relative_to(DOCS).as_posix(), line)
    for path in DOCS.rglob("*.md")
    for block in BLOCK.findall(path.read_text(encoding="utf-8"))
    for line in LINE.findall(block)
)
COMMANDS = typer.main.get_command(app).commands
FEWEST = 20  # lines


def test_lines_are_found():
    assert len(FOUND) >= FEWEST and len({page for page, _ in FOUND}) >= 5


@pytest.mark.parametrize(("page", "line"), FOUND)
def test_command_and_options_exist(page, line, capsys):
    name, *words = shlex.split(line.partition(" > ")[0])[1:]
    used = {word.partition("=")[0] for word in words if word.startswith("--")}
    if name == "calibrate":
        with pytest.raises(SystemExit) as ended:
            calibrate([*(word for word in words[:1] if not word.startswith("-")), "--help"])
        assert ended.value.code == 0
        known = set(re.findall(r"--[\w-]+", capsys.readouterr().out))
    else:
        known = {option for one in COMMANDS[name].params for option in (*one.opts, *one.secondary_opts)}
    assert used <= known, f"docs/{page}"


def test_the_gpu_file_that_is_shown_can_be_read(data_folder):
    from costmodel.facts import gpus

    page = (DOCS / "howto" / "add-gpu.md").read_text(encoding="utf-8")
    (data_folder / "gpus" / "new.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    assert gpus.load("new").numbers["hbm_bandwidth"] == 3.35e12
