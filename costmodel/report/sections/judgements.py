"""How the curves of each stress test are judged: the number that is told, holds, breaks or unknown, where, and its evidence."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from costmodel.language.units import format_quantity
from costmodel.report.sections import answers
from costmodel.report.sections.verdicts import BREAKS, BYTES, HOLDS, UNKNOWN, first_value
from costmodel.stress import burst
from costmodel.stress.base import StressCurve, StressResult
from costmodel.stress.resume import format_link
from costmodel.stress.times import duration, read_interval, share
from costmodel.text.counted import counted
from costmodel.text.durations import format_duration

SLOWER = 1.1  # times the baseline's, from which a first token counts as worse
RETURNED = 0.5  # of the dropped tokens' share that blocks must give back without compaction
RESUMED = 8192.0  # tokens of the history that is told of


@dataclass(frozen=True)
class Resumed:
    """A resting cache that comes back: tokens, then seconds of the link, of decoding, of plain pages, of computing again."""

    history: float
    fetch_seconds: float
    decode_seconds: float
    plain_seconds: float
    computed_seconds: float


def _fork(result: StressResult, curve: StressCurve):
    ratio, branches = curve.columns["stored_ratio"], result.conditions.axis_values
    index = int(np.searchsorted(branches, 8))
    number = f"{ratio[index]:.4g} × the baseline's bytes at {counted(branches[index], 'branch', 'branches')}, "
    number += f"{ratio[-1]:.3g} × at {branches[-1]:,.0f}"
    if size := float(curve.columns["local_copy_on_write_size"][0]):
        number += (
            f"; a branch copies {format_quantity(size, 'byte')} in {duration(curve.columns, 'copy_on_write_time', 0)}"
        )
    at = first_value(result, ratio > 1)
    return number, BREAKS if at else HOLDS, at or "", BYTES


def _prefix(result: StressResult, curve: StressCurve):
    own, baseline = curve.columns["max_branches"], curve.baseline_columns["max_branches"]
    hit, prefix = curve.columns["prefix_hit_tokens"], result.conditions.axis_values
    number = (
        f"{counted(own[-1], 'request')} at a prefix of {counted(prefix[-1], 'token')} (baseline {baseline[-1]:,.0f})"
    )
    if hit[-1] == 0:
        return f"{number}; 0 tokens found in the prefix cache", BREAKS, "any prefix: nothing can be reused", BYTES
    at = first_value(result, baseline > own)
    return f"{number}; {counted(hit[-1], 'token')} found", BREAKS if at else HOLDS, at or "", BYTES


def _beams(result: StressResult, curve: StressCurve):
    own, baseline = curve.columns["beams_size"], curve.baseline_columns["beams_size"]
    widths, ratio = result.conditions.axis_values, own / baseline
    saving = curve.columns["beam_saving"][-1]
    alone = curve.columns["beams_apart_size"][-1] / curve.baseline_columns["beams_apart_size"][-1]
    number = f"{ratio[-1]:.3g} × the baseline's bytes at {counted(widths[-1], 'beam')} (one sequence: {alone:.3g} ×), "
    number += f"which share {saving:.0%} of theirs; "
    number += f"copying takes {share(curve.columns, 'beam_copy_share')} of a step"
    at = first_value(result, ratio > 1)
    return number, BREAKS if at else HOLDS, at or "", BYTES


def _burst(result: StressResult, curve: StressCurve):
    own, baseline = (float(c["max_safe_requests"][0]) for c in (curve.columns, curve.baseline_columns))
    number = f"{counted(own, 'request')} at once against {baseline:,.0f} ({own / max(baseline, 1):.2f} ×)"
    evidence = f"stationary law; its times {result.evidence[curve.scheme]}"
    if own < baseline:
        return number, BREAKS, "fewer requests than 16 bit", evidence
    first = {name: float(column[0]) for name, column in curve.columns.items()}
    if failing := burst.failing_of(result.conditions, first):
        missing = f"what arriving requests meet: {failing[0]}, and no closed form holds there; costmodel replay answers"
        return number, UNKNOWN, missing, evidence
    return number, HOLDS, "", evidence


def _race(result: StressResult, curve: StressCurve):
    columns, batches = curve.columns, result.conditions.axis_values
    busy = [name for name in ("deciding", "encoding") if columns[f"{name}_load"][-1] > 0]
    if not busy:
        return "nothing to decide and nothing to encode beside the cache write", HOLDS, "", BYTES
    parts = [f"{name} takes {share(columns, f'{name}_load')} of the bare step" for name in busy]
    number = f"{' and '.join(parts)} at batch {batches[-1]:,.0f}"
    evidence, load = result.evidence[curve.scheme], {end: columns[f"side_load{end}"] for end in ("", "_lo", "_hi")}
    if load[""][-1] < 1:
        number += f"; on a stream beside the steps its work waits {duration(columns, 'side_wait')}"
    if at := first_value(result, load["_lo"] >= 1):
        return number, BREAKS, at, evidence
    if at := first_value(result, load["_hi"] >= 1):
        return number, UNKNOWN, f"whether one stream keeps up from {at} on: the interval reaches across 100 %", evidence
    return number, HOLDS, "", evidence


def _allocator(result: StressResult, curve: StressCurve):
    if curve.spec.lifecycle["block_table"] == "slots":
        return "a new token takes the slot of the dropped one: no block has to be given back", HOLDS, "", BYTES
    kept, freed = result.conditions.axis_values, curve.columns["freed_by_head"]
    number = (
        f"at {kept[0]:.0%} kept without compaction {freed[0]:.0%} of the blocks are free where every head has a table, "
        f"{curve.columns['freed_by_layer'][0]:.2g} of them by layer; compaction takes "
        f"{duration(curve.columns, 'compaction_time', 0)}"
    )
    lost = np.flatnonzero(freed < RETURNED * (1 - kept))
    at = (
        f"{kept[lost[0]]:.0%} kept: without compaction less than half of what is dropped comes back"
        if lost.size
        else ""
    )
    return number, BREAKS if at else HOLDS, at, "closed form; heads choose alone"


def _turns(result: StressResult, curve: StressCurve):
    own, baseline = (c["suffix_prefill_time"] for c in (curve.columns, curve.baseline_columns))
    turns, worst = result.conditions.axis_values, int(np.argmax(own / baseline))
    waits, others = (duration(c, "suffix_prefill_time") for c in (curve.columns, curve.baseline_columns))
    number = f"turn {turns[-1]:,.0f} waits {waits}, the baseline {others}"
    number += f"; at worst, turn {turns[worst]:,.0f}, {own[worst] / baseline[worst]:.2f} × the baseline's time"
    slower = np.flatnonzero(own > SLOWER * baseline)
    at = f"turn {turns[slower[0]]:,.0f}" if slower.size else None
    return number, BREAKS if at else HOLDS, at or "", result.evidence[curve.scheme]


def read_resumed(result: StressResult, curve: StressCurve) -> Resumed:
    """How a history of about RESUMED tokens comes back."""
    history = result.conditions.axis_values
    index = min(int(np.searchsorted(history, RESUMED)), len(history) - 1)
    names = ("resting_fetch_time", "resting_decode_time", "plain_fetch_time", "prefill_time")
    return Resumed(float(history[index]), *(float(curve.columns[name][index]) for name in names))


def _resume(result: StressResult, curve: StressCurve):
    one, columns = read_resumed(result, curve), curve.columns
    index = list(result.conditions.axis_values).index(one.history)
    back, plain, computed = (duration(columns, f"{n}_time", index) for n in ("resume", "plain_fetch", "prefill"))
    fetch, decode = map(format_duration, (one.fetch_seconds, one.decode_seconds))
    number = (
        f"{one.history:,.0f} tokens are back after {back}: link {fetch}, decoding {decode}; plain pages over the link "
    )
    number += f"{plain}, computed again {computed}"
    if link := format_link(read_interval(columns, "break_even_link", index)):
        number += f"; beyond {link} plain pages are back sooner"
    rivals = np.minimum(curve.columns["plain_fetch_time"], curve.columns["prefill_time"])
    at = first_value(result, curve.columns["resume_time"] > rivals)
    return number, BREAKS if at else HOLDS, at or "", result.evidence[curve.scheme]


JUDGEMENTS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "fork": (_fork, ("fork",)),
    "prefix": (_prefix, ("prefix_shareable", "fork")),
    "beams": (_beams, ("fork",)),
    "burst": (_burst, ("block_table",)),
    "race": (_race, ("encode_when",)),
    "allocator": (_allocator, ("block_table",)),
    "retrieval": (answers.judge_retrieval, ("request_specific", "block_table")),
    "drift": (answers.judge_drift, ("requantised", "encode_when")),
    "resume": (_resume, ("encode_when", "decode_when")),
    "turns": (_turns, ("next_turn", "prefix_shareable")),
}
