"""The torture card: numbers by hand, and a verdict that can be holds, breaks or unknown."""

import pytest

from costmodel.report.sections import torture


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
    assert card.not_asked == ()


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
    assert [o.test for o in card.outcomes] == ["fork", "prefix", "burst", "retrieval", "turns", "drift"]
    assert {o.verdict for o in card.outcomes} == {"holds"}
    evidence = {"bytes of the formats", "measured", "law of SmolLM2-135M"}
    assert {o.evidence for o in card.outcomes} == evidence


def test_answers_drift_in_words_of_their_evidence(subject):
    kivi, h2o, merged = (outcome(subject, text, "drift") for text in ("kivi-2bit", "h2o", "minicache"))
    assert "nats from the full cache" in kivi.number and kivi.evidence == "law of SmolLM2-135M"
    assert h2o.verdict == merged.verdict == "unknown"
    assert "dropping tokens" in h2o.at and "merge" in merged.at


def test_a_decoder_that_was_run_speaks_for_itself(subject, monkeypatch):
    """What was measured stands in place of what a law or nobody says."""
    from types import SimpleNamespace

    from costmodel.report.sections import answers

    def measured(test, spec):
        numbers = {"passkey_found": (0.25, 0.1, 0.5), "answer_divergence": (0.2, 0.15, 0.25)}
        return SimpleNamespace(numbers={spec.id: numbers}, evidence="measured on a decoder")

    monkeypatch.setattr(answers, "read_measured", measured)
    needle, drift = (outcome(subject, "h2o", test) for test in ("retrieval", "drift"))
    assert (needle.verdict, drift.verdict) == ("breaks", "breaks")
    assert "25% (10%–50%) of keys came back" in needle.number and "0.2 (0.15–0.25) nats" in drift.number
    assert needle.evidence == drift.evidence == "measured on a decoder"
