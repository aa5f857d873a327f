"""Which rows a fit may see: at most 200, designed before any of them is looked at.

Shapes are matched in all KV types; 45 % of them read more than twice the L2, where memory and conversion show; half of
each stratum is spread as far apart as the measured grid allows (maximin over log shape), half is drawn at random. Seeds
are fixed here and are not chosen by results. Every design is a boolean mask over the rows.
"""

import numpy as np
import pandas as pd

from calibration.data.shapes import SHAPE, kv_bytes, read_tokens
from costmodel.evaluation.assemble.routing import EVEN

BUDGET = 200
COLD_FRACTION = 0.45
SERVING_FRACTION = 0.75
NODE, NODE_FRACTION = 8, 0.6  # GPUs of a node, and the share of grouped products that run within one
FEW_TOKENS = 256  # of a decode step
SEED = 0


def attention_points(rows: pd.DataFrame, l2_size: float, budget: int = BUDGET, seed: int = SEED) -> np.ndarray:
    """Mask of the rows of one (kernel, head width) to fit on; shapes measured in all KV types come first.

    ``l2_size`` in bytes, ``budget`` in rows.
    """
    rng = np.random.default_rng(seed)
    count = budget // rows["kv_dtype"].nunique()
    shapes = _matched_shapes(rows.assign(bytes=kv_bytes(rows)), count, bytes=("bytes", "max"))
    logs = [
        np.log2(shapes["batch"]),
        np.log2(np.asarray(read_tokens(shapes), float)),
        np.log2(shapes["kv_heads"]),
        np.log2(shapes["query_heads"] / shapes["kv_heads"]),
    ]
    features = np.column_stack([*logs, 3.0 * (shapes["window"] > 0)])
    cold = (shapes["bytes"] > 2 * l2_size).to_numpy()
    return _rows_of(rows, shapes.iloc[_two_strata(features, cold, COLD_FRACTION, count, rng)])


def prefill_points(rows: pd.DataFrame, budget: int = BUDGET, seed: int = SEED) -> np.ndarray:
    """Mask of the prompts of one (kernel, head width) to fit on; three quarters of them at serving sizes."""
    rng = np.random.default_rng(seed)
    count = budget // rows["kv_dtype"].nunique()
    shapes = _matched_shapes(rows, count)
    is_cut = (shapes["window"] > 0) & (shapes["window"] < shapes["context"])
    logs = [np.log2(shapes[name]) for name in ("batch", "context", "query_heads", "kv_heads")]
    features = np.column_stack([*logs, 3.0 * is_cut])
    return _rows_of(rows, shapes.iloc[_two_strata(features, serving_prompts(shapes), SERVING_FRACTION, count, rng)])


def serving_prompts(rows: pd.DataFrame) -> np.ndarray:
    """Mask of prompt passes of the size of one in serving: prompts from 512 tokens, at least 2,048 tokens in all."""
    tokens = rows["context"].to_numpy()
    return (tokens >= 512) & (rows["batch"].to_numpy() * tokens >= 2048)


def gemm_points(rows: pd.DataFrame, budget: int = BUDGET, seed: int = SEED) -> np.ndarray:
    """Mask of the matrix products of one type to fit on: most at serving sizes, as many small as large m."""
    rng = np.random.default_rng(seed)
    features = np.column_stack([np.log2(rows["m"]), np.log2(rows["n"]), np.log2(rows["k"])])
    serving, small = serving_sizes(rows), (rows["m"] <= 256).to_numpy()
    selected: list[int] = []
    for stratum, fraction in ((serving & small, 0.4), (serving & ~small, 0.35), (~serving, 0.25)):
        selected += spread_and_random(features, np.flatnonzero(stratum), round(fraction * budget), rng)
    mask = np.zeros(len(rows), bool)
    mask[selected] = True
    return mask


def grouped_points(rows: pd.DataFrame, budget: int = BUDGET, seed: int = SEED) -> np.ndarray:
    """Mask of the grouped products of one kernel and type to fit on: most within a node, as many of few as of many tokens."""
    rng = np.random.default_rng(seed)
    split = rows["hidden_size"] * rows["intermediate_size"] / rows["tp"]
    logs = [
        np.log2(column) for column in (rows["tokens"], split, rows["experts"] / rows["ep"], rows["experts_per_token"])
    ]
    features = np.column_stack([*logs, 2.0 * (rows["routing"] != EVEN)])
    within_node = (rows["tp"] * rows["ep"] <= NODE).to_numpy()
    few = (rows["tokens"] <= FEW_TOKENS).to_numpy()
    strata = [within_node & few, within_node & ~few, ~within_node & few, ~within_node & ~few]
    selected: list[int] = []
    for stratum, fraction in zip(strata, (NODE_FRACTION / 2,) * 2 + ((1 - NODE_FRACTION) / 2,) * 2, strict=True):
        selected += spread_and_random(features, np.flatnonzero(stratum), round(fraction * budget), rng)
    mask = np.zeros(len(rows), bool)
    mask[selected] = True
    return mask


def serving_sizes(rows: pd.DataFrame) -> np.ndarray:
    """Mask of products of the size of one in a serving step: m below 8 or a multiple of it, n and k at least 1024."""
    m = rows["m"].to_numpy()
    return ((m < 8) | (m % 8 == 0)) & (rows["n"] >= 1024).to_numpy() & (rows["k"] >= 1024).to_numpy()


def random_points(rows: pd.DataFrame, budget: int, seed: int = SEED) -> np.ndarray:
    """Mask of ``budget`` rows drawn at random, for the small laws."""
    mask = np.zeros(len(rows), bool)
    mask[np.random.default_rng(seed).choice(len(rows), min(budget, len(rows)), replace=False)] = True
    return mask


def spread_and_random(features: np.ndarray, pool: np.ndarray, count: int, rng: np.random.Generator) -> list[int]:
    """``count`` members of ``pool``: half by farthest-point selection in ``features`` (rows × axes), the rest at random."""
    count = min(count, len(pool))
    if count == 0:
        return []
    selected = [int(rng.choice(pool))]
    distance = ((features[pool] - features[selected[0]]) ** 2).sum(axis=1)
    while len(selected) < count // 2:
        selected.append(int(pool[distance.argmax()]))
        distance = np.minimum(distance, ((features[pool] - features[selected[-1]]) ** 2).sum(axis=1))
    rest = np.setdiff1d(pool, selected)
    return selected + [int(index) for index in rng.choice(rest, count - len(selected), replace=False)]


def _matched_shapes(rows: pd.DataFrame, count: int, **aggregates) -> pd.DataFrame:
    """One row a shape; those measured in all KV types alone, where these fill the design or are half of the shapes."""
    dtypes = rows["kv_dtype"].nunique()
    shapes = rows.groupby(SHAPE, as_index=False).agg(types=("kv_dtype", "nunique"), **aggregates)
    if (shapes["types"] == dtypes).sum() >= min(count, len(shapes) // 2):
        shapes = shapes[shapes["types"] == dtypes].reset_index(drop=True)
    return shapes


def _two_strata(features: np.ndarray, first: np.ndarray, fraction: float, count: int, rng) -> list[int]:
    """Indices of ``count`` shapes, a ``fraction`` of them out of the mask ``first``; where one side is short, the other fills."""
    size = min(max(round(fraction * count), count - (~first).sum()), first.sum())
    selected = spread_and_random(features, np.flatnonzero(first), size, rng)
    return selected + spread_and_random(features, np.flatnonzero(~first), count - size, rng)


def _rows_of(rows: pd.DataFrame, shapes: pd.DataFrame) -> np.ndarray:
    marked = rows[SHAPE].merge(shapes[SHAPE].assign(selected=True), on=SHAPE, how="left")
    return marked["selected"].notna().to_numpy()
