"""The memory of one GPU as a stack, a bar a scheme: what the batch takes of the pool, and how many sequences would fit."""

import pandas as pd

from costmodel.analyses.memory import Memory
from costmodel.plots import palette, stack

GIGA = 1e9
CAPTION = (
    "Memory of one GPU (GB = 10^9 B) with the batch in place; behind each bar the sequences of this context that fit."
)


def table(found: list[Memory]) -> pd.DataFrame:
    """One row a part: scheme, part, gigabytes, whether the batch fits, and the most sequences that do."""
    rows = [
        {"scheme": made.scheme, "part": part, "amount": size / GIGA, "fits": made.fits, "most": made.max_batch}
        for made in found for part, size in made.parts.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def notes(frame: pd.DataFrame) -> list[str]:
    """What stands behind each bar."""
    ones = [rows.iloc[0] for _, rows in frame.groupby("scheme", sort=False)]
    return [f"fits {row['most']:,.0f}" + ("" if row["fits"] else ", overflows") for row in ones]


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table."""
    return stack.paper(frame, palette.MEMORY, title, width, "memory of one GPU (GB)", notes(frame))


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    return stack.figure(frame, palette.MEMORY, title, "memory of one GPU (GB)", notes(frame), "GB")
