"""The regime map shows what the analysis finds, says mistakes in words, and lives in its link."""

import numpy as np
import pytest

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dash import no_update

from costmodel.analyses.explain import explain
from costmodel.analyses.regime import ABSENT, UNSURE, Objective, regime
from costmodel.evaluation.grid import default_context
from costmodel.facts.deployment import deployment
from costmodel.plots import interactive
from dashboards import controls, words
from dashboards.app import build
from dashboards.pages import regimes
from dashboards.selection import NAMES, Selection, write
from dashboards.view import KEPT, point, view

HERE = deployment("llama-3.1-8b", "h100-sxm", engine="vllm")
BATCH, CONTEXT = [2.0**k for k in range(9)], default_context([HERE])
FIGURE, MESSAGE, HIDDEN = 0, -2, -1  # places in what draw returns


def text(part) -> str:
    """All words of a component."""
    if isinstance(part, (list, tuple)):
        return " ".join(map(text, part))
    return text(part.children) if hasattr(part, "children") else "" if part is None else str(part)


def ids(part) -> set:
    return {each.id for each in part._traverse() if getattr(each, "id", None)}


def test_the_layout_has_a_labelled_control_for_every_field():
    found = build().layout
    assert ids(found) >= {*NAMES, "map", "message", "explained", "command", "save"}
    labels = {each.htmlFor for each in found._traverse() if type(each).__name__ == "Label"}
    assert labels == set(NAMES)


def test_every_fact_file_can_be_chosen_and_numbers_say_what_they_mean():
    from costmodel.facts import store

    for name, kind in (("model", "models"), ("gpu", "gpus"), ("engine", "engines")):
        assert {each["value"] for each in controls.choices(name)} == set(store.files(kind))
    assert controls.control("tp").title == "GPUs that share every layer (tensor parallel)."
    assert "ms" in text(controls.control("tpot").children[0])


@pytest.mark.parametrize("scheme", ["fp8", "h2o[budget=1024]+fp8"])
def test_the_map_is_the_analysis(scheme):
    done = regimes.draw(write(Selection(scheme=scheme)), None)
    cells, hatching, frontier = done[FIGURE].data
    made = regime(HERE, scheme, BATCH, CONTEXT)
    fits = made.verdict != ABSENT
    assert np.array_equal(np.isfinite(cells.z), fits)
    assert np.allclose(np.exp2(cells.z[fits]), made.ratio[fits])
    assert np.allclose(cells.customdata[..., 2], made.ratio)
    told = [f"{verdict}; {word} binds" for verdict, word in zip(made.verdict.flat, made.binding.flat, strict=True)]
    assert cells.hovertext.ravel().tolist() == told
    assert cells.zmin == -cells.zmax, "the palette is centred at 1"
    assert len(hatching.x) == 9 * (made.verdict == UNSURE).sum()
    assert bool(len(frontier.x)) == (not fits.all())
    assert done[MESSAGE] is None and done[HIDDEN] is True


@pytest.mark.parametrize("comparison", ["own-batch", "objective"])
def test_the_line_is_the_analysis(comparison):
    done = regimes.draw(write(Selection(comparison=comparison, tpot="20")), None)
    low, high, middle = done[FIGURE].data[:3]
    made = regime(HERE, "fp8", BATCH, CONTEXT, comparison, Objective(tpot=0.02))
    for trace, due in ((low, made.low), (high, made.high), (middle, made.ratio)):
        assert np.allclose(np.exp2(trace.y), due[0])
    assert [row[0] for row in middle.customdata] == list(made.scheme_batch[0])


@pytest.mark.parametrize("comparison", ["same-batch", "own-batch"])
def test_a_figure_where_nothing_fits(comparison):
    done = regimes.draw(write(Selection(comparison=comparison, context="64M", batch="256")), None)
    assert done[FIGURE].to_json() and "does not fit 1" in text(done[3])


def test_a_click_finds_its_row():
    same, own = (view(Selection(comparison=each).view).table for each in ("same-batch", "own-batch"))
    assert interactive.nearest(same, 13, 4) == (16, 8192) and interactive.nearest(same, 10.3, 7.6) == (256, 1024)
    assert interactive.nearest(own, 11, 0.63) == (own.batch[1], 2048)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("?scheme=kvi", "there is no scheme 'kvi'"),
        ("?model=nope", "there is no model 'nope'"),
        ("?model=hf:org/name", "there is no model 'hf:org/name'"),
        ("?scheme=/etc/x.toml", "takes schemes by name"),
        ("?tp=3", "do not split over 3 GPUs"),
        ("?tp=two", "due a whole number"),
        ("?model=llama-3.1-70b&tp=1", "does not fit on 1"),
        ("?batch=1:4000:4000", "due at most"),
        ("?context=eight", "found 'eight'"),
        ("?comparison=sideways", "there is no comparison"),
        ("?comparison=objective&tpot=", "needs a TPOT or a TTFT"),
        ("?comparison=objective&tpot=-5", "TPOT: found"),
    ],
)
def test_a_mistake_is_said_and_the_last_figure_stays(asked, due):
    done = regimes.draw(asked, "?model=llama-3.1-8b")
    assert due in text(done[MESSAGE]) and "last view" in text(done[MESSAGE]) and done[HIDDEN] is False
    assert all(each is no_update for each in done[:MESSAGE])
    assert "last view" not in text(regimes.draw(asked, None)[MESSAGE])


def test_a_point_taken_apart_is_the_analysis():
    said, _ = regimes.take_apart(write(Selection(at_batch="8", at_context="8192")))
    due = explain(HERE, "fp8", 8, 8192)
    for term in (*due.time, *due.memory):
        assert term.name in text(said) and f"{term.share:.1%}" in text(said)
    assert "--batch 8 --context 8192" in text(said)
    assert regimes.take_apart(write(Selection())) == (regimes.TAKEN_APART, "empty")
    assert regimes.take_apart("?scheme=kvi&at_batch=8&at_context=8192") == (no_update, no_update)
    assert "found" in regimes.take_apart("?at_batch=-1&at_context=8192")[0]


@pytest.mark.parametrize(
    ("gpu", "due"), [("h100-sxm", "measured"), ("a100-pcie", "inherited"), ("mi300x", "UNCALIBRATED")]
)
def test_where_constants_come_from_stands_in_plain_sight(gpu, due):
    assert due in text(words.notes(view(Selection(gpu=gpu).view)))


def test_the_file_is_the_table():
    import io

    import pandas as pd

    sent = regimes.save(1, write(Selection()))
    assert sent["filename"] == "regime-same-batch-llama-3.1-8b-h100-sxm.csv"
    assert np.allclose(pd.read_csv(io.StringIO(sent["content"])).ratio, view(Selection().view).table.ratio)


def test_what_was_computed_is_kept_within_bounds():
    assert view(Selection().view) is view(Selection(at_batch="8", at_context="8192").view)
    assert view.cache_info().maxsize == point.cache_info().maxsize == KEPT
