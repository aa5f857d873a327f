"""Where a scheme wins, loses, or neither can be concluded, over batch × context: one large map, others beside it.

The link is the state: controls, the slider of model sizes and a click on a map change it, figures and text follow from it.
"""

from dataclasses import replace
from functools import partial

from dash import ALL, Input, Output, ctx, html

from costmodel.analyses import model_sizes
from costmodel.analyses.kernel_evidence import kernel_evidence
from costmodel.analyses.regime import COMPARISONS, Objective, Regime
from costmodel.analyses.sentences import regime_sentence
from costmodel.errors import InputError, UnknownName
from costmodel.plots import regime as regime_plot
from dashboards import controls, resolve, side_by_side, step_breakdown, text
from dashboards.commands import format_command
from dashboards.page import FigureView, Page, PageContent, SelectionInput, view
from dashboards.selection import DEPLOYMENT_FIELDS, POINT_FIELDS, Selection, restrict_to

NAV_ORDER = 0
MAP_OPTIONS = (*DEPLOYMENT_FIELDS, "scheme", "batch", "context", "tpot", "ttft")
LINE_OPTIONS = (*DEPLOYMENT_FIELDS, "schemes", "context", "tpot", "ttft")
MAP_LEGEND = (
    "Blue: the scheme is faster. Red: slower. Hatched: inconclusive (the 90 % interval contains 1). Cross-hatched: needs a "
    "kernel (an ideal one wins, these were not measured; the hover text has its budget). Solid line: 1. "
    "Dashed line and grey: does not fit, or beyond the model's context limit. Click a cell to see the breakdown of its step."
)
LINE_LEGEND = (
    "Above the dotted line the scheme gives more tokens per second. Click a point to see the breakdown of its step."
)


def build_content(selection: Selection) -> PageContent:
    """The map of the scheme, small maps of the others, and the lines of both other comparisons."""
    deployment, objective = resolve.deployment_of(selection), _objective_of(selection)
    if selection.comparison not in COMPARISONS:
        raise UnknownName("comparison", selection.comparison, COMPARISONS)
    if selection.comparison == "objective" and objective is None:
        raise InputError("an objective needs a TPOT or a TTFT, in milliseconds")
    maps = side_by_side.compute_maps(selection, deployment, objective)
    main = maps.by_comparison[selection.comparison][0]
    context = selection.context or resolve.default_contexts(deployment)
    command = partial(format_command, selection, names=MAP_OPTIONS, context=context)
    figures = {
        "map": FigureView(
            regime_plot.FIGURE, regime_plot.to_frame(main), f"{main.scheme} against {main.baseline}: {deployment.label}",
            command(("plot", "regime", "--comparison", main.comparison)), {"binding": selection.binding == "yes"},
        )
    }  # fmt: skip
    for comparison in ("own-batch", "objective"):
        if comparison in maps.by_comparison:
            lines = maps.by_comparison[comparison][1:]
            schemes = resolve.schemes_of(selection) if selection.beside == "schemes" else [selection.scheme]
            subcommand = ("plot", "regime", "--comparison", comparison)
            figures[comparison] = FigureView(
                regime_plot.FIGURE, regime_plot.to_frame(lines), f"{COMPARISONS[comparison]}: {deployment.label}",
                format_command(selection, subcommand, LINE_OPTIONS, schemes=schemes, context=context),
            )  # fmt: skip
    answer = regime_sentence({selection.comparison: [main]})
    others = {name: of_name[:1] for name, of_name in maps.by_comparison.items() if name != selection.comparison}
    words = html.P(regime_sentence(others), className="quiet")
    beside = html.Details([html.Summary("The other comparisons"), words], className="fold")
    below = [_build_reading(main, command(("regime",))), side_by_side.build_section(selection, maps.panels)]
    scheme, axes = resolve.scheme_of(selection.scheme), resolve.axes_of(selection, deployment)
    others = resolve.schemes_of(selection) if selection.beside == "schemes" else []
    evidence = kernel_evidence(deployment, dict.fromkeys([scheme, *others]), *axes)
    above = [text.answer_section(answer, deployment, {scheme: evidence[scheme]}, beside)]
    return PageContent(figures, above, [*below, text.deployment_section(deployment, evidence)])


def _objective_of(selection: Selection) -> Objective | None:
    """The objective in seconds, where there is one."""
    tpot, ttft = (resolve.parse_milliseconds(getattr(selection, name), name.upper()) for name in ("tpot", "ttft"))
    return None if tpot is None and ttft is None else Objective(tpot, ttft)


def _build_reading(main: Regime, command: str):
    counts = ", ".join(f"{verdict} {count}" for verdict, count in main.counts().items() if count)
    is_map = main.comparison == "same-batch"
    comparison = COMPARISONS[main.comparison]
    summary = f"{comparison[:1].upper()}{comparison[1:]}. {'Cells' if is_map else 'Contexts'}: {counts}."
    evidence = ", ".join(dict.fromkeys(main.evidence.ravel()))
    kernels = f"Kernels: {main.implementation} ({evidence})."
    legend = html.P(MAP_LEGEND if is_map else LINE_LEGEND, className="quiet")
    heading = html.H2(f"How to read the map of {main.scheme} against {main.baseline}")
    return html.Section(
        [heading, html.P(summary), html.P(kernels), legend, text.command_block(command)],
        **{"aria-label": "How to read the map"},
    )


def select_panel(selection: Selection, value) -> Selection:
    """The scheme or model of a small map becomes the large one."""
    if not ctx.triggered[0]["value"]:
        return selection
    name = ctx.triggered_id["panel"]
    return replace(selection, scheme=name) if selection.beside == "schemes" else _with_model(selection, name)


def select_size(selection: Selection, value) -> Selection:
    """The slider selects a model."""
    model = model_sizes.SIZES[int(value)]
    return selection if model == selection.model else _with_model(selection, model)


def _with_model(selection: Selection, model: str) -> Selection:
    """The selection with another model, on as many GPUs and with such weights as suit it."""
    return replace(selection, model=model, tp="", weight_dtype="")


def select_cell(selection: Selection, value) -> Selection:
    """A click on the map selects the operating point to break down."""
    click = value["points"][0]
    frame = view(PAGE, restrict_to(selection, PAGE.fields)).figures["map"].frame
    batch, context = regime_plot.nearest_point(frame, click["x"], click["y"])
    return replace(selection, at_batch=f"{batch:.12g}", at_context=f"{context:.12g}")


def slider_position(selection: Selection) -> list:
    """The value of the slider of model sizes."""
    return [model_sizes.SIZES.index(selection.model) if selection.model in model_sizes.SIZES else None]


PAGE = Page(
    path="/",
    name="Regimes",
    lead="Where KV-cache compression pays off, where it loses, and why.",
    fields=(
        "scheme",
        "comparison",
        "binding",
        *DEPLOYMENT_FIELDS,
        "tpot",
        "ttft",
        "batch",
        "context",
        "beside",
        "schemes",
    ),
    point_fields=POINT_FIELDS,
    figures={
        "map": "Where it wins",
        "own-batch": "Each at its own largest batch",
        "objective": "Each at the largest batch within the objective",
    },
    build_content=build_content,
    leading_figures=1,
    uploads=("scheme", "config"),
    own_controls=lambda: [controls.build_size_slider("regimes")],
    inputs=(
        SelectionInput(Input("regimes-size", "value"), select_size),
        SelectionInput(Input("regimes-map-graph", "clickData"), select_cell),
        SelectionInput(Input({"page": "regimes", "panel": ALL}, "n_clicks"), select_panel),
    ),
    echo=slider_position,
    echo_outputs=(Output("regimes-size", "value"),),
    aside=partial(step_breakdown.build_aside, "regimes"),
    own_parts=partial(step_breakdown.build_section, "regimes"),
    register_own=partial(step_breakdown.register, page_id="regimes"),
)
