"""The torture card as a page."""

from costmodel.report.blocks import BAD, GOOD, OPEN, Block, Bullets, Table
from costmodel.report.sections.torture import BREAKS, HOLDS, TortureCard


def lay_out(card: TortureCard) -> list[Block]:
    """One row a test, then what each says in a sentence."""
    tones = {HOLDS: GOOD, BREAKS: BAD}
    rows, sentences = [], []
    for o in card.outcomes:
        is_place = o.verdict == BREAKS and o.at.startswith((*"0123456789", "turn"))
        verdict = f"{o.verdict} at {o.at}" if is_place else f"{o.verdict}: {o.at}" if o.at else o.verdict
        rows.append((o.test, verdict, o.number, o.evidence, o.decided_by))
        sentences.append((f"{o.test}: {o.sentence}. Conditions: {o.conditions}.", ""))
    heads = ("test", "verdict", "number", "evidence", "what decides")
    row_tones = tuple(tones.get(o.verdict, OPEN) for o in card.outcomes)
    return [
        Table("", heads, tuple(rows), tones=row_tones),
        Bullets((*sentences, *((f"{text}.", "") for text in card.not_asked))),
    ]
