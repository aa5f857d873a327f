"""A sweep in a few words a scheme: counted by verdicts, so that nothing wins that nobody measured."""

import numpy as np
import pytest

from costmodel.analyses.summary import needed_outputs, quality_in_words, summarise, with_baselines
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.compile.compiled import load_scheme

BATCH, CONTEXT = [1.0, 16, 128], [1024.0, 8192, 65536]
SCHEMES = ("fp8", "int8", "kivi-2bit", "quest", "hypothetical[saving=0,overhead=10ms]")


@pytest.fixture(scope="module")
def swept():
    return grid(
        "llama-3.1-8b",
        "h100-sxm",
        with_baselines(SCHEMES),
        BATCH,
        CONTEXT,
        outputs=needed_outputs(),
        ranks=1,
        engine="vllm",
    )


@pytest.fixture(scope="module")
def lines(swept):
    return {line.scheme.partition("[")[0]: line for line in summarise(swept)}


def test_every_cell_that_fits_is_counted_once(swept, lines):
    for name, line in lines.items():
        scheme = next(s.id for s in swept.schemes if s.id.startswith(name))
        verdict, fits = swept.column("verdict", scheme), swept.column("fits", scheme) & swept.column("fits", "none")
        counted = {
            "wins": line.wins,
            "loses": line.loses,
            "cannot tell": line.inconclusive,
            "needs kernel": line.needs_kernel,
        }
        assert counted == {word: int((fits & (verdict == word)).sum()) for word in counted}
        assert sum(counted.values()) == fits.sum()
        assert line.loss_fraction == pytest.approx(line.loses / fits.sum())


def test_words_follow_the_counts(lines):
    assert lines["fp8"].verdict.startswith("wins ") and lines["fp8"].evidence == "measured"
    assert lines["int8"].verdict.startswith("loses, 0.") and lines["int8"].max_speedup == 0
    assert f"first token {lines['int8'].ttft_ratio:.2f}×" in lines["int8"].verdict
    assert lines["kivi-2bit"].verdict == f"needs kernel (ideal {lines['kivi-2bit'].max_ratio:.2f}×)"
    assert lines["kivi-2bit"].wins == 0 and lines["kivi-2bit"].evidence == "compiled"
    assert lines["hypothetical"].verdict.startswith("loses, 0.") and lines["hypothetical"].evidence == "assumed"


def test_the_budget_is_that_of_the_largest_batch_that_fits_at_the_longest_context(swept, lines):
    fits = swept.column("fits", "fp8")[:, -1] & swept.column("fits", "none")[:, -1]
    row = int(np.flatnonzero(fits)[-1])
    assert not fits.all() and lines["fp8"].kernel_budget == swept.column("kernel_budget_ns", "fp8")[row, -1]
    assert lines["hypothetical"].kernel_budget < 0


def test_capacity_is_a_span_where_nobody_measured(lines):
    for line in lines.values():
        assert line.capacity_low <= line.capacity <= line.capacity_high
    spans = {name: line.capacity_high / line.capacity_low for name, line in lines.items()}
    assert spans["kivi-2bit"] > 5 > 1.5 > spans["fp8"]


def test_a_loss_is_what_was_published_or_unknown():
    assert "%" in quality_in_words(load_scheme("kivi-2bit").spec, "llama-3.1-8b")
    assert quality_in_words(load_scheme("quest").spec, "llama-3.1-8b") == "unknown"
    assert quality_in_words(load_scheme("int8+streaming-llm").spec, "llama-3.1-8b") == "unknown"


def test_a_baseline_is_added_once():
    assert with_baselines(["fp8", "int8"]) == ["none", "fp8", "int8"]
    assert with_baselines(["fp8", "none"]) == ["fp8", "none"]
