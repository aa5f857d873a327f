"""The answer stands first: a sentence, then the table, then what was assumed; what cannot run stands before all."""

import json
import re

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.cli.bibtex import to_bibtex
from costmodel.errors import InputError
from costmodel.evaluation.ask.sweep_axes import MAIN_SCHEMES

POINT = "--model llama-8b --gpu h100-sxm --tp 1"
SMALL = "--batch 1,8 --context 1K,8K"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def call(command: str) -> str:
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.mark.parametrize(
    ("command", "first", "table"),
    [
        (f"sweep --model llama-8b {SMALL}", "fp8 makes a decode step up to 1.1", "scheme "),
        (f"regime {POINT} --scheme fp8 {SMALL}", "fp8 against none: at the same batch it wins in", "batch "),
        (f"breakeven {POINT} --scheme fp8", "fp8 makes a decode step faster than none (kernels: measured)", "batch "),
        (f"explain {POINT} --scheme fp8", "fp8 at batch 8, context 8,192: a step takes", "time "),
        (f"equivalent int4 {POINT} --with kivi {SMALL}", "int4: ", "rival "),
    ],
)
def test_the_answer_is_first_and_what_was_assumed_last(command, first, table):
    lines = call(command).splitlines()
    assert lines[0].startswith(first), lines[0]
    heads = [number for number, line in enumerate(lines) if line.startswith(table)]
    assumed = [number for number, line in enumerate(lines) if line.startswith("Assumed: ")]
    assert len(assumed) == 1 and heads[0] < assumed[0]


def test_what_nobody_measured_is_said_at_once():
    lines = call(f"sweep --model llama-8b --gpu mi300x {SMALL}").splitlines()
    assert any(line.startswith("UNCALIBRATED") for line in lines[:4]), lines[:4]


def test_four_schemes_unless_all_are_asked_for():
    few = json.loads(call(f"sweep --model llama-8b {SMALL} --json --force"))["schemes"]
    assert [one["scheme"] for one in few] == list(MAIN_SCHEMES[1:]) and len(few) == 4
    printed = call(f"sweep --model llama-8b {SMALL} --force")
    assert "Four schemes by default; --all sweeps 17" in printed
    every = json.loads(call(f"sweep --model llama-8b {SMALL} --all --json --force"))["schemes"]
    assert len(every) == 17 and {one["scheme"] for one in few} < {one["scheme"] for one in every}
    outcome = CliRunner().invoke(app, f"sweep --model llama-8b {SMALL} --all --scheme fp8".split())
    assert isinstance(outcome.exception, InputError) and "--all" in str(outcome.exception)


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        (f"explain {POINT} --scheme fp8 --batch 800", "Batch 800 beyond the pool, which holds"),
        (
            f"stress turns {POINT} --scheme fp8 --over 1,1000",
            "Context 1,024,000 beyond the model's context limit of 131,072",
        ),
        (
            f"stress drift {POINT} --scheme fp8 --over 1,10000",
            "Context 400,000 beyond the model's context limit of 131,072",
        ),
        (f"equivalent int4 {POINT} --with kivi --batch 1,5000 --context 4K", "Batch 5,000 beyond the pool"),
    ],
)
def test_what_cannot_run_is_said_before_all(command, limit):
    assert call(command).startswith(limit)


def test_a_trace_with_a_request_beyond_the_model_is_said_before_all(tmp_path):
    rows = [
        {
            "timestamp": 1000 * n,
            "input_length": 2048 if n else 200_000,
            "output_length": 8,
            "hash_ids": [1, 2, 3, n + 9],
        }
        for n in range(40)
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    printed = call(f"hit-rate t.jsonl {POINT} --scheme fp8 --no-replay")
    assert printed.startswith("Context 200,008 beyond the model's context limit of 131,072 tokens")
    assert printed.index("prompt blocks") < printed.index("Llama 3.1 8B on 1") < printed.index("Assumed: ")


def test_an_engine_that_would_not_start_is_said_before_a_report():
    printed = call("referee fp8 --model llama-70b --gpu h100-sxm --tp 2 --out report")
    assert printed.startswith("Llama-3.1-70b on 2") and "does not start" in printed.splitlines()[0]


def test_no_term_stands_without_words():
    printed = call(f"explain {POINT} --scheme int4 --context 16K")
    for term in ("hbm", "sm", "conversion", "launch"):
        assert re.search(rf"^{term}: [a-z]", printed, re.MULTILINE), term
    printed = call(f"regime {POINT} --scheme fp8 {SMALL} --comparison same-batch")
    assert re.search(r"^m matrix-memory: matrix products waiting for memory$", printed, re.MULTILINE)
    assert "tokens in flight" in call(f"sweep --model llama-8b {SMALL}")
    assert "the first token to never" in call(
        "breakeven --model llama-70b --gpu h100-sxm --saving 30% --step-overhead 15us --batch 1"
    )


def test_sources_as_bibtex():
    printed = call(f"cite {POINT} --scheme kivi-2bit --bibtex")
    keys = re.findall(r"^@misc\{([^,]+),$", printed, re.MULTILINE)
    assert keys[0] == "costmodel" and "scheme-kivi-2bit" in keys and len(keys) == len(set(keys))
    assert "eprint = {2402.02750}" in printed and printed.count("{") == printed.count("}")
    assert len(keys) == 1 + len(json.loads(call(f"cite {POINT} --scheme kivi-2bit --json")))
    outcome = CliRunner().invoke(app, f"cite {POINT} --bibtex --json".split())
    assert isinstance(outcome.exception, InputError)


def test_bibtex_is_safe_to_typeset():
    printed = to_bibtex(
        [("gpu", "x_1", r"50 % of {a_b} & $c at https://host.org/a_b; arXiv:2401.00001"), ("gpu", "x_1", "b")]
    )
    assert r"note = {50 \% of \{a\_b\} \& \$c at https://host.org/a\_b; arXiv:2401.00001}" in printed
    assert "url = {https://host.org/a_b}" in printed and "year = {2024}" in printed and "@misc{gpu-x-1-2," in printed


def test_the_version_is_printed():
    assert re.fullmatch(r"costmodel \d+\.\d+\.\d+\n", call("--version"))
