"""``costmodel referee`` as an author meets it: five lines, three files, and claims that are read before anything is computed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.errors import CostModelError

PROPOSAL = Path(__file__).parents[1] / "report" / "proposals" / "c-kivi.toml"
POINT = ["--model", "llama-3.1-8b", "--gpu", "h100-sxm"]
CLAIMS = """model,gpu,engine,engine_version,baseline,scheme,batch,prompt_len,gen_len,metric,claimed,source
llama-2-7b,a100-sxm,,,hf-eager,self,,512,512,throughput,3.47,KIVI
llama-9-7b,a100-sxm,,,hf-eager,c-kivi,,512,512,throughput,2,nobody
"""


def call(*words):
    return CliRunner().invoke(app, ["referee", *map(str, words)])


def test_three_files_and_five_lines(tmp_path):
    claims, out = tmp_path / "claims.csv", tmp_path / "deep" / "report"
    claims.write_text(CLAIMS)
    done = call(PROPOSAL, *POINT, "--claims", claims, "--out", out)
    assert done.exit_code == 0, done.exception
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json", "report.md"]
    lines = [line.partition(": ")[0] for line in done.stdout.splitlines()]
    assert [line for line in lines if line in FIVE] == list(FIVE)
    assert all(str(out / name) in done.stdout for name in ("report.md", "report.html", "report.json"))
    content = json.loads((out / "report.json").read_text())
    first, second = content["sections"]["claims"]["rebased"]
    assert first["scheme"] == "c-kivi" and first["factors"][0]["name"] == "baseline" and not first["reason"]
    assert "no model 'llama-9-7b'" in second["reason"] and content["path"] == str(out)


FIVE = ("novelty", "speed", "torture card", "twist", "to measure first")


def test_json_is_the_report(tmp_path):
    done = call(PROPOSAL, *POINT, "--out", tmp_path, "--json")
    assert json.loads(done.stdout)["hash"] == json.loads((tmp_path / "report.json").read_text())["hash"]


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        (CLAIMS.replace("3.47", "fast"), ["claims.csv: line 2: column claimed", "'fast'"]),
        (CLAIMS.replace("throughput,2", "speed,2"), ["line 3: column metric", "throughput"]),
        ("model,gpu\n", ["line 1: column scheme is missing"]),
    ],
)
def test_a_bad_table_stops_before_any_computing(tmp_path, claims, words):
    path, out = tmp_path / "claims.csv", tmp_path / "out"
    path.write_text(claims)
    done = call("no-such-scheme", *POINT, "--claims", path, "--out", out)
    assert isinstance(done.exception, CostModelError) and all(word in str(done.exception) for word in words)
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope", *POINT, "--out", "x"], "no scheme 'nope'"),
        ([PROPOSAL, "--model", "llama-3.1-8b", "--gpu", "h10", "--out", "x"], "no GPU 'h10'"),
        ([PROPOSAL, *POINT, "--out", PROPOSAL], "expected a folder, got a file"),
        ([PROPOSAL, *POINT, "--claims", "no.csv", "--out", "x"], "no.csv: no such file"),
    ],
)
def test_mistakes_are_named(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call(*words)
    assert isinstance(done.exception, CostModelError) and message in str(done.exception)
    assert not (tmp_path / "x").exists()


def test_published_claims_are_listed():
    done = CliRunner().invoke(app, ["claims", "--factors"])
    assert done.exit_code == 0 and "not re-based" in done.stdout and "residual" in done.stdout
    rows = json.loads(CliRunner().invoke(app, ["claims", "--json"]).stdout)
    assert {"claim", "reason", "factors", "on_paged", "predicted", "evidence", "verdict", "strongest"} <= set(rows[0])


def test_a_table_of_ones_own_is_re_based(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(CLAIMS.replace("self", "kivi-2bit"))
    done = CliRunner().invoke(app, ["claims", str(path)])
    assert done.exit_code == 0 and "kivi-2bit" in done.stdout and "llama-9-7b" in done.stdout
