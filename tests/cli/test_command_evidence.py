"""What a command prints beside a verdict: evidence, kernel budget, published loss and flag."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app

POINT = "--model llama-8b --gpu h100-sxm --tp 1"
SMALL = "--batch 1,64 --context 1K,32K"


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def call(text: str) -> str:
    done = CliRunner().invoke(app, text.split(), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_regime_json_is_a_flat_list_of_schemes_comparisons_and_cells():
    cells = json.loads(call(f"regime {POINT} --scheme fp8 --scheme kivi-2bit {SMALL} --json"))
    by = pd.DataFrame(cells).groupby(["scheme", "comparison"]).size()
    assert by.to_dict() == {
        ("fp8", "same-batch"): 4, ("fp8", "own-batch"): 2, ("kivi-2bit", "same-batch"): 4, ("kivi-2bit", "own-batch"): 2,
    }  # fmt: skip
    asked = {
        "scheme", "baseline", "comparison", "batch", "context", "ratio", "ratio_lo", "ratio_hi", "verdict", "evidence",
        "kernel_budget_ns", "binding_term",
    }  # fmt: skip
    assert all(asked <= set(cell) for cell in cells)
    for cell in cells:
        assert cell["ratio_lo"] <= cell["ratio"] <= cell["ratio_hi"]
        assert cell["verdict"] != "wins" or cell["evidence"] == "measured"
    assert {cell["verdict"] for cell in cells if cell["scheme"] == "kivi-2bit"} <= {
        "needs kernel",
        "loses",
        "cannot tell",
    }


def test_a_map_prints_the_kernels_and_where_one_is_needed_its_budget():
    kivi = call(f"regime {POINT} --scheme kivi-2bit {SMALL}")
    assert "k needs kernel" in kivi and "kernels: compiled (compiled)" in kivi
    assert "Kernel budget at context 32K" in kivi
    fp8 = call(f"regime {POINT} --scheme fp8 {SMALL}")
    assert "kernels: vllm--fp8 (measured)" in fp8 and "Kernel budget" not in fp8
    assert "first token: as slow as" in call(f"regime {POINT} --scheme int8 {SMALL}")


def row_of(printed: str, scheme: str) -> list[str]:
    """Cells of the row of a scheme, cut where two spaces stand."""
    (line,) = [line for line in printed.splitlines() if line.startswith(f"{scheme}  ")]
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_a_sweep_prints_evidence_budget_capacity_loss_and_flag():
    printed = call(
        f"sweep {POINT} --scheme fp8 --scheme int8 --scheme kivi-2bit --scheme kvquant-3bit --scheme nvfp4 {SMALL}"
    )
    assert "decode only" in printed and "published loss" in printed and "runs as" in printed
    answer = json.loads(
        call(f"sweep {POINT} --scheme fp8 --scheme int8 --scheme kivi-2bit --scheme nvfp4 {SMALL} --json")
    )
    of = {line["scheme"]: line for line in answer["schemes"]}
    assert row_of(printed, "fp8")[3] == "measured" and row_of(printed, "kivi-2bit")[3] == "compiled"
    for scheme, line in of.items():
        assert row_of(printed, scheme)[4] == f"{line['kernel_budget_ns']:.2f}", scheme
    assert row_of(printed, "fp8")[-1] == "fp8" and row_of(printed, "int8")[-1] == "int8_per_token_head"
    assert row_of(printed, "kivi-2bit")[-1] == "nowhere known" and row_of(printed, "nvfp4")[-1] == "only in sglang"
    assert row_of(printed, "nvfp4")[-2] == "unknown" and "LongBench" in row_of(printed, "kivi-2bit")[-2]
    assert " to " in row_of(printed, "kivi-2bit")[5] and " to " not in row_of(printed, "fp8")[5]
    assert of["kivi-2bit"]["verdict"].startswith("needs kernel (ideal ") and "needs kernel (ideal" in printed
    assert of["int8"]["verdict"].startswith("loses, 0.") and "first token 0." in of["int8"]["verdict"]


def test_a_sweep_says_in_json_what_its_capacity_is():
    (line,) = json.loads(call(f"sweep {POINT} --scheme kivi-2bit {SMALL} --json"))["schemes"]
    assert (
        line["capacity_is"].startswith("decode only") and line["capacity_lo"] < line["capacity"] < line["capacity_hi"]
    )
    assert line["wins"] == 0 and line["needs_kernel"] > 0 and line["best"] == 0 and line["runs"] == "nowhere known"


def test_explain_prints_the_budget_and_who_may_meet_it():
    printed = call(f"explain {POINT} --scheme int8 --batch 64 --context 8K")
    assert "Kernel budget of int8 at batch 64, context 8K" in printed and "τ*" in printed
    assert "too slow" in printed and "pays" in printed and "vllm--int8" in printed


@pytest.mark.parametrize("command", ["regime", "sweep", "explain", "breakeven"])
def test_a_kernel_that_costs_nothing_and_still_loses_is_said(command):
    if command in ("explain", "breakeven"):
        scheme = "hypothetical[saving=0,overhead=10ms]"
        assert "even a free kernel loses" in call(f"{command} {POINT} --scheme {scheme} --batch 1")
    else:
        answer = json.loads(call(f"{command} {POINT} --scheme hypothetical[saving=0,overhead=10ms] {SMALL} --json"))
        cell = answer["schemes"][0] if command == "sweep" else answer[0]
        assert cell["kernel_budget_ns"] < 0
