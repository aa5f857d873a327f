"""A table of claims is read whole before anything is computed; what cannot be read is named by line and column."""

import pytest

from costmodel.errors import FactError, InputError, UnknownName
from costmodel.facts import baselines, store
from costmodel.facts.claims import COLUMNS, METRICS, PUBLISHED, read_claims

HEAD = ",".join(COLUMNS)
ROW = "llama-2-7b,a100-sxm,vllm,,none,self,8,1024,512,tpot,1.5,a paper"


def table(tmp_path, *lines):
    path = tmp_path / "claims.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_row_is_read(tmp_path):
    (claim,) = read_claims(table(tmp_path, HEAD, ROW))
    assert (claim.line, claim.batch, claim.prompt, claim.generated) == (2, 8, 1024, 512)
    assert (claim.metric, claim.claimed, claim.source, claim.baseline) == ("tpot", 1.5, "a paper", "none")


def test_what_may_be_left_out_and_how_ratios_are_written(tmp_path):
    lines = [
        "model,gpu,scheme,metric,claimed,source",
        "llama-2-7b,a100-sxm,fp8,Throughput,3.47x,paper",
        "",
        "m,g,s,memory,2 ×,p",
    ]
    first, second = read_claims(table(tmp_path, *lines))
    assert (first.metric, first.claimed, first.batch, first.prompt, first.baseline) == (
        "throughput",
        3.47,
        None,
        None,
        "",
    )
    assert (second.line, second.claimed) == (4, 2.0)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([HEAD.replace("claimed", "claim"), ROW], ["line 1", "no column 'claim'", "claimed"]),
        (["model,gpu,scheme,metric,claimed", "a,b,c,tpot,1"], ["line 1", "column source is missing"]),
        ([HEAD + ",model", ROW + ",x"], ["line 1", "column model", "got it 2 times"]),
        ([HEAD, ROW, ROW.replace("1.5", "fast")], ["line 3", "column claimed", "'fast'"]),
        ([HEAD, ROW.replace("1.5", "-2")], ["line 2", "column claimed", "above 0", "'-2'"]),
        ([HEAD, ROW.replace("1.5", "nan")], ["line 2", "column claimed"]),
        ([HEAD, ROW.replace("tpot", "speed")], ["line 2", "column metric", "no metric 'speed'", "tpot"]),
        ([HEAD, ROW.replace(",8,", ",eight,")], ["line 2", "column batch", "'eight'"]),
        ([HEAD, ROW.replace("1024", "0")], ["line 2", "column prompt_len"]),
        ([HEAD, ROW.replace("a paper", "")], ["line 2", "column source", "got nothing"]),
        ([HEAD, ROW + ",more"], ["line 2", "expected 12 columns, got 13"]),
        ([HEAD], ["at least one claim"]),
        ([""], ["line 1"]),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, lines, words):
    with pytest.raises(InputError) as error:
        read_claims(table(tmp_path, *lines))
    assert "claims.csv" in str(error.value)
    assert all(word in str(error.value) for word in words), error.value


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no\.csv: no such file"):
        read_claims(tmp_path / "no.csv")


def test_the_published_claims_name_their_sources():
    claims = read_claims(PUBLISHED)
    papers = {claim.source.split(",")[0].split(" (")[0] for claim in claims}
    assert len(papers) >= 10 and {claim.metric for claim in claims} <= set(METRICS)


def test_baselines_are_read_and_checked():
    assert {"hf-eager", "flexgen"} <= set(store.files("baselines"))
    assert baselines.load("huggingface").id == "hf-eager"
    first = baselines.load("hf-eager").steps[0]
    assert (first.model, first.gpu, first.batch, first.context, first.step_ms) == (
        "llama-3.1-8b",
        "a100-sxm",
        1,
        8000,
        30,
    )
    with pytest.raises(UnknownName, match="hf-eager"):
        baselines.load("hf-eagre")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"step_ms": 0}, "rows\\[0\\]: step_ms"),
        ({"model": "nope"}, "no model 'nope'"),
        ({"steps": 1}, "no key 'steps'"),
    ],
)
def test_a_baseline_that_cannot_be_trusted_is_refused(row, words):
    good = {"model": "llama-2-7b", "gpu": "a100-sxm", "batch": 1, "context": 1, "step_ms": 1, "source": "x"}
    facts = {"name": "x", "source": "y", "read": "2026-11-27", "rows": [good | row]}
    with pytest.raises((FactError, UnknownName), match=words):
        baselines.build("x", facts, "x.toml")
