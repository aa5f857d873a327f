"""Beams against two independent checks: block tables that are copied on write, and the savings that the vLLM paper measured."""

from collections import Counter

import numpy as np
import pytest

from costmodel import stress
from costmodel.evaluation.assemble.deployments import resolve_deployment

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
BLOCK = 16
# Mean tokens of prompt and output in Kwon et al. 2023, section 6.1, and the spread of outputs that is assumed here.
ALPACA, SHAREGPT = (19.31, 58.45, 1.2), (161.31, 337.99, 0.8)


def run(schemes, widths, **conditions):
    return stress.run_test(stress.load_test("beams"), DEPLOYMENT, schemes, list(widths), **conditions).curves


def counted(prompt: int, steps: int, width: int, fork_rate: float, seed: int, repeats: int = 40):
    """(share saved, copies a step) of real block tables."""
    draw, shares = np.random.default_rng(seed), []
    for _ in range(repeats):
        tables, unused, copies = [list(range(-(-prompt // BLOCK)))] * width, 1_000_000, 0
        for length in range(prompt, prompt + steps):
            parents = draw.integers(0, width, width) if draw.random() < fork_rate else range(width)
            tables = [list(tables[parent]) for parent in parents]
            users = Counter(table[-1] for table in tables)
            for table in tables:
                if length % BLOCK == 0:
                    table.append(unused)
                    unused += 1
                elif users[table[-1]] > 1:
                    users[table[-1]] -= 1
                    table[-1] = unused
                    unused, copies = unused + 1, copies + 1
        blocks = [block for table in tables for block in table]
        shares.append((1 - len(set(blocks)) / len(blocks), copies / steps))
    return np.mean(shares, axis=0)


@pytest.mark.parametrize("fork_rate", [1.0, 0.3, 0.1])
@pytest.mark.parametrize(("prompt", "steps"), [(160, 336), (1024, 512)])
def test_savings_are_those_of_counted_block_tables(prompt, steps, fork_rate):
    widths = (2, 4, 8)
    (curve,) = run(["none"], widths, context=prompt, output=steps, fork_rate=fork_rate)
    for index, width in enumerate(widths):
        saved, _ = counted(prompt, steps, width, fork_rate, seed=width)
        assert curve.columns["beam_saving"][index] == pytest.approx(saved, abs=0.05), width


def test_copies_are_those_of_counted_block_tables():
    """k·(1 − 1/k)^k of k beams are second children; a forked step copies for each, unless a block just filled."""
    _, copies = counted(1024, 512, 8, 1.0, seed=1)
    assert copies == pytest.approx(8 * (7 / 8) ** 8 * 15 / 16, rel=0.05)


@pytest.mark.parametrize(("load", "low", "high"), [(ALPACA, 0.061, 0.098), (SHAREGPT, 0.162, 0.305)])
def test_parallel_samples_save_what_the_paper_measured(load, low, high):
    prompt, output, spread = load
    (curve,) = run(["none"], (2, 4, 6), context=prompt, output=output * (1 + spread**2) / 2)
    saved = curve.columns["parallel_saving"]
    assert low - 0.01 <= saved[0] < saved[1] < saved[2] <= high + 0.01


@pytest.mark.parametrize(
    ("load", "low", "high", "rate"), [(ALPACA, 0.376, 0.552, 0.166), (SHAREGPT, 0.443, 0.663, 0.047)]
)
def test_beams_save_what_the_paper_measured_at_one_fork_rate(load, low, high, rate):
    """The paper does not say how often beams forked: one rate for all widths meets both ends of its range to two points."""
    prompt, output, spread = load

    def saved(rate):
        lengths = {"context": prompt, "output": output * (1 + spread**2) / 2}
        return run(["none"], (2, 4, 6), fork_rate=rate, **lengths)[0].columns["beam_saving"]

    two, four, six = saved(rate)
    assert two == pytest.approx(low, abs=0.02) and six == pytest.approx(high, abs=0.02) and low < four < high
    rising = np.array([saved(rate) for rate in np.geomspace(0.02, 1, 30)])
    assert (np.diff(rising, axis=0) >= -1e-12).all()  # the more they fork, the sooner they meet


def test_what_is_replaced_in_place_is_not_shared():
    plain, evicted = run(["none", "h2o[budget=256]"], (8,), context=1024, output=512)
    assert evicted.columns["beam_saving"][0] == pytest.approx(0, abs=1e-9)
    assert evicted.columns["beam_copy_time"][0] > plain.columns["beam_copy_time"][0]


def test_a_saving_shrinks_with_what_every_beam_keeps():
    plain, coded = run(["none", "kivi-2bit"], (64,), context=1024, output=512)
    one, all_beams = (coded.columns[name][0] / plain.columns[name][0] for name in ("beams_apart_size", "beams_size"))
    assert one < all_beams


def test_two_beams_of_a_page_by_hand():
    """At φ = 1 two lines of 512 tokens are 512 + 4·ln(2·(1 − e^(−128)/2)) = 514.8 tokens; each has a tail of 8.5."""
    (curve,) = run(["none"], (2,), context=1024, output=512, fork_rate=1)
    tokens = 1024 + 512 + 4 * np.log(2) + 8.5
    assert curve.columns["beams_size"][0] == pytest.approx(131_072 * tokens, rel=1e-6)
