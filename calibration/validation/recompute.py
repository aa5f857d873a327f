"""All profiles compared with the raw measurements outside their fits, beside simpler laws given the same points.

What ``costmodel validate --recompute`` prints: errors by group, who is faster, and one pooled line per law, in which every
group counts the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from calibration.fitting import metrics
from calibration.validation import held_out
from calibration.validation.baselines import BASELINES
from calibration.validation.held_out import HeldOut
from calibration.validation.report import attention_scores, other_laws
from costmodel.errors import InputError
from costmodel.facts.gpus import GPU

GROUP = ["kernel", "kv_dtype"]
POOLED = ["median", "p90", "p99", "bias", "cold_median", "cold_p90", "coverage", "width", *BASELINES]
OTHER_ERRORS = ["median", "p90", "p99", "bias"]
MAX_ROWS_PER_GROUP = 2000


@dataclass(frozen=True, eq=False)
class Validation:
    """Errors in percent: decode attention by group, pairs by profile, every other law by profile, and pooled lines.

    ``rows`` are measured rows with predictions; ``skipped`` gives the reason for every profile that could not be recomputed.
    """

    attention: pd.DataFrame
    winners: pd.DataFrame
    others: pd.DataFrame
    summary: pd.DataFrame
    rows: pd.DataFrame
    skipped: dict[str, str] = field(default_factory=dict)


def recompute(
    gpu: str | None = None, engine: str | None = None, on_progress: Callable[[int, int], None] = lambda *_: None
) -> Validation:
    """Recompute the errors of every profile of a GPU, an engine, or all, those of the user's data directory included.

    ``on_progress`` takes how many profiles are done, of how many. ``rows`` keeps at most 2,000 measured rows a group. Raises
    UnknownName for no such profile, InputError where no profile's measurements are at hand.
    """
    identifiers = held_out.profile_ids(gpu, engine)
    attention, winners, others, samples, skipped = [], [], [], [], {}
    for count, identifier in enumerate(identifiers, 1):
        if reason := held_out.reason_not_to_recompute(identifier):
            skipped[identifier] = reason
        else:
            profile = HeldOut(identifier)
            if profile.file.attention:
                rows = profile.attention(with_baselines=True)
                attention += _groups(identifier, rows, profile.gpu)
                winners += _winners(identifier, rows, profile.gpu)
                shuffled = rows.groupby(GROUP, group_keys=False).sample(frac=1, random_state=0)
                samples.append(shuffled.groupby(GROUP).head(MAX_ROWS_PER_GROUP))
            others += ({"profile": identifier} | row for row in other_laws(profile))
        on_progress(count, len(identifiers))
    if len(skipped) == len(identifiers):
        raise InputError("; ".join(f"{identifier}: {reason}" for identifier, reason in skipped.items()))
    tables = [pd.DataFrame(records) for records in (attention, winners, others)]
    rows = pd.concat(samples, ignore_index=True) if samples else pd.DataFrame()
    return Validation(*tables, pd.DataFrame(_summary(*tables)), rows, skipped)


def _groups(identifier: str, rows: pd.DataFrame, gpu: GPU) -> Iterator[dict]:
    for key in (GROUP, [*GROUP, "head_dim"]):
        for names, group in rows.groupby(key):
            labels = {"profile": identifier, "head_dim": "all"} | dict(zip(key, names, strict=True))
            scores = attention_scores(group, gpu)
            for name in BASELINES:
                scores[name] = metrics.errors(group[f"{name}_us"], group["latency_us"])["median"]
            yield labels | scores


def _winners(identifier: str, rows: pd.DataFrame, gpu: GPU) -> Iterator[dict]:
    pairs = metrics.pairs(rows, rows["predicted_us"].to_numpy())
    if len(pairs):
        yield {"profile": identifier} | metrics.pair_scores(pairs, gpu.numbers["l2_size"])


def _summary(attention: pd.DataFrame, winners: pd.DataFrame, others: pd.DataFrame) -> Iterator[dict]:
    if len(attention):
        groups = attention[attention["head_dim"] == "all"]
        yield {"law": "decode attention", "groups": len(groups)} | groups[POOLED].median().to_dict()
        for kv_dtype, of_dtype in groups.groupby("kv_dtype"):
            medians = of_dtype[POOLED].median().to_dict()
            yield {"law": f"decode attention {kv_dtype}", "groups": len(of_dtype)} | medians
    serving = others[others["law"] == "prefill"] if len(others) else others
    if len(serving):
        names = {f"serving_{name}": name for name in ("median", "p90", "bias")}
        medians = serving[list(names)].rename(columns=names).median().to_dict()
        yield {"law": "prefill attention, serving sizes", "groups": len(serving)} | medians
    experts = others[(others["law"] == "grouped") & others["what"].str.endswith(" all")] if len(others) else others
    if len(experts):
        yield {"law": "experts, all types", "groups": len(experts)} | experts[OTHER_ERRORS].median().to_dict()
    for law, of_law in others.groupby("pool") if len(others) else ():
        medians = of_law[[name for name in OTHER_ERRORS if name in of_law]].median()
        yield {"law": law, "groups": len(of_law)} | medians.to_dict()
