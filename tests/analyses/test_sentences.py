"""First lines of answers: worked by hand from made-up results, and true of computed ones."""

from types import SimpleNamespace

import numpy as np
import pytest

from costmodel.analyses import sentences
from costmodel.analyses.breakeven import BreakEven, break_even
from costmodel.analyses.explain import explain
from costmodel.analyses.regime import compute_regimes
from costmodel.analyses.turn_lengths import longest_turn
from costmodel.evaluation.assemble.deployments import resolve_deployment

LLAMA = resolve_deployment("llama-8b", "h100-sxm", ranks=1)


def line(scheme, wins=0, needs_kernel=0, loses=0, region="nowhere", **numbers):
    given = {"max_speedup": 0.0, "max_ratio": 0.0, "min_ratio": 0.0, "evidence": "measured"} | numbers
    return SimpleNamespace(scheme=scheme, wins=wins, needs_kernel=needs_kernel, loses=loses, win_region=region, **given)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c", "d"], "a, b, c and d"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_lists_are_read_aloud(words, expected):
    assert sentences.enumerate_words(words) == expected


def test_a_sweep_names_winners_then_what_needs_a_kernel_then_losers():
    summaries = [
        line("slow", loses=3, min_ratio=0.5),
        line("fp8", wins=3, region="from 256K tokens in flight", max_speedup=1.137),
        line("int4", needs_kernel=3, max_ratio=1.35, evidence="compiled"),
        line("best", wins=9, region="everywhere", max_speedup=2.0),
        line("alike", region="cannot tell"),
    ]
    assert sentences.sweep_sentence(summaries) == (
        "best makes a decode step up to 2.00 × as fast, everywhere (measured); fp8 makes a decode step up to 1.14 × as fast, "
        "from 256K tokens in flight (measured); int4 (1.35 ×) would win with an ideal kernel, but nobody measured theirs; "
        "slow (0.50 ×) loses; alike: cannot tell."
    )


def test_a_sweep_without_a_measured_winner_says_so():
    said = sentences.sweep_sentence([line("int4", needs_kernel=3, max_ratio=1.35, evidence="compiled")])
    assert said.startswith(
        "Nothing here wins at the same batch with a kernel that somebody measured; int4 (1.35 ×) would win"
    )


def test_counted_points_are_shares_of_what_fits():
    counts = {
        "none": {"cannot tell": 4, "does not fit": 6},
        "fp8": {"wins": 3, "loses": 1, "does not fit": 6},
        "big": {"does not fit": 10},
    }
    assert (
        sentences.counts_sentence(counts)
        == "fp8 wins in 75 % of the points that fit and loses in 25 %; big does not fit."
    )
    assert sentences.counts_sentence({"none": {"cannot tell": 4}}) == "Nothing here can be told from its baseline."


@pytest.mark.parametrize(
    ("share", "expected"), [(0.004, "under 1 %"), (0.996, "over 99 %"), (0.125, "12 %"), (0.5, "50 %")]
)
def test_a_share_is_never_none_or_all(share, expected):
    assert sentences._share(share) == expected


def test_a_regime_says_shares_and_extremes_of_its_cells():
    maps = compute_regimes(LLAMA, ["fp8", "kivi-2bit"], [1.0, 8.0, 64.0], [1024.0, 8192.0, 65536.0], ["same-batch"])
    fp8 = maps["same-batch"][0]
    said = sentences.regime_sentence(maps)
    fitting = np.isin(fp8.verdict, ["wins", "loses", "cannot tell", "needs kernel"])
    won = fp8.verdict == "wins"
    assert said.startswith(
        f"fp8 against none: at the same batch it wins in {100 * won.sum() / fitting.sum():.0f} % of the cells"
    )
    assert f"(up to {fp8.ratio[won].max():.2f} ×, measured)" in said
    assert "; kivi-2bit against none: " in said and "wins only with an ideal kernel, which nobody measured" in said


def test_a_break_even_is_said_batch_by_batch():
    rows = break_even(LLAMA, "fp8", [1.0, 8.0])
    assert sentences.break_even_sentence(rows) == (
        "fp8 makes a decode step faster than none (kernels: measured): "
        f"at batch 1 from {rows[0].context:,.0f} tokens; at batch 8 from {rows[1].context:,.0f} tokens."
    )


def test_a_break_even_of_a_guess_is_no_statement():
    numbers = (1.0, np.inf, 16.0, np.inf, ("memory", "memory"), np.inf)
    row = BreakEven("mine", "none", *numbers, max_context=4096.0, evidence="assumed")
    assert sentences.break_even_sentence([row]) == (
        "mine would, by estimates, make a decode step faster than none (kernels: assumed): at batch 1 never, up to 4,096 tokens."
    )


def test_a_point_says_what_it_waits_for_and_that_it_does_not_fit():
    point = explain(LLAMA, "fp8", 8.0, 8192.0)
    said = sentences.point_sentence(point, fits=True)
    assert said.startswith(f"fp8 at batch 8, context 8,192: a step takes {point.outputs['tpot_ms']:.2f} ms, ")
    assert "matrix products waiting for memory" in said and said.endswith("measured): wins.")
    assert sentences.point_sentence(explain(LLAMA, "fp8", 800.0, 8192.0), fits=False).startswith(
        "Does not fit; in a pool large"
    )


def test_a_baseline_is_compared_with_nothing():
    assert "as fast" not in sentences.point_sentence(explain(LLAMA, "none", 8.0, 8192.0), fits=True)


def test_a_conversation_is_as_long_as_all_that_was_said():
    assert longest_turn(LLAMA, np.array([1.0, 100.0]), 500.0, 12.0) == pytest.approx(100 * 512, abs=1)
