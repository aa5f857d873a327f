"""``costmodel load``: what cannot run is said or refused, and a number that nothing gives is no number on the page."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app

LLAMA = ("--model", "llama-3.1-8b", "--gpu", "h100-sxm", "--tp", "1", "--scheme", "none")


def load(*options, of=LLAMA):
    result = CliRunner().invoke(app, ["load", *of, *options])
    return result, result.stdout


def test_an_engine_that_does_not_start_is_named_first():
    of = ("--model", "gpt-oss-120b", "--gpu", "h100-sxm", "--tp", "1", "--scheme", "none")
    _, text = load("--concurrency", "8", of=of)
    first = text.splitlines()[0]
    assert "vllm does not start with a context limit of 131,072 tokens" in first and "--max-model-len" in first


def test_one_request_runs_and_one_that_waits_for_no_room_waits_for_a_pass():
    from costmodel.cli.load import _waits

    assert "; 1 request running, none waiting." in load("--concurrency", "1")[1]
    assert _waits(SimpleNamespace(waiting=0.9, limited_by="nothing")) == "1 waiting for the pass under way"
    assert _waits(SimpleNamespace(waiting=3.2, limited_by="pool")) == "3 waiting (pool)"


def test_prompts_beyond_the_limit_of_the_server_are_refused():
    result, _ = load("--max-model-len", "100")
    assert "--prompt: expected less than the context limit of 100, got 1,024" in str(result.exception)


def test_requests_of_one_token_have_no_time_between_tokens():
    _, text = load("--prompt", "100", "--output", "1,0", "--concurrency", "4")
    assert "one token each" in text and "nan" not in text


def test_a_trace_that_comes_at_once_has_no_rate(tmp_path):
    row = {"timestamp": 0, "input_length": 1000, "output_length": 50, "hash_ids": [1, 2]}
    trace = tmp_path / "trace.jsonl"
    trace.write_text("".join(f"{json.dumps(row)}\n" for _ in range(3)), encoding="utf-8")
    _, text = load("--trace", str(trace))
    assert "3 requests of a trace, all at once" in text and "inf" not in text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["load", "--trace"], "which blocks prompts share (hash_ids) is not replayed: costmodel hit-rate says"),
        (["replay"], "which blocks prompts share (hash_ids) is not replayed: costmodel hit-rate says"),
        (["hit-rate"], "requests are taken in the order of the file; when they came is not used"),
    ],
)
def test_what_a_trace_holds_and_a_command_does_not_use_is_said_once(tmp_path, command, said):
    rows = [
        {"timestamp": 100 * k, "input_length": 1000, "output_length": 50 * (k != 3), "hash_ids": [1, 2], "user": 7}
        for k in range(16)
    ]
    trace = tmp_path / "trace.jsonl"
    trace.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    result = CliRunner().invoke(app, [*command, str(trace), *LLAMA, "--json"])
    assert json.loads(result.stdout)
    assert result.stderr.count(said) == 1 and "mooncake trace: columns that are not used: user." in result.stderr
    assert ("1 request without prompt or output: replayed with one token" in result.stderr) == (command != ["hit-rate"])


@pytest.mark.parametrize("version", ["0.10.0"])
def test_a_version_whose_kernels_nobody_timed_is_named(version):
    assert f"vllm {version} is answered with the kernel constants of" in load("--engine-version", version)[1]
