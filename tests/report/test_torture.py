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
    assert "a branch copies 270.5 MB" in fork.number and 'kind = "evict" (fork)' in fork.decided_by
    assert outcome(subject, "h2o", "prefix").verdict == "breaks"
    assert outcome(subject, "h2o", "turns").at == "turn 2"


def test_whether_a_score_keeps_a_needle_is_unknown(subject):
    retrieval = outcome(subject, "d-h2o-4bit", "retrieval")
    assert retrieval.verdict == "unknown" and "passkey test" in retrieval.at
    assert outcome(subject, "streaming-llm", "retrieval").verdict == "breaks"
    assert outcome(subject, "c-kivi", "retrieval").verdict == "holds"


def test_a_model_of_windows_loses_needles_by_itself():
    from costmodel.evaluation.assemble.deployments import resolve_deployment
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.report.subject import Subject

    deployment = resolve_deployment("gemma-3-27b", "h100-sxm", ranks=1, engine="vllm")
    card = torture.compute(Subject("fp8", load_scheme("fp8"), deployment), {})
    assert card.verdict_of("retrieval") == "holds"


def test_a_format_holds_everywhere(subject):
    card = torture.compute(subject("fp8"), {})
    assert [o.test for o in card.outcomes] == ["fork", "prefix", "burst", "retrieval", "turns"]
    assert {o.verdict for o in card.outcomes} == {"holds"}
    assert all(o.evidence in ("bytes of the formats", "measured") for o in card.outcomes)
