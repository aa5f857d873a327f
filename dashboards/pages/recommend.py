"""Which set-up to run for so many users within targets: the answer first, with its command, then where it flips and the rest.

The search is that of ``costmodel recommend``. It takes seconds, so that the page has its controls and says what it does at once;
answers are cached, one search runs at a time, and one that nobody waits for any more is given up.
"""

import secrets

from dash import Dash, Input, Output, State, dcc, html, no_update

from costmodel.analyses.load import Workload
from costmodel.analyses.recommend import Judged, Recommendation, Space, Targets, recommend, words
from costmodel.errors import CostModelError
from costmodel.facts import gpus
from costmodel.text import parse
from dashboards import resolve, text, uploads
from dashboards.cache import single_flight_lru_cache
from dashboards.commands import format_command
from dashboards.page import Page, PageContent
from dashboards.searches import Searches
from dashboards.selection import Selection, parse_query, restrict_to

NAV_ORDER = 1
FIELDS = ("users", "tpot", "ttft", "prompt", "output", "model", "gpu", "gpus", "price")
MAX_GPUS, MAX_COUNTS, MAX_USERS = 64, 8, 8192  # of a search that a page waits for
KEPT = 32  # answers
BUSY = "Replaying every set-up under this load, from the fewest GPUs on; this takes some seconds …"
searches = Searches()


def read_question(selection: Selection) -> tuple[Space, Workload, Targets]:
    """What may be chosen from, the load and the targets; raises CostModelError for what cannot be."""
    model, counts = resolve.model_of(selection.model), parse.parse_gpu_counts(selection.gpus, "GPUs")
    resolve.check_largest(counts, MAX_GPUS, "GPUs")
    resolve.check_largest([len(counts)], MAX_COUNTS, "different numbers of GPUs")
    tpot, ttft = (resolve.parse_milliseconds(getattr(selection, name), name.upper()) for name in ("tpot", "ttft"))
    targets = Targets(parse.parse_count(selection.users, "users"), tpot, ttft)
    resolve.check_largest([targets.users], MAX_USERS, "users")
    lengths = (*parse.parse_lengths(selection.prompt, "prompt"), *parse.parse_lengths(selection.output, "output"))
    workload = Workload(*lengths, concurrency=targets.users)
    words.check_prompt(workload, model.max_context, "prompt")
    return Space(model, gpus.load(selection.gpu), counts), workload, targets


def build_content(selection: Selection) -> PageContent:
    """Nothing but errors: the search has a part of its own below, which shows that it is under way."""
    read_question(selection)
    resolve.price_of(selection)
    return PageContent({}, [])


@single_flight_lru_cache(KEPT)
def answer_of(selection: Selection) -> Recommendation:
    """The answer to the question of a selection; raises CostModelError where nothing can run, Abandoned where nobody waits."""
    with searches.slot(selection) as on_progress:
        return recommend(*read_question(selection), on_progress=on_progress)


def build_answer(selection: Selection, answer: Recommendation) -> list:
    """The parts of the page: the sentence and the command, where it flips, the table, what was left out."""
    _, workload, targets = read_question(selection)
    price, best = resolve.price_of(selection), answer.best
    deployment = best.setup.deployment
    flips = [html.H3("Where it flips"), html.Ul([html.Li(f"{flip[:1].upper()}{flip[1:]}.") for flip in answer.flips])]
    runner_up = answer.runner_up
    second = [] if runner_up is None else [html.H3("Runner-up"), *_setup_parts(runner_up)]
    first = html.Section(
        [
            html.P(words.sentence(answer), className="answer"),
            _copied_command(words.start_command(best)),
            *_remarks(best),
            html.P(f"Assumed: {words.assumed(workload, targets)}."),
            html.P(f"Kernels of the best set-up: {best.answer.evidence}."),
            *[html.P(line) for line in words.length_remarks(workload, deployment.model.max_context)],
        ],
        className="about", **{"aria-label": "Answer"},
    )  # fmt: skip
    headings = [name.lstrip(">") for name in words.heads(price)]
    table = text.table(
        "Best and runner-up",
        headings,
        [list(row) for row in words.rows(answer, price)],
        "setups numbers-table",
        stacks=True,
    )
    left_out = [html.P(f"Left out (set-ups): {words.left_out(answer)}.", className="quiet")] if answer.left_out else []
    command = text.command_block(format_command(selection, ("recommend",), FIELDS))
    return [
        first,
        html.Section([*(flips if answer.flips else []), *second], **{"aria-label": "Where it flips, runner-up"}),
        html.Section([table, html.P(words.NOTE, className="quiet"), *left_out, command], **{"aria-label": "Table"}),
    ]


def _copied_command(command: str):
    copy = dcc.Clipboard(target_id="recommend-start", className="copy", title="Copy the command")
    return html.Div([html.Pre(html.Code(command, id="recommend-start")), copy], className="command")


def _setup_parts(one: Judged) -> list:
    return [html.P(f"{one.setup.describe()}."), text.command_block(words.start_command(one)), *_remarks(one)]


def _remarks(one: Judged) -> list:
    return [html.P(f"{line[:1].upper()}{line[1:]}.", className="quiet") for line in words.remarks(one.setup)]


def search(link: str | None, visit: str):
    """The answer to a link as parts of the page; an error in words; no change where the visitor asked for something else."""
    selection = restrict_to(parse_query(link or ""), FIELDS)
    try:
        answer = searches.wait_for(answer_of, selection, visit)
        return no_update if answer is None else build_answer(selection, answer)
    except CostModelError as error:
        return [html.P(uploads.without_paths(str(error)), className="message", role="alert")]


def _own_parts() -> list:
    busy = html.P(BUSY, className="busy", role="status")
    answer = html.Div(id="recommend-answer", className="shown")
    return [
        dcc.Store(id="recommend-visit", data=secrets.token_urlsafe(9)),
        dcc.Loading(
            answer, custom_spinner=busy, overlay_style={"visibility": "hidden"}, parent_style={"minHeight": "120px"}
        ),
    ]


def _register(app: Dash) -> None:
    app.callback(
        Output("recommend-answer", "children"), Input("recommend-good", "data"), State("recommend-visit", "data"),
        prevent_initial_call=True,
    )(search)  # fmt: skip


PAGE = Page(
    path="/recommend",
    name="Recommend",
    lead="Which engine, GPUs, weights and cache to run for so many users within targets, and where the answer flips.",
    fields=FIELDS,
    figures={},
    build_content=build_content,
    uploads=("config",),
    own_parts=_own_parts,
    register_own=_register,
)
