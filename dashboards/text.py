"""What stands around the figures: assumptions, where constants come from, tables, formulas, errors. Text, no arithmetic."""

from dash import html

from costmodel.analyses.explain import Explanation
from costmodel.analyses.kernel_budget import CONDITION, EQUATION, KernelBudget
from costmodel.analyses.quality import larger_losses_on_other_benchmarks
from costmodel.facts.deployment import Deployment
from costmodel.facts.evidence import MEANINGS
from costmodel.language.units import format_quantity
from costmodel.plots.pareto import unpublished_settings
from costmodel.plots.style import names
from dashboards import uploads


def deployment_section(deployment: Deployment, evidence: dict[str, str]):
    """What is deployed, what the times of each scheme are known from (``evidence``), constants and defaults."""
    defaults = "; ".join(deployment.assumed) if deployment.assumed else "nothing; every option was given"
    basis = f"Kernel constants: {_constants(deployment)} Assumed: {defaults}."
    parts = [html.H2(deployment.label), evidence_line(evidence), html.P(basis, className="quiet")]
    return html.Section(parts, className="about")


def answer_section(sentence: str, deployment: Deployment, evidence: dict[str, str], *more):
    """The answer of a page in one sentence, what it is of and known from (``evidence``), and ``more`` that goes with it."""
    parts = [html.P(sentence, className="answer"), evidence_line(evidence, deployment.label), *more]
    return html.Section(parts, **{"aria-label": "Answer"})


def evidence_line(evidence: dict[str, str], subject: str = ""):
    """A badge for every scheme, behind the ``subject``: the weakest evidence of its times among what the page shows."""
    badges = [subject] if subject else []
    for scheme, word in evidence.items():
        badge = html.Strong(word, className=f"badge {word}", title=f"{word}: {MEANINGS[word]}")
        badges.append(html.Span([f"{names.scheme_name(scheme)}: ", badge]))
    return html.P(badges, className="evidence")


def origin_badge(origin: str):
    """Where the constants of a profile come from: measured, inherited or UNCALIBRATED, in its colour."""
    return html.Strong({"ideal": "UNCALIBRATED"}.get(origin, origin), className=f"badge {origin}")


def _constants(deployment: Deployment) -> str:
    profile = deployment.profile
    if profile.origin == "ideal":
        return (
            f"UNCALIBRATED, no measurements of {deployment.gpu.id} with {deployment.engine.id}; typical kernel constants, "
            "wide intervals."
        )
    if profile.origin == "inherited":
        return f"inherited from {profile.id} (same architecture), intervals widened."
    return f"profile {profile.id}, fitted {profile.fitted}."


def error_message(text: str, has_previous: bool) -> list:
    """An error, and what the figures below it show where there are any."""
    message = [html.Strong("Cannot show this selection: "), uploads.without_paths(text)]
    return [*message, html.Small("The figures below are from the last valid selection.")] if has_previous else message


def command_block(command: str):
    """A command line, to be copied."""
    return html.Pre(html.Code(command), className="line")


def explanation_parts(explanation: Explanation) -> list:
    """One step: its time as a waterfall and its memory as a stack, each term with the sources of what decides it."""
    outputs, sources = explanation.outputs, {}
    step, speedup = (_with_interval(outputs, name) for name in ("tpot_ms", "speedup"))
    heading = f"{explanation.scheme}, batch {explanation.batch:,.0f}, context {explanation.context:,.0f}"
    rate = f"{outputs['throughput_tok_s']:,.0f} tokens/s"
    summary = [
        html.P([html.Strong(heading), "" if outputs["fits"] else " (does not fit; computed as if it did)"]),
        html.P(f"Step {step} ms; {outputs['binding_term']} binds; {rate}"),
        html.P(f"Speed-up {speedup} over {outputs['baseline']}. Attention kernel: {explanation.kernel}."),
    ]
    time = _term_table("Time of a step", explanation.time, "second", sources)
    memory = _term_table("Memory of one GPU", explanation.memory, "byte", sources)
    listed = html.Ol([html.Li(source) for source in sources])
    return [*summary, html.Div([time, memory], className="tables"), html.H3("Sources"), listed]


def budget_parts(budget: KernelBudget) -> list:
    """How long the attention kernel of a scheme may take at one point, and what kernels take."""
    rows = [["budget, same batch", _nanoseconds(budget.latency), "", ""]]
    rows.append(["budget, each at its own largest batch", _nanoseconds(budget.capacity), "", ""])
    for index, kernel in enumerate(budget.kernels):
        pays = "" if index == 0 else "pays" if kernel.seconds < budget.latency else "too slow"
        rows.append([kernel.name, _nanoseconds(kernel.seconds), kernel.evidence, pays])
    headings = ["kernel", "ns a token and KV head", "evidence", "at the same batch"]
    note = f"{EQUATION}; {CONDITION}. Where nobody measured: {budget.slow_end}."
    return [
        html.H3("Kernel budget"),
        table("Kernel budget", headings, rows, stacks=True),
        html.P(note, className="quiet"),
    ]


def _nanoseconds(seconds) -> str:
    return f"{1e9 * float(seconds):.3g}"


def _with_interval(outputs: dict, name: str) -> str:
    return f"{outputs[name]:.3f} (90 %: {outputs[name + '_lo']:.3f} to {outputs[name + '_hi']:.3f})"


def _term_table(title: str, terms, unit: str, sources: dict[str, int]):
    """A table of terms; a source that is new gets the next number in ``sources``."""
    head = html.Tr([html.Th(heading, scope="col") for heading in ("term", "amount", "share", "sources")])
    rows = [_term_row(term, unit, sources) for term in terms]
    return scrolled(html.Table([html.Caption(title), html.Thead(head), html.Tbody(rows)], className="waterfall"), title)


def _term_row(term, unit: str, sources: dict[str, int]):
    numbers = [sources.setdefault(f"{origin.kind}: {origin.text}", len(sources) + 1) for origin in term.origins]
    bar = html.Span(className="bar", style={"width": f"{term.share:.1%}"})
    share = html.Td([html.Span(f"{term.share:.1%}", className="number"), html.Span(bar, className="track")])
    amount = html.Td(format_quantity(term.amount, unit))
    return html.Tr([html.Th(term.name, scope="row"), amount, share, html.Td(", ".join(map(str, numbers)))])


def equation(tex: str, numbers: str | None = None):
    """A formula for the page's own renderer, and the same with numbers substituted; both can be copied as LaTeX."""
    parts = [html.Div(tex, className="tex")]
    if numbers:
        parts.append(html.Div(numbers, className="tex numbers"))
    return html.Div(parts, className="equation")


def symbol(tex: str):
    """A symbol in a line of text."""
    return html.Span(tex, className="tex")


def table(title: str, headings: list[str], rows: list[list], classes: str = "", stacks: bool = False):
    """A table with its caption and headings for screen readers; the first cell of a row names the row.

    Where it ``stacks``, its rows become cards on a phone, each cell behind its heading; otherwise it scrolls.
    """
    head = html.Tr([html.Th(heading, scope="col") for heading in headings])
    body = [
        html.Tr([
            html.Th(row[0], scope="row"),
            *(html.Td(cell, **{"data-h": heading}) for heading, cell in zip(headings[1:], row[1:], strict=True)),
        ])
        for row in rows
    ]  # fmt: skip
    names = f"{classes} cards".strip() if stacks else classes
    content = html.Table([html.Caption(title), html.Thead(head), html.Tbody(body)], className=names)
    return scrolled(content, title)


def scrolled(content, title: str):
    """What may be wider than its place: it scrolls, and a line and a shadow show it where it does."""
    return html.Div(content, className="scroll", tabIndex="0", role="region", **{"aria-label": title})


def published_quality(frame, benchmark: str) -> list:
    """What a quality loss is, how many settings have none, and what those drawn lose on other benchmarks."""
    name, missing = frame["benchmark_name"].iloc[0], unpublished_settings(frame)
    paragraphs = [
        html.P([html.Strong("Quality loss: "), f"on {name}, as published by others, not modelled; bars are over models. "
                f"{len(missing)} of {len(frame)} settings have no published score there and are not drawn: they are listed "
                "below the figure, with the sources of the others."])
    ]  # fmt: skip
    published = list(frame["setting"][frame["models"] > 0])
    for loss, larger in larger_losses_on_other_benchmarks(published, benchmark):
        paragraphs.append(
            html.P(
                f"One benchmark is not enough: {loss.setting} loses {loss.value:.1%} on {name} and {larger.value:.1%} on "
                f"{larger.benchmark.name} ({larger.benchmark.asks}), over the models measured there."
            )
        )
    return paragraphs
