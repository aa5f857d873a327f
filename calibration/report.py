"""The errors of profiles on rows outside their fits, computed again from the raw measurements."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from calibration import blocks, prefill_block, score, stored
from calibration.design import SHAPE
from calibration.device import need
from calibration.profile import FOLDER, read_keys
from calibration.sources import aiconfigurator as source
from costmodel.errors import FactError, UnknownName

ATTENTION_KEY = ["kernel", "kv_dtype", *SHAPE]
SMALL_KEYS = {"all_reduce": (["m", "n"], {"elements": "m", "ranks": "n"}), "codec": (["m", "k"], {})}
POOLED = "attention, all widths"
SEEDS = range(5)
LOADERS = {"all_reduce": source.all_reduce, "codec": source.quantise}


def profiles(gpu: str | None = None, engine: str | None = None) -> list[Path]:
    """Profile files of a GPU, an engine, or all. Raises UnknownName where there is none."""
    found = sorted(FOLDER.glob(f"{gpu or '*'}--{engine or '*'}.toml"))
    if not found:
        raise UnknownName(
            "profile", f"{gpu or 'any'}--{engine or 'any'}", (path.stem for path in FOLDER.glob("*.toml"))
        )
    return found


def report(path: Path) -> Iterator[dict]:
    """One row of errors (percent) a fit and KV type, and one for the pairs of the whole profile."""
    profile = tomllib.loads(path.read_text())
    points = read_keys(FOLDER / "points" / f"{path.stem}.csv")
    gpu, engine = profile["gpu"], profile["engine"]
    if profile.get("attention"):
        yield from _attention(profile, points, source.decode_attention(gpu, engine, profile["engine_version"]))
    if profile.get("gemm"):
        measured = source.gemm(gpu, engine)
        for table in profile["gemm"]:
            rows = measured[measured["dtype"] == table["dtype"]]
            rows = outside(
                rows, points[(points["law"] == "gemm") & (points["kernel"] == table["dtype"])], ["m", "n", "k"]
            )
            for name, errors in blocks.gemm_held_out(table, rows, gpu).items():
                yield {"law": "gemm", "what": f"{table['dtype']} {name}"} | errors
    yield from _prefill(path)
    yield from _latent(path)
    for name, (key, names) in SMALL_KEYS.items():
        if name in profile:
            rows = blocks.SMALL_ROWS[name](LOADERS[name](gpu, engine), gpu).rename(columns=names)
            rows = outside(rows, points[points["law"] == name], key).rename(
                columns={new: old for old, new in names.items()}
            )
            yield {"law": name, "what": ""} | blocks.small_held_out(name, profile[name], rows, gpu)


def _prefill(path: Path) -> Iterator[dict]:
    companion = path.parent / "prefill" / path.name
    if not companion.exists():
        return
    profile = tomllib.loads(companion.read_text())
    points = read_keys(companion.parent / "points" / f"{path.stem}.csv")
    measured = source.prefill_attention(profile["gpu"], profile["engine"], profile["engine_version"])
    for table in profile["prefill"]:
        here = (measured["kernel"] == table["kernel"]) & (measured["head_dim"] == table["head_dim"])
        rows = outside(measured[here], points, ATTENTION_KEY)
        for kind, errors in prefill_block.prefill_held_out(table, rows, profile["gpu"]).items():
            yield {"law": "prefill", "what": f"prefill {table['kernel']} {table['head_dim']} {kind}"} | errors


def _latent(path: Path) -> Iterator[dict]:
    companion = path.parent / "latent" / path.name
    if not companion.exists():
        return
    profile = tomllib.loads(companion.read_text())
    points = read_keys(companion.parent / "points" / f"{path.stem}.csv")
    measured = source.latent_attention(profile["gpu"], profile["engine"], profile["engine_version"])
    for table in profile["attention"]:
        rows = outside(measured[measured["kernel"] == table["kernel"]], points, ATTENTION_KEY)
        found = blocks.attention_held_out(table, rows, profile["gpu"])
        for kind, errors in found.items():
            yield {"law": "latent", "what": f"latent {table['kernel']} {kind}", "rule": table["rule"]} | errors


def _attention(profile: dict, points: pd.DataFrame, measured: pd.DataFrame) -> Iterator[dict]:
    gpu, parts = profile["gpu"], []
    for table in profile["attention"]:
        here = (measured["kernel"] == table["kernel"]) & (measured["head_dim"] == table["head_dim"])
        rows = outside(measured[here], points[points["law"] == "attention"], ATTENTION_KEY)
        what = f"{table['kernel']} {table['head_dim']}"
        for kind, errors in blocks.attention_held_out(table, rows, gpu).items():
            yield {"law": "attention", "what": f"{what} {kind}", "rule": table["rule"]} | errors
        parts.append(rows.assign(predicted=stored.attention_prediction(table, rows, gpu)[0]))
    rows = pd.concat(parts, ignore_index=True)
    for (kernel, kind), group in rows.groupby(["kernel", "kv_dtype"]):
        errors = score.attention_errors(group, group["predicted"].to_numpy(), need(gpu, "l2_size"))
        yield {"law": POOLED, "what": f"{kernel} {kind}"} | errors
    matched = score.pairs(rows, rows["predicted"].to_numpy())
    if len(matched):
        yield {"law": "attention", "what": "fastest kernels, pairs"} | score.pair_scores(matched, need(gpu, "l2_size"))


def pooled(rows: pd.DataFrame) -> pd.Series:
    """Medians over groups (GPU, engine, kernel, KV type) of each group's errors: every group counts the same."""
    groups = rows[rows["law"] == POOLED]
    return groups[["median", "p90", "p99", "cold_median", "cold_p90"]].median().rename(f"{len(groups)} groups")


def over_seeds(path: Path) -> Iterator[dict]:
    """Held-out median error of every fit of a profile when its rows are designed under five seeds: least and most."""
    profile = tomllib.loads(path.read_text())
    gpu, engine = profile["gpu"], profile["engine"]
    if profile.get("attention"):
        measured = source.decode_attention(gpu, engine, profile["engine_version"])
        for (kernel, width), rows in measured.groupby(["kernel", "head_dim"]):
            if any((t["kernel"], t["head_dim"]) == (kernel, width) for t in profile["attention"]):
                yield from _spread_of(f"{kernel} {width}", "attention", rows, gpu)
    measured = source.gemm(gpu, engine) if profile.get("gemm") else None
    for table in profile.get("gemm", []):
        yield from _spread_of(table["dtype"], "gemm", measured[measured["dtype"] == table["dtype"]], gpu)

    yield from _prefill_over_seeds(path)


def _prefill_over_seeds(path: Path) -> Iterator[dict]:
    companion = path.parent / "prefill" / path.name
    if companion.exists():
        profile = tomllib.loads(companion.read_text())
        measured = source.prefill_attention(profile["gpu"], profile["engine"], profile["engine_version"])
        for (kernel, width), rows in measured.groupby(["kernel", "head_dim"]):
            if any((t["kernel"], t["head_dim"]) == (kernel, width) for t in profile["prefill"]):
                yield from _spread_of(f"{kernel} {width}", "prefill", rows, profile["gpu"])


def _spread_of(what: str, law: str, rows: pd.DataFrame, gpu: str) -> Iterator[dict]:
    build = {"attention": blocks.attention_block, "gemm": blocks.gemm_block, "prefill": prefill_block.prefill_block}[
        law
    ]
    found = [tomllib.loads(build(rows, gpu, seed)[0])[law][0]["held_out"] for seed in SEEDS]
    for part in (name for name in found[0] if name != "pairs"):
        medians = [one[part]["median"] for one in found]
        yield {"law": law, "what": f"{what} {part}", "least": min(medians), "most": max(medians)}
    if "pairs" in found[0]:
        right = [one["pairs"].get("sign_5", float("nan")) for one in found]
        yield {"law": law, "what": f"{what} sign_5", "least": min(right), "most": max(right)}


def outside(rows: pd.DataFrame, points: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Rows whose key is not among the fitted ones. Raises FactError where a fitted row is not in the table."""
    inside = points[key].dropna().drop_duplicates().astype({name: rows[name].dtype for name in key})
    marked = rows[key].merge(inside.assign(fitted=True), on=key, how="left")["fitted"].notna().to_numpy()
    due = inside.merge(rows[key].drop_duplicates(), on=key) if len(rows) else inside
    if marked.sum() < len(due) or (len(rows) and not marked.any()):
        raise FactError(f"fitted rows are missing from the measured table: {len(due) - marked.sum()} of {len(inside)}")
    return rows[~marked].reset_index(drop=True)
