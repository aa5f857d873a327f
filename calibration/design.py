"""Which rows a fit may see: at most 200, designed before any of them is looked at.

Shapes are matched in all KV types; 45 % of them read more than twice the L2, where memory and conversion show; half of
each stratum is spread as far apart as the measured grid allows (maximin over log shape), half is drawn at random. Seeds
are fixed here and are not chosen by results.
"""

import numpy as np
import pandas as pd

from costmodel.facts.kv_types import KV_BYTES

BUDGET = 200
COLD_SHARE = 0.45
SERVING_SHARE = 0.75
SEED = 0
SHAPE = ["batch", "query_heads", "kv_heads", "head_dim", "window", "context"]


def kv_bytes(rows: pd.DataFrame) -> np.ndarray:
    """Bytes of keys and values that one call reads; a window of 0 is none."""
    read = np.where(
        rows["window"] > 0,
        np.minimum(rows["context"], rows["window"].where(rows["window"] > 0, np.inf)),
        rows["context"],
    )
    return 2.0 * rows["batch"] * rows["kv_heads"] * rows["head_dim"] * read * rows["kv_dtype"].map(KV_BYTES)


def attention_points(rows: pd.DataFrame, l2_size: float, budget: int = BUDGET, seed: int = SEED) -> np.ndarray:
    """Boolean mask of the rows of one (kernel, head width) to fit on; shapes measured in all KV types come first."""
    rng = np.random.default_rng(seed)
    types = rows["kv_dtype"].nunique()
    shapes = (
        rows.assign(bytes=kv_bytes(rows))
        .groupby(SHAPE, as_index=False)
        .agg(types=("kv_dtype", "nunique"), bytes=("bytes", "max"))
    )
    wanted = budget // types
    if (shapes["types"] == types).sum() >= min(wanted, len(shapes) // 2):
        shapes = shapes[shapes["types"] == types].reset_index(drop=True)
    read = np.where(shapes["window"] > 0, np.minimum(shapes["context"], shapes["window"]), shapes["context"])
    group = shapes["query_heads"] / shapes["kv_heads"]
    place = np.column_stack(
        [
            np.log2(shapes["batch"]),
            np.log2(read),
            np.log2(shapes["kv_heads"]),
            np.log2(group),
            3.0 * (shapes["window"] > 0),
        ]
    )
    cold = (shapes["bytes"] > 2 * l2_size).to_numpy()
    many = min(round(COLD_SHARE * wanted), cold.sum())
    chosen = [*spread_and_random(place, np.flatnonzero(cold), many, rng)]
    chosen += [*spread_and_random(place, np.flatnonzero(~cold), wanted - many, rng)]
    return _rows_of(rows, shapes.iloc[chosen], SHAPE)


def prefill_points(rows: pd.DataFrame, budget: int = BUDGET, seed: int = SEED) -> np.ndarray:
    """Boolean mask of the prompts of one (kernel, head width) to fit on; three quarters of them at serving sizes."""
    rng = np.random.default_rng(seed)
    types = rows["kv_dtype"].nunique()
    shapes = rows.groupby(SHAPE, as_index=False).agg(types=("kv_dtype", "nunique"))
    wanted = budget // types
    if (shapes["types"] == types).sum() >= min(wanted, len(shapes) // 2):
        shapes = shapes[shapes["types"] == types].reset_index(drop=True)
    serving, cut = serving_prompts(shapes), (shapes["window"] > 0) & (shapes["window"] < shapes["context"])
    logs = [np.log2(shapes[name]) for name in ("batch", "context", "query_heads", "kv_heads")]
    place = np.column_stack([*logs, 3.0 * cut])
    many = min(round(SERVING_SHARE * wanted), serving.sum())
    chosen = [*spread_and_random(place, np.flatnonzero(serving), many, rng)]
    chosen += [*spread_and_random(place, np.flatnonzero(~serving), wanted - many, rng)]
    return _rows_of(rows, shapes.iloc[chosen], SHAPE)


def serving_prompts(rows: pd.DataFrame) -> np.ndarray:
    """Where a prompt pass has the size of one in serving: prompts from 512 tokens, at least 2,048 tokens in all."""
    tokens = rows["context"].to_numpy()
    return (tokens >= 512) & (rows["batch"].to_numpy() * tokens >= 2048)


def gemm_points(rows: pd.DataFrame, budget: int = BUDGET, seed: int = SEED) -> np.ndarray:
    """Boolean mask of the matrix products of one type to fit on: most at serving sizes, as many small as large m."""
    rng = np.random.default_rng(seed)
    place = np.column_stack([np.log2(rows["m"]), np.log2(rows["n"]), np.log2(rows["k"])])
    serving, small = serving_sizes(rows), (rows["m"] <= 256).to_numpy()
    chosen: list[int] = []
    for stratum, share in ((serving & small, 0.4), (serving & ~small, 0.35), (~serving, 0.25)):
        chosen += [*spread_and_random(place, np.flatnonzero(stratum), round(share * budget), rng)]
    mask = np.zeros(len(rows), bool)
    mask[chosen] = True
    return mask


def serving_sizes(rows: pd.DataFrame) -> np.ndarray:
    """Where a product has the size of one in a serving step: m below 8 or a multiple of it, n and k at least 1024."""
    m = rows["m"].to_numpy()
    return ((m < 8) | (m % 8 == 0)) & (rows["n"] >= 1024).to_numpy() & (rows["k"] >= 1024).to_numpy()


def random_points(rows: pd.DataFrame, budget: int, seed: int = SEED) -> np.ndarray:
    """Boolean mask of ``budget`` rows drawn at random, for the small laws."""
    mask = np.zeros(len(rows), bool)
    mask[np.random.default_rng(seed).choice(len(rows), min(budget, len(rows)), replace=False)] = True
    return mask


def spread_and_random(place: np.ndarray, pool: np.ndarray, wanted: int, rng: np.random.Generator) -> list[int]:
    """``wanted`` members of ``pool``: half by farthest-point selection in ``place``, the rest at random."""
    wanted = min(wanted, len(pool))
    if wanted == 0:
        return []
    chosen = [int(rng.choice(pool))]
    distance = ((place[pool] - place[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < wanted // 2:
        chosen.append(int(pool[distance.argmax()]))
        distance = np.minimum(distance, ((place[pool] - place[chosen[-1]]) ** 2).sum(axis=1))
    rest = np.setdiff1d(pool, chosen)
    return chosen + [int(i) for i in rng.choice(rest, wanted - len(chosen), replace=False)]


def _rows_of(rows: pd.DataFrame, shapes: pd.DataFrame, key: list[str]) -> np.ndarray:
    marked = rows[key].merge(shapes[key].assign(chosen=True), on=key, how="left")
    return marked["chosen"].notna().to_numpy()
