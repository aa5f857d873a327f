"""Break-even context of a scheme: the equation, the number at every batch, and how it moves with each parameter."""

import numpy as np
from dash import html

from costmodel.analyses import equations
from costmodel.analyses.breakeven import BreakEven, break_even
from costmodel.analyses.kernel_evidence import kernel_evidence
from costmodel.analyses.sensitivity import tornado
from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment
from costmodel.language.units import format_quantity
from costmodel.plots import Request
from costmodel.plots import breakeven as breakeven_plot
from costmodel.plots import sensitivity as sensitivity_plot
from costmodel.text import parse
from dashboards import resolve, text
from dashboards.commands import format_command
from dashboards.page import FigureView, Page, PageContent
from dashboards.selection import DEPLOYMENT_FIELDS, Selection

NAV_ORDER = 4
BATCHES = "1:256"
FORMULAS = ("break_even_context", "memory_slope", "multiprocessor_slope")


def build_content(selection: Selection) -> PageContent:
    """Break-even lines of the schemes, and one of them in detail."""
    deployment, scheme = resolve.deployment_of(selection), resolve.scheme_of(selection.scheme)
    if not breakeven_plot.has_baseline(compiled.load_scheme(scheme)):
        raise InputError(
            f"{selection.scheme} is the baseline of this comparison and has no break-even; choose another scheme"
        )
    batch = resolve.batch_of(selection)
    request = Request(
        deployment,
        list(dict.fromkeys([scheme, *resolve.schemes_of(selection)])),
        {"batch": parse.parse_axis(BATCHES, "batch"), "context": None},
    )
    frame, title = breakeven_plot.compute(request)
    drawn = set(frame["scheme"])
    schemes = [name for name in request.schemes if compiled.load_scheme(name).id in drawn]
    command = format_command(selection, ("plot", "breakeven"), (*DEPLOYMENT_FIELDS, "schemes"), schemes=schemes)
    figures = {"lines": FigureView(breakeven_plot.FIGURE, frame, title, command)}
    result = break_even(deployment, scheme, batch)[0]
    notes = []
    try:
        figures["tornado"] = _build_tornado(selection, deployment, result)
    except CostModelError as error:
        notes = [html.P(f"No tornado: {error}.", className="quiet")]
    command = format_command(selection, ("breakeven",), (*DEPLOYMENT_FIELDS, "scheme", "at_batch"))
    contexts = parse.parse_axis(resolve.default_contexts(deployment), "context")
    evidence = kernel_evidence(deployment, request.schemes, request["batch"], contexts)
    above = [
        text.deployment_section(deployment, evidence),
        _build_detail(result, [*notes, text.command_block(command)]),
    ]
    return PageContent(figures, above)


def _build_tornado(selection: Selection, deployment: Deployment, result: BreakEven) -> FigureView:
    """How the break-even moves with each number; raises CostModelError where it never is."""
    shifts = tornado(deployment, resolve.scheme_of(selection.scheme), result.batch, result.context)
    frame = sensitivity_plot.to_frame(shifts, "break-even")
    title = f"Break-even of {result.scheme} at batch {result.batch:g}: {deployment.label}"
    subcommand = ("plot", "sensitivity", "--of", "break-even")
    command = format_command(selection, subcommand, (*DEPLOYMENT_FIELDS, "scheme", "at_batch"))
    return FigureView(sensitivity_plot.FIGURE, frame, title, command)


def _build_detail(result: BreakEven, footer: list):
    """The number, the equation with the branches that bind, and what goes into it."""
    low, high = (f"{end:,.0f}" if np.isfinite(end) else "never" for end in (result.low, result.high))
    crossing = (
        format_quantity(result.branch_crossing, "token/sequence")
        if np.isfinite(result.branch_crossing)
        else "none: the branches do not cross"
    )
    rows = [[name.replace("_", " "), format_quantity(value, "second")] for name, value in result.terms.items()]
    listed = {line["name"]: line for line in equations.build_equations(list(FORMULAS)).as_dict()["equations"]}
    formulas = [text.equation(f"{listed[name]['symbol']} = {listed[name]['definition']}") for name in FORMULAS]
    return html.Section(
        [
            html.H2(f"{result.scheme} against {result.baseline} at batch {result.batch:,.0f}"),
            html.P([html.Strong(f"A decode step is faster {result.text}"), f" (90 %: {low} to {high})."]),
            html.P(f"Binding there: {result.branches[0]} for the scheme, {result.branches[1]} for the baseline."),
            html.P(f"Crossing of these two branches alone: {crossing}. The number above is the root of the full model."),
            *formulas,
            text.table("Inputs of the equation, for one layer (slopes: per additional token)", ["quantity", "amount"], rows),
            *footer,
        ],
        **{"aria-label": "Equation and number"},
    )  # fmt: skip


PAGE = Page(
    path="/breakeven",
    name="Break-even",
    lead="From which context a scheme makes a decode step faster: the equation, the number, and what moves it.",
    fields=("scheme", "at_batch", "schemes", *DEPLOYMENT_FIELDS),
    figures={"lines": "Break-even over the batch", "tornado": "How it moves with each number"},
    build_content=build_content,
    uploads=("scheme", "config"),
)
