"""What a setting loses is what its published scores say, worked by hand; what nobody measured has no loss."""

import re
from pathlib import Path

import pytest

from costmodel.analyses import pareto, quality
from costmodel.errors import FactError, InputError, UnknownName
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts.quality import rows

LIMITS = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", engine="vllm")
AXES = (pareto.QUALITY, "kv_bytes_per_sequence")


def test_a_score_loses_what_it_falls_and_a_perplexity_what_it_rises():
    # KVQuant's paper: RULER 56.4 at 16 bit, 39.78 with KIVI at 2 bit; WikiText-2 of Llama-2-7B 5.12, 5.16 with dense 4 bit.
    assert quality.published("kivi-2bit", "ruler").value == pytest.approx(1 - 39.78 / 56.4)
    loss_of_model = quality.published("kvquant-4bit[outliers=0]", "wikitext2", "llama-2-7b")
    assert loss_of_model.value == loss_of_model.low == loss_of_model.high == pytest.approx(5.16 / 5.12 - 1)
    assert loss_of_model.basis == "the deployed model alone: Llama-2-7B (4K tokens)"


def test_a_setting_has_the_median_of_its_models_and_their_range():
    # longctx_bench: 38.72 → 38.30, 45.21 → 44.37, 43.54 → 42.43.
    loss = quality.published("kivi-2bit", "longbench")
    assert [loss.low, loss.value, loss.high] == pytest.approx([1 - 38.30 / 38.72, 1 - 44.37 / 45.21, 1 - 42.43 / 43.54])
    assert len(loss.models) == 3 and "15 tasks" in loss.basis and "longctx_bench" in loss.sources[0]
    # PyramidKV's paper at 128 tokens: 42.71 → 34.73, 46.55 → 40.88, 41.46 → 35.37.
    loss = quality.published("h2o[budget=128 token/sequence]", "LongBench")
    assert [loss.low, loss.value, loss.high] == pytest.approx([1 - 40.88 / 46.55, 1 - 35.37 / 41.46, 1 - 34.73 / 42.71])
    assert quality.published("h2o[budget=128]", "longbench", "llama-3-70b").value == pytest.approx(1 - 40.88 / 46.55)


def test_a_model_measured_twice_counts_once():
    # vLLM's pull request 2279: HumanEval 68.293, 65.854 with e5m2 and 67.683 with e4m3, of one model.
    loss = quality.published("fp8", "humaneval")
    assert loss.models == ("WizardCoder-34B",)
    assert loss.value == pytest.approx(1 - (65.854 + 67.683) / 2 / 68.293)


@pytest.mark.parametrize("setting", ["h2o[budget=512]", "fp8", "snapkv", "h2o+fp8", "kivi-2bit+streaming-llm"])
def test_what_nobody_measured_has_no_loss(setting):
    assert quality.published(setting, "longbench") is None


def test_the_baseline_loses_nothing_by_definition():
    loss = quality.published("bf16", "longbench")
    assert (loss.value, loss.models, loss.basis) == (0.0, (), quality.DEFINED)


def test_only_points_with_both_quantities_beat_and_are_beaten():
    points = pareto.points(DEPLOYMENT, ["none", "fp8", "h2o", "streaming-llm"], 8, 16384, benchmark="longbench")
    by_name = {point.setting: point for point in points}
    is_optimal = dict(zip(by_name, pareto.pareto_optimal(points, AXES), strict=True))
    assert {"h2o[budget=64]", "h2o[budget=96]", "streaming-llm[recent=60]"} <= set(is_optimal), "published, in no sweep"
    assert by_name["fp8"].quality is None and not is_optimal["fp8"] and is_optimal["none"]
    measured = [point for point in points if point.quality is not None]
    for point in measured:
        coordinates = [point.values[name] for name in AXES]
        others = [[other.values[name] for name in AXES] for other in measured]
        beaten = any(
            other[0] <= coordinates[0] and other[1] <= coordinates[1] and other != coordinates for other in others
        )
        assert is_optimal[point.setting] == (not beaten)
    assert by_name["h2o"].values["quality_loss_hi"] == by_name["h2o"].quality.high
    assert "quality_loss" not in pareto.points(DEPLOYMENT, ["fp8"], 8, 16384)[0].values


def test_a_benchmark_that_none_was_measured_on_is_said():
    with pytest.raises(
        InputError, match="no published score on ruler of none, fp8; there are scores of kivi-2bit, kvquant"
    ):
        pareto.points(DEPLOYMENT, ["none", "fp8"], 8, 16384, benchmark="ruler")


def test_figures_are_found_by_scheme_benchmark_and_model():
    assert len(quality.figures()) == len(rows())
    assert {row.scheme for row in quality.figures("h2o")} >= {"h2o", "h2o[budget=64]"}
    assert {row.scheme for row in quality.figures("h2o[budget=64]")} == {"h2o[budget=64]"}
    by_file = {row.model for row in quality.figures(model="llama-3-8b")}
    assert by_file == {"Llama-3-8B", "Llama-3-8B-Instruct"}
    assert {row.model for row in quality.figures(model="WizardCoder-34B")} == {"WizardCoder-34B"}
    assert {row.benchmark for row in quality.figures(name="mmlu")} == {"mmlu"}
    with pytest.raises(UnknownName, match="did you mean wizardcoder-34b"):
        quality.figures(model="wizardcoder-3b")


def test_one_benchmark_does_not_tell_another_and_the_limits_say_what_rows_say():
    larger_elsewhere = {
        (loss_here.setting, other.benchmark.id)
        for loss_here, other in quality.larger_losses_on_other_benchmarks(["kivi-2bit", "none"], "longbench")
    }
    assert larger_elsewhere == {("kivi-2bit", "passkey-16k")}
    expected_texts = {
        ("kivi-2bit", "longbench"): "1.9 % of LongBench's average", ("kivi-2bit", "ruler"): "29 % of RULER",
        ("kivi-2bit", "passkey-32k"): "30 % of passkeys at 32K", ("kvquant-3bit", "ruler"): "loses 4.9 % of RULER",
        ("int4", "gsm8k"): "2.9 % of GSM8K", ("int4", "race-middle"): "0.8 % of RACE (middle school)",
    }  # fmt: skip
    for (setting, benchmark), text in expected_texts.items():
        assert text in LIMITS
        number = re.search(r"[\d.]+", text)[0]
        digits = len(number.partition(".")[2])
        assert f"{100 * quality.published(setting, benchmark).value:.{digits}f}" == number
    assert quality.published("kvquant-3bit", "passkey-32k").value == 0
    assert f"{len(rows())} scores" in LIMITS
    max_models = max(len(quality.published(row.scheme, row.benchmark).models) for row in rows())
    assert max_models == 6 and "over one to six models" in LIMITS


def test_settings_that_a_model_cannot_have_are_no_points():
    """Heads of Llama 3.2 1B have 64 channels: groups of 128 span none; a scheme that is asked for so is refused."""
    small = resolve_deployment("llama-3.2-1b", "h100-sxm", ranks=1, engine="vllm")
    drawn = {point.setting for point in pareto.points(small, ["kivi-2bit"], 8, 8192)}
    assert "kivi-2bit[group=64]" in drawn and not any("group=128" in setting for setting in drawn)
    with pytest.raises(FactError, match="expected at most 64 channels"):
        pareto.points(small, ["kivi-2bit[group=128]"], 8, 8192)
