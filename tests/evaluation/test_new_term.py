"""Adding a term of the step is one formula and one entry: everything else follows, even before anything is generated."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORMULA = '''

@formula("second", r"t_\\mathrm{choose}")
def choosing_time():
    """Choosing the next token of every sequence."""
    return 2e-3 * second * batch / sequence
'''
ENTRY = """    Term(
        "choosing", "p", "#117733", "Choosing the next token.", (choosing_time,), ("step_host_time",),
        {other_spread: (choosing_time,)}, (choosing_time,),
    ),
"""
POINT = ("--model", "llama-8b", "--gpu", "h100-sxm", "--tp", "1", "--scheme", "fp8")
POINTS = """model,gpu,tp,batch,prompt_len,gen_len,mode
llama-8b,h100-sxm,1,64,1024,256,static
llama-8b,h100-sxm,1,64,1024,256,serving
"""


def insert(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} no longer holds {old!r} once"
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package with one more term, its generated files as they were."""
    folder = tmp_path_factory.mktemp("term")
    shutil.copytree(ROOT / "costmodel", folder / "costmodel", ignore=shutil.ignore_patterns("__pycache__"))
    step, terms = (folder / "costmodel" / "formulas" / name for name in ("step.py", "terms.py"))
    insert(
        step,
        "from costmodel.language.symbols import (",
        "from costmodel.language.symbols import (batch, second, sequence,",
    )
    step.write_text(step.read_text(encoding="utf-8") + FORMULA, encoding="utf-8")
    insert(terms, "from costmodel.formulas.step import (", "from costmodel.formulas.step import (choosing_time,")
    insert(terms, ")  # fmt: skip\n", ENTRY + ")  # fmt: skip\n")
    return folder


def run(package, folder, *arguments):
    """What the command line prints, with the package of that folder, run in the other."""
    environment = os.environ | {"PYTHONPATH": str(package), "COSTMODEL_CACHE": str(folder / "cache"), "COLUMNS": "118"}
    command = [sys.executable, "-c", "from costmodel.cli.app import main; main()", *arguments]
    process = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_every_face_shows_the_term(package, tmp_path):
    assert "choosing" in run(package, tmp_path, "explain", *POINT, "--batch", "64", "--context", "1K")
    assert "p choosing" in run(package, tmp_path, "regime", *POINT, "--batch", "64,256", "--context", "1K,2K")
    run(package, tmp_path, "sweep", *POINT, "--batch", "64", "--context", "1K", "--out", "sweep.csv")
    assert "choosing_time" in (tmp_path / "sweep.csv").read_text(encoding="utf-8").splitlines()[0]
    run(package, tmp_path, "plot", "waterfall", *POINT, "--batch", "64", "--context", "1K", "--out", "bars.svg")
    assert "choosing" in (tmp_path / "bars.csv").read_text(encoding="utf-8")
    assert "#117733" in (tmp_path / "bars.svg").read_text(encoding="utf-8")


def test_prompts_and_loads_include_it(package, tmp_path):
    (tmp_path / "points.csv").write_text(POINTS, encoding="utf-8")
    header, *added = run(package, tmp_path, "predict", "points.csv").splitlines()
    _, *before = run(ROOT, tmp_path, "predict", "points.csv").splitlines()
    for rows in zip(added, before, strict=True):
        new, old = (dict(zip(header.split(","), row.split(","), strict=True)) for row in rows)
        assert float(new["tpot_ms"]) > float(old["tpot_ms"]) + 100
        assert float(new["ttft_ms"]) > float(old["ttft_ms"]) + 1.9
