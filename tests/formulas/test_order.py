"""The catalogue is in the same order whichever formula is imported first."""

import subprocess
import sys

import pytest

FIRST = [
    "costmodel.formulas.breakeven",
    "costmodel.formulas.cache",
    "costmodel.mechanisms.evict",
    "calibration.kernel_fits.attention",
]
PRINT = "; from costmodel.language.quantity import catalogue; print(*catalogue)"


@pytest.fixture(scope="module")
def usual():
    return names("costmodel.formulas")


def names(module: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", f"import {module}{PRINT}"], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("module", FIRST)
def test_the_catalogue_has_one_order(module, usual):
    assert names(module) == usual and len(usual) > 250
