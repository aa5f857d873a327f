"""The memory of one GPU as a stack, one bar per scheme: what the batch takes of the pool, and how many sequences would fit."""

import pandas as pd

from costmodel.analyses.memory import Memory, memory
from costmodel.plots.base import POINT, Figure, Request
from costmodel.plots.style import palette, stack

GIGA = 1e9
CAPTION = (
    "Memory of one GPU (GB = 10⁹ B) with the batch in place; beside each bar how many sequences of this context fit."
)
LABEL = "memory of one GPU (GB)"


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the schemes' memory at one operating point, and its title."""
    return to_frame(memory(request.deployment, request.schemes, *request.point)), request.point_title


def to_frame(stacks: list[Memory]) -> pd.DataFrame:
    """One row per part: scheme, part, gigabytes, whether the batch fits, and the largest batch that does."""
    rows = [
        {"scheme": entry.scheme, "part": part, "amount": size / GIGA, "fits": entry.fits, "most": entry.max_batch}
        for entry in stacks for part, size in entry.parts.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def format_notes(frame: pd.DataFrame) -> list[str]:
    """The note beside each bar: how many sequences fit."""
    rows = [part.iloc[0] for _, part in frame.groupby("scheme", sort=False)]
    return [f"fits {row['most']:,.0f}" + ("" if row["fits"] else ", overflows") for row in rows]


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    return stack.draw_matplotlib(frame, palette.MEMORY, title, width, LABEL, format_notes(frame))


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    return stack.draw_plotly(frame, palette.MEMORY, title, LABEL, format_notes(frame), "GB")


FIGURE = Figure(
    id="memory",
    order=5,
    summary="memory of one GPU by what fills it",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=POINT,
)
