"""Types: pyright over the rooms that ``[tool.pyright]`` in pyproject.toml lists, in its basic mode, without an error.

The package ``pyright`` brings the checker and its extra ``nodejs`` the program that runs it, so nothing is downloaded.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# No look for a newer version on the network.
OFFLINE = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}


@pytest.mark.skipif(
    importlib.util.find_spec("pyright") is None, reason="needs pyright: pip install -c constraints.txt '.[test]'"
)
def test_pyright_is_clean():
    command = [
        sys.executable,
        "-m",
        "pyright",
        "--project",
        str(ROOT / "pyproject.toml"),
        "--pythonpath",
        sys.executable,
    ]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | OFFLINE, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
