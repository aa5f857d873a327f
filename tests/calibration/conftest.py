"""Measurements that the formula itself wrote, fitted once for all tests."""

import pandas as pd
import pytest
from synthetic import GPU, measure, shapes

from calibration.data.columns import Dispatch
from calibration.kernel_fits.attention import attention_section


@pytest.fixture(scope="session")
def plain_rows() -> pd.DataFrame:
    """Measurements of a kernel without a fallback path, 1 % noise."""
    return measure(shapes(), Dispatch(), 0.01)


@pytest.fixture(scope="session")
def fitted_section(plain_rows):
    """The section of a profile that a fit of that kernel gives."""
    return attention_section(plain_rows, GPU)
