"""The table of a stress test: by scheme the quantity at three values of the axis, its evidence, and what decides.

The command line and the page print the same table from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.stress.base import StressCurve, StressResult

LEGEND = (
    "Evidence: of the scheme's kernels, on which times rest, or of what is less sure than they are; bytes, blocks and tokens "
    "follow from its format. In brackets: 90 % intervals, where they depend on more than the format."
)

OF_ALL = "Columns: the first, the middle and the last of {count} values; --json has all."
MOST_COLUMNS = 6  # that are shown without leaving any out


@dataclass(frozen=True)
class StressTable:
    """A title, heads of columns (``>`` aligns right), and rows of text."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: str = LEGEND


def tabulate(result: StressResult) -> StressTable:
    """One row a scheme: values along the axis (of many, the first, the middle and the last), evidence, and the sentence."""
    values = result.conditions.axis_values
    indices = range(len(values)) if len(values) <= MOST_COLUMNS else (0, len(values) // 2, len(values) - 1)
    heads = ("scheme", *(f">{_axis_value(values[index])}" for index in indices), "evidence", "what decides")
    rows = tuple(_row(result, curve, indices) for curve in result.curves)
    legend = LEGEND if len(indices) == len(values) else f"{LEGEND} {OF_ALL.format(count=len(values))}"
    return StressTable(f"{result.test.plot.label}, over {result.test.axis_label}", heads, rows, legend)


def _row(result: StressResult, curve: StressCurve, indices: Sequence[int]) -> tuple[str, ...]:
    plot = result.test.plot
    ends = [curve.columns[name] for name in (plot.column, *plot.band) if name in curve.columns]
    cells = (_cell([column[index] * plot.factor for column in ends]) for index in indices)
    return curve.scheme, *cells, result.evidence[curve.scheme], result.summaries[curve.scheme]


def _cell(numbers: list[float]) -> str:
    """A value, with its 90 % interval where the test has one that is not a point."""
    value, *ends = map(_format, numbers)
    return f"{value} ({'–'.join(ends)})" if len(ends) == 2 and ends[0] != ends[1] else value


def _axis_value(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _format(value: float) -> str:
    if value != value:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1e-4 else "0"
