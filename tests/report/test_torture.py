"""The torture card: numbers by hand, and a verdict that can be holds, breaks or unknown."""

from types import SimpleNamespace

import pytest
import xarray as xr

from costmodel.analyses import passkeys
from costmodel.facts.quality import PublishedScore
from costmodel.numerics.intervals import share_interval
from costmodel.report.sections import answers, torture


def outcome(subject, text: str, test: str):
    return next(o for o in torture.compute(subject(text), {}).outcomes if o.test == test)


@pytest.mark.parametrize(
    ("scheme", "ratio"),
    [("kivi-2bit", "0.209 "), ("h2o", "0.4479"), ("h2o+int4", "0.1215"), ("c-kivi", "0.1776"), ("fp8", "0.5 ")],
)
def test_a_fork_of_32k_into_eight(subject, scheme, ratio):
    """16 bit: (32,768 + 8 × 512) × 131,072 B = 4.832 GB; KIVI at 2 bit 1.010 GB, H2O 2.164 GB."""
    assert outcome(subject, scheme, "fork").number.startswith(ratio)


def test_h2o_breaks_where_its_copies_are_more_than_the_shared_blocks(subject):
    fork = outcome(subject, "h2o", "fork")
    assert fork.verdict == "breaks" and fork.at == "32 branches of one history"
    assert "a branch copies 270.5 MB" in fork.number and fork.decided_by.startswith(
        "evict: entries are replaced in place"
    )
    assert outcome(subject, "h2o", "prefix").verdict == "breaks"
    assert outcome(subject, "h2o", "turns").verdict == "holds"  # 512 new tokens wait for the host, not for the scores


def test_whether_a_score_keeps_a_needle_is_unknown(subject):
    retrieval = outcome(subject, "d-h2o-4bit", "retrieval")
    assert retrieval.verdict == "unknown" and "passkey test" in retrieval.at
    assert outcome(subject, "streaming-llm", "retrieval").verdict == "breaks"
    assert outcome(subject, "c-kivi", "retrieval").verdict == "holds"


def test_a_cache_that_rests_in_code_is_resumed(subject):
    card = torture.compute(subject("f-kvtc"), {})
    back = card.resumed
    # 8,192 tokens of 131,072 B over 64 GB/s at 80 %: 21.0 ms plain; 132 tokens plain and the rest by 16: 1.63 ms.
    plain = 8192 * 131_072
    assert back.fetch_seconds / back.plain_seconds == pytest.approx((132 + 8060 / 16) / 8192, rel=1e-6)
    assert back.plain_seconds == pytest.approx(plain / 51.2e9, rel=0.02)
    assert back.decode_seconds == pytest.approx(10.1e-3, abs=0.2e-3) and card.verdict_of("resume") == "holds"
    assert not any(text.startswith("resume") for text in card.not_asked)


def test_a_cache_without_such_a_code_rests_as_it_lies(subject):
    card = torture.compute(subject("fp8"), {})
    assert "rests as it lies in the pool" in card.not_asked[0] and card.resumed is None
    assert "resume" not in [o.test for o in card.outcomes]


def test_a_slow_code_at_rest_breaks(tmp_path, subject):
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.report.subject import Subject

    path = tmp_path / "slow.toml"
    path.write_text('name = "x"\nsource = "y"\n[[mechanism]]\nkind = "rest"\nratio = 2\ndecode_flop = "1e6 flop"\n')
    card = torture.compute(Subject(str(path), load_scheme(str(path)), subject("fp8").deployment), {})
    assert card.verdict_of("resume") == "breaks"


def test_a_model_of_windows_loses_needles_by_itself():
    from costmodel.evaluation.assemble.deployments import resolve_deployment
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.report.subject import Subject

    deployment = resolve_deployment("gemma-3-27b", "h100-sxm", ranks=1, engine="vllm")
    card = torture.compute(Subject("fp8", load_scheme("fp8"), deployment), {})
    assert card.verdict_of("retrieval") == "holds"


def test_a_format_holds_everywhere(subject):
    card = torture.compute(subject("fp8"), {})
    assert [o.test for o in card.outcomes] == [
        "fork", "beams", "prefix", "burst", "race", "retrieval", "turns", "drift",
    ]  # fmt: skip
    assert {o.test: o.verdict for o in card.outcomes if o.verdict != "holds"} == {}
    evidence = {"bytes of the formats", "measured", "law of SmolLM2-135M", "stationary law; its times measured"}
    assert {o.evidence for o in card.outcomes} == evidence
    assert any("no head drops tokens of its own" in text for text in card.not_asked)


def test_what_no_law_tells_says_so(subject):
    assert (
        outcome(subject, "h2o", "drift").evidence
        == outcome(subject, "minicache", "drift").evidence
        == "no law and no run"
    )


def test_a_burst_is_unknown_where_its_closed_form_does_not_hold(subject):
    """H2O holds more requests, yet the scheduler's limit or its prompts break the conditions of the law of arrivals."""
    for scheme in ("h2o", "fp8", "kivi-2bit", "streaming-llm"):
        one = outcome(subject, scheme, "burst")
        assert one.evidence.startswith("stationary law; its times ")
        assert ("the closed form does not hold" in one.sentence) == (one.verdict == "unknown"), scheme
    assert outcome(subject, "h2o", "burst").verdict == "unknown"
    assert "costmodel replay answers" in outcome(subject, "h2o", "burst").at


def test_beams_races_and_blocks_have_a_verdict(subject):
    """H2O replaces in place, so its full beams share nothing; its heads drop into slots, SnapKV's into blocks."""
    beams = outcome(subject, "h2o[budget=1024]", "beams")
    # Two caches of 1,024 tokens against one of 1,536 whose beams share nearly all of it.
    assert beams.verdict == "breaks" and beams.at == "2 beams of the request" and "share 0% of theirs" in beams.number
    assert "(one sequence: 0.672 ×)" in beams.number  # 1,024 × (4,096 + 32) of 1,536 × 4,096 B a layer
    race = outcome(subject, "h2o", "race")
    assert (
        race.verdict in ("holds", "breaks")
        and "deciding takes" in race.number
        and race.evidence != "bytes of the formats"
    )
    assert outcome(subject, "h2o", "allocator").verdict == "holds"
    # 0.95 ^ 16 of the blocks of 16 tokens hold nothing that a head keeps; 0.95 of the tokens are dropped.
    blocks = outcome(subject, "snapkv", "allocator")
    assert blocks.verdict == "breaks" and "44% of the blocks are free" in blocks.number


def test_answers_drift_in_words_of_their_evidence(subject):
    kivi, h2o, merged = (outcome(subject, text, "drift") for text in ("kivi-2bit", "h2o", "minicache"))
    assert "nats from the full cache" in kivi.number and kivi.evidence == "law of SmolLM2-135M"
    assert h2o.verdict == merged.verdict == "unknown"
    assert "dropping tokens" in h2o.at and "merge" in merged.at


CONDITIONS = "haystacks of 1,024 tokens"


def run_of(scheme, found=None, of=16, is_same=True, idle="", divergence=(0.2, 0.15, 0.25)):
    """A kept run of a scheme that gave so many keys back."""
    found = of if found is None else found
    share = share_interval(found, of)
    keys = xr.DataArray([[1.0] * found + [0.0] * (of - found)], dims=("scheme", "trial"), coords={"scheme": [scheme]})
    measured = SimpleNamespace(
        numbers={scheme: {"passkey_found": share, "answer_divergence": divergence}}, data={"passkey_found": keys},
        evidence="measured on a decoder", conditions=CONDITIONS, idle={scheme: idle} if idle else {},
    )  # fmt: skip
    return SimpleNamespace(scheme=scheme, is_same=is_same, sentence="so far off", measured=measured)


@pytest.fixture
def kept(monkeypatch):
    """Runs of schemes by id, in place of those of the user's cache."""
    runs = {"none": [run_of("none")]}
    monkeypatch.setattr(answers, "read_kept", lambda test, spec: runs.get(spec.id, []))
    return runs


@pytest.mark.parametrize(
    ("found", "verdict", "words"),
    [  # Jeffreys, 90 %: 0.89 to 1, 0.78 to 0.99, 0.49 to 0.83, 0.43 to 0.78
        (16, "holds", ""),
        (15, "unknown", "its interval reaches across 80% of keys; 18 haystacks"),
        (11, "unknown", "its interval reaches across 80%"),
        (10, "breaks", "fewer than 80% of keys"),
    ],
)
def test_keys_are_judged_by_both_ends_of_their_interval(subject, kept, found, verdict, words):
    kept["h2o"] = [run_of("h2o", found)]
    needle = outcome(subject, "h2o", "retrieval")
    assert needle.verdict == verdict and needle.at.startswith(words)
    assert f"{found} of 16 keys came back" in needle.number and "full cache gave back 16 of 16" in needle.number


def test_the_full_cache_sets_the_threshold(subject, kept):
    kept["h2o"], kept["none"] = [run_of("h2o", 10)], [run_of("none", 8)]
    assert outcome(subject, "h2o", "retrieval").verdict == "holds"  # 0.43 and more, where the full cache has 0.5 × 0.8
    kept["none"] = []
    needle = outcome(subject, "h2o", "retrieval")
    assert needle.verdict == "unknown" and "--scheme none" in needle.at


def test_a_budget_above_the_haystack_is_not_judged(subject, kept):
    kept["h2o"] = [
        run_of("h2o", idle="nothing was evicted: a budget of 2,048 tokens is not below the 1,024 that were run")
    ]
    for test in ("retrieval", "drift"):
        one = outcome(subject, "h2o", test)
        assert one.verdict == "unknown" and one.at.startswith("nothing was evicted")


def test_a_run_with_other_knobs_stands_beside_and_judges_nothing(subject, kept):
    kept["h2o"] = [run_of("h2o[budget=256]", is_same=False)]
    kept["kivi-2bit"] = [run_of("kivi-2bit[residual=32]", is_same=False)]
    needle, drift, kivi = (
        outcome(subject, *pair) for pair in (("h2o", "retrieval"), ("h2o", "drift"), ("kivi-2bit", "drift"))
    )
    beside = f"; h2o[budget=256] was run ({CONDITIONS}): so far off"
    assert needle.verdict == drift.verdict == "unknown"
    assert needle.number.endswith(beside) and drift.number.endswith(beside)
    kept["h2o"] = [run_of("h2o[budget=4096]", is_same=False, idle="nothing was evicted")]
    assert outcome(subject, "h2o", "drift").number.endswith(f"({CONDITIONS}): nothing was evicted")
    assert kivi.evidence == "law of SmolLM2-135M" and "kivi-2bit[residual=32] was run" in kivi.number


def test_a_decoder_that_was_run_speaks_for_itself(subject, kept):
    """What was measured stands in place of what a law or nobody says; one conversation has no interval."""
    kept["h2o"] = [run_of("h2o", 4)]
    needle, drift = (outcome(subject, "h2o", test) for test in ("retrieval", "drift"))
    assert (needle.verdict, drift.verdict) == ("breaks", "breaks")
    assert f"0.2 (0.15–0.25) nats from the full cache in the last turns of {CONDITIONS}" in drift.number
    assert needle.evidence == drift.evidence == "measured on a decoder"
    kept["h2o"] = [run_of("h2o", divergence=(0.2, float("nan"), float("nan")))]
    assert outcome(subject, "h2o", "drift").verdict == "unknown"


def published(monkeypatch, scheme, share, whole=1.0, model_id="", tokens="4k"):
    """One published run of passkeys in place of all that ship."""
    row = PublishedScore(scheme, f"passkey-{tokens}", "", "A model", model_id, whole, share, "", "x", "y")
    monkeypatch.setattr(passkeys, "rows", lambda: (row,))


def test_published_keys_that_contradict_the_closed_form_leave_the_verdict_open(subject, kept):
    """KIVI at 2 bit holds every token and found 68 to 76 % of passkeys where 16 bit found all (KVQuant's table 2)."""
    kivi = outcome(subject, "kivi-2bit", "retrieval")
    assert kivi.verdict == "unknown"
    assert kivi.number.startswith("held in 100% of the heads")
    assert kivi.number.endswith("; published: 68% of passkeys at 16K, 16 bit 100% (LLaMA-2-7B-32K)")
    assert kivi.at.startswith("it holds by bytes of the formats, and published keys say otherwise")
    assert kivi.evidence == "bytes of the formats, against what was published"
    assert "yet published: 68% of passkeys at 16K, 16 bit 100%" in kivi.sentence
    agreeing = outcome(subject, "kvquant-3bit", "retrieval")
    assert agreeing.verdict == "holds" and "published: 98% of passkeys at 2K" in agreeing.number
    assert outcome(subject, "kivi-4bit", "retrieval").verdict == "holds"  # nobody published its keys


@pytest.mark.parametrize(
    ("scheme", "share", "whole", "verdict"),
    [
        ("fp8", 0.79, 1.0, "unknown"),
        ("fp8", 0.8, 1.0, "holds"),
        ("fp8", 0.4, 0.5, "holds"),  # 16 bit finds half itself
        ("streaming-llm", 0.9, 1.0, "unknown"),
        ("streaming-llm", 0.1, 1.0, "breaks"),
        ("h2o", 0.1, 1.0, "unknown"),
    ],
)
def test_the_rule_is_of_every_scheme(subject, kept, monkeypatch, scheme, share, whole, verdict):
    published(monkeypatch, scheme, share, whole)
    needle = outcome(subject, scheme, "retrieval")
    assert (
        needle.verdict == verdict and f"published: {share:.0%} of passkeys at 4K, 16 bit {whole:.0%}" in needle.number
    )


@pytest.mark.parametrize(
    ("share", "verdict", "at"), [(0.79, "breaks", "fewer than 80% of the keys of 16 bit"), (0.8, "holds", "")]
)
def test_keys_of_the_deployed_model_judge_by_themselves(subject, kept, monkeypatch, share, verdict, at):
    for scheme in ("fp8", "h2o", "streaming-llm"):
        published(monkeypatch, scheme, share, model_id="llama-3.1-8b")
        needle = outcome(subject, scheme, "retrieval")
        assert (needle.verdict, needle.at, needle.evidence) == (verdict, at, "published")
