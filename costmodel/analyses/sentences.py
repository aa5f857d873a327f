"""The first line of an answer, as one sentence: who wins where, by how much, and on which evidence.

Every sentence is of results that other analyses computed; it adds no number of its own but shares and extremes of theirs.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from costmodel.analyses.breakeven import BreakEven
from costmodel.analyses.explain import Explanation
from costmodel.analyses.regime import Regime
from costmodel.analyses.summary import SchemeSummary
from costmodel.evaluation.ask.verdicts import ABSENT, BEYOND, LOSES, NEEDS_KERNEL, UNSURE, WINS
from costmodel.evaluation.compile.compiled import load_terms
from costmodel.facts.evidence import is_decisive

NAMED = 4  # members of a list that are named; of more, the others are counted
PHRASES = {WINS: "wins", NEEDS_KERNEL: "wins only with an ideal kernel, which nobody measured,", LOSES: "loses",
           UNSURE: "cannot be told from it"}  # fmt: skip
OWN_SIZE = {"own-batch": "each at its own largest batch", "objective": "each at the largest batch within the objective"}


def enumerate_words(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; of many the first few and how many more."""
    words = list(words)
    if len(words) > NAMED:
        words = [*words[: NAMED - 1], f"{len(words) - NAMED + 1} more"]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def sweep_sentence(summaries: Sequence[SchemeSummary]) -> str:
    """Which schemes of a sweep make a decode step faster at the same batch, and what stops the others."""
    winners = sorted((one for one in summaries if one.wins), key=lambda one: -one.max_speedup)
    ideal = sorted((one for one in summaries if not one.wins and one.needs_kernel), key=lambda one: -one.max_ratio)
    losers = sorted(
        (one for one in summaries if not one.wins and not one.needs_kernel and one.loses), key=lambda one: one.min_ratio
    )
    rest = [one for one in summaries if not (one.wins or one.needs_kernel or one.loses)]
    clauses = [
        f"{one.scheme} makes a decode step up to {one.max_speedup:.2f} × as fast, {one.win_region} ({one.evidence})"
        for one in winners[:NAMED]
    ]
    if len(winners) > NAMED:
        clauses.append(f"{len(winners) - NAMED} more win by less")
    if not winners:
        clauses.append("Nothing here wins at the same batch with a kernel that somebody measured")
    if ideal:
        names = enumerate_words([f"{one.scheme} ({one.max_ratio:.2f} ×)" for one in ideal])
        clauses.append(f"{names} would win with an ideal kernel, but nobody measured theirs")
    if losers:
        names = enumerate_words([f"{one.scheme} ({one.min_ratio:.2f} ×)" for one in losers])
        clauses.append(f"{names} {'lose' if len(losers) > 1 else 'loses'}")
    for region in dict.fromkeys(one.win_region for one in rest):
        clauses.append(f"{enumerate_words([one.scheme for one in rest if one.win_region == region])}: {region}")
    return "; ".join(clauses) + "."


def counts_sentence(counts: Mapping[str, Mapping[str, int]]) -> str:
    """The same of a sweep that was counted by scheme and verdict: the shares of points that fit."""
    clauses = []
    for scheme, by_verdict in counts.items():
        shares = _shares(by_verdict)
        if shares.get(UNSURE) != 1.0:  # a baseline beside itself is no answer
            clauses.append(f"{scheme} {_phrases(shares, 'points that fit')}")
    return "; ".join(clauses[:NAMED] or ["Nothing here can be told from its baseline"]) + "."


def regime_sentence(maps: Mapping[str, Sequence[Regime]]) -> str:
    """Where each scheme wins in every comparison that was made, and by how much; ``maps`` by comparison, as computed."""
    clauses = []
    for of_scheme in zip(*maps.values(), strict=True):
        compared = ", ".join(map(_map_clause, of_scheme))
        clauses.append(f"{of_scheme[0].scheme} against {of_scheme[0].baseline}: {compared}")
    return "; ".join(clauses) + "."


def _map_clause(regime: Regime) -> str:
    """One comparison of one scheme."""
    is_map = regime.comparison == "same-batch"
    load = "" if regime.output is None else " under load"
    place = "at the same batch" if is_map else OWN_SIZE[regime.comparison] + load
    shares = _shares(regime.counts())
    counts = regime.counts()
    if counts[BEYOND] and not shares and not counts[ABSENT]:
        return f"{place} it is beyond the model's context limit"
    evidence = ", ".join(dict.fromkeys(map(str, regime.evidence.ravel())))
    return f"{place} it {_phrases(shares, 'cells' if is_map else 'contexts', _extreme(regime, evidence))}"


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Shares of the verdicts among what fits; nothing where nothing does."""
    fitting = sum(counts.get(verdict, 0) for verdict in PHRASES)
    return {verdict: counts[verdict] / fitting for verdict in PHRASES if counts.get(verdict, 0)}


def _phrases(shares: Mapping[str, float], units: str, extreme: str = "") -> str:
    """The verdicts with their shares, the best first and after it by how much."""
    if not shares:
        return "does not fit"
    first, *others = [(PHRASES[verdict], _share(share)) for verdict, share in shares.items()]
    if not others:
        return f"{first[0]} wherever it fits{extreme}"
    return (
        f"{first[0]} in {first[1]} of the {units}{extreme} and {enumerate_words([' in '.join(one) for one in others])}"
    )


def _share(share: float) -> str:
    """A share as whole percent, never 0 % or 100 % of what is neither."""
    return "under 1 %" if share < 0.01 else "over 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def _extreme(regime: Regime, evidence: str) -> str:
    """By how much: the most where a scheme wins, the least where it only loses."""
    for verdict, words, end in (
        (WINS, "up to", np.max),
        (NEEDS_KERNEL, "estimate up to", np.max),
        (LOSES, "down to", np.min),
    ):
        ratios = regime.ratio[(regime.verdict == verdict) & np.isfinite(regime.ratio)]
        if ratios.size:
            return f" ({words} {end(ratios):.2f} ×, {evidence})"
    return f" ({evidence})"


def break_even_sentence(rows: Sequence[BreakEven]) -> str:
    """From which context a scheme makes a decode step faster, batch by batch."""
    shown = rows if len(rows) <= NAMED else [rows[0], rows[len(rows) // 2], rows[-1]]
    clauses = "; ".join(f"at batch {row.batch:,.0f} {row.text.removesuffix(f' ({row.evidence})')}" for row in shown)
    evidence = enumerate_words(list(dict.fromkeys(row.evidence for row in rows)))
    verb = "makes" if all(is_decisive(row.evidence) for row in rows) else "would, by estimates, make"
    return f"{rows[0].scheme} {verb} a decode step faster than {rows[0].baseline} (kernels: {evidence}): {clauses}."


def point_sentence(explanation: Explanation, fits: bool) -> str:
    """What one step takes, what it waits for, and how it compares; where it does not fit, that first."""
    outputs, largest = explanation.outputs, max(explanation.time, key=lambda term: term.amount)
    meaning = next(term.meaning for term in load_terms() if term.name == largest.name).rstrip(".")
    step = f"a step takes {outputs['tpot_ms']:.2f} ms, {_share(largest.share)} of it {meaning[:1].lower()}{meaning[1:]}"
    compared = ""
    if explanation.scheme != outputs["baseline"]:
        ends = f"90 %: {outputs['speedup_lo']:.2f} to {outputs['speedup_hi']:.2f}, {outputs['evidence']}"
        compared = f"; {outputs['speedup']:.2f} × as fast as {outputs['baseline']} ({ends})"
        compared += f": {outputs['verdict']}" if fits else ""
    head = "" if fits else "Does not fit; in a pool large enough, "
    return f"{head}{explanation.scheme} at batch {explanation.batch:,.0f}, context {explanation.context:,.0f}: {step}{compared}."
