"""Measurements that the formula itself wrote, fitted once for all tests."""

import pandas as pd
import pytest
from made_up import GPU, measure, shapes

from calibration import attention, blocks


@pytest.fixture(scope="session")
def plain_rows() -> pd.DataFrame:
    """Measurements of a kernel without a fallback path, 1 % noise."""
    return measure(shapes(), attention.Dispatch(), 0.01)


@pytest.fixture(scope="session")
def fitted_block(plain_rows):
    """Text of the block and keys of the fitted rows of that kernel."""
    return blocks.attention_block(plain_rows, GPU)
