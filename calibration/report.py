"""The errors of profiles on rows outside their fits, computed again from the raw measurements."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from calibration import attention, baselines, blocks, prefill_block, score, stored
from calibration.design import SHAPE
from calibration.device import need
from calibration.profile import FOLDER, read_keys
from calibration.sources import aiconfigurator as source
from costmodel.errors import InputError, UnknownName

ATTENTION_KEY = ["kernel", "kv_dtype", *SHAPE]
SMALL_KEYS = {"all_reduce": (["m", "n"], {"elements": "m", "ranks": "n"}), "codec": (["m", "k"], {})}
POOLED = "attention, all widths"
SIZES = {"small": "m to 256", "large": "m from 1024"}
POOLS = {"all_reduce": "all-reduce", "codec": "cast to fp8"}
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
    if profile.get("attention"):
        yield from _attention(profile, read_keys(FOLDER / "points" / f"{path.stem}.csv"))
    yield from others(path)


def others(path: Path) -> Iterator[dict]:
    """Rows of errors of all laws but decode attention; ``pool`` names what may be pooled over profiles."""
    profile = tomllib.loads(path.read_text())
    points = read_keys(FOLDER / "points" / f"{path.stem}.csv")
    yield from _products(profile, points)
    yield from _prefill(path)
    yield from _latent(path)
    yield from _small(profile, points)


def _products(profile: dict, points: pd.DataFrame) -> Iterator[dict]:
    gpu = profile["gpu"]
    measured = source.gemm(gpu, profile["engine"]) if profile.get("gemm") else None
    for table in profile.get("gemm", []):
        rows, dtype = measured[measured["dtype"] == table["dtype"]], table["dtype"]
        mine = points[(points["law"] == "gemm") & (points["kernel"] == dtype)]
        rows = outside(rows, mine, ["m", "n", "k"])
        for size, errors in blocks.gemm_held_out(table, rows, gpu).items():
            yield {"law": "gemm", "what": f"{dtype} {size}", "pool": f"products {dtype}, {SIZES[size]}"} | errors


def _small(profile: dict, points: pd.DataFrame) -> Iterator[dict]:
    gpu, engine = profile["gpu"], profile["engine"]
    for name, (key, names) in SMALL_KEYS.items():
        if name in profile:
            rows = blocks.SMALL_ROWS[name](LOADERS[name](gpu, engine), gpu).rename(columns=names)
            rows = outside(rows, points[points["law"] == name], key)
            rows = rows.rename(columns={new: old for old, new in names.items()})
            yield {"law": name, "what": "", "pool": POOLS[name]} | blocks.small_held_out(name, profile[name], rows, gpu)


def _companion(path: Path, part: str, load: Callable) -> tuple[dict, pd.DataFrame, pd.DataFrame] | None:
    """A profile beside the profile, the keys of its fitted rows, and its measured rows; None where there is none."""
    place = path.parent / part / path.name
    if not place.exists():
        return None
    profile = tomllib.loads(place.read_text())
    measured = load(profile["gpu"], profile["engine"], profile["engine_version"])
    return profile, read_keys(place.parent / "points" / f"{path.stem}.csv"), measured


def _prefill(path: Path) -> Iterator[dict]:
    if (found := _companion(path, "prefill", source.prefill_attention)) is None:
        return
    profile, points, measured = found
    for table in profile["prefill"]:
        here = (measured["kernel"] == table["kernel"]) & (measured["head_dim"] == table["head_dim"])
        rows = outside(measured[here], points, ATTENTION_KEY)
        for kind, errors in prefill_block.prefill_held_out(table, rows, profile["gpu"]).items():
            what = f"prefill {table['kernel']} {table['head_dim']} {kind}"
            yield {"law": "prefill", "what": what, "pool": "prefill attention, all sizes"} | errors


def _latent(path: Path) -> Iterator[dict]:
    if (found := _companion(path, "latent", source.latent_attention)) is None:
        return
    profile, points, measured = found
    for table in profile["attention"]:
        rows = outside(measured[measured["kernel"] == table["kernel"]], points, ATTENTION_KEY)
        for kind, errors in blocks.attention_held_out(table, rows, profile["gpu"]).items():
            pool = {} if kind == "pairs" else {"pool": f"MLA decode {kind}"}
            yield {"law": "latent", "what": f"latent {table['kernel']} {kind}", "rule": table["rule"]} | pool | errors


def held_out_attention(profile: dict, points: pd.DataFrame, against: bool = False) -> pd.DataFrame:
    """Measured rows of decode attention outside the fits of a profile, with ``predicted_us`` and its interval.

    ``against`` adds a column ``<name>_us`` for every baseline, given the points that the law was given.
    """
    gpu, key = profile["gpu"], ATTENTION_KEY
    measured = source.decode_attention(gpu, profile["engine"], profile["engine_version"])
    points, parts = points[points["law"] == "attention"], []
    for table in profile["attention"]:
        here = measured[(measured["kernel"] == table["kernel"]) & (measured["head_dim"] == table["head_dim"])]
        rows = outside(here, points, key)
        predicted, launch = stored.attention_prediction(table, rows, gpu)
        spread = stored.attention_spread(table, rows, attention.regimes(rows, gpu, launch))
        found = {"predicted_us": predicted, "spread": spread, "rule": table["rule"]}
        if against:
            inside = here.merge(points[key].dropna().drop_duplicates().astype(here[key].dtypes), on=key)
            found |= {f"{name}_us": told for name, told in baselines.predictions(inside, rows, gpu).items()}
        parts.append(rows.assign(**found))
    return pd.concat(parts, ignore_index=True)


def _attention(profile: dict, points: pd.DataFrame) -> Iterator[dict]:
    rows = held_out_attention(profile, points)
    l2_size = need(profile["gpu"], "l2_size")
    for (kernel, width, kind), group in rows.groupby(["kernel", "head_dim", "kv_dtype"]):
        told = {"law": "attention", "what": f"{kernel} {width} {kind}", "rule": group["rule"].iloc[0]}
        yield told | attention_scores(group, l2_size)
    for (kernel, kind), group in rows.groupby(["kernel", "kv_dtype"]):
        yield {"law": POOLED, "what": f"{kernel} {kind}"} | attention_scores(group, l2_size)
    matched = score.pairs(rows, rows["predicted_us"].to_numpy())
    if len(matched):
        yield {"law": "attention", "what": "fastest kernels, pairs"} | score.pair_scores(matched, l2_size)


def attention_scores(rows: pd.DataFrame, l2_size: float) -> dict:
    """Errors of rows with ``predicted_us`` and ``spread``: all, cold, and how many lie in their interval."""
    predicted = rows["predicted_us"].to_numpy()
    found = score.attention_errors(rows, predicted, l2_size)
    return found | score.coverage(predicted, rows["spread"], rows["latency_us"])


def pooled(rows: pd.DataFrame) -> pd.Series:
    """Medians over groups (GPU, engine, kernel, KV type) of each group's errors: every group counts the same."""
    groups = rows[rows["law"] == POOLED]
    names = ["median", "p90", "p99", "cold_median", "cold_p90", "coverage", "width"]
    return groups[names].median().rename(f"{len(groups)} groups")


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
    """Rows whose key is not among the fitted ones. Raises InputError where a fitted row is not in the table."""
    inside = points[key].dropna().drop_duplicates().astype({name: rows[name].dtype for name in key})
    marked = rows[key].merge(inside.assign(fitted=True), on=key, how="left")["fitted"].notna().to_numpy()
    due = inside.merge(rows[key].drop_duplicates(), on=key) if len(rows) else inside
    if marked.sum() < len(due) or (len(rows) and not marked.any()):
        raise InputError(f"fitted rows are missing from the measured table: {len(due) - marked.sum()} of {len(inside)}")
    return rows[~marked].reset_index(drop=True)
