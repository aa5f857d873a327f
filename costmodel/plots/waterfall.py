"""The time of one decode step by what binds it, one bar per scheme: the terms sum to the step."""

import pandas as pd

from costmodel.analyses.explain import Explanation, explain
from costmodel.evaluation.compile.compiled import load_terms
from costmodel.plots.base import POINT, Figure, Request
from costmodel.plots.style import names, stack

CAPTION = "Time of one decode step by binding term; beside each bar the step time and the speed-up over the baseline."
COLUMNS = ("tpot_ms", "speedup", "speedup_lo", "speedup_hi", "fits")
LABEL = "time of a decode step (ms)"


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the schemes' steps at one operating point, and its title."""
    explanations = [explain(request.deployment, scheme, *request.point, COLUMNS) for scheme in request.schemes]
    return to_frame(explanations), request.point_title


def to_frame(explanations: list[Explanation]) -> pd.DataFrame:
    """One row per term: scheme, term, milliseconds, share; step, speed-up with its 90 % interval, and whether it fits."""
    rows = [
        {"scheme": e.scheme, "part": term.name, "amount": 1e3 * term.amount, "share": term.share,
         "step_ms": e.outputs["tpot_ms"], "speedup": e.outputs["speedup"], "low": e.outputs["speedup_lo"],
         "high": e.outputs["speedup_hi"], "baseline": e.outputs["baseline"], "fits": bool(e.outputs["fits"]),
         "origin": term.origins[0].kind}
        for e in explanations for term in e.time
    ]  # fmt: skip
    return pd.DataFrame(rows)


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows, and what every term of it means."""
    shown = set(frame.loc[frame["amount"] > 0, "part"])
    return " ".join([CAPTION, *names.term_meanings(shown)])


def format_notes(frame: pd.DataFrame) -> list[str]:
    """The note beside each bar: the step time and the speed-up."""
    notes = []
    for _, rows in frame.groupby("scheme", sort=False):
        row = rows.iloc[0]
        speedup = "" if row["scheme"] == row["baseline"] else f", {row['speedup']:.2f}×"
        notes.append(f"{row['step_ms']:.2f} ms{speedup}" + ("" if row["fits"] else ", does not fit"))
    return notes


def term_colours() -> dict[str, str]:
    """The colour of every binding term, in the order of the waterfall."""
    return {term.name: term.colour for term in load_terms()}


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    return stack.draw_matplotlib(frame, term_colours(), title, width, LABEL, format_notes(frame))


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    return stack.draw_plotly(frame, term_colours(), title, LABEL, format_notes(frame), "ms")


FIGURE = Figure(
    id="waterfall",
    order=4,
    summary="time of a decode step by binding term",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=POINT,
)
