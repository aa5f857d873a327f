"""Every console block of the README is run, and prints what the README says.

``pytest tests/test_readme.py --update-snapshots`` writes what the commands print into the README.
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
BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)
POINTS = """model,gpu,tp,scheme,batch,prompt_len,gen_len
llama-8b,h100-sxm,1,fp8,8,8192,512
qwen3-32b,h200-sxm,2,kivi-2bit,16,4096,256
"""


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
    """A folder with the files that the README's commands use."""
    toml = re.search(r"```toml\n# mine.toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mine.toml").write_text(toml[1], encoding="utf-8")
    (tmp_path / "points.csv").write_text(POINTS, encoding="utf-8")
    return tmp_path


def blocks():
    return [match["command"] for match in BLOCK.finditer(README.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("command", blocks())
def test_console_blocks_print_what_they_say(command, folder, request):
    printed = "\n".join(line.rstrip() for line in run(command, folder).splitlines()).strip("\n") + "\n"
    text = README.read_text(encoding="utf-8")
    match = next(m for m in BLOCK.finditer(text) if m["command"] == command)
    if request.config.getoption("--update-snapshots"):
        README.write_text(text[: match.start("output")] + printed + text[match.end("output") :], encoding="utf-8")
        return
    assert match["output"] == printed, "README differs: run pytest tests/test_readme.py --update-snapshots and read it"


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
