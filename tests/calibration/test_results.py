"""Results as other people's tools write them: told by their keys and read, or named with what they lack; wrong types by key."""

import json
import re

import pytest
from typer.testing import CliRunner

from calibration.data import results
from costmodel.cli.app import app
from costmodel.errors import CostModelError

# vllm bench serve --append-result: one object after the other; no cap, all requests at once.
APPENDED = {
    "date": "20250904-020000", "endpoint_type": "vllm", "model_id": "Qwen2-7B-Instruct", "num_prompts": 10,
    "request_rate": "inf", "burstiness": 1.0, "max_concurrency": None, "duration": 14.31, "completed": 10,
    "total_input_tokens": 10239, "total_output_tokens": 10240, "mean_ttft_ms": 503.72, "mean_tpot_ms": 13.46,
}  # fmt: skip
SGLANG = {
    "backend": "sglang", "request_rate": "trace", "max_concurrency": 16, "duration": 40.1, "completed": 64,
    "total_input_tokens": 65536, "total_output_tokens": 65536, "total_output_tokens_retokenized": 65500,
    "mean_ttft_ms": 137.1, "mean_tpot_ms": 9.5, "concurrency": 15.8,
}  # fmt: skip
LLAMA_BENCH = {
    "build_commit": "407f323", "gpu_info": "NVIDIA GeForce RTX 3090", "model_type": "qwen35 27B IQ3_S",
    "model_size": 12026000000, "type_k": "q8_0", "type_v": "q8_0", "n_batch": 256, "n_prompt": 0, "n_gen": 64,
    "n_depth": 55296, "avg_ts": 24.02,
}  # fmt: skip
THROUGHPUT = {
    "elapsed_time": 106.2, "num_requests": 1000, "total_num_tokens": 446980, "requests_per_second": 9.42,
    "tokens_per_second": 4209.0,
}  # fmt: skip
INFERENCEMAX = {
    "hw": "h200-cw", "tp": 8, "ep": 1, "conc": 64, "dp_attention": "false", "model": "meta-llama/Llama-3.3-70B-Instruct",
    "framework": "vllm", "precision": "fp8", "isl": 1024, "osl": 8192, "mean_ttft": 0.2, "mean_tpot": 0.0141,
    "tput_per_gpu": 600.0,
}  # fmt: skip
UNREAD = {
    "guidellm": {"benchmarks": [{"args": {}, "metrics": {"time_per_output_token_ms": {"successful": {"mean": 9.5}}}}]},
    "genai-perf or aiperf": {
        "time_to_first_token": {"unit": "ms", "avg": 137.1}, "inter_token_latency": {"unit": "ms", "avg": 9.5},
        "output_sequence_length": {"avg": 1024}, "input_sequence_length": {"avg": 1024},
    },
    "vllm bench latency": {"avg_latency": 14.3, "latencies": [14.2, 14.3], "percentiles": {"50": 14.3}},
}  # fmt: skip


@pytest.fixture
def wrote(tmp_path):
    def write(*documents, name="run.json"):
        path = tmp_path / name
        path.write_text("\n".join(json.dumps(document) for document in documents))
        return path

    return write


def rows(path, form="", **column_defaults):
    frame, measured = results.read(path, form, {"gpu": "h100-sxm"} | column_defaults)
    return frame.to_dict("records"), measured


def test_appended_results_are_a_row_each(wrote):
    read, measured = rows(wrote(APPENDED, APPENDED | {"completed": 20, "num_prompts": 20}))
    assert measured == "tpot_ms" and [row["prompt_len"] for row in read] == [1023.9, 511.95]
    assert [row["source"].rpartition(": ")[2] for row in read] == ["run 1", "run 2"]


def test_a_list_of_results_is_a_row_each(wrote):
    assert len(rows(wrote([APPENDED, APPENDED]))[0]) == 2


@pytest.mark.parametrize(("cap", "expected"), [(None, 9.98), (256, 9.98), (10, 9.98), (4, 4)])
def test_a_cap_that_was_never_reached_does_not_count(wrote, cap, expected):
    """Ten requests that stay 0.504 + 1,023 x 0.01346 s of 14.31 are 9.98 in flight, whatever would have been allowed."""
    assert rows(wrote(APPENDED | {"max_concurrency": cap}))[0][0]["concurrency"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("form", ["", "vllm", "sglang"])
def test_sglang_states_requests_in_flight(wrote, form):
    (row,) = rows(wrote(SGLANG), form, model="qwen3-32b")[0]
    assert (
        row["concurrency"] == 15.8 and row["engine"] == "sglang"
    )  # its backend says so, whatever the keys are taken for


def test_llama_bench_needs_no_flags(wrote):
    run = LLAMA_BENCH | {"model_type": "llama 8B Q4_0", "model_filename": "m/Llama-3.1-8B-Instruct-Q4_0.gguf"}
    path = wrote(run, run | {"n_prompt": 512, "n_gen": 0}, name="run.jsonl")
    ((row,), measured) = results.read(path, "", {})[0].to_dict("records"), "tpot_ms"
    assert (row["gpu"], row["model"], row["engine"]) == ("NVIDIA GeForce RTX 3090", "llama-3.1-8b", "llama-cpp")
    assert (row["scheme"], row["weight_dtype"], row["batch"]) == ("ggml-q8-0", "int4", 1)
    assert row["context"] == 55296 + 32 and row[measured] == pytest.approx(41.63, rel=1e-3)


def test_weights_of_no_known_type_ask_for_one(wrote):
    path = wrote(LLAMA_BENCH)
    with pytest.raises(
        CostModelError, match="model_type: no type of weights comes near 'qwen35 27B IQ3_S': give --weight-"
    ):
        results.read(path, "", {})
    assert results.read(path, "", {"weight_dtype": "int4"})[0]["model"].item() == "qwen3.5-27b"


def test_throughput_is_output_tokens_over_the_run(wrote):
    """1,000 requests of 200 output tokens in 106.2 s."""
    read, measured = rows(wrote(THROUGHPUT), model="llama-8b", gen_len=200)
    assert measured == "throughput_tok_s" and read[0][measured] == pytest.approx(1000 * 200 / 106.2)
    assert read[0]["prompt_len"] == pytest.approx(246.98) and read[0]["concurrency"] == 1000
    with pytest.raises(CostModelError, match="446.98 tokens a request.*give --gen-len"):
        rows(wrote(THROUGHPUT), model="llama-8b")
    with pytest.raises(CostModelError, match="--gen-len: expected from 1 to below the 446.98"):
        rows(wrote(THROUGHPUT), model="llama-8b", gen_len=500)


def test_inferencemax_names_everything(wrote):
    """Lengths are drawn evenly from 80 % to 100 % of the nominal ones; times are in seconds."""
    (row,) = results.read(wrote(INFERENCEMAX), "", {})[0].to_dict("records")
    assert (row["gpu"], row["tp"], row["weight_dtype"], row["concurrency"]) == ("h200-sxm", "8", "fp8", 64)
    assert (row["prompt_len"], row["gen_len"]) == (pytest.approx(921.6), pytest.approx(7372.8))
    assert (row["tpot_ms"], row["ttft_ms"]) == (pytest.approx(14.1), pytest.approx(200))


@pytest.mark.parametrize("form", ["", "vllm"])
@pytest.mark.parametrize("tool", UNREAD)
def test_what_is_not_read_is_recognised(wrote, tool, form):
    with pytest.raises(
        CostModelError, match=f"looks like a result of {tool}, which lacks .*give a CSV with model, gpu"
    ):
        rows(wrote(UNREAD[tool]), form)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (APPENDED | {"model_id": ["a"]}, r"model_id: expected text, got \['a'\]"),
        (APPENDED | {"num_prompts": "x"}, "num_prompts: expected a number, at least 0, got 'x'"),
        (APPENDED | {"max_concurrency": "abc"}, "max_concurrency: expected a number, at least 0, got 'abc'"),
        (APPENDED | {"completed": True}, "completed: expected a number, at least 0, got True"),
        (APPENDED | {"duration": 0}, "run.json: duration: expected a number above 0, got 0"),
        (APPENDED | {"mean_tpot_ms": 0.0}, "run.json: mean_tpot_ms: expected a number above 0, got 0"),
        (INFERENCEMAX | {"mean_tpot": 0}, "run.json: mean_tpot: expected a number above 0, got 0"),
        (APPENDED | {"duration": {}}, "duration: expected a number, at least 0, got {}"),
        (APPENDED | {"tp": [2]}, r"tp: expected text, got \[2\]"),
        (SGLANG | {"server_info": "x"}, "server_info: expected an object, got 'x'"),
        (SGLANG | {"server_info": {"tp_size": {}}}, "server_info: tp_size: expected text, got {}"),
        (LLAMA_BENCH | {"avg_ts": None}, "avg_ts: expected a number, at least 0, got None"),
        (LLAMA_BENCH | {"avg_ts": 0}, "avg_ts: expected tokens per second above 0"),
        (LLAMA_BENCH | {"type_k": "f16"}, "type_k, type_v: expected one type for both"),
        (LLAMA_BENCH | {"gpu_info": "RTX 3090, RTX 3090"}, "gpu_info: 2 GPUs, layer by layer, are not modelled"),
        (LLAMA_BENCH | {"n_gen": 0, "n_prompt": 512}, "expected runs that generate tokens, got 1 of prompts alone"),
        (INFERENCEMAX | {"dp_attention": "true"}, "dp_attention: .* is not modelled"),
        ({k: v for k, v in INFERENCEMAX.items() if k != "isl"}, "isl is missing"),
        ({k: v for k, v in APPENDED.items() if k != "duration"}, "there is no key 'duration'"),
        (APPENDED | {"request_rate": "many"}, "request_rate: expected a number, or inf or infinity or trace, got 'many'"),
        (APPENDED | {"burstiness": "x"}, "burstiness: expected a number, got 'x'"),
        (APPENDED | {"p99_itl_ms": [1]}, r"p99_itl_ms: expected a number, got \[1\]"),
        (APPENDED | {"tokenizer_id": 5}, "tokenizer_id: expected text, got 5"),
        (APPENDED | {"input_lens": [1, "a"]}, r"input_lens: expected a list of numbers, got \[1, 'a'\]"),
        (APPENDED | {"itls": 3.0}, "itls: expected a list, got 3.0"),
        (SGLANG | {"median_e2e_latency_ms": "slow"}, "median_e2e_latency_ms: expected a number, got 'slow'"),
        (LLAMA_BENCH | {"stddev_ts": "a"}, "stddev_ts: expected a number, got 'a'"),
        (LLAMA_BENCH | {"n_batch": {}}, "n_batch: expected a number, got {}"),
        (INFERENCEMAX | {"tput_per_gpu": "600"}, "tput_per_gpu: expected a number, got '600'"),
        ({"a": 1}, "expected the result of a benchmark, got the keys"),
        (5, "expected one JSON object a run, got 5"),
    ],
)  # fmt: skip
def test_wrong_types_are_named_by_key(wrote, run, message):
    with pytest.raises(CostModelError, match=message) as error:
        rows(wrote(run), model="qwen3-32b", weight_dtype="int4") if run != LLAMA_BENCH else None
    assert "run.json" in str(error.value)


def test_a_wrong_type_that_nothing_is_read_from_is_refused_in_a_throughput_run(wrote):
    with pytest.raises(CostModelError, match="run.json: tokens_per_second: expected a number, got 'fast'"):
        rows(wrote(THROUGHPUT | {"tokens_per_second": "fast"}), model="qwen3-32b", gen_len=128)


@pytest.mark.parametrize("run", [APPENDED, SGLANG, INFERENCEMAX | {"p99_ttft": None}])
def test_keys_that_nobody_knows_and_nulls_pass(wrote, run):
    of = {"model": run.get("model", "qwen3-32b"), "gpu": "h200-sxm" if "hw" in run else "h100-sxm"}
    assert rows(wrote(run | {"my_note": ["a", 1]}), **of)[0]


def test_the_command_finds_the_tool_by_the_file(wrote):
    path = wrote(INFERENCEMAX)
    outcome = CliRunner().invoke(app, ["validate", "--data", str(path)])
    assert outcome.exit_code == 0 and "1 row of" in outcome.output, outcome.exception
    path = wrote(THROUGHPUT)
    options = ["--model", "llama-8b", "--gpu", "h100-sxm", "--gen-len", "200", "--json"]
    outcome = CliRunner().invoke(app, ["validate", "--data", str(path), *options])
    assert outcome.exit_code == 0, outcome.exception
    assert json.loads(outcome.output)["rows"][0]["measured"] == pytest.approx(1883.2, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "t.csv",
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.97,4808,10\n",
            "a trace .azure.*replay",
        ),
        (
            "m.jsonl",
            '{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}\n',
            "JSON.*replay",
        ),
        ("inf.csv", "model,gpu,tp\nllama-8b,h100-sxm,inf\n", "row 1: --tp must be .*, got inf"),
        ("wide.csv", ",".join(f"c{n}" for n in range(30_000)) + "\n", "at most 1,000 columns, got 30,000"),
    ],
)
def test_what_is_no_table_of_points_is_said(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    outcome = CliRunner().invoke(app, ["predict", str(tmp_path / name)])
    assert isinstance(outcome.exception, CostModelError), outcome.exception
    assert re.search(message, str(outcome.exception)), outcome.exception


STATED = APPENDED | {"gpu": "h100-sxm", "tp": 2, "model_id": "/models/mine"}


def test_options_fill_in_and_correct_names_in_words(wrote):
    frame, _ = results.read(wrote(STATED, STATED), "", {"gpu": "NVIDIA H100 80GB HBM3", "tp": 2, "model": "qwen2.5-7b"})
    assert list(frame["model"]) == ["qwen2.5-7b"] * 2
    (remark,) = frame.attrs["remarks"]
    assert "run 1: model: qwen2.5-7b (--model) in place of '/models/mine', which it states (and 1 more run)" in remark


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"gpu": "h200-sxm"}, "gpu: states 'h100-sxm', and --gpu 'h200-sxm'"),
        ({"tp": 4}, "tp: states '2', and --tp 4"),
        ({"engine": "sglang"}, "engine: states 'vllm', and --engine 'sglang'"),
    ],
)
def test_what_ran_is_not_contradicted(wrote, options, words):
    with pytest.raises(CostModelError, match=re.escape(words)) as error:
        results.read(wrote(STATED), "", {"model": "llama-8b"} | options)
    assert "leave the option out, or correct the file" in str(error.value)


def test_a_gpu_that_no_file_has_is_corrected_in_words(wrote):
    frame, _ = results.read(wrote(STATED | {"gpu": "our box"}), "", {"gpu": "h100-sxm", "model": "llama-8b"})
    assert set(frame["gpu"]) == {"h100-sxm"} and any("gpu: h100-sxm" in one for one in frame.attrs["remarks"])


@pytest.mark.parametrize(
    ("tool", "keys", "engine"),
    [
        (SGLANG, {"backend": "vllm"}, "vllm"),
        (SGLANG, {"backend": "sglang-oai-chat"}, "sglang"),
        (SGLANG, {"backend": "trt"}, "tensorrt-llm"),
        (APPENDED, {"endpoint_type": "openai-chat"}, "vllm"),
        (APPENDED, {"backend": "sglang"}, "sglang"),
        (APPENDED, {"backend": "tensorrt-llm"}, "tensorrt-llm"),
        (APPENDED, {"backend": "vllm", "endpoint_type": "openai"}, "vllm"),
    ],
)
def test_a_backend_names_the_engine(wrote, tool, keys, engine):
    (row,), _ = rows(wrote(tool | keys), model="llama-8b")
    assert row["engine"] == engine


def test_a_backend_that_is_not_modelled_is_refused(wrote):
    with pytest.raises(CostModelError, match="backend: there is no engine 'deepspeed-mii'"):
        rows(wrote(SGLANG | {"backend": "deepspeed-mii"}), model="llama-8b")


def validate(*arguments):
    answer = CliRunner().invoke(app, ["validate", *map(str, arguments)])
    return answer, " ".join((answer.output + str(answer.exception or "")).split())


def test_the_command_says_what_an_option_replaced(wrote):
    answer, text = validate("--data", wrote(INFERENCEMAX), "--model", "llama-3.1-70b")
    assert answer.exit_code == 0
    assert "Remark:" in text and "in place of 'meta-llama/Llama-3.3-70B-Instruct', which it states" in text
    answer, text = validate("--data", wrote(INFERENCEMAX), "--gpu", "l40s")
    assert answer.exit_code != 0 and "gpu: states 'h200-sxm', and --gpu 'l40s'" in text


def test_a_table_has_values_of_its_own(tmp_path):
    path = tmp_path / "steps.csv"
    path.write_text("model,gpu,tp,batch,context,tpot_ms\nllama-8b,h100-sxm,1,8,4096,8.0\nllama-8b,,1,8,4096,8.1\n")
    answer, _ = validate("--data", path, "--gpu", "NVIDIA H100 80GB HBM3")
    assert answer.exit_code == 0
    answer, text = validate("--data", path, "--gpu", "h200-sxm")
    assert answer.exit_code != 0 and "row 1: gpu: states 'h100-sxm', and --gpu 'h200-sxm'" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--pools", "--gpu", "l40s"), "--gpu: not used with --pools"),
        (("--steps", "--model", "llama-8b", "--tp", "2"), "--model, --tp: not used with --steps"),
        (("--recompute", "--scheme", "fp8"), "--scheme: not used with --recompute"),
        (("--gpu", "l40s"), "--gpu: not used without --data"),
        (("--kernels", "--format", "csv"), "--format: not used with --kernels"),
    ],
)
def test_an_option_that_says_nothing_is_refused(arguments, words):
    answer, text = validate(*arguments)
    assert answer.exit_code != 0 and words in text


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CostModelError, match="none.json: there is no such file"):
        results.read(tmp_path / "none.json", "", {})
