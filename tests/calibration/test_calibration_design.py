"""The design is small, matched, cold enough, and blind to latencies."""

import numpy as np
import pandas as pd
from synthetic import GPU, shapes

from calibration.data import design
from calibration.data import shapes as shape_columns

L2 = GPU.numbers["l2_size"]


def test_at_most_two_hundred_rows_of_both_types_together():
    mask = design.attention_points(shapes(), L2)
    assert 150 <= mask.sum() <= design.BUDGET


def test_every_chosen_shape_is_chosen_in_both_types():
    rows = shapes()
    designed = rows[design.attention_points(rows, L2)]
    assert (designed.groupby(shape_columns.SHAPE)["kv_dtype"].nunique() == 2).all()


def test_the_design_is_the_same_each_time_and_does_not_look_at_latencies():
    rows = shapes()
    first = design.attention_points(rows.assign(latency_us=1.0), L2)
    second = design.attention_points(rows.assign(latency_us=np.arange(len(rows))), L2)
    assert (first == second).all()


def test_nearly_half_of_the_shapes_are_larger_than_twice_the_cache():
    rows = shapes()
    designed = rows[design.attention_points(rows, L2)]
    fraction = (shape_columns.kv_bytes(designed[designed["kv_dtype"] == "bfloat16"]) > 2 * L2).mean()
    assert 0.4 <= fraction <= 0.5


def test_types_that_share_no_shape_are_still_designed():
    rows = shapes()
    rows = rows[(rows["kv_dtype"] == "fp8") | (rows["batch"] == 1)]
    assert design.attention_points(rows, L2).sum() <= design.BUDGET


def test_a_window_bounds_the_bytes_read():
    row = pd.DataFrame(
        [{"batch": 1, "kv_heads": 2, "head_dim": 128, "window": 128, "context": 4096, "kv_dtype": "fp8"}]
    )
    assert shape_columns.kv_bytes(row)[0] == 2 * 2 * 128 * 128
    assert shape_columns.kv_bytes(row.assign(window=0))[0] == 2 * 2 * 128 * 4096


def test_products_are_drawn_mostly_at_serving_sizes():
    sizes = [
        (m, n, k) for m in (1, 7, 9, 16, 256, 257, 1024, 8192) for n in range(512, 8192, 512) for k in (256, 1024, 4096)
    ]
    rows = pd.DataFrame(sizes, columns=["m", "n", "k"])
    mask = design.gemm_points(rows)
    assert mask.sum() <= design.BUDGET
    assert 0.5 < design.serving_sizes(rows[mask]).mean() < 0.9


def test_maximin_covers_the_corners():
    features = np.array([[x, y] for x in range(11) for y in range(11)], float)
    selected = design.spread_and_random(features, np.arange(121), 20, np.random.default_rng(0))
    assert len(set(selected)) == 20
    corners = {0, 10, 110, 120}
    assert len(corners & set(selected[:10])) >= 3
