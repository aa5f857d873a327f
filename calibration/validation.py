"""All profiles against the raw measurements outside their fits, beside simpler laws given the same points.

What ``costmodel validate --recompute`` prints: errors by group, who is faster, and one pooled line a law, in which every
group counts the same.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from calibration import report, score
from calibration.device import need
from calibration.profile import FOLDER, read_keys

BASELINES = ("roofline", "efficiency", "interpolation")
GROUP = ["kernel", "kv_dtype"]
POOLED = ["median", "p90", "p99", "bias", "cold_median", "cold_p90", "coverage", "width", *BASELINES]


@dataclass(frozen=True, eq=False)
class Validation:
    """Errors in percent: decode attention by group, pairs by profile, every other law by profile, and pooled lines."""

    attention: pd.DataFrame
    winners: pd.DataFrame
    others: pd.DataFrame
    summary: pd.DataFrame
    rows: pd.DataFrame


def recompute(gpu: str | None = None, engine: str | None = None, tick: Callable = lambda *_: None) -> Validation:
    """Recompute everything; raises UnknownName for no such profile, InputError where measurements are missing.

    ``rows`` keeps at most 2,000 measured rows a group, with predictions, for parity plots.
    """
    paths = report.profiles(gpu, engine)
    attention, winners, others, kept = [], [], [], []
    for count, path in enumerate(paths):
        profile = tomllib.loads(path.read_text())
        if profile.get("attention"):
            points = read_keys(FOLDER / "points" / f"{path.stem}.csv")
            rows = report.held_out_attention(profile, points, against=True)
            attention += _groups(path, rows)
            winners += _winners(path, rows, profile["gpu"])
            kept.append(rows.groupby(GROUP, group_keys=False).sample(frac=1, random_state=0).groupby(GROUP).head(2000))
        others += _others(path)
        tick(count + 1, len(paths))
    tables = [pd.DataFrame(part) for part in (attention, winners, others)]
    told = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()
    return Validation(*tables, pd.DataFrame(_summary(*tables)), told)


def _groups(path: Path, rows: pd.DataFrame) -> Iterator[dict]:
    l2_size = need(path.stem.partition("--")[0], "l2_size")
    for key in (GROUP, [*GROUP, "head_dim"]):
        for names, group in rows.groupby(key):
            named = dict(zip(key, names, strict=True))
            found = {"profile": path.stem, "head_dim": "all"} | named | report.attention_scores(group, l2_size)
            for name in BASELINES:
                found[name] = score.errors(group[f"{name}_us"], group["latency_us"])["median"]
            yield found


def _winners(path: Path, rows: pd.DataFrame, gpu: str) -> Iterator[dict]:
    pairs = score.pairs(rows, rows["predicted_us"].to_numpy())
    if len(pairs):
        yield {"profile": path.stem} | score.pair_scores(pairs, need(gpu, "l2_size"))


def _others(path: Path) -> Iterator[dict]:
    yield from ({"profile": path.stem} | row for row in report.others(path))


def _summary(attention: pd.DataFrame, winners: pd.DataFrame, others: pd.DataFrame) -> Iterator[dict]:
    if len(attention):
        groups = attention[attention["head_dim"] == "all"]
        yield {"law": "decode attention", "groups": len(groups)} | groups[POOLED].median().to_dict()
        for kind, part in groups.groupby("kv_dtype"):
            yield {"law": f"decode attention {kind}", "groups": len(part)} | part[POOLED].median().to_dict()
    serving = others[others["law"] == "prefill"] if len(others) else others
    if len(serving):
        names = {f"serving_{name}": name for name in ("median", "p90", "bias")}
        told = serving[list(names)].rename(columns=names).median().to_dict()
        yield {"law": "prefill attention, serving sizes", "groups": len(serving)} | told
    for law, part in others.groupby("pool") if len(others) else ():
        told = part[[name for name in ("median", "p90", "p99", "bias") if name in part]].median()
        yield {"law": law, "groups": len(part)} | told.to_dict()
