"""What stands around the figures: assumptions, where constants come from, a point taken apart. Words, no arithmetic."""

from dash import html

from costmodel.analyses.explain import Explanation
from costmodel.analyses.quality import larger_losses_on_other_benchmarks
from costmodel.facts.deployment import Deployment
from costmodel.language.units import format_quantity
from costmodel.plots.pareto import missing


def notes(where: Deployment) -> list:
    """Where the kernel constants come from, and what nobody asked for."""
    assumed = "; ".join(where.assumed) if where.assumed else "nothing: all of it was asked for"
    return [
        html.Dt("Kernel constants"), html.Dd([badge(where.profile.origin), " ", constants(where)]),
        html.Dt("Assumed"), html.Dd(f"{assumed}."),
    ]  # fmt: skip


def badge(origin: str):
    """Measured, inherited or UNCALIBRATED, in its colour."""
    return html.Strong({"ideal": "UNCALIBRATED"}.get(origin, origin), className=f"badge {origin}")


def constants(where: Deployment) -> str:
    """What the badge means here."""
    profile = where.profile
    if profile.origin == "ideal":
        return f"no measurement of {where.gpu.id} under {where.engine.id}; typical kernel constants, wide intervals."
    if profile.origin == "inherited":
        return f"from {profile.id} (same architecture), intervals widened."
    return f"profile {profile.id}, fitted {profile.fitted}."


def explanation(found: Explanation) -> list:
    """Time as a waterfall and memory as a stack, each term with the sources of what decides it."""
    out, legend = found.outputs, {}
    step, gain = (f"{out[n]:.3f} (90 %: {out[n + '_lo']:.3f} to {out[n + '_hi']:.3f})" for n in ("tpot_ms", "speedup"))
    said = [
        html.P([html.Strong(f"{found.scheme}, batch {found.batch:,.0f}, context {found.context:,.0f}"),
                "" if out["fits"] else " (does not fit; as if it did)"]),
        html.P(f"Step {step} ms; {out['binding_term']} binds; {out['throughput_tok_s']:,.0f} tokens/s"),
        html.P(f"Speed-up {gain} over {out['baseline']}. Attention kernel: {found.kernel}."),
    ]  # fmt: skip
    time = _table("Time of a step", found.time, "second", legend)
    memory = _table("Memory of one GPU", found.memory, "byte", legend)
    sources = html.Ol([html.Li(text) for text in legend])
    return [*said, html.Div([time, memory], className="tables"), html.H3("Sources"), sources]


def _table(title: str, terms, unit: str, legend: dict):
    head = html.Tr([html.Th(word, scope="col") for word in ("term", "amount", "share", "sources")])
    rows = [_row(term, unit, legend) for term in terms]
    return html.Table([html.Caption(title), html.Thead(head), html.Tbody(rows)], className="waterfall")


def _row(term, unit: str, legend: dict):
    marks = [str(legend.setdefault(f"{each.kind}: {each.text}", len(legend) + 1)) for each in term.origins]
    bar = html.Span(className="bar", style={"width": f"{term.share:.1%}"})
    share = html.Td([html.Span(f"{term.share:.1%}", className="number"), html.Span(bar, className="track")])
    return html.Tr(
        [html.Th(term.name, scope="row"), html.Td(format_quantity(term.amount, unit)), share, html.Td(", ".join(marks))]
    )


def equation(tex: str, numbers: str | None = None):
    """A formula for the page's own renderer, and the same with numbers put in; a reader of LaTeX can copy both."""
    parts = [html.Div(tex, className="tex")]
    if numbers:
        parts.append(html.Div(numbers, className="tex numbers"))
    return html.Div(parts, className="equation")


def table(title: str, heads: list[str], rows: list[list], classes: str = ""):
    """A table with its caption and heads for screen readers; the first cell of a row names it."""
    head = html.Tr([html.Th(word, scope="col") for word in heads])
    body = [html.Tr([html.Th(row[0], scope="row"), *(html.Td(cell) for cell in row[1:])]) for row in rows]
    made = html.Table([html.Caption(title), html.Thead(head), html.Tbody(body)], className=classes)
    return html.Div(made, className="scroll", tabIndex="0", role="region", **{"aria-label": title})


def symbol(tex: str):
    """A symbol in a line of text."""
    return html.Span(tex, className="tex")


def first(text: str) -> str:
    """The first sentence of a text."""
    return " ".join(text.split("\n\n")[0].split())


def published(frame, benchmark: str) -> list:
    """What a quality loss is, how many settings have none, and what the drawn ones lose on other benchmarks."""
    name, absent = frame["benchmark_name"].iloc[0], missing(frame)
    told = [
        html.P([html.Strong("Quality loss: "), f"of {name}, as published by others, not modelled; bars are over models. "
                f"{len(absent)} of {len(frame)} settings have no published figure there and are not drawn: they, and the "
                "sources of the others, stand under the figure."])
    ]  # fmt: skip
    drawn = list(frame["setting"][frame["models"] > 0])
    for here, other in larger_losses_on_other_benchmarks(drawn, benchmark):
        told.append(
            html.P(
                f"One benchmark does not tell: {here.setting} loses {here.value:.1%} of {name} and {other.value:.1%} of "
                f"{other.benchmark.name} ({other.benchmark.asks}), over the models measured there."
            )
        )
    return told
