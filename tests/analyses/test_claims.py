"""A claim taken apart: factors that multiply to it, baselines by hand, and what cannot be re-based says why."""

import math
from dataclasses import replace

import numpy as np
import pytest

from costmodel.analyses.claims import rebase
from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.claims import METRICS, PUBLISHED, Claim, read_claims

KIVI = Claim(
    2, "llama-2-7b", "a100-sxm", "", "", "hf-eager", "kivi-2bit", None, 512.0, 512.0, "throughput", 3.47, "KIVI"
)
FP8 = replace(
    KIVI, model="llama-3.1-8b", gpu="h100-sxm", engine="vllm", baseline="", scheme="fp8", batch=8.0, metric="tpot"
)


def column(claim: Claim, scheme: str, name: str, batch: float, **lengths) -> float:
    deployment = resolve_deployment(claim.model, claim.gpu, ranks=1, engine="vllm")
    context = claim.prompt + claim.generated / 2
    passes = build_passes(
        deployment, load_scheme(scheme), batch, context, prompt=claim.prompt, generated=claim.generated
    )
    return float(np.ravel(compute_columns(passes, names=[name])[name])[0])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("baseline", ["", "hf-eager", "fp8"])
def test_the_factors_multiply_to_the_claim(metric, baseline):
    entry = rebase(replace(KIVI, metric=metric, baseline=baseline, batch=16.0 if metric == "tpot" else None))
    assert not entry.reason
    assert math.prod(f.value for f in entry.factors) == pytest.approx(3.47)
    assert [f.name for f in entry.factors][0] == "baseline" and entry.factors[-1].name == "residual"
    gains = math.prod(f.value for f in entry.factors[1:-1])
    assert gains == pytest.approx(entry.predicted[0])
    assert entry.on_paged[0] * entry.factors[0].value == pytest.approx(3.47)


def test_kivi_against_a_paged_cache_is_about_a_tie():
    low, high = (rebase(replace(KIVI, claimed=claimed)) for claimed in (2.35, 3.47))
    assert 0.85 < low.predicted[0] < 1.15, (
        "2.35 to 3.47 x over Hugging Face eager is about 0.9 to 1.1 x over a paged cache"
    )
    assert 0.9 < low.on_paged[0] < 1.1 and low.on_paged[0] < high.on_paged[0] < 1.5
    assert low.verdict == "needs kernel" and low.evidence == "compiled"
    assert low.strongest.scheme == "fp8" and low.strongest.predicted[0] < low.predicted[0]


def test_hugging_face_is_worth_its_published_step_over_ours():
    point = replace(
        KIVI, model="llama-3.1-8b", baseline="hf-eager", prompt=8000.0, generated=0.0, batch=1.0, metric="tpot"
    )
    worth = rebase(point).factors[0]
    paged = column(point, "none", "tpot_ms", 1.0)
    assert worth.value == pytest.approx(30.0 / paged, rel=1e-6) and worth.evidence == "published"
    assert worth.low <= worth.value <= worth.high


def test_another_model_takes_the_range_of_what_was_published():
    worth = rebase(KIVI).factors[0]
    assert worth.low == pytest.approx(2.31, abs=0.02) and worth.high == pytest.approx(3.93, abs=0.02)
    assert worth.value == pytest.approx(2.42, abs=0.02) and "llama-3.1-8b on a100-sxm" in worth.text


def test_a_scheme_as_baseline_is_priced():
    entry = rebase(replace(FP8, scheme="int4", baseline="fp8"))
    gain = column(FP8, "none", "tpot_ms", 8.0) / column(FP8, "fp8", "tpot_ms", 8.0)
    assert entry.factors[0].value == pytest.approx(1 / gain) and entry.factors[0].evidence == "measured"


def test_memory_is_a_matter_of_bytes_alone():
    # 2 bit and 32 bit of scale and zero for 64 numbers: 2.5 bit of 16; beside it (64 + 128) / 2 tokens at 13.5 bit more.
    entry = rebase(
        replace(KIVI, scheme="kivi-2bit[group=64]", metric="memory", prompt=2048.0, generated=0.0, baseline="")
    )
    by_hand = 2048 * 16 / (2048 * 2.5 + 96 * 13.5)
    assert entry.predicted[0] == pytest.approx(by_hand, rel=0.01)
    assert entry.verdict == "fewer bytes" and entry.evidence == "bytes"
    assert entry.strongest.gain == pytest.approx(2.0)


def test_throughput_is_that_of_each_sides_own_largest_batch():
    entry = rebase(replace(KIVI, prompt=1024.0, batch=64.0))
    assert any("batch 64 is not used" in remark for remark in entry.remarks)
    rates = [
        column(replace(KIVI, prompt=1024.0), scheme, "throughput_at_max_batch_tok_s", 1.0)
        for scheme in ("kivi-2bit", "none")
    ]
    assert entry.predicted[0] == pytest.approx(rates[0] / rates[1], rel=1e-6)
    assert [f.name for f in entry.factors] == ["baseline", "bytes", "batch", "kernel", "residual"]


def test_a_measured_win_stays_one():
    entry = rebase(replace(FP8, prompt=32768.0, claimed=1.4))
    assert entry.verdict == "wins" and entry.evidence == "measured" and entry.strongest is None


def test_a_proposal_is_called_self():
    proposal = load_scheme("kivi-2bit[group=64]")
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
    assert rebase(replace(KIVI, scheme="self"), deployment, proposal).scheme == "kivi-2bit[group=64]"
    assert "self is the proposal" in rebase(replace(KIVI, scheme="self")).reason


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "llama-2-7c"}, "no model 'llama-2-7c'"),
        ({"gpu": "k80"}, "no GPU 'k80'"),
        ({"baseline": "orca"}, "no baseline 'orca'"),
        ({"scheme": "palo"}, "no scheme 'palo'"),
        ({"prompt": None}, "prompt_len is not stated"),
        ({"metric": "tpot"}, "one batch, which is not stated"),
        ({"prompt": 900_000.0}, "fits in the pool"),
        ({"engine": "vllm", "engine_version": "latest"}, "engine_version"),
    ],
)
def test_what_cannot_be_re_based_says_why(changes, words):
    entry = rebase(replace(KIVI, **changes))
    assert words in entry.reason and not entry.factors


def test_means_of_the_engine_are_no_baselines_here():
    for means in ("prefix-caching", "chunked-prefill"):
        assert f"no baseline '{means}'" in rebase(replace(FP8, baseline=means)).reason


def test_a_code_at_rest_is_worth_its_hit_and_no_new_prompt():
    """8,192 tokens by 16 over the link and decoded, against the prompt pass: 11.7 and 214 ms."""
    entry = rebase(replace(FP8, scheme="kvtc", metric="ttft", claimed=8.0, prompt=8192.0))
    assert entry.predicted[0] == pytest.approx(1.0)
    assert any("back after 11.7 ms, computed again after 214 ms (18.3 × later)" in remark for remark in entry.remarks)
    against = rebase(replace(FP8, baseline="offload"))
    assert any(remark.startswith("offload is of caches at rest") for remark in against.remarks)
    assert not any("at rest" in remark for remark in rebase(FP8).remarks)


def test_an_engine_without_a_pool_and_a_version_are_remarked():
    assert any("engine hf" in remark for remark in rebase(replace(KIVI, engine="hf")).remarks)
    assert any("0.19.1" in remark for remark in rebase(replace(FP8, engine_version="0.19.1")).remarks)


def test_one_gpu_where_the_weights_fit_on_one():
    assert (
        "on 1 ×"
        in rebase(replace(KIVI, model="opt-30b", prompt=1024.0, generated=0.0, batch=1.0, metric="tpot")).deployment
    )


def test_published_claims_are_re_based_or_say_why():
    entries = [rebase(claim) for claim in read_claims(PUBLISHED)]
    assert sum(not entry.reason for entry in entries) >= 14
    for entry in entries:
        if not entry.reason:
            assert math.prod(f.value for f in entry.factors) == pytest.approx(entry.claim.claimed)
            assert all(f.low <= f.value * (1 + 1e-9) and f.value <= f.high * (1 + 1e-9) for f in entry.factors), entry


def test_a_first_token_is_compared_with_a_prefix_hit_too():
    entry = rebase(replace(FP8, scheme="h2o", metric="ttft", prompt=16_384.0, batch=None, claimed=2.0))
    assert [f.name for f in entry.factors] == ["baseline", "prompt", "residual"] and entry.predicted[0] < 1
    assert any("prefix cache that holds all but 16 tokens" in remark for remark in entry.remarks)


def test_a_first_token_has_the_evidence_of_the_prompts_kernels():
    first = replace(FP8, metric="ttft", prompt=16_384.0, batch=None)
    assert rebase(replace(first, scheme="int4")).evidence == "measured", "nothing but bytes of the cache write differs"
    scored = rebase(replace(first, scheme="h2o"))
    assert scored.evidence == "compiled" and scored.verdict == "loses", "even at streaming speed its passes lose"
