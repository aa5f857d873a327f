"""Experiments on a tiny decoder: what is kept, what is run again, and how the text of a conversation is cut."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from costmodel import stress
from costmodel.errors import InputError
from costmodel.facts.schemes import parse_scheme
from costmodel.numerics import unfinished
from costmodel.numerics.constants.salience import odds_ratio
from costmodel.numerics.experiments import EXPERIMENTS, read_experiment, run_experiment
from costmodel.numerics.intervals import (
    cluster_interval,
    cluster_share_interval,
    mean_interval,
    share_interval,
    trials_to_settle,
)
from costmodel.numerics.passkey import held_shares, ranks_of
from costmodel.numerics.recipe import FULL
from costmodel.numerics.texts import OPENING, build_haystack, cut_conversation
from costmodel.stress import numerics

DRIFT = {"turns": 3, "user": 8, "output": 2, "conversations": 2}


def test_answers_drift_under_rounding_and_not_without(installed):
    experiment = EXPERIMENTS["drift"]
    measured = run_experiment(
        experiment, experiment.setting(DRIFT), ["none", "int4", "kivi-2bit[group=16,residual=32]"]
    )
    data = measured.data
    assert data["answer_divergence"].dims == ("scheme", "conversation", "turn") and data.sizes["turn"] == 3
    assert float(data["answer_divergence"].sel(scheme="none").max()) == 0
    assert float(data["top1_agreement"].sel(scheme="none").min()) == 1
    assert float(data["stored_key_error"].sel(scheme="int4").min()) > 0.02
    assert "pydoc_data.topics" in measured.conditions and "another model" in measured.evidence


def test_what_was_measured_is_not_run_again_and_a_killed_run_goes_on(installed):
    experiment = EXPERIMENTS["drift"]
    setting = experiment.setting(DRIFT)
    assert read_experiment(experiment, setting, parse_scheme("int4")) is None

    def killed(done, total):
        if done > 700:  # of 1,000 for the first conversation: the full cache and int4 are done, int8 is under way
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_experiment(experiment, setting, ["int4", "int8"], killed)
    conversation = 3 * (1 + 2)  # passes of one cache: a prompt and two tokens of an answer in each of three turns
    assert len(installed) == 2 * conversation + 3
    measured = run_experiment(experiment, setting, ["int4", "int8"])
    kept_parts = "int4 and the full cache's answers were kept of the conversation that was cut short"
    assert len(installed) - 3 == (2 + 1 + 3) * conversation, kept_parts
    runs = len(installed)
    again = run_experiment(experiment, setting, ["int4", "int8"])
    assert len(installed) == runs and np.array_equal(again.data["logit_error"], measured.data["logit_error"])
    kept = read_experiment(experiment, setting, parse_scheme("int4"))
    assert kept.numbers["int4"] == measured.numbers["int4"]
    assert read_experiment(experiment, setting, parse_scheme("quest")) is None, "cannot be run"


@pytest.mark.parametrize("share", [120, 400, 700, 900])
@pytest.mark.parametrize("scheme", ["int8", "kivi-2bit[group=16,residual=32]", "h2o[budget=64]"])
def test_a_run_that_was_killed_goes_on_in_the_middle_of_its_conversation(
    installed, monkeypatch, tmp_path, scheme, share
):
    """No turn is run twice, whether the full cache or a scheme was under way; what is measured is the same to the bit."""
    monkeypatch.setattr(unfinished, "KEEP_SECONDS", 0.0)
    experiment = EXPERIMENTS["drift"]
    setting = experiment.setting(DRIFT | {"conversations": 1, "user": 32})  # h2o has 36 tokens to drop
    whole = run_experiment(experiment, setting, [scheme])
    passes = len(installed)
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path / "anew"))

    def killed(done, total):
        if (
            done > share
        ):  # of 1,000: the full cache's three turns end at 167, 333 and 500, the scheme's at 667, 833 and 1,000
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_experiment(experiment, setting, [scheme], killed)
    resumed = run_experiment(experiment, setting, [scheme])
    assert len(installed) == 2 * passes
    assert resumed.data.equals(whole.data)
    assert list((tmp_path / "anew").rglob("unfinished*")) == [], "a conversation that is done leaves no state behind"


def test_a_state_of_something_else_or_cut_short_is_not_gone_on_from(tmp_path, monkeypatch):
    monkeypatch.setattr(unfinished, "KEEP_SECONDS", 1e9)
    slot = unfinished.Unfinished(tmp_path / "slot.pt", "mine")
    slot.keep({"turn": 1})
    assert slot.read() is None, "too soon after the last one"
    slot.keep({"turn": 2}, at_once=True)
    assert slot.read() == {"turn": 2} and unfinished.Unfinished(tmp_path / "slot.pt", "another").read() is None
    content = (tmp_path / "slot.pt").read_bytes()
    foreign = io.BytesIO()
    torch.save({"key": "mine", "state": Path("of a class that no cache has")}, foreign)
    for damaged in (content[: len(content) // 2], b"", b"no archive at all", foreign.getvalue()):
        (tmp_path / "slot.pt").write_bytes(damaged)
        assert slot.read() is None
    slot.remove()
    slot.remove()


def test_haystacks_are_kept_one_by_one_and_serve_longer_runs(installed):
    experiment = EXPERIMENTS["retrieval"]

    def asked(trials, axis):
        before = len(installed)
        run_experiment(experiment, experiment.setting({"trials": trials, "context": 400}, axis), ["none"])
        return (len(installed) - before) / 9  # passes: the prompt and eight tokens of the answer

    def killed(done, total):
        if done > 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setting = experiment.setting({"trials": 1, "context": 400}, [20, 100, 200])
        run_experiment(experiment, setting, ["none"], killed)
    assert len(installed) == 2 * 9
    assert asked(1, [20, 100, 200]) == 2, "the first depth was kept"
    assert asked(1, [20, 100]) == 0 and asked(2, [20, 100, 200]) == 3


def test_a_scheme_answers_alike_whatever_runs_beside_it(installed):
    experiment = EXPERIMENTS["drift"]
    alone = run_experiment(experiment, experiment.setting(DRIFT | {"conversations": 1}), ["int8"])
    installed.clear()
    beside = run_experiment(experiment, experiment.setting(DRIFT | {"conversations": 1}), ["int4", "int8"])
    assert set(installed) == {1} and np.array_equal(
        alone.data["answer_divergence"].sel(scheme="int8"), beside.data["answer_divergence"].sel(scheme="int8")
    )


def test_a_broken_file_of_the_cache_is_measured_again(installed, tmp_path):
    experiment = EXPERIMENTS["drift"]
    setting = experiment.setting(DRIFT)
    measured = run_experiment(experiment, setting, ["int4"])
    for path in (tmp_path / "numerics").rglob("*.json"):
        if path.parent.name != "runs":
            assert json.loads(path.read_text())["header"]["scheme"] == "int4"
        path.write_text(path.read_text()[:40])
    assert run_experiment(experiment, setting, ["int4"]).numbers == measured.numbers


def test_the_needle_of_a_window_is_lost_and_that_of_a_full_cache_is_held(installed):
    experiment = EXPERIMENTS["retrieval"]
    setting = experiment.setting({"trials": 1, "context": 600}, axis=[20, 300])
    measured = run_experiment(experiment, setting, ["none", "streaming-llm[sinks=4,recent=150]"])
    held = measured.data["needle_retention"].sel(trial=0)
    assert all("nan" not in cell for row in measured.tables[0].rows for cell in row)
    assert held.sel(scheme="none").values.tolist() == [1, 1]
    assert held.sel(scheme="streaming-llm[recent=150]").values.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"turns": 0}, "turns: expected 1 to 10000"),
        ({"trun": 3}, "did you mean turns"),
        ({"turns": 2.5}, "expected a whole number, got 2.5"),
        ({"turns": 9999}, "exceed the 2,048 that tiny can read"),
    ],
)
def test_conditions_are_checked(installed, numbers, words):
    experiment = EXPERIMENTS["drift"]
    with pytest.raises(Exception, match=words.replace("(", r"\(")):
        run_experiment(experiment, experiment.setting(numbers), ["int4"])


def test_every_experiment_checks_a_stress_test_in_its_own_words():
    for name, experiment in EXPERIMENTS.items():
        test = stress.load_test(name)
        axis, conditions = experiment.closed_form(experiment.setting({}))
        assert set(conditions) <= set(test.conditions) and len(axis) >= 1


def test_a_haystack_has_its_needle_where_it_was_put(tiny):
    haystack = build_haystack(tiny.encode, 1200, 400, seed=3)
    text = tiny.tokenizer.decode(haystack.context)
    assert text.startswith(OPENING) and len(haystack.context) + len(haystack.question) == 1200
    end = text.index(haystack.keys[0] + " is the pass key. ") + len(haystack.keys[0] + " is the pass key. ")
    assert 1200 - end == pytest.approx(400, abs=len(haystack.question) + 2)
    digits = "".join(text[place] for place in haystack.key_tokens[0])
    assert digits.strip() == haystack.keys[0]
    with pytest.raises(InputError, match="expected at least"):
        build_haystack(tiny.encode, 100, 10, seed=0)


def test_several_needles_have_owners_and_the_first_is_asked_for(tiny):
    haystack = build_haystack(tiny.encode, 1500, 700, seed=4, needles=3)
    text = tiny.tokenizer.decode(haystack.context)
    assert len(set(haystack.keys)) == 3 and all(f"is {key}. Remember it." in text for key in haystack.keys)
    owner = tiny.tokenizer.decode(haystack.question).split(" of ")[1].split("?")[0]
    assert f"The pass key of {owner} is {haystack.keys[0]}." in text


def test_conversations_do_not_overlap_and_a_short_text_is_refused():
    tokens = list(range(100))
    assert cut_conversation(tokens, 30, 0, 2) == list(range(30)) and cut_conversation(tokens, 30, 1, 2)[0] == 35
    with pytest.raises(InputError, match="at least 200 tokens"):
        cut_conversation(tokens, 200, 0, 1)


def test_intervals_by_hand():
    assert share_interval(8, 8) == (1.0, pytest.approx(0.80, abs=0.01), 1.0)
    assert share_interval(0, 4)[:2] == (0.0, 0.0) and share_interval(0, 4)[2] == pytest.approx(0.36, abs=0.02)
    value, low, high = mean_interval(np.arange(100.0))
    assert value == 49.5 and low == pytest.approx(49.5 - 1.645 * 2.9, abs=0.5) and high == pytest.approx(54.3, abs=0.5)


def test_ranks_and_odds_by_hand():
    scores = np.array([[0.0, 1.0, 2.0, 3.0], [5.0, 5.0, 5.0, 5.0]])
    assert ranks_of(scores, [3, 0]).tolist() == [[0.875, 0.125], [0.5, 0.5]]
    # Half of the needles are above the threshold that a tenth of all tokens pass: odds 1 against 1/9.
    assert odds_ratio(np.array([0.95, 0.2]), 0.1) == pytest.approx(9)
    assert odds_ratio(np.random.default_rng(0).uniform(size=100_000), 0.25) == pytest.approx(1, rel=0.03)


def test_held_shares_count_tokens_of_the_key(tiny):
    cache = tiny.new_cache(FULL)
    tiny.run(list(range(20)), [cache], is_prompt=True)
    assert held_shares(cache, (3, 4)).shape == (3, 2) and (held_shares(cache, (3, 40)) == 0.5).all()


def test_a_file_of_ones_own_runs_under_its_path(installed, write_scheme):
    scheme = write_scheme('[[mechanism]]\nkind = "quantize"\nbits = "3 bit"\ntile = [1, 16, 1]\nmetadata = "32 bit"\n')
    test = stress.load_test("drift")
    measured, comparisons = numerics.measure(test, [scheme], None, DRIFT, None, None, lambda done, total: None)
    assert list(measured.numbers) == ["own"] and {one.scheme for one in comparisons} == {"own"}
    assert 0.05 < comparisons[0].measured[0] < 0.5 and comparisons[0].derived[0] > 0


def test_two_files_of_one_name_are_refused(installed, tmp_path, write_scheme):
    first = write_scheme('[[mechanism]]\nkind = "window"\nrecent = "64 token/sequence"\n')
    (tmp_path / "other").mkdir()
    second = tmp_path / "other" / "own.toml"
    second.write_text(Path(first).read_text(encoding="utf-8").replace("64", "32"), encoding="utf-8")
    with pytest.raises(InputError, match="got own twice"):
        run_experiment(EXPERIMENTS["drift"], EXPERIMENTS["drift"].setting(DRIFT), [first, str(second)])


def test_a_needle_beyond_the_context_is_refused(installed):
    with pytest.raises(InputError, match="expected at most the context of 512, got 3,000"):
        EXPERIMENTS["retrieval"].setting({"context": 512}, axis=[64, 3000])


def test_one_sample_has_no_interval():
    value, low, high = mean_interval(np.array([0.25]))
    assert value == 0.25 and np.isnan(low) and np.isnan(high)


def test_turns_of_one_conversation_are_not_independent():
    """Means 1 and 3: 2 ± 6.314 × √2 / √2 by Student's law with one degree of freedom, whatever the turns say."""
    few = np.repeat([[1.0], [3.0]], 60, 1)
    assert cluster_interval(few) == pytest.approx((2, 0, 2 + 6.314), abs=1e-3)
    assert mean_interval(few)[1] > 1.8, "as 120 independent turns it would be far narrower"
    ten = np.repeat(np.arange(10.0)[:, None], 60, 1)
    mean, low, high = cluster_interval(ten)  # resampled: ± 1.645 × √(8.25 / 10)
    assert mean == 4.5 and low == pytest.approx(4.5 - 1.494, abs=0.1) and high == pytest.approx(4.5 + 1.494, abs=0.1)
    assert np.isnan(cluster_interval(few[:1])[1])


def test_a_share_over_conversations_is_never_narrower_than_of_single_trials():
    alone = share_interval(90, 100)
    assert cluster_share_interval(np.array([45, 45]), 50) == pytest.approx(alone)
    share, low, high = cluster_share_interval(np.array([49, 41]), 50)  # shares 0.98 and 0.82: 0.9 ± 6.314 × 0.08
    assert share == 0.9 and low == pytest.approx(0.9 - 0.505, abs=1e-3) and high == 1
    assert np.isnan(cluster_share_interval(np.array([49]), 50)[1])


def test_a_count_that_settles_a_share():
    count = trials_to_settle(0.9375, 0.8, 16)
    assert share_interval(15, 16)[1] < 0.8 < share_interval(round(0.9375 * count), count)[1]
    assert share_interval(round(0.9375 * (count - 1)), count - 1)[1] < 0.8
    assert trials_to_settle(0.5, 0.5, 16) is None


def test_a_printed_interval_says_how_many_conversations_it_is_over(installed):
    experiment = EXPERIMENTS["drift"]
    for conversations, words in (
        (2, "90 % intervals over 2 conversations"),
        (1, "one conversation, which has no interval"),
    ):
        setting = experiment.setting(DRIFT | {"conversations": conversations})
        measured = run_experiment(experiment, setting, ["int4"])
        assert all(words in table.title for table in measured.tables) and words in measured.sentences["int4"]
