"""Times and shares of a curve as text, each with its 90 % interval: what a sentence, a table and a report print alike."""

from collections.abc import Mapping

import numpy as np

from costmodel.evaluation.ask.intervals import interval_columns
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.text.digits import format_digits
from costmodel.text.durations import format_duration

ENDS = ("", "_lo", "_hi")


def with_interval(evaluator: Evaluator, name: str, spread: str) -> dict[str, np.ndarray]:
    """A quantity and the ends of its 90 % interval, as ``name``, ``name_lo``, ``name_hi``, in its own unit.

    ``spread`` names the quantity that is the standard error of its logarithm. Raises UnknownName for a name of neither.
    """
    value, error = (drop_model_axes(evaluator[key]) for key in (name, spread))
    columns = interval_columns(name, value, error)
    return dict(zip(columns, np.broadcast_arrays(*columns.values()), strict=True))


def read_interval(columns: Mapping[str, np.ndarray], name: str, index: int = -1) -> tuple[float, float, float]:
    """A value of a column with the ends of its interval; NaN for the ends where the columns have none."""
    value, low, high = (
        float(np.ravel(columns[name + end])[index]) if name + end in columns else np.nan for end in ENDS
    )
    return value, low, high


def duration(columns: Mapping[str, np.ndarray], name: str, index: int = -1) -> str:
    """A time of a column (seconds) as text: ``22 ms (20.3–23.9)``."""
    return format_duration(*read_interval(columns, name, index))


def share(columns: Mapping[str, np.ndarray], name: str, index: int = -1) -> str:
    """A share of a column as text: ``7.6% (6.6–8.8)``; without brackets where it has no interval."""
    value, low, high = read_interval(columns, name, index)
    text = f"{_percent(value, value)}%"
    return f"{text} ({_percent(low, value)}–{_percent(high, value)})" if low < high else text


def _percent(number: float, value: float) -> str:
    """A number in percent: tenths, or two digits that count where the value is below one percent."""
    return f"{100 * number:.1f}" if value >= 0.01 or number == 0 else format_digits(float(f"{100 * number:.2g}"))
