"""From which context a scheme pays: the equation, the number at every batch, and how it moves with each parameter."""

import numpy as np
from dash import html

from costmodel.analyses import equations
from costmodel.analyses.breakeven import BreakEven, break_even
from costmodel.analyses.sensitivity import tornado
from costmodel.cli import options
from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment
from costmodel.language.units import format_quantity
from costmodel.plots import breakeven, sensitivity
from dashboards import place, words
from dashboards.page import Drawn, Found, Page, about
from dashboards.selection import PLACE as WHERE
from dashboards.selection import Selection, command

PLACE = 3
FIELDS = ("scheme", "at_batch", "schemes", *WHERE)
BATCH = "1:256"
LINE = ("break_even_context", "memory_slope", "multiprocessor_slope")


def find(chosen: Selection) -> Found:
    """Break-even lines of the schemes, and one of them taken apart."""
    here, scheme = place.where(chosen), place.named(chosen.scheme)
    names = [name for name in dict.fromkeys([scheme, *place.listed(chosen)]) if _compared(name)]
    if scheme not in names:
        raise InputError(
            f"{chosen.scheme} is what the others are held against: it has no break-even; choose another scheme"
        )
    batch = options.parse_count(chosen.at_batch or "8", "batch")
    sizes = options.parse_axis(BATCH, "batch")
    frame = breakeven.table([row for name in names for row in break_even(here, name, sizes)])
    told = command(chosen, ("plot", "breakeven"), (*WHERE, "schemes"), schemes=names)
    drawn = {"lines": Drawn(breakeven, frame, f"Break-even of a decode step: {here.label}", told)}
    at = break_even(here, scheme, batch)[0]
    try:
        moved = sensitivity.table(tornado(here, scheme, batch, at.context), "break-even")
        line = command(chosen, ("plot", "sensitivity", "--of", "break-even"), (*WHERE, "scheme", "at_batch"))
        drawn["tornado"] = Drawn(
            sensitivity, moved, f"Break-even of {at.scheme} at batch {batch:g}: {here.label}", line
        )
        why = None
    except CostModelError as error:
        why = html.P(f"No tornado: {error}.", className="quiet")
    line = command(chosen, ("breakeven",), (*WHERE, "scheme", "at_batch"))
    return Found(drawn, [*about(here), _told(at, here, line, why)], where=here)


def _compared(name: str) -> bool:
    scheme = compiled.load_scheme(name)
    return scheme.id != compiled.load_scheme(scheme.baseline).id


def _told(at: BreakEven, here: Deployment, line: str, why):
    """The number, the equation with the branches that bind, and what went into it."""
    found = {each["name"]: each for each in equations.build_equations(list(LINE)).as_dict()["equations"]}
    ends = [f"{end:,.0f}" if np.isfinite(end) else "never" for end in (at.low, at.high)]
    rows = [[name.replace("_", " "), format_quantity(value, "second")] for name, value in at.terms.items()]
    cross = (
        format_quantity(at.branch_crossing, "token/sequence")
        if np.isfinite(at.branch_crossing)
        else "the two lines do not cross"
    )
    formulas = [words.equation(f"{found[name]['symbol']} = {found[name]['definition']}") for name in LINE]
    return html.Section(
        [
            html.H2(f"{at.scheme} against {at.baseline} at batch {at.batch:,.0f}"),
            html.P([html.Strong(f"A decode step is faster {at.text}"), f" (90 %: {ends[0]} to {ends[1]})."]),
            html.P(f"Binding there: {at.branches[0]} for the scheme, {at.branches[1]} for the baseline."),
            html.P(f"The equation of these two branches alone gives {cross}; the number above is the root of the whole one."),
            *formulas,
            words.table("What went into the equation, one layer (slopes: for one more token)", ["quantity", "amount"], rows),
            *([why] if why else []),
            html.Pre(html.Code(line), className="line"),
        ],
        **{"aria-label": "Equation and number"},
    )  # fmt: skip


PAGE = Page(
    path="/breakeven",
    name="Break-even",
    lead="From which context a scheme makes a decode step faster: the equation, the number, and what moves it.",
    fields=FIELDS,
    figures={"lines": "Break-even over the batch", "tornado": "How it moves with each number"},
    find=find,
    uploads=("scheme", "config"),
)
