"""Shares of verdicts are what counting the verdicts of a whole sweep gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask import shares
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.ask.shares import verdict_shares

OPTIONS = {"model": "llama-8b", "gpu": ["h100-sxm", "l40s"], "scheme": ["fp8", "kivi-2bit"], "ranks": 1}
BATCH, CONTEXT = np.arange(1.0, 150.0, 7), np.geomspace(256, 131072, 37).round()


def count(columns, edges, verdict):
    """Share of a verdict in every cell, by hand."""
    parts = [np.split(np.arange(n), edge[1:]) for n, edge in zip(columns.shape[-2:], edges, strict=True)]
    return np.array([[(columns[..., r, :][..., c] == verdict).mean() for c in parts[1]] for r in parts[0]])


@given(st.integers(1, 30), st.integers(1, 40), st.integers(40, 2000))
def test_shares_are_counted_verdicts(batches, contexts, points):
    before, shares.MAX_POINTS = shares.MAX_POINTS, points
    try:
        counted = verdict_shares(**OPTIONS, batch=BATCH, context=CONTEXT, cells=(batches, contexts), keep=["scheme"])
    finally:
        shares.MAX_POINTS = before
    whole = grid(**OPTIONS, batch=BATCH, context=CONTEXT, outputs=["verdict"])
    edges = shares._edges(len(BATCH), batches), shares._edges(len(CONTEXT), contexts)
    for index, scheme in enumerate(["fp8", "kivi-2bit"]):
        for verdict in counted["verdict"].values:
            due = count(whole.columns["verdict"][0, :, index], edges, verdict)
            np.testing.assert_allclose(counted["share"].sel(scheme=scheme, verdict=verdict), due, atol=1e-12)
    np.testing.assert_allclose(counted["share"].sum("verdict"), 1.0)
    assert int(counted["points"].sum()) == whole.points


def test_axes_are_kept_apart_as_asked():
    counted = verdict_shares(**OPTIONS, batch=BATCH, context=CONTEXT, cells=(2, 2), keep=("gpu", "scheme"))
    assert dict(counted.sizes) == {"gpu": 2, "scheme": 2, "verdict": 6, "batch": 2, "context": 2}
    assert list(counted["gpu"].values) == ["h100-sxm", "l40s"]


@pytest.mark.parametrize(
    ("changes", "error", "word"),
    [
        ({"keep": ["engine"]}, UnknownName, "engine"),
        ({"cells": (0, 10)}, InputError, "from 1 to 1,000"),
        ({"cells": (10, 5000)}, InputError, "from 1 to 1,000"),
        ({"batch": [0, 1]}, InputError, "above 0"),
    ],
)
def test_mistakes(changes, error, word):
    with pytest.raises(error, match=word):
        verdict_shares(**OPTIONS | {"batch": BATCH, "context": CONTEXT} | changes)
