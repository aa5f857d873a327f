"""What stands below the figure: assumptions, where constants come from, and a point taken apart. Words, no arithmetic."""

from dash import html

from costmodel.analyses.explain import Explanation
from costmodel.analyses.regime import COMPARISONS
from costmodel.language.units import write
from dashboards.view import View

KEY = {
    "same-batch": "Blue: the scheme is faster. Red: slower. Hatched: cannot be told, the 90 % interval holds 1. "
    "Grey without a number: does not fit. Click a cell to take its step apart.",
    "own-batch": "Above the dotted line the scheme gives more tokens per second. Click a point to take its step apart.",
}


def heading(found: View) -> list:
    """What is compared, where, and how often it wins."""
    counted = ", ".join(f"{word} {number}" for word, number in found.made.counts().items() if number)
    of = "Cells" if found.made.comparison == "same-batch" else "Contexts"
    return [
        html.H2(f"{found.made.scheme} against {found.made.baseline}"),
        html.P(found.where.label),
        html.P(f"{_first(COMPARISONS[found.made.comparison])}. {of}: {counted}.", className="quiet"),
    ]


def key(found: View) -> str:
    """How to read the figure."""
    return KEY.get(found.made.comparison, KEY["own-batch"])


def notes(found: View) -> list:
    """What nobody asked for, and where the kernel constants come from."""
    where = found.where
    profile, kind, words = where.profile, "", ""
    if profile.origin == "ideal":
        kind = "UNCALIBRATED"
        words = f"no measurement of {where.gpu.id} under {where.engine.id}; typical kernel constants, wide intervals."
    elif profile.origin == "inherited":
        kind, words = "inherited", f"from {profile.id} (same architecture), intervals widened."
    else:
        kind, words = "measured", f"profile {profile.id}, fitted {profile.fitted}."
    badge = html.Strong(kind, className=f"badge {profile.origin}")
    assumed = "; ".join(where.assumed) if where.assumed else "nothing: all of it was asked for"
    return [
        html.Dt("Kernel constants"), html.Dd([badge, " ", words]),
        html.Dt("Assumed"), html.Dd(f"{assumed}."),
    ]  # fmt: skip


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
        [html.Th(term.name, scope="row"), html.Td(write(term.amount, unit)), share, html.Td(", ".join(marks))]
    )


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
