"""Where a scheme wins, loses, or cannot be told, over batch × context: one map large, twelve side by side, all comparisons.

The link is the state: controls, the slider of model sizes and a click on a map write it, figures and words follow from it.
"""

from dataclasses import replace
from functools import partial

from dash import ALL, Input, Output, ctx, html

from costmodel.analyses import model_sizes
from costmodel.analyses.regime import COMPARISONS, Objective, Regime, compute_regimes
from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.facts import store
from costmodel.facts.deployment import Deployment
from costmodel.plots import interactive, palette, scale
from costmodel.plots import regime as drawing
from dashboards import controls, place, taken_apart, thumbnails
from dashboards.page import Drawn, Found, Page, Steer, about, view
from dashboards.selection import PLACE as WHERE
from dashboards.selection import POINT, Selection, command, only

PLACE = 0
FIELDS = ("scheme", "comparison", "binding", *WHERE, "tpot", "ttft", "batch", "context", "beside", "schemes")
KEY = {
    "same-batch": "Blue: the scheme is faster. Red: slower. Hatched: cannot be told, the 90 % interval holds 1. Solid line: 1. "
    "Dashed line and grey: does not fit. Click a cell to take its step apart.",
    "own-batch": "Above the dotted line the scheme gives more tokens per second. Click a point to take its step apart.",
}


def find(chosen: Selection) -> Found:
    """The map of the scheme, small maps of the others, and the lines of both other comparisons."""
    here, aim = place.where(chosen), objective(chosen)
    axes, scheme = place.axes(chosen, here), place.named(chosen.scheme)
    if chosen.comparison not in COMPARISONS:
        raise UnknownName("comparison", chosen.comparison, COMPARISONS)
    if chosen.comparison == "objective" and aim is None:
        raise InputError("an objective needs a TPOT or a TTFT, in milliseconds")
    wanted = (here, axes, aim, scheme)
    made, beside = _schemes(chosen, *wanted) if chosen.beside == "schemes" else _models(chosen, *wanted)
    main = made[chosen.comparison][0]
    more = {"overlay": chosen.binding == "yes"}
    told = partial(
        command, chosen, names=(*WHERE, "scheme", "batch", "context", "tpot", "ttft"), context=_context(chosen, here)
    )
    title = f"{main.scheme} against {main.baseline}: {here.label}"
    drawn = {
        "map": Drawn(
            drawing, drawing.table(main), title, told(("plot", "regime", "--comparison", main.comparison)), more
        )
    }
    for name in ("own-batch", "objective"):
        if name in made:
            lines = drawing.table(made[name][1:])
            said = command(chosen, ("plot", "regime", "--comparison", name), (*WHERE, "schemes", "context", "tpot", "ttft"),
                           schemes=[one.scheme for one in made[name][1:]], context=_context(chosen, here))  # fmt: skip
            drawn[name] = Drawn(drawing, lines, f"{COMPARISONS[name]}: {here.label}", said)
    return Found(drawn, _above(main, here, told(("regime",))), [_beside(chosen, beside)], here)


def objective(chosen: Selection) -> Objective | None:
    """The objective in seconds, where one is given."""
    aim = Objective(place.time(chosen.tpot, "TPOT"), place.time(chosen.ttft, "TTFT"))
    return None if aim == Objective() else aim


def _context(chosen: Selection, here: Deployment) -> str:
    return chosen.context or place.spread(here)


def _schemes(chosen: Selection, here, axes, aim, scheme) -> tuple[dict, list]:
    """Every comparison of the scheme and, after it, of all that stand beside it."""
    names = [scheme, *place.listed(chosen)]
    made = compute_regimes(here, names, *axes, _wanted(aim), aim, named=False)
    beside = [(one.scheme, one.scheme, one, palette.look(one.scheme).colour) for one in made["same-batch"][1:]]
    return made, beside


def _models(chosen: Selection, here, axes, aim, scheme) -> tuple[dict, list]:
    """Every comparison of the scheme up the ladder of model sizes; a size that does not fit stands aside."""
    places = {here.model.name: here}
    for model in model_sizes.SIZES:
        try:
            made = place.where(replace(chosen, model=model, tp="", weight_dtype=""))
        except CostModelError:
            continue
        places.setdefault(made.model.name, made)
    made = [(title, compute_regimes(there, [scheme], *axes, _wanted(aim), aim)) for title, there in places.items()]
    found = {name: [made[0][1][name][0], *(replace(each[name][0], scheme=title) for title, each in made)]
             for name in _wanted(aim)}  # fmt: skip
    order = [
        title
        for title in (store.read_fact_file("models", model)["name"] for model in model_sizes.SIZES)
        if title in places
    ]
    maps = {one.scheme: one for one in found["same-batch"][1:]}
    return found, [(places[title].model.id, title, maps[title], palette.INK) for title in order]


def _wanted(aim: Objective | None) -> list[str]:
    """The comparisons that can be made: all of them where there is an objective."""
    return [name for name in COMPARISONS if name != "objective" or aim is not None]


def _above(main: Regime, here: Deployment, line: str) -> list:
    counted = ", ".join(f"{word} {number}" for word, number in main.counts().items() if number)
    of = "Cells" if main.comparison == "same-batch" else "Contexts"
    said = COMPARISONS[main.comparison]
    return [
        *about(here),
        html.Div([html.H2(f"{main.scheme} against {main.baseline}"), html.P(f"{said[:1].upper()}{said[1:]}. {of}: {counted}."),
                  html.P(KEY.get(main.comparison, KEY["own-batch"]), className="quiet"),
                  html.Pre(html.Code(line), className="line")], className="heading"),
    ]  # fmt: skip


def _beside(chosen: Selection, beside: list):
    """Small maps of the same batch, each a button that makes it the large one."""
    span = thumbnails.span([made for _, _, made, _ in beside])
    buttons = [
        html.Button(
            [html.Img(src=thumbnails.image(made, span), alt=""),
             html.Span([html.Span(className="swatch", style={"background": colour}), title], className="title"),
             html.Small(_share(made))],
            id={"page": "regimes", "panel": value}, type="button", n_clicks=0,
            className="panel here" if value in (chosen.scheme, chosen.model) else "panel",
            title="Show it large",
        )
        for value, title, made, colour in beside
    ]  # fmt: skip
    what = "schemes" if chosen.beside == "schemes" else "model sizes"
    ends = scale.bar(span)["ticktext"]
    note = (
        f"Same batch: batch upwards, context to the right, one scale from {ends[0]} (red) over 1 (white) to {ends[-1]} (blue). "
        "Dark stripes: cannot be told. Grey: does not fit. Choose one to see it large."
    )
    parts = [html.H2(f"Side by side: {what}"), html.Div(buttons, className="panels"), html.P(note, className="quiet")]
    return html.Section(parts, **{"aria-label": "Side by side"})


def _share(made: Regime) -> str:
    count = made.counts()
    fit = sum(count.values()) - count["does not fit"]
    return f"wins {count['wins'] / fit:.0%}, loses {count['loses'] / fit:.0%}" if fit else "does not fit"


def to_panel(chosen: Selection, value) -> Selection:
    """The scheme or model of a small map becomes the large one."""
    if not ctx.triggered[0]["value"]:
        return chosen
    name = ctx.triggered_id["panel"]
    return (
        replace(chosen, scheme=name)
        if chosen.beside == "schemes"
        else replace(chosen, model=name, tp="", weight_dtype="")
    )


def to_size(chosen: Selection, value) -> Selection:
    """The slider moves the model."""
    model = model_sizes.SIZES[int(value)]
    return chosen if model == chosen.model else replace(chosen, model=model, tp="", weight_dtype="")


def to_cell(chosen: Selection, value) -> Selection:
    """A click on the map takes its cell apart."""
    clicked = value["points"][0]
    frame = view(PAGE, only(chosen, FIELDS)).drawn["map"].frame
    batch, context = interactive.nearest(frame, clicked["x"], clicked["y"])
    return replace(chosen, at_batch=f"{batch:.12g}", at_context=f"{context:.12g}")


def size(chosen: Selection) -> list:
    """Where the slider stands."""
    return [model_sizes.SIZES.index(chosen.model) if chosen.model in model_sizes.SIZES else None]


PAGE = Page(
    path="/",
    name="Regimes",
    lead="Where KV-cache compression pays off, where it loses, and why.",
    fields=FIELDS,
    point=POINT,
    figures={
        "map": "Map",
        "own-batch": "Each at its own largest batch",
        "objective": "Each at the largest batch within the objective",
    },
    find=find,
    first=1,
    uploads=("scheme", "config"),
    head=lambda: [controls.sizes("regimes")],
    steers=(
        Steer(Input("regimes-size", "value"), to_size),
        Steer(Input("regimes-map-graph", "clickData"), to_cell),
        Steer(Input({"page": "regimes", "panel": ALL}, "n_clicks"), to_panel),
    ),
    echo=size,
    echoes=(Output("regimes-size", "value"),),
    more=partial(taken_apart.section, "regimes"),
    bind=partial(taken_apart.bind, page="regimes"),
)
