"""Findings of the two proposals, as a good referee states them; measurements ranked by what they decide."""

import pytest


def findings(report, text):
    return {f.about: f for f in reversed(report(text).summary.findings)}


def test_kivi_is_recognised(report):
    found = findings(report, "c-kivi")
    assert found["novelty"].text.startswith("identical to kivi-2bit[group=64]") and found["novelty"].tone == "bad"
    assert "15.9% of the bytes" in found["bytes"].text
    assert "does not divide a block" in found["conflict"].text
    assert "would win with an ideal kernel that nobody has measured" in found["speed"].text
    assert "no small change" in found["twist"].text


def test_heavy_hitters_in_4_bit(report):
    found = findings(report, "d-h2o-4bit")
    assert "nearest is h2o" in found["novelty"].text
    assert "prefills" in found["capacity"].text and "decode steps alone" in found["capacity"].text
    assert "breaks under prefix, turns; unknown under retrieval" in found["torture card"].text
    assert "first token" in found


def test_a_measured_kernel_wins_and_loses(report):
    counts = report("fp8").sections["regimes"].counts
    assert counts["wins"] > 0 and counts["loses"] > 0 and "needs kernel" not in counts


def test_only_cells_that_both_sides_can_run_are_counted(report):
    regimes = report("c-kivi").sections["regimes"]
    assert sum(regimes.counts.values()) == sum(cell.is_compared for cell in regimes.cells)
    alone = [c for c in regimes.cells if not c.baseline_fits and c.verdict == "needs kernel"]
    assert alone and all(not cell.is_compared for cell in alone)


@pytest.mark.parametrize("scheme", ["c-kivi", "d-h2o-4bit", "fp8"])
def test_eight_measurements_at_most_the_most_decisive_first(report, scheme):
    ranked = report(scheme).sections["measurements"].ranked
    assert 0 < len(ranked) <= 8
    keys = [(-m.decides, -m.narrows) for m in ranked]
    assert keys == sorted(keys) and all(0 <= m.decides <= 1 and m.narrows >= 1 for m in ranked)


def test_kernel_points_share_the_open_cells(report):
    ranked = report("c-kivi").sections["measurements"].ranked
    kernels = [m for m in ranked if m.what == "time of the decode-attention kernel"]
    assert len({m.where for m in kernels}) == len(kernels) == 3
    assert sum(m.decides for m in kernels) == pytest.approx(1.0), "every cell of this map is open"
    assert all("ns a token and KV head" in m.why for m in kernels)


def test_quality_is_asked_where_the_nearest_relative_lost_most(report):
    first = report("c-kivi").sections["measurements"].ranked[0]
    assert first.what.startswith("quality on Passkey") and "kivi-2bit" in first.why and "32.0%" in first.why


def test_variable_rates_save_no_room_in_blocks_of_one_size(report):
    found = report("a-variable-rate")
    lines = [f.text for f in found.summary.findings if f.about == "conflict"]
    assert any("the pool reserves the worst" in line for line in lines)
    fork = found.sections["torture"].outcomes[0]
    # Every branch holds all of its 33,280 tokens: 8 bit, 2 of scales and 4 bytes of score in 512 B, over 36,864 shared.
    by_hand = 8 * 33_280 * (10 / 16 + 4 / 512) / 36_864
    assert by_hand == pytest.approx(4.57, abs=0.01) and fork.number.startswith("4.57 ×") and fork.verdict == "breaks"
    assert found.sections["torture"].verdict_of("prefix") == "breaks"
    best = found.sections["twist"].moves[0]
    assert best.name == "follow the mean rate" and best.bytes_ratio < 0.6


def test_low_rank_keys_are_about_break_even(report):
    """Rebuilding 8 x 32K keys of 32 layers is 4.4 TFLOP a step, 7.4 ms at 60 % of peak; 5.8 ms of bytes are saved."""
    regimes = report("e-palu").sections["regimes"]
    ratio = next(p.before for p in report("e-palu").sections["twist"].ideal if p.point == "a few users, long context")
    assert 0.9 < ratio < 1.15
    assert set(regimes.counts) == {"needs kernel"}
