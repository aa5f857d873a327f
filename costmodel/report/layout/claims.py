"""Claims as a page: a waterfall each."""

from collections.abc import Iterable

from costmodel.analyses.claims import Rebased
from costmodel.facts.claims import METRICS
from costmodel.report.blocks import BAD, GOOD, OPEN, PLAIN, Bar, Bars, Block, Bullets, Paragraph, Table
from costmodel.report.layout.numbers import times, tone_of, with_span
from costmodel.report.sections.claims import Claims


def lay_out(claims: Claims) -> list[Block]:
    """One table over all claims, then a waterfall of every claim that can be re-based."""
    if not claims.rebased:
        return [Paragraph("No claims were given (--claims claims.csv).")]
    blocks: list[Block] = [table(claims.rebased)]
    for entry in claims.rebased:
        if not entry.reason:
            blocks += _waterfall(entry)
    return blocks


def table(rebased: Iterable[Rebased]) -> Table:
    """Claims re-based, a row each: as claimed, over its baseline's worth, as predicted, and against the strongest one."""
    rows, tones = [], []
    for entry in rebased:
        claim = entry.claim
        head = (claim.source, f"{claim.model}, {claim.gpu}", claim.scheme, claim.metric, f"{claim.claimed:g} ×")
        if entry.reason:
            rows.append((*head, f"not re-based: {entry.reason}", "", "", ""))
            tones.append(OPEN)
            continue
        rival = entry.strongest
        against = f"{rival.scheme}: {with_span(*rival.predicted)}" if rival else "–"
        rows.append(
            (
                *head,
                with_span(*entry.on_paged),
                with_span(*entry.predicted),
                f"{entry.verdict} ({entry.evidence})",
                against,
            )
        )
        tones.append(tone_of(entry.verdict))
    heads = (
        "source", "where", "scheme", "metric", ">claimed", "over its baseline's worth", "predicted on paged 16 bit", "verdict",
        "against the strongest baseline",
    )  # fmt: skip
    note = "; ".join(f"{name}: {meaning}" for name, meaning in METRICS.items())
    return Table(
        "Claims re-based", heads, tuple(rows), f"{note[0].upper()}{note[1:]}. In brackets: 90 % ends.", tuple(tones)
    )


def _waterfall(entry: Rebased) -> list[Block]:
    claim, nothing = entry.claim, float("nan")
    drawn = [Bar("as claimed", claim.claimed, nothing, nothing, f"{claim.claimed:g} ×", PLAIN)]
    for factor in entry.factors:
        tone = OPEN if factor.name == "residual" else GOOD if factor.value >= 1 else BAD
        text = f"{with_span(factor.value, factor.low, factor.high)}, {factor.evidence}"
        drawn.append(Bar(f"× {factor.name}", factor.value, factor.low, factor.high, text, tone))
    title = f"{claim.claimed:g} × {claim.metric}, {entry.scheme} on {entry.deployment}"
    note = f"{claim.source}. The factors multiply to the claim."
    if entry.strongest:
        note += f" Strongest baseline: {entry.strongest.text}; the claim over both is {times(entry.strongest.claimed)}."
    sentences = [(f"{factor.name}: {factor.text}", "") for factor in entry.factors]
    sentences += [(f"not as written: {remark}", "") for remark in entry.remarks]
    return [Bars(title, "factor", tuple(drawn), 1.0, "1", note, are_factors=True), Bullets(tuple(sentences))]
