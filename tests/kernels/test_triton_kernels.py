"""Triton kernels against the torch references, in Triton's interpreter, at fresh random inputs."""

import os
import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("triton")),
    reason="the kernels need torch and Triton (Linux): pip install 'costmodel[kernels]'",
)
FOLDER = Path(__file__).parent


@pytest.mark.parametrize("case", ["attends", "rounds", "evicts", "moves_words"])
def test_a_kernel_agrees_with_its_reference(case):
    seed = int(os.environ.get("COSTMODEL_SEED", random.SystemRandom().randrange(2**31)))
    paths = [str(FOLDER.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    run = subprocess.run(
        [sys.executable, str(FOLDER / "interpreted.py"), case, str(seed)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        check=False,
    )
    assert run.returncode == 0, f"COSTMODEL_SEED={seed}\n{run.stdout[-1000:]}\n{run.stderr[-3000:]}"
