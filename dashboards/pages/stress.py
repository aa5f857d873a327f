"""Stress tests of schemes: every file of ``costmodel/stress`` is one, found here by file, with what it says of each scheme."""

from dash import html

from costmodel import stress
from costmodel.cli import options
from costmodel.facts import lifecycle
from costmodel.facts.schemes import parse_scheme
from costmodel.plots import stress as drawing
from dashboards import place, words
from dashboards.page import Drawn, Found, Page, about
from dashboards.selection import PLACE as WHERE
from dashboards.selection import Selection, command

PLACE = 5
FIELDS = ("test", "conditions", "over", "schemes", *WHERE)
LIFECYCLE = ("block_table", "prefix_shareable", "fork", "request_specific", "reversible")


def find(chosen: Selection) -> Found:
    """The test's lines, what decides for each scheme, the conditions that can be changed, and the life cycle of each scheme."""
    here, test = place.where(chosen), stress.load_test(chosen.test)
    names = place.listed(chosen, baseline=True)
    over = options.parse_axis(chosen.over, "axis") if chosen.over else None
    found = stress.run_test(test, here, names, over, **options.parse_conditions(chosen.conditions))
    made = drawing.Drawing(test, found.conditions_text)
    told = command(chosen, ("plot", f"stress-{test.id}"), (*WHERE, "schemes", "conditions", "over"), schemes=names)
    line = command(chosen, ("stress", test.id), (*WHERE, "schemes", "conditions", "over"), schemes=names)
    drawn = Drawn(made, drawing.table(found), here.label, told)
    said = [[curve.scheme, found.summaries[curve.scheme]] for curve in found.curves]
    above = [
        *about(here),
        html.Div(
            [html.H2(test.question), html.P(f"{found.conditions_text[:1].upper()}{found.conditions_text[1:]}."),
             html.Pre(html.Code(line), className="line")],
            className="heading",
        ),
    ]  # fmt: skip
    decides = html.Section([words.table("What decides", ["scheme", "said"], said)], **{"aria-label": "What decides"})
    return Found({"curve": drawn}, above, [decides, _conditions(test, found.conditions.numbers), _stated(names)], here)


def _conditions(test: stress.StressTest, numbers: dict[str, float]):
    """What can be changed, as it stands now."""
    rows = [
        [name, f"{numbers[name]:,g} {knob.unit.removesuffix('/sequence')}".strip(), knob.meaning]
        for name, knob in test.conditions.items()
    ]
    return html.Section(
        [words.table("Conditions of this test", ["name", "now", "meaning"], rows)], **{"aria-label": "Conditions"}
    )


def _stated(names: list[str]):
    rows = []
    for name in names:
        sentence = parse_scheme(name)
        properties = sentence.lifecycle
        rows.append([sentence.id, *(lifecycle.describe(key, properties[key]) for key in LIFECYCLE)])
    heads = ["scheme", *(key.replace("_", " ") for key in LIFECYCLE)]
    table = words.table("Life cycle, as the mechanisms of each scheme imply it", heads, rows)
    return html.Section([table], **{"aria-label": "Life cycle"})


PAGE = Page(
    path="/stress",
    name="Stress",
    lead="What happens to a scheme under forks, shared prefixes, bursts, retrieval and long conversations.",
    fields=FIELDS,
    figures={"curve": "Scheme by scheme"},
    find=find,
    first=1,
    uploads=("scheme", "config"),
)
