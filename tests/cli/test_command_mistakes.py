"""A user's mistake: one message that names location, expected and got; exit status 2; no traceback; nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app

ROOT = Path(__file__).parents[2]
SCHEME = 'name = "x"\nsource = "y"\n[[mechanism]]\n'

# command → what the message must contain
MISTAKES = {
    "sweep --model lama-70b": ["there is no model 'lama-70b'", "llama-70b"],
    "sweep --model llama-70b --gpu h10": ["there is no GPU 'h10'", "h100"],
    "sweep --model llama-70b --scheme kvi": ["there is no scheme 'kvi'", "kivi"],
    "sweep --model llama-70b --engine vlm": ["there is no engine 'vlm'", "vllm"],
    "sweep --model llama-70b --weight-dtype fp9": ["weight type 'fp9'", "fp8"],
    "sweep": ["--model NAME or --hf-config"],
    "sweep --model llama-70b --gpu h100-sxm --tp 1": ["does not fit on 1", "GB more than", "tp 2 fits"],
    "sweep --model llama-70b --tp 3": ["cannot be split over 3 GPUs", "valid --tp values: 1, 2, 4, 8"],
    "sweep --model llama-8b --pp 2": ["--pp: pipeline parallel is not modelled; expected 1, got 2"],
    "sweep --model llama-8b --dp 2": ["--dp: data parallel", "is not modelled; expected 1, got 2"],
    "sweep --model qwen3-30b-a3b --tp 16 --ep 16": ["--ep: expected at most 8, the GPUs of one node, got 16"],
    "sweep --model llama-8b --tp 2 --ep 2": ["--ep: expected 1, got 2: llama-3.1-8b has no experts to spread"],
    "sweep --model llama-8b --batch -4": ["--batch", "got '-4'", "above 0"],
    "sweep --model llama-8b --batch 0": ["--batch", "above 0"],
    "sweep --model llama-8b --batch 1e-320": ["--batch", "above 0"],
    "sweep --model llama-8b --batch 1:8:0.5": ["--batch", "expected at least 1 point, got '0.5'"],
    "sweep --model llama-8b --batch 0.2:8:4": ["--batch", "expected a:b:n from 1, got '0.2:8:4'"],
    "sweep --model llama-8b --context 1e15": ["--context", "below 1e9"],
    "sweep --model llama-8b --context eight": ["--context", "got 'eight'"],
    "sweep --model llama-8b --memory-fraction 1.5": ["memory fraction must be in (0, 1]", "got 1.5"],
    "sweep --model llama-8b --scheme h2o[budget=5]": ["knob budget", "got 5", "expected 64"],
    "sweep --model llama-8b --scheme h2o[buget=512]": ["no knob 'buget'", "budget"],
    "sweep --model llama-8b --scheme fp8 --scheme fp8": ["each may stand once"],
    "sweep --model llama-8b --scheme kivi-2bit[group=32,group=64]": ["knob group: expected once, got it twice"],
    "explain --model llama-8b --scheme fp8 --scheme int8": [
        "--scheme: expected once, got it 2 times; explain takes one"
    ],
    "regime --model llama-8b --gpu a100 --gpu h100": ["--gpu: expected once, got it 2 times"],
    "plot regime --model llama-8b --batch 1 --batch 2": ["--batch: expected once, got it 2 times"],
    "explain --model llama-8b --kv-cache-dtype int8_per_tokn_head": ["did you mean int8_per_token_head"],
    "explain --model llama-8b --kv-cache-dtype fp8 --scheme int4": ["scheme int4 and kv_cache_dtype fp8 contradict"],
    "regime --model llama-8b --kv-cache-dtype fp8 --scheme int4": ["scheme int4 and kv_cache_dtype fp8 contradict"],
    "gpus a100 --json --json": ["--json: expected once, got it 2 times"],
    "stress --model llama-8b": ["--model: name a test; costmodel stress alone lists them"],
    "stress --over 8": ["--over: name a test"],
    "replay --model llama-8b --skip-bad": ["--skip-bad belongs to a trace"],
    "replay trace.csv --model llama-8b --seed 1": ["--seed belongs to random requests"],
    "stress fork --model llama-8b --with context=4K,context=8K": ["--with context: expected once, got it twice"],
    "stress drift --numerics --eager": ["--eager: --numerics runs on a decoder of its own and knows no GPU"],
    "stress drift --numerics --gpu h100 --tp 2": ["--gpu, --tp: --numerics runs on a decoder of its own"],
    "stress fork --numerics": ["there is no experiment 'fork'"],
    "stress --numerics": ["--numerics: name a test that a decoder can run: drift or retrieval"],
    "stress drift --model llama-8b --text call.toml": ["--text belongs to --numerics"],
    "replay points.csv --model llama-8b --seed 0": ["--seed belongs to random requests; a trace states its own"],
    "validate --settings 200": ["--settings counts what --burst replays: give --burst too"],
    "sweep --model llama-8b --scheme call.toml": ["call.toml: mechanism[0]", "cannot use", "__import__"],
    "sweep --model llama-8b --scheme unit.toml": ["unit.toml: mechanism[0].bits", "got '3 s", "byte"],
    "sweep --model llama-8b --scheme broken.toml": ["broken.toml: not a TOML file", "line 1"],
    "sweep --model llama-8b --scheme kind.toml": ["kind.toml: mechanism[0]: kind", "quantise", "quantize"],
    "sweep --model llama-8b --scheme field.toml": ["field.toml: mechanism[0]", "no field 'bit'", "bits"],
    "sweep --hf-config missing.json": ["missing.json: cannot be read", "No such file"],
    "sweep --hf-config notjson.json": ["notjson.json"],
    "sweep --hf-config empty.json": ["empty.json"],
    "sweep --model llama-8b --out result.xlsx": ["result.xlsx", ".parquet"],
    "sweep --model llama-8b --out nowhere/result.csv": ["nowhere", "does not exist"],
    "recommend --model llama-8b --concurrency 8": [
        "--concurrency: recommend has no such option; did you mean --users?"
    ],
    "load --model llama-8b --users 8": ["--users: load has no such option; did you mean --concurrency?"],
    "load --model llama-8b --isl 1K": ["--isl: load has no such option; did you mean --prompt?"],
    "load --model llama-8b --gen-len 64": ["did you mean --output?"],
    "sweep --model llama-8b --gpu-memory-utilization 0.9": ["did you mean --memory-fraction?"],
    "recommend --model llama-8b --tp 2": ["--tp: recommend chooses it; leave it out (costmodel load answers"],
    "recommend --model llama-8b --scheme fp8": ["--scheme: recommend chooses it"],
    "regime --model llama-8b --comparison objective": ["needs --tpot or --ttft"],
    "regime --model llama-8b --comparison same": ["no comparison 'same'", "same-batch"],
    "regime --model llama-8b --tpot 20parsecs": ["--tpot", "20parsecs", "second"],
    "breakeven --model llama-8b": ["--scheme NAME, or --saving"],
    "breakeven --model llama-8b --saving 130%": ["--saving", "below 1"],
    "breakeven --model llama-8b --scheme fp8 --step-overhead 5us": ["belongs to --saving"],
    "explain --model llama-8b --batch many": ["--batch", "got 'many'"],
    "predict absent.csv": ["absent.csv", "no such file"],
    "predict http://host/points.csv": [
        "http://host/points.csv: expected a file of this machine, got an address (http://)"
    ],
    "predict https://host/points.parquet": ["got an address (https://)"],
    "predict s3://bucket/points.parquet": ["got an address (s3://)"],
    "predict FILE:///points.csv": ["got an address (FILE://)"],
    "predict simplecache::s3://bucket/points.parquet": ["got an address (simplecache::s3://)"],
    "predict points.csv --out s3://bucket/points.csv": ["s3://bucket/points.csv: expected a file of this machine"],
    "predict bad.csv": ["bad.csv", "row 2", "batch", "'x'"],
    "predict nomodel.csv": ["no column 'gpu'"],
    "predict unknown.csv": ["unknown.csv: row 2", "no model 'nope'"],
    "predict static.csv --mode serving": [
        "static.csv: row 2: mode: states static, and --mode serving: leave the option out"
    ],
    "predict points.csv --kernel gemm --mode serving": ["--mode belongs to steps and loads"],
    "predict points.csv --cold": ["--cold belongs to --kernel"],
    "predict points.csv --kernel conv": ["no kernel 'conv'"],
    "predict points.csv --kernel gemm": ["no column 'm'", "gemm needs"],
    "predict points.csv --out points.txt": ["points.txt", ".csv or .parquet"],
    "predict points.csv --mode served": ["mode", "'served'", "serving"],
    "tex step_tim": ["no formula 'step_tim'", "step_time"],
    "models no-such": ["no model 'no-such'"],
    "implementations vllm--int": ["no implementation 'vllm--int'", "vllm--int8"],
    "sweep --model llama-8b --implementation vllm--int88": ["no implementation 'vllm--int88'", "vllm--int8"],
    "sweep --model llama-8b --engine vllm --implementation sglang--fp8": ["expected one in vllm, got one in sglang"],
    "quality --benchmark longbnch": ["no benchmark 'longbnch'", "longbench"],
    "quality --scheme kvi": ["no scheme 'kvi'", "kivi"],
    "quality --model lama-3-70b": ["no model 'lama-3-70b'", "llama-3-70b"],
    "plot pareto --model llama-8b --x quality_loss --benchmark mmul": ["no benchmark 'mmul'", "mmlu"],
    "plot regime --model llama-8b --out r.bmp": ["r.bmp", ".pdf"],
    "plot regim --model llama-8b": ["no figure 'regim'", "regime"],
}
FILES = {
    "call.toml": SCHEME + "kind = \"quantize\"\nbits = \"__import__('os').system('touch pwned')\"\n",
    "unit.toml": SCHEME + 'kind = "quantize"\nbits = "3 s"\n',
    "broken.toml": "name = \n",
    "kind.toml": SCHEME + 'kind = "quantise"\n',
    "field.toml": SCHEME + 'kind = "quantize"\nbit = "4 bit"\n',
    "notjson.json": "{not json",
    "empty.json": "{}",
    "bad.csv": "model,gpu,batch\nllama-8b,h100,1\nllama-8b,h100,x\n",
    "nomodel.csv": "model,batch\nllama-8b,1\n",
    "static.csv": "model,gpu,gen_len,mode\nllama-8b,h100,8,serving\nllama-8b,h100,8,static\n",
    "unknown.csv": "model,gpu\nllama-8b,h100\nnope,h100\n",
    "points.csv": "model,gpu\nllama-8b,h100\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("mistakes")
    for name, text in FILES.items():
        (path / name).write_text(text)
    return path


@pytest.mark.parametrize("command", MISTAKES)
def test_message_and_exit_status(command, folder):
    done = subprocess.run(
        [sys.executable, "-m", "costmodel", *command.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**__import__("os").environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr and done.stderr.startswith("costmodel: ")
    for part in MISTAKES[command]:
        assert part in done.stderr, (part, done.stderr)
    assert done.stdout == ""
    assert {p.name for p in folder.iterdir()} - {"costmodel-out"} == set(FILES)
    assert not any((folder / "costmodel-out").glob("*")), "nothing half-written"


@pytest.mark.parametrize(
    "option", ["regime --tpot 30", "regime --ttft 2.5", "breakeven --saving 30% --step-overhead 15"]
)
def test_a_time_without_a_unit_is_shown_with_one(option):
    number = option.split()[-1]
    done = CliRunner().invoke(app, f"{option} --model llama-8b --gpu h100-sxm --tp 1".split())
    assert f"expected a time with its unit, got '{number}'; try {number}ms, {number}us or {number}s" in str(
        done.exception
    )


def test_a_table_of_points_is_not_overwritten(tmp_path):
    table = tmp_path / "points.csv"
    table.write_text("model,gpu,tp,batch,context\nllama-8b,h100-sxm,1,1,1024\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["predict", str(table), "--out", str(table)])
    assert "expected another file than the table of points" in str(result.exception)
    assert table.read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_a_table_with_other_separators_is_told_so(tmp_path, mark, word):
    table = tmp_path / "points.csv"
    table.write_text("model,gpu,batch\nllama-8b,h100-sxm,1\n".replace(",", mark), encoding="utf-8")
    result = CliRunner().invoke(app, ["predict", str(table)])
    assert f"points.csv: not a table: expected cells separated by commas, got {word}" in str(result.exception)


def run_into(stdout, arguments: str) -> subprocess.CompletedProcess:
    """A command in a process of its own whose standard output goes to a stream."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "costmodel", *arguments.split()]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", ["models", "--version", "gpus --json", "tex key_bits", "schemes --help"])
def test_a_full_disk_is_one_line(command):
    with Path("/dev/full").open("w") as full:
        done = run_into(full, command)
    assert done.returncode == 1
    assert done.stderr == "costmodel: standard output: cannot be written: No space left on device\n"


def test_a_reader_that_goes_away_is_no_mistake():
    reading, writing = os.pipe()
    os.close(reading)
    done = run_into(writing, "models")
    os.close(writing)
    assert done.stderr == ""
