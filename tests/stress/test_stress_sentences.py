"""What a stress test says of a curve: every branch of every sentence, from curves whose numbers are stated, and its bounds."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from costmodel import stress
from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress import burst
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.numerics import Comparison
from costmodel.stress.run import condition_numbers, run_test

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")


def says(test, axis, columns, baseline=None, scheme="kivi-2bit", **numbers):
    """The sentence of a test about a scheme whose columns are these; of the baseline itself where none are stated."""
    vectors, others = (
        {name: np.asarray(values, dtype=float) for name, values in part.items()}
        for part in (columns, baseline or columns)
    )
    loaded = load_test(test)
    defaults = {name: condition.default for name, condition in loaded.conditions.items()}
    conditions = StressConditions(HERE, np.asarray(axis, dtype=float), defaults | numbers)
    compared = "none" if baseline is not None else scheme
    return loaded.summarize(conditions, StressCurve(scheme, compared, vectors, others, load_scheme(scheme).spec))


def load_test(name):
    return stress.load_test(name)


FORK = {"stored_ratio": [0.5, 0.5], "break_even_branches": [np.nan] * 2, "max_branches": [900.0] * 2}
NONE = {"max_branches": [300.0] * 2}


def test_forks():
    assert says("fork", [1, 128], FORK) == "shares all full blocks; the pool holds 900 branches"
    endless = {"max_branches": [np.inf] * 2}
    assert says("fork", [1, 128], FORK | endless).endswith("any number of branches, which keep nothing of their own")
    assert says("fork", [1, 128], FORK, NONE | endless).endswith("900 branches (none: any number)")
    capacity = "the pool holds 900 branches (none: 300)"
    assert says("fork", [1, 128], FORK, NONE) == f"keeps its saving; {capacity}"
    assert says("fork", [1, 128], FORK | {"stored_ratio": [0.5, 0.505]}, NONE) == f"keeps its saving; {capacity}"
    falling = says("fork", [1, 128], FORK | {"stored_ratio": [0.5, 0.8]}, NONE)
    assert falling == f"saves 2.0× at 1 and 1.2× at 128 branches; {capacity}"
    more = says("fork", [1, 128], FORK | {"stored_ratio": [1.5, 1.25]}, NONE)
    assert more == f"stores 1.50× the bytes however many branches there are; {capacity}"
    for ends in ([0.5, 1.25], [1.5, 0.5]):
        crossing = says("fork", [1, 128], FORK | {"stored_ratio": ends, "break_even_branches": [9.7] * 2}, NONE)
        assert crossing.startswith("stores less than the baseline up to 9 branches and more beyond")


def test_prefixes():
    columns = {"max_branches": [100.0, 80.0], "suffix_prefill_time": [1.0, 0.25], "prefix_hit_tokens": [0.0, 512.0]}
    text = "100 requests at 256 tokens of prefix, 80 at 1,024; first token after 250 ms there"
    assert says("prefix", [256, 1024], columns) == text
    assert says("prefix", [256, 1024], columns, {"max_branches": [50.0, 60.0]}) == text
    overtaken = says("prefix", [256, 1024], columns, {"max_branches": [50.0, 80.0]})
    assert overtaken == f"{text}; from a prefix of 1,024 tokens the baseline holds as many or more"
    assert says("prefix", [256, 1024], columns, {"max_branches": [100.0, 100.0]}) == text  # it never held more
    pruned = says("prefix", [256, 1024], columns | {"prefix_hit_tokens": [0.0, 0.0]})
    assert pruned == f"{text}, because its cache depends on later tokens and cannot be prefix-cached"


def test_resting_caches():
    columns = {
        "resume_time": [0.01, 0.02],
        "plain_fetch_time": [1.0, 0.05],
        "prefill_time": [1.0, 0.4],
        "covered_pause": [1.0, 90.0],
        "resting_fetch_time": [1.0, 0.015],
        "resting_decode_time": [1.0, 0.005],
        "break_even_link": [1.0, 64e9],
        "resting_sequences": [9.0, 1.0],
    }
    plain = "1,024 tokens are back after 20 ms (computed again: 400 ms"
    rival = f"{plain}, the baseline's pages as they are: 50 ms), most of it"
    pause = "; the host covers pauses of 90 s"
    beyond = "; plain pages are faster over a link beyond 64 GB/s"
    assert says("resume", [1, 1024], columns, columns) == f"{rival} the link{beyond}{pause}"
    slow = columns | {"resting_decode_time": [0.0, 0.016], "break_even_link": [1.0, np.nan]}
    assert says("resume", [1, 1024], slow, columns) == f"{rival} decoding{pause}"
    full = columns | {"resting_sequences": [9.0, 0.9]}
    assert says("resume", [1, 1024], full, columns).endswith(f"{beyond}; the host's memory does not hold one of them")
    nothing = columns | {"resting_decode_time": [1.0, 0.0]}
    assert says("resume", [1, 1024], nothing) == f"{plain}){pause}"
    spread = columns | {"resume_time_lo": [0.0, 0.018], "resume_time_hi": [0.0, 0.0234]}
    spread |= {"break_even_link_lo": [0.0, 60e9], "break_even_link_hi": [0.0, 70e9], "prefill_time": [1.0, 10.08]}
    text = says("resume", [1, 1024], spread, columns)
    assert text.startswith("1,024 tokens are back after 20 ms (18–23.4) (computed again: 10.1 s, ")
    assert "over a link beyond 64 GB/s (60–70);" in text


RACE = {
    "deciding_step_time": [2.0, 2.0],
    "encode_step_time": [1.0, 1.0],
    "flush_share": [0.1, 0.1],
    "step_time": [10.0, 10.0],
    "deciding_load": [0.0, 0.25],
    "encoding_load": [0.0, 0.125],
    "side_load": [0.0, 0.375],
    "arriving_tokens": [0.0, 2500.0],
    "deciding_rate": [0.0, 10_000.0],
    "encoding_rate": [0.0, 20_000.0],
    "deciding_backlog": [0.0, 0.0],
    "encoding_backlog": [0.0, 0.0],
    "deciding_wait": [0.0, 25e-6],
    "encoding_wait": [0.0, 50e-6],
    "side_wait": [0.0, 75e-6],
}


def test_races():
    alone = "of the bare step at batch 256 and keeps up: 2,500 tokens arrive each second, it serves"
    deciding = f"deciding takes 25.0% {alone} 10,000; a decision waits 25 µs"
    encoding = f"encoding takes 12.5% {alone} 20,000; a flush waits 50 µs"
    both = "; one stream for both is busy 37.5% of the bare step, and a decision waits 75 µs"
    assert says("race", [1, 256], RACE) == f"deciding is 2.0 × slower than encoding; {deciding}{both}"
    slow = RACE | {"encode_step_time": [5.0, 5.0], "flush_share": [2.0, 2.0]}
    flush = "; done in the step, a flush makes it 3.00 × as long"
    assert says("race", [1, 256], slow) == f"encoding is 2.5 × slower than deciding; {encoding}{both}{flush}"
    assert says("race", [1, 256], slow | {"flush_share": [0.52, 0.52]}).endswith(both)  # a flush like any step
    ends = {"flush_share_lo": [0.0, 1.5], "flush_share_hi": [0.0, 2.5]}
    assert says("race", [1, 256], slow | ends).endswith("a flush makes it 3.00 (2.50–3.50) × as long")
    none = {"deciding_step_time": [0.0, 0.0]}
    assert says("race", [1, 256], slow | none) == f"nothing to decide; {encoding}{flush}"
    assert says("race", [1, 256], RACE | {"encode_step_time": [0.0, 0.0]}) == f"nothing to encode; {deciding}"
    assert says("race", [1, 256], RACE | none | {"encode_step_time": [0.0, 0.0]}).startswith(
        "nothing to decide and nothing"
    )


def test_a_race_that_is_lost_or_undecided():
    """From a utilisation of 1 on there is no mean wait; an interval across 1 leaves it open which side it is."""
    alone = RACE | {"encode_step_time": [0.0, 0.0]}
    lost = alone | {"deciding_load": [0.0, 1.25], "deciding_rate": [0.0, 2000.0], "deciding_backlog": [0.0, 500.0]}
    grows = "2,500 tokens arrive each second, it serves 2,000, so that its queue grows by 500 each second"
    assert says("race", [1, 256], lost).endswith(f"125.0% of the bare step at batch 256 and falls behind: {grows}")
    at_one = says("race", [1, 256], lost | {"deciding_load": [0.0, 1.0]})
    assert "and falls behind: " in at_one and "waits" not in at_one
    ends = {"deciding_load_lo": [0.0, 0.9], "deciding_load_hi": [0.0, 1.6]}
    assert "125.0% (90.0–160.0) of the bare step at batch 256 and probably falls behind" in says(
        "race", [1, 256], lost | ends
    )
    assert "and probably keeps up: " in says(
        "race", [1, 256], alone | {"deciding_load_lo": [0.0, 0.2], "deciding_load_hi": [0.0, 1.0]}
    )
    assert "a decision waits" not in says("race", [1, 256], RACE | {"side_load": [0.0, 1.0]}).split("one stream")[1]


def test_turns():
    columns = {"suffix_prefill_time": [1.0, 0.125], "max_batch_memory": [9.0, 40.0], "reused_tokens": [0.0, 5.0]}
    text = "turn 100 waits 125 ms for its first token; the pool holds 40 such conversations"
    assert says("turns", [1, 100], columns) == text
    baseline = {"suffix_prefill_time": [1.0, 0.05], "max_batch_memory": [9.0, 20.0]}
    assert says("turns", [1, 100], columns, baseline) == f"{text} (none: 20)"
    pruned = says("turns", [1, 100], columns | {"reused_tokens": [5.0, 0.0]}, baseline)
    assert pruned.endswith("so the whole history is prefilled again (none: 50 ms)")


def test_blocks_and_beams():
    columns = {
        "freed_by_head": [0.5, 0.0],
        "freed_by_layer": [0.0625, 0.0],
        "compaction_time": [0.004, 1.0],
        "tail_share": [0.01, 1.0],
    }
    assert says("allocator", [0.05, 0.9], columns) == (
        "if every head kept 5% of its tokens, 50% of the blocks would be free by head and 6.2% by layer; compaction would "
        "copy the rest in 4 ms; tails waste 1.00%"
    )
    beams = {"beam_saving": [0.0, 0.75], "beam_copy_share": [1.0, 0.125], "parallel_saving": [0.0, 0.5],
             "beams_size": [1.0, 6.0], "beams_apart_size": [1.0, 20.0]}  # fmt: skip
    text = "64 beams share 75% of their bytes, parallel samples 50%; copying takes 12.5% of a step"
    assert says("beams", [2, 64], beams) == text
    wide = {"beams_size": [1.0, 4.0], "beams_apart_size": [1.0, 80.0]}
    assert says("beams", [2, 64], beams, wide) == f"{text}; 1.50× the baseline's bytes (one sequence: 0.25×)"
    assert says("beams", [2, 64], beams | {"beam_saving": [0.0, 0.0]}).startswith(
        "64 beams share nothing: entries are replaced"
    )


BURST = {
    "max_safe_requests": [60.0],
    "max_batch_memory": [80.0],
    "prefill_time": [0.5],
    "swap_time": [0.2],
    "arriving_overflow": [0.25],
    "arriving_preemptions": [1.5],
    "arriving_load": [0.5],
    "arriving_prompt_share": [0.1],
}


def test_bursts():
    text = says("burst", [8], BURST, {"max_safe_requests": [40.0]})
    assert text.startswith(
        "60 of the 80 requests that fit on average can run at a 1.0% overflow risk, 1.5× the baseline's; a pree"
    )
    assert (
        "500 ms of recomputed prefill or 200 ms of swapping (the link's rate assumed), so swapping is cheaper" in text
    )
    ends = {"prefill_time_lo": [0.4], "prefill_time_hi": [0.6], "swap_time_lo": [0.1], "swap_time_hi": [0.39]}
    apart = says("burst", [8], BURST | ends, {"max_safe_requests": [40.0]})
    assert "500 ms (400–600) of recomputed prefill or 200 ms (100–390) of swapping" in apart and "so swapping" in apart
    meeting = says("burst", [8], BURST | ends | {"swap_time_hi": [0.4]}, {"max_safe_requests": [40.0]})
    assert "and which is cheaper cannot be told: swapping by the middle of the intervals" in meeting
    assert "at 1 a second requests wait for blocks 25.0% of the time and are preempted 1.5 times each" in text
    assert ", where the baseline can run none;" in says("burst", [8], BURST, {"max_safe_requests": [0.0]})
    assert "so computing it again is cheaper" in says("burst", [8], BURST | {"swap_time": [0.5]})
    full = BURST | {"max_safe_requests": [80.0] * 3, "max_batch_memory": [80.0] * 3}
    always, never = ({"overflow_probability": [at_8, at_8, 1.0]} for at_8 in (0.4, 0.0))
    assert "the budget is full" not in text and "the budget is full" in says("burst", [8, 80, 512], full | never)
    assert "the budget is full" not in says("burst", [8, 80, 512], full | always), (
        "a risk at which lengths still matter"
    )
    assert "wait for blocks less than 0.1% of the time" in says("burst", [8], BURST | {"arriving_overflow": [0.0009]})
    assert "wait for blocks 0.1% of the time" in says("burst", [8], BURST | {"arriving_overflow": [0.001]})
    assert "does not hold, as the load is 95%" in says("burst", [8], BURST | {"arriving_load": [0.95]})


DRIFT = {"answer_divergence": [0.1, 0.2], "answer_divergence_lo": [0.0, 0.1], "answer_divergence_hi": [0.0, 0.4],
         "stored_key_error": [0.0, 0.05], "stored_value_error": [0.0, 0.1], "dropped_tokens": [0.0, 0.0],
         "attention_output_error": [0.0, 0.3]}  # fmt: skip


def test_drift():
    stored = "stored keys are off by 5.0%, values by 10.0%"
    text = says("drift", [1, 100], DRIFT)
    assert text.startswith(
        f"{stored}, attention's output by 30.0%; turn 100 answers 0.2 (0.1–0.4) nats from the full cache, still g"
    )
    steady = says("drift", [1, 100], DRIFT | {"answer_divergence": [0.199, 0.2]})
    assert "by this law no more than the turns before" in steady and "only fp8 was measured to grow" in steady
    doubled = says("drift", [1, 100], DRIFT | {"answer_divergence": [0.2, 0.2]}, scheme="fp8")
    assert doubled.endswith("measured, it is 0.015 nats in turns 40 to 100, 1.9 times that of the first three (0.008)")
    assert "2.4 times less than that of the first three (0.16)" in says("drift", [1, 100], DRIFT, scheme="int4")
    assert "no more than" in says("drift", [100], {name: values[1:] for name, values in DRIFT.items()})
    nothing = DRIFT | {
        "answer_divergence": [0.0, 0.0],
        "stored_key_error": [1.0, 0.0],
        "stored_value_error": [1.0, 0.0],
    }
    assert says("drift", [1, 100], nothing) == "nothing is rounded"
    assert (
        says("drift", [1, 100], nothing | {"stored_value_error": [0.0, 0.1]})
        == "stored keys are off by 0.0%, values by 10.0%"
    )
    assert "answers 1 (" in says("drift", [1, 100], DRIFT | {"answer_divergence": [0.1, 1.0]})
    dropped = says("drift", [1, 100], DRIFT | {"dropped_tokens": [0.0, 1500.0]})
    assert dropped.startswith(f"{stored}; by turn 100 a layer has dropped 1,500 tokens: how far")
    assert says("drift", [1, 100], DRIFT, scheme="mla").startswith("what project does to answers is not modelled")


def needles(value, low=None, high=None, layers=None):
    low, high = (value if end is None else end for end in (low, high))
    return {"needle_retention": value, "needle_retention_lo": low, "needle_retention_hi": high,
            "needle_layer_retention": value if layers is None else layers}  # fmt: skip


def test_needles():
    axis = [16, 512, 4096]
    assert says("retrieval", axis, needles([1, 1, 1])).startswith("holds a needle at any depth in all layers")
    assert says("retrieval", axis, needles([0.5] * 3)).startswith("holds a needle at any depth in 50% of the layers")
    lost = says("retrieval", axis, needles([1, 1, 0]), scheme="streaming-llm")
    assert lost.startswith("loses a needle 4,096 tokens back permanently, in all layers")
    assert "in 25% of the layers" in says("retrieval", axis, needles([1, 0.75, 0.75]), scheme="streaming-llm")
    known = needles([1, 0.3, 0.2], [1, 0.2, 0.1], [1, 0.4, 0.3], [1, 0.9, 0.8])
    text = says("retrieval", axis, known, scheme="h2o")
    assert text.startswith("beyond 512 tokens, ") and "keeps a needle in 20.0% (10.0%–30.0%) of the heads" in text
    assert "at least one head in 80% of the layers" in text
    assert "each of 3 by some head in 80%" in says("retrieval", axis, known, scheme="h2o", needles=3)
    anywhere = says("retrieval", axis, needles([0.3] * 3, [0.2] * 3, [0.4] * 3), scheme="h2o")
    assert anywhere.startswith("at any depth, ")
    assert "extrapolated from" in text and "extrapolated from" not in says(
        "retrieval", axis, known, scheme="h2o", context=512
    )


def test_intervals_that_overlap_agree():
    def agrees(measured, derived):
        return Comparison("fp8", "x", measured, derived).agree

    assert agrees((0.5, 0.4, 0.6), (0.7, 0.6, 0.8)) is True and agrees((0.5, 0.4, 0.6), (0.3, 0.2, 0.4)) is True
    assert agrees((0.5, 0.4, 0.6), (0.7, 0.61, 0.8)) is False and agrees((0.5, 0.4, 0.6), (0.3, 0.2, 0.39)) is False
    assert agrees((0.5, np.nan, np.nan), (0.3, 0.2, 0.39)) is None and agrees((0.5, 0.4, 0.6), (np.nan,) * 3) is None


def made(**changes):
    options = {
        "id": "x", "order": 1, "question": "?", "conditions_template": "{n} of them", "axis": "batch", "axis_label": "",
        "default_values": (3.0, 1.0), "conditions": {"n": Condition(2, "token", "", 1, 4, aliases=("m",), whole=True)},
        "plot": PlotSpec("y", ""), "compute": lambda conditions, scheme: {"y": np.array(1.0)},
        "summarize": lambda conditions, curve: f"{curve.scheme} {curve.columns['y'].shape}",
    }  # fmt: skip
    return StressTest(**options | changes)


def test_a_test_checks_itself_and_its_conditions():
    for order in ("1", float("nan"), float("inf")):
        with pytest.raises(InputError, match="order: expected a number"):
            made(order=order)
    assert made(order=0.5).order == 0.5
    for default, is_good in ((0.5, False), (1, True), (4, True), (5, False)):
        numbers = {"n": Condition(default, "", "", 1, 4)}
        if is_good:
            assert made(conditions=numbers).conditions["n"].default == default
        else:
            with pytest.raises(InputError, match=f"expected a default of 1 to 4, got {default:g}"):
                made(conditions=numbers)
    with pytest.raises(InputError, match="conditions_template"):
        made(conditions_template="{k} of them")
    test = made()
    assert condition_numbers("x", test, {}) == {"n": 2} and condition_numbers("x", test, {"m": 3}) == {"n": 3}
    for overrides, due in (
        ({"n": 0}, "expected 1 to 4 token, got 0"),
        ({"n": 5}, "got 5"),
        ({"n": 2.5}, "a whole number, got 2.5"),
        ({"n": 2, "m": 3}, "is an earlier spelling of n"),
    ):
        with pytest.raises(InputError, match=due):
            condition_numbers("x", test, overrides)
    assert [condition_numbers("x", test, {"n": n})["n"] for n in (1, 4)] == [1, 4]
    with pytest.raises(UnknownName):
        condition_numbers("x", test, {"k": 1})


def test_a_run_sorts_its_axis_and_states_its_conditions():
    result = run_test(made(), HERE, ["fp8", "none", "fp8"])
    assert [curve.scheme for curve in result.curves] == ["fp8", "none"] and result.curves[0].baseline == "none"
    assert result.conditions.axis_values.tolist() == [1, 3] and result.summaries == {
        "fp8": "fp8 (2,)",
        "none": "none (2,)",
    }
    assert result.conditions_text == "2 of them" and result.conditions["n"] == 2
    assert run_test(made(), HERE, ["none"], [5, 5, 4]).conditions.axis_values.tolist() == [4, 5]
    with pytest.raises(InputError, match="plot: "):
        run_test(made(plot=PlotSpec("z", "")), HERE, ["none"])
    assert PlotSpec("y", "").band == ("y_lo", "y_hi") and PlotSpec("y", "", ends=("a", "b")).band == ("a", "b")
    assert SimpleNamespace(**vars(PlotSpec("y", ""))).factor == 1


@pytest.mark.parametrize("name", stress.load_tests())
def test_no_condition_counts_or_spreads_below_zero(name):
    for key, condition in load_test(name).conditions.items():
        assert 0 <= condition.low <= condition.default <= condition.high, key
        if condition.meaning.startswith(("Share", "Fraction", "Whether")):
            assert condition.high <= 1, f"{key}: no share is above 1"
        if condition.unit == "token/sequence" and "output" not in key and key != "private":
            assert condition.low >= 1, f"{key}: a sequence has a token"


def test_burst_states_the_accuracy_that_its_guide_prints():
    """Median and p90 of settings that overflow, of the last judgement."""
    guide = (Path(__file__).parents[2] / "docs/howto/burst.md").read_text(encoding="utf-8")
    row = next(line for line in guide.splitlines() if line.startswith("overflow               overflow above 2 %"))
    median, ninth = map(float, row.split()[-3:-1])
    assert f"half are within {median:.1f} points of it and nine in ten within {ninth:.1f}" in burst.ACCURACY
