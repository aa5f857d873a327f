"""The referee's report on a scheme or an uploaded proposal: findings first, then its chapters, and the three files.

A report takes some ten seconds, so that it is written when asked for, one at a time; what was written is kept for a while.
"""

import threading

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from costmodel.analyses.kernel_evidence import kernel_evidence
from costmodel.errors import CostModelError
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.report import Report, build_report
from costmodel.report.subject import Subject
from costmodel.report.writers import to_html, to_json, to_markdown
from dashboards import report_view, resolve, text, uploads
from dashboards.cache import single_flight_lru_cache
from dashboards.commands import format_command
from dashboards.page import Page, PageContent
from dashboards.selection import (
    DEPLOYMENT_FIELDS,
    UPLOAD_PREFIX,
    Selection,
    parse_query,
    restrict_to,
)

NAV_ORDER = 7
FIELDS = ("scheme", *DEPLOYMENT_FIELDS)
KEPT = 16  # reports
WRITERS = {"html": to_html, "md": to_markdown, "json": to_json}
LABELS = {"html": "HTML", "md": "Markdown", "json": "JSON"}
EMPTY = "No report yet for this selection. It takes some ten seconds."
BUSY = "Reading the proposal, comparing it with every known scheme, running the stress tests …"
one_at_a_time = threading.Semaphore(1)


def build_content(selection: Selection) -> PageContent:
    """What would be judged, where, and the command that writes the same; nothing is computed yet."""
    deployment, scheme = resolve.deployment_of(selection), load_scheme(resolve.scheme_of(selection.scheme))
    is_uploaded = selection.scheme.startswith(UPLOAD_PREFIX)
    named = uploads.label_of(selection.scheme) if is_uploaded else scheme.id
    command = format_command(selection, ("referee", named, "--out", "report"), DEPLOYMENT_FIELDS)
    heading = [html.H2(f"{scheme.name} ({named}) against {scheme.baseline}"), text.command_block(command)]
    evidence = kernel_evidence(deployment, [resolve.scheme_of(selection.scheme)], *resolve.point_of(Selection()))
    return PageContent({}, [text.deployment_section(deployment, evidence), html.Div(heading, className="heading")])


@single_flight_lru_cache(KEPT)
def report_of(selection: Selection) -> Report:
    """The report on the scheme of a selection; raises CostModelError for one that cannot be evaluated."""
    deployment, name = resolve.deployment_of(selection), resolve.scheme_of(selection.scheme)
    with one_at_a_time:
        return build_report(Subject(name, load_scheme(name), deployment))


def write(link: str | None) -> list:
    """The report of a link as parts of the page, below the buttons of its files; an error in words."""
    try:
        report = report_of(restrict_to(parse_query(link or ""), FIELDS))
    except CostModelError as error:
        return [html.P(uploads.without_paths(str(error)), className="message", role="alert")]
    buttons = [
        html.Button(label, id={"page": "referee", "report": suffix}, type="button", n_clicks=0,
                    **{"aria-label": f"Download the report as {label}"})
        for suffix, label in LABELS.items()
    ]  # fmt: skip
    files = html.Div([html.Span("Download:"), *buttons], className="files")
    return [files, report_view.contents(report), *report_view.report_sections(report)]


def build_file(link: str | None, suffix: str) -> dict:
    """One of the three files, as Dash sends it."""
    report = report_of(restrict_to(parse_query(link or ""), FIELDS))
    return dcc.send_string(WRITERS[suffix](report), f"report.{suffix}")


def _own_parts() -> list:
    button = html.Button("Write the report", id="referee-write", type="button", className="plain", n_clicks=0)
    busy = html.P(BUSY, className="quiet", role="status")
    shown = dcc.Loading(
        html.Div(html.P(EMPTY, className="quiet"), id="referee-report", className="report"), custom_spinner=busy
    )
    return [html.Section([button, shown], **{"aria-label": "Report"})]


def _answer(clicks: int, link: str | None) -> list:
    """What stands below the button: the report after a click, the hint after another selection."""
    is_asked = ctx.triggered_id == "referee-write" and clicks
    return write(link) if is_asked else [html.P(EMPTY, className="quiet")]


def _download(clicks: list, link: str | None):
    button = ctx.triggered_id
    if not button or not ctx.triggered[0]["value"] or button["report"] not in WRITERS:
        return no_update
    return build_file(link, button["report"])


def _register(app: Dash) -> None:
    app.callback(
        Output("referee-report", "children"), Input("referee-write", "n_clicks"), Input("referee-good", "data"),
        prevent_initial_call=True,
    )(_answer)  # fmt: skip
    app.callback(
        Output("referee-file", "data"), Input({"page": "referee", "report": ALL}, "n_clicks"),
        State("referee-good", "data"), prevent_initial_call=True,
    )(_download)  # fmt: skip


PAGE = Page(
    path="/referee",
    name="Referee",
    lead="A report on a scheme or a proposal of your own: what it is, whether it is new, where it breaks, what to change.",
    fields=FIELDS,
    figures={},
    build_content=build_content,
    uploads=("scheme", "config"),
    own_parts=_own_parts,
    register_own=_register,
)
