"""Data of one's own: what serving benchmarks write is read as written, or refused with file, key and reason."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from calibration.data import results
from calibration.fitting import metrics
from calibration.validation import baselines, compare
from costmodel.cli.app import app
from costmodel.errors import CostModelError
from costmodel.evaluation.ask import kernels
from costmodel.facts import gpus

VLLM = {
    "date": "20261123-120000", "backend": "vllm", "model_id": "meta-llama/Llama-3.1-8B-Instruct", "num_prompts": 320,
    "request_rate": "inf", "burstiness": 1.0, "max_concurrency": 32, "duration": 90.0, "completed": 320,
    "total_input_tokens": 320_000, "total_output_tokens": 81_920, "mean_ttft_ms": 120.0, "mean_tpot_ms": 11.0,
}  # fmt: skip
SGLANG = {
    "backend": "sglang", "request_rate": 4.0, "max_concurrency": None, "duration": 80.0, "completed": 320,
    "total_input_tokens": 320_000, "total_output_tokens": 81_920, "mean_ttft_ms": 120.0, "mean_tpot_ms": 11.0,
    "concurrency": 11.4, "server_info": {"model_path": "Qwen/Qwen3-32B", "tp_size": 2},
}  # fmt: skip
GPU = {"gpu": "h100-sxm"}


@pytest.fixture
def wrote(tmp_path):
    def write(content, name="run.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def read(path, column_defaults=GPU):
    return results.read(path, "", column_defaults)[0]


def test_a_vllm_run_is_read_as_written(wrote):
    (row,) = read(wrote(VLLM | {"tp": "2"})).to_dict("records")
    assert (row["model"], row["engine"], row["gpu"], row["tp"]) == (VLLM["model_id"], "vllm", "h100-sxm", "2")
    assert (row["concurrency"], row["prompt_len"], row["gen_len"]) == (32, 1000, 256)
    assert (row["tpot_ms"], row["ttft_ms"], row["mode"]) == (11.0, 120.0, "serving")


def test_an_open_loop_holds_what_littles_law_says(wrote):
    """4 requests a second that stay 0.12 + 255 x 0.011 s are 11.7 in flight."""
    row = read(wrote(VLLM | {"request_rate": 4.0, "duration": 80.0, "max_concurrency": None})).iloc[0]
    assert row["concurrency"] == pytest.approx(4 * (0.12 + 255 * 0.011))


def test_sglang_writes_a_line_a_run(wrote):
    path = wrote("\n".join(json.dumps(run) for run in (SGLANG, SGLANG | {"concurrency": 3.0})) + "\n", "runs.jsonl")
    table = read(path)
    assert list(table["concurrency"]) == [11.4, 3.0] and set(table["tp"]) == {"2"}
    assert set(table["model"]) == {"Qwen/Qwen3-32B"}


def test_a_folder_of_runs_is_one_table(wrote, tmp_path):
    wrote(VLLM, "a.json"), wrote(VLLM | {"max_concurrency": 8}, "b.json")
    assert list(read(tmp_path)["concurrency"]) == [32, 8]


@pytest.mark.parametrize(
    ("change", "column_defaults", "message"),
    [
        ({}, {}, "no gpu is stated: give --gpu"),
        ({"model_id": None}, GPU, "no model is stated"),
        ({"completed": 300}, GPU, "300 of 320 requests were answered"),
        ({"mean_tpot_ms": "fast"}, GPU, "mean_tpot_ms: expected a number, at least 0, got 'fast'"),
        ({"mean_ttft_ms": float("nan")}, GPU, "mean_ttft_ms: expected a number, at least 0, got nan"),
        ({"total_output_tokens": 320}, GPU, "1 output tokens per request"),
    ],
)
def test_a_run_that_says_nothing_is_refused(wrote, change, column_defaults, message):
    with pytest.raises(CostModelError, match=message):
        read(wrote(VLLM | change), column_defaults)


@pytest.mark.parametrize(("text", "message"), [("{", "not JSON"), ("[1]", "expected one JSON object a run, got 1")])
def test_what_is_no_run_is_refused(wrote, text, message):
    with pytest.raises(CostModelError, match=message):
        read(wrote(text))


def run(text, status=0):
    outcome = CliRunner().invoke(app, text.split())
    if status:
        assert isinstance(outcome.exception, CostModelError), outcome.output
        return str(outcome.exception)
    assert outcome.exit_code == 0, outcome.exception
    return outcome.output


def test_the_command_compares_and_draws(wrote, tmp_path):
    output = run(f"validate --data {wrote(VLLM)} --format vllm --gpu h100-sxm --tp 1 --plot {tmp_path / 'p.svg'}")
    assert "1 row of" in output and "p.svg" in output and (tmp_path / "p.csv").exists()
    answer = json.loads(run(f"validate --data {wrote(VLLM)} --format vllm --gpu h100-sxm --tp 1 --json"))
    assert answer["errors"]["n"] == 1 and abs(answer["rows"][0]["error"]) < 0.5


def test_a_csv_of_kernels_and_of_points(wrote):
    kernel = wrote(
        "gpu,batch,num_heads,num_kv_heads,head_dim,context,latency_us\nh100-sxm,8,32,8,128,8192,110\n", "k.csv"
    )
    assert "1 row" in run(f"validate --data {kernel} --kernel decode-attention")
    rows = compare.compare(str(kernel), "csv", {}, "decode-attention")
    assert rows["error"].iloc[0] == pytest.approx(rows["predicted"].iloc[0] / 110 - 1)
    point = wrote("model,batch,context,tpot_ms\nllama-8b,8,8192,9.1\n", "p.csv")
    assert "1 row" in run(f"validate --data {point} --gpu h100-sxm --tp 1")


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("gpu,m,n,latency_us\nh100-sxm,1,2,5\n", "", "nearest is gemm, which needs gpu, m, n, k: k is missing"),
        ("gpu,m,n,k\nh100-sxm,1,2,3\n", "", "expected one measured column: latency_us"),
        ("gpu,m,n,k,latency_us\nh100-sxm,1,2,3,-1\n", "", "row 1: latency_us: expected a time above 0, got '-1'"),
        (
            "gpu,m,n,k,num_gpus,message_bytes,latency_us\nh100-sxm,1,2,3,2,9,5\n",
            "",
            "gemm and all-reduce: say which kernel",
        ),
        ("gpu,m,n,k,latency_us\nh100-sxm,1,2,3,5\n", "--kernel gem", "there is no kernel 'gem'; did you mean gemm?"),
        ("model,gpu,engine,tpot_ms\nllama-8b,h100-sxm,5,9\n", "", "row 1: there is no engine '5'"),
        (
            "model,gpu,memory_fraction,tpot_ms\nllama-8b,h100-sxm,most,9\n",
            "",
            "row 1: memory_fraction: expected a fraction above 0, at most 1, got 'most'",
        ),
        ("gpu,m,n,k,latency_us\nh100-sxm,1,2,3,5\n", "--format vlm", "no format 'vlm'"),
    ],
)
def test_mistakes_are_told(wrote, text, options, message):
    assert message in run(f"validate --data {wrote(text, 'x.csv')} {options}", status=2)


@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_a_table_tells_its_kernel_by_its_columns(kernel):
    assert kernels.recognize_kernel(kernels.KERNELS[kernel].required, "x") == kernel
    assert kernels.recognize_kernel(("note", "latency_us", *kernels.KERNELS[kernel].required), "x") == kernel


def test_a_table_that_was_predicted_before_is_predicted_anew(wrote):
    plain = "gpu,m,n,k,latency_us\nh100-sxm,64,4096,4096,9\n"
    stale = "gpu,m,n,k,latency_us,latency_us_lo,latency_us_hi\nh100-sxm,64,4096,4096,9,1,2\n"
    rows = [compare.compare(str(wrote(text, "g.csv")), "csv", {}).iloc[0] for text in (plain, stale)]
    assert rows[0]["lo"] == rows[1]["lo"] > 2 and list(rows[0][["what", "unit"]]) == ["gemm", "us"]


def test_a_figure_of_points_is_in_milliseconds(wrote, tmp_path):
    point = wrote("model,gpu,batch,context,tpot_ms,measured_us\nllama-8b,h100-sxm,8,8192,9.1,what I noted\n", "p.csv")
    run(f"validate --data {point} --plot {tmp_path / 'drawn.svg'}")
    drawn = pd.read_csv(tmp_path / "drawn.csv").iloc[0]
    assert list(drawn[["what", "measured_ms", "measured_us"]]) == ["decode step", 9.1, "what I noted"]
    assert drawn["predicted_ms_lo"] < drawn["predicted_ms"] < drawn["predicted_ms_hi"]


def test_coverage_by_hand():
    scores = metrics.coverage([10.0, 10.0], [0.1, 0.1], [10.5, 14.0])
    assert scores["coverage"] == 50 and scores["width"] == pytest.approx(100 * (2.718281828**0.16448536 - 1))


def test_baselines_know_what_they_were_given():
    shape = {"kv_heads": 8, "query_heads": 32, "head_dim": 128, "window": 0, "kv_dtype": "fp8"}
    rows = pd.DataFrame([{"batch": b, "context": c} | shape for b in (1, 4, 16, 64) for c in (256, 1024, 4096, 16384)])
    size = 2.0 * rows["batch"] * rows["context"] * 8 * 128
    rows["latency_us"] = 10 + 1e6 * size / (0.8 * 3.35e12)
    latencies = baselines.predictions(rows, rows, gpus.load("h100-sxm"))
    assert latencies["efficiency"] == pytest.approx(rows["latency_us"].to_numpy(), rel=0.01)
    assert latencies["roofline"] == pytest.approx(1e6 * size.to_numpy() / 3.35e12, rel=1e-6)
    assert abs(pd.Series(latencies["interpolation"] / rows["latency_us"] - 1)).median() < 0.2
