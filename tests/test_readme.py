"""Every console block of the README, the tour and the page on accuracy is run, and prints what the page says.

``pytest tests/test_readme.py --update-snapshots`` writes what the commands print into the pages.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "tour.md", ROOT / "docs" / "accuracy.md")
BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)


def run(command: str, folder: Path) -> str:
    """What a command of the README prints, standard output and error together."""
    words = shlex.split(command)
    assert words[0] == "costmodel"
    environment = os.environ | {"COLUMNS": "118", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "costmodel", *words[1:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that the pages show and their commands use."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name, pattern in (("mine.toml", r"```toml\n# mine.toml\n(.*?)```"), ("points.csv", r"```csv\n(.*?)```")):
        (tmp_path / name).write_text(re.search(pattern, text, re.DOTALL)[1], encoding="utf-8")
    return tmp_path


def blocks():
    return [(page, match["command"]) for page in PAGES for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "command"), blocks(), ids=[command for _, command in blocks()])
def test_console_blocks_print_what_they_say(page, command, folder, request):
    printed = "\n".join(line.rstrip() for line in run(command, folder).splitlines()).strip("\n") + "\n"
    text = page.read_text(encoding="utf-8")
    match = next(m for m in BLOCK.finditer(text) if m["command"] == command)
    if request.config.getoption("--update-snapshots"):
        page.write_text(text[: match.start("output")] + printed + text[match.end("output") :], encoding="utf-8")
        return
    assert match["output"] == printed, (
        f"{page.name} differs: run pytest tests/test_readme.py --update-snapshots and read it"
    )


def test_python_block_runs(folder, capsys):
    code = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    lines = code.strip().splitlines()
    names: dict = {}
    exec(compile("\n".join(lines[:-1]), "README", "exec"), names)
    value = eval(compile(lines[-1], "README", "eval"), names)
    assert 0.9 < value < 2


def test_ci_runs_the_test_command_of_the_readme():
    line = [
        x
        for x in README.read_text(encoding="utf-8").splitlines()
        if x.startswith("pip install") and x.endswith("pytest")
    ]
    assert len(line) == 1
    assert "grep -m1 '^pip install .*pytest$' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_first_figure_is_the_projects_own(folder):
    """The figure's table beside it is what its command computes today."""
    caption = re.search(r"`costmodel (plot regime [^`]+)`", README.read_text(encoding="utf-8"))[1]
    run(f"costmodel {caption} --out figure.svg", folder)
    mine, shown = (pd.read_csv(path) for path in (folder / "figure.csv", ROOT / "docs" / "figures" / "regime.csv"))
    stale = "the README's figure, stale: costmodel plot regime … --out docs/figures/regime.svg"
    pd.testing.assert_frame_equal(mine, shown, rtol=1e-6, obj=stale)  # processors differ in the last digit
