"""Runs that lie in the cache are found whatever their settings, under their own names, and a stale one is not."""

import pytest

from costmodel import stress
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts.schemes import parse_scheme
from costmodel.numerics import store
from costmodel.numerics.experiments import EXPERIMENTS, read_kept, run_experiment
from costmodel.report.sections import torture
from costmodel.report.subject import Subject

SMALL = {"turns": 2, "user": 8, "output": 2, "conversations": 2}
DRIFT = EXPERIMENTS["drift"]
KIVI, OTHER = "kivi-2bit[group=16,residual=64]", "kivi-2bit[group=16,residual=32]"


def run(*schemes, **changes):
    return run_experiment(DRIFT, DRIFT.setting(SMALL | changes), list(schemes))


def kept(scheme):
    return [(one.scheme, one.is_same) for one in read_kept(DRIFT, parse_scheme(scheme))]


def test_a_run_is_found_under_any_setting_and_with_other_knobs(installed):
    assert kept(KIVI) == []
    run(OTHER, "int4")
    assert kept(KIVI) == [(parse_scheme(OTHER).id, False)]
    run(KIVI)
    run(KIVI, turns=3)
    assert kept(KIVI) == [(parse_scheme(KIVI).id, True)] * 2 + [(parse_scheme(OTHER).id, False)]
    newest = read_kept(DRIFT, parse_scheme(KIVI))[0]
    assert "2 × 3 turns" in newest.measured.conditions and "nat in turn" in newest.sentence
    assert kept("int8") == [] and kept("int4") == [("int4", True)]


def test_a_file_of_ones_own_is_not_taken_for_another_of_its_name(installed, write_scheme):
    text = '[[mechanism]]\nkind = "quantize"\nbits = "{} bit"\ntile = [1, 16, 1]\nmetadata = "32 bit"\n'
    path = write_scheme(text.format(3))
    run(path)
    assert kept(path) == [("own", True)]
    assert kept(write_scheme(text.format(5))) == []


def test_what_ran_under_other_code_is_not_shown(installed, monkeypatch):
    run("int4")
    monkeypatch.setattr(store, "code_digest", lambda: "another")
    assert kept("int4") == []


def test_an_eviction_without_work_is_said(installed):
    measured = run("h2o[budget=64]", "int4", "streaming-llm[sinks=4,recent=16]", turns=3)
    assert measured.idle == {
        "h2o[budget=64]": "nothing was evicted: a budget of 64 tokens is not below the 30 that were run"
    }


def test_a_kept_run_shows_on_the_page_and_on_the_card(installed):
    pytest.importorskip("dash")
    from dashboards.pages.stress import _build_measured

    run("int4", OTHER)
    shown = str(_build_measured(stress.load_test("drift"), ["int4", "kivi-2bit"]))
    assert "2 × 2 turns" in shown and parse_scheme(OTHER).id in shown
    assert "Not run on this machine: kivi-2bit." in shown
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)
    for scheme, evidence, words in (
        ("int4", "measured on SmolLM2-135M", "in the last turns of 2 × 2 turns"),
        ("kivi-2bit", "law of SmolLM2-135M", f"{parse_scheme(OTHER).id} was run (2 × 2 turns"),
    ):
        subject = Subject(scheme, torture.stress.run.compiled.load_scheme(scheme), deployment)
        drift = next(one for one in torture.compute(subject, {}).outcomes if one.test == "drift")
        assert drift.evidence.startswith(evidence) and words in drift.number
