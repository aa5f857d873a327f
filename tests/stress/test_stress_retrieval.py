"""A needle against caches that are filled by position and by drawn scores, layer by layer."""

import numpy as np
import pytest

from costmodel import stress
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts import store

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
LENGTH = 4096


def run(schemes, axis_values, deployment=DEPLOYMENT, context=LENGTH):
    return stress.run_test(stress.load_test("retrieval"), deployment, schemes, axis_values, context=context)


def needle_evaluator(scheme, depth, **options):
    return build_evaluator(
        DEPLOYMENT, compiled.load_scheme(scheme), 1.0, float(LENGTH), prompt=float(LENGTH), needle_depth=depth,
        **{"needles": 1.0, **options},
    )  # fmt: skip


def retention(scheme, depth, **options):
    return drop_model_axes(needle_evaluator(scheme, depth, **options)["needle_retention"])


def simulated_retention(recent, first, budget, generator=None, draws=4000) -> np.ndarray:
    """How often each depth is kept: by position, and the rest of a budget by scores that know nothing."""
    by_position = np.zeros(LENGTH, dtype=bool)  # by depth: 0 is the newest token
    by_position[:recent] = True
    if first:
        by_position[-first:] = True
    retained = np.tile(by_position, (draws, 1)).astype(float)
    if budget > by_position.sum():
        others = np.flatnonzero(~by_position)
        for row in retained:
            row[generator.choice(others, budget - int(by_position.sum()), replace=False)] = 1
    return retained.mean(axis=0)


@pytest.mark.parametrize(
    ("scheme", "recent", "first", "budget"),
    [
        ("none", LENGTH, 0, LENGTH),
        ("kivi-2bit", LENGTH, 0, LENGTH),
        ("streaming-llm[recent=508,sinks=4]", 508, 4, 512),
        ("h2o[budget=512]", 256, 0, 512),
        ("snapkv[budget=512,queries=32]", 32, 0, 512),
    ],
)
def test_a_blind_score_holds_a_needle_as_often_as_drawn_caches_do(scheme, recent, first, budget):
    depth = np.array([1, 31, 33, 255, 257, 507, 509, 2000, 4090, 4093, 4095])
    expected = simulated_retention(recent, first, budget, np.random.default_rng(2))[depth]
    assert np.abs(retention(scheme, depth, salience_odds=1.0) - expected).max() < 0.03
    score_selected = scheme.startswith(("h2o", "snapkv"))
    perfect = retention(scheme, depth, salience_odds=1e12)
    assert perfect == pytest.approx(np.where(expected == 1, 1.0, float(score_selected)), abs=1e-9)


@pytest.mark.parametrize("odds", [0.5, 3.0, 20.0])
def test_a_score_with_known_odds_holds_a_needle_as_often_as_drawn_scores_of_those_odds(odds):
    """Logistic scores: the needle's lies ln K above the others', so its odds of passing any threshold are K times theirs."""
    generator, kept, others = np.random.default_rng(3), 256, LENGTH - 256
    needle = generator.logistic(np.log(odds), size=4000)
    held = [np.partition(generator.logistic(size=others), others - kept)[others - kept] < one for one in needle]
    assert retention("h2o[budget=512]", np.array([2000]), salience_odds=odds) == pytest.approx(np.mean(held), abs=0.03)


def test_needles_and_heads_by_hand():
    """8 heads, odds of 3 where 256 of 3,840 are kept: 17.6 % each, 78.8 % that some head holds it, 49.0 % for three needles."""
    evaluator = needle_evaluator("h2o[budget=512]", np.array([2000]), salience_odds=3.0, needles=3.0)
    head = 3 * (256 / 3840) / (1 + 2 * 256 / 3840)
    assert float(evaluator["needle_retention"].item()) == pytest.approx(head)
    assert float(evaluator["needle_layer_retention"].item()) == pytest.approx((1 - (1 - head) ** 8) ** 3)
    assert (1 - (1 - head) ** 8) ** 3 == pytest.approx(0.490, abs=0.001)


def test_what_a_score_knows_is_stated_with_its_evidence():
    result = run(["h2o", "quest", "adakv", "kvzip"], [5000], context=65536)
    assert "measured on SmolLM2-135M" in result.summaries["h2o"]
    assert "nobody measured what it knows of a needle" in result.summaries["kvzip"]
    for curve in result.curves[:3]:
        low, value, high = (curve.columns[f"needle_retention{suffix}"][0] for suffix in ("_lo", "", "_hi"))
        assert 0 < low < value < high < 1, "an interval that says something"


def test_a_question_that_comes_after_the_cut_finds_less_or_as_much():
    for scheme in ("h2o", "snapkv", "tova"):
        asked, after = (
            stress.run_test(stress.load_test("retrieval"), DEPLOYMENT, [scheme], [5000], question_after=flag)
            for flag in (0, 1)
        )
        values = [result.curves[0].columns["needle_retention"][0] for result in (asked, after)]
        assert values[1] <= values[0]


def test_a_budget_that_holds_the_context_leaves_nothing_to_a_score():
    for scheme in ("h2o[budget=8192]", "snapkv[budget=8192]", "quest[budget=8192]"):
        assert (run([scheme], [5, 4000]).curves[0].columns["needle_retention"] == 1).all()


def test_layers_with_a_window_of_their_own_are_counted():
    deployment = resolve_deployment("gemma-3-27b", "h200-sxm", engine="vllm")
    columns = run(["none"], [1000, 1030], deployment).curves[0].columns
    assert columns["needle_retention"] == pytest.approx([1, 10 / 62]), "10 of 62 layers see all"


def test_selected_pages_leave_the_first_layers_alone():
    evaluator = build_evaluator(
        DEPLOYMENT, compiled.load_scheme("quest"), 1.0, 65536.0, prompt=65536.0, needle_depth=3000.0, salience_odds=1.0,
        needles=1.0,
    )  # fmt: skip
    assert evaluator["needle_retention"].item() == pytest.approx((2 + 30 * 2048 / 65536) / 32)


def test_what_was_measured_is_named_and_what_is_lost_is_said():
    summaries = run(["kivi-2bit", "streaming-llm", "h2o"], None, context=32768).summaries
    assert "yet published: 68% of passkeys at 16K, 16 bit 100%" in summaries["kivi-2bit"]
    assert (
        "permanently, in all layers" in summaries["streaming-llm"]
        and "the sum of attention keeps a needle" in summaries["h2o"]
    )


def test_the_recent_half_of_a_budget_changes_no_byte():
    for name, bare in (("h2o", 2048 * (512 + 4)), ("snapkv", 2048 * 512)):
        evaluator = build_evaluator(DEPLOYMENT, compiled.load_scheme(name), 1.0, 16384.0)
        assert drop_model_axes(evaluator["local_sequence_size"] - evaluator["local_tail_padding_size"]) == 32 * 8 * bare


def test_a_scheme_file_outside_the_catalogue_is_tested(tmp_path):
    """A file that is no scheme of the data directory; nothing was published of it, whatever it is called."""
    text = store.files("schemes")["kivi-2bit"].read_text(encoding="utf-8")
    path = tmp_path / "c-kivi.toml"
    path.write_text("\n".join(line for line in text.splitlines() if not line.startswith("aliases")), encoding="utf-8")
    result = run((str(path), "kivi-2bit"), (16, 1024))
    own, known = result.curves
    assert own.columns["needle_retention"] == pytest.approx(known.columns["needle_retention"])
    assert "published" in result.summaries["kivi-2bit"] and "published" not in result.summaries["c-kivi"]
