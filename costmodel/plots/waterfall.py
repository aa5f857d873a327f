"""The time of one decode step by what binds it, a bar a scheme: the terms sum to the step."""

import pandas as pd

from costmodel.analyses.explain import Explanation
from costmodel.plots import palette, stack

CAPTION = "Time of one decode step by the term that binds; behind each bar the step and the speed-up over the baseline."


def table(found: list[Explanation]) -> pd.DataFrame:
    """One row a term: scheme, term, milliseconds, share; step, speed-up with its 90 % interval, and whether it fits."""
    rows = [
        {"scheme": made.scheme, "part": term.name, "amount": 1e3 * term.amount, "share": term.share,
         "step_ms": made.outputs["tpot_ms"], "speedup": made.outputs["speedup"], "low": made.outputs["speedup_lo"],
         "high": made.outputs["speedup_hi"], "baseline": made.outputs["baseline"], "fits": bool(made.outputs["fits"]),
         "origin": term.origins[0].kind}
        for made in found for term in made.time
    ]  # fmt: skip
    return pd.DataFrame(rows)


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def notes(frame: pd.DataFrame) -> list[str]:
    """What stands behind each bar."""
    told = []
    for _, rows in frame.groupby("scheme", sort=False):
        row = rows.iloc[0]
        gain = "" if row["scheme"] == row["baseline"] else f", {row['speedup']:.2f}×"
        told.append(f"{row['step_ms']:.2f} ms{gain}" + ("" if row["fits"] else ", does not fit"))
    return told


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table."""
    return stack.paper(frame, palette.TERMS, title, width, "time of a decode step (ms)", notes(frame))


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    return stack.figure(frame, palette.TERMS, title, "time of a decode step (ms)", notes(frame), "ms")
