"""Traces of others are read as they are; a bad row is told by its line and left out only when asked for."""

import json

import pytest

from costmodel.errors import InputError
from costmodel.traces import BadRows, read_trace

MOONCAKE = [
    {"timestamp": 0, "input_length": 1024, "output_length": 10, "hash_ids": [0, 1]},
    {"timestamp": 1500, "input_length": 1536, "output_length": 20, "hash_ids": [0, 1, 2]},
]
AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n"
)
BURSTGPT = (
    "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n"
)


def write(tmp_path, text, name="trace.jsonl"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def lines(rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_mooncake(tmp_path):
    trace_format, requests = read_trace(write(tmp_path, lines(MOONCAKE)))
    first, second = requests
    assert trace_format.name == "mooncake" and trace_format.block_tokens == 512
    assert second.time - first.time == 1.5 and second.blocks == (0, 1, 2) and second.output_tokens == 20


def test_azure(tmp_path):
    trace_format, requests = read_trace(write(tmp_path, AZURE, "azure.csv"))
    first, second = requests
    assert trace_format.name == "azure" and (first.input_tokens, second.output_tokens) == (374, 109)
    assert second.time - first.time == pytest.approx(4.314579, abs=1e-5)


def test_burstgpt(tmp_path):
    trace_format, requests = read_trace(write(tmp_path, BURSTGPT, "burst.csv"))
    (only,) = requests
    assert trace_format.name == "burstgpt" and (only.time, only.input_tokens, only.output_tokens) == (5, 472, 18)


BAD = {
    "no JSON": ("{broken", "line 2: not a JSON object"),
    "a list": ("[1, 2]", "line 2: expected a JSON object, got a list"),
    "a missing key": ('{"timestamp": 1, "input_length": 1, "output_length": 1}', "line 2: 'hash_ids' is missing"),
    "text for a number": (
        json.dumps(MOONCAKE[0] | {"input_length": "many"}),
        "input_length: expected a number, got 'many'",
    ),
    "negative tokens": (json.dumps(MOONCAKE[0] | {"output_length": -1}), "output_length: expected 0 to"),
    "half a token": (
        json.dumps(MOONCAKE[0] | {"input_length": 400.5}),
        "input_length: expected a whole number of tokens",
    ),
    "not finite": (json.dumps(MOONCAKE[0] | {"timestamp": float("nan")}), "timestamp: expected a finite number"),
    "hashes of text": (json.dumps(MOONCAKE[0] | {"hash_ids": ["a"]}), "hash_ids: expected a list of whole numbers"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_refused_with_its_line(tmp_path, case):
    text, due = BAD[case]
    path = write(tmp_path, lines(MOONCAKE[:1]) + text + "\n" + lines(MOONCAKE[1:]))
    with pytest.raises(InputError) as error:
        list(read_trace(path)[1])
    assert (
        f"{path}: line 2" in str(error.value) and due in f"line 2: {error.value}" and "--skip-bad" in str(error.value)
    )


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_counted_and_listed(tmp_path, case):
    bad = BadRows("trace", skip=True)
    path = write(tmp_path, lines(MOONCAKE[:1]) + BAD[case][0] + "\n" + lines(MOONCAKE[1:]))
    assert len(list(read_trace(path, bad)[1])) == 2
    assert bad.count == 1 and "line 2" in bad.text


@pytest.mark.parametrize(
    ("header", "row", "key"),
    [
        ("TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:15:51,400.5,10", "ContextTokens"),
        ("TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:15:51,400,10.25", "GeneratedTokens"),
        ("Timestamp,Request tokens,Response tokens", "5,400.5,10", "Request tokens"),
    ],
)
def test_tokens_are_whole_in_every_format(tmp_path, header, row, key):
    path = write(tmp_path, f"{header}\n{row}\n", "trace.csv")
    with pytest.raises(InputError, match=f"line 2: {key}: expected a whole number of tokens, got"):
        list(read_trace(path)[1])


def test_whole_numbers_may_be_written_with_a_point(tmp_path):
    path = write(tmp_path, "Timestamp,Request tokens,Response tokens\n5,400.0,10\n", "trace.csv")
    assert next(iter(read_trace(path)[1])).input_tokens == 400


def test_other_separators_are_named(tmp_path):
    path = write(tmp_path, AZURE.replace(",", ";"), "trace.csv")
    with pytest.raises(InputError, match="line 1: expected cells separated by commas, got semicolons"):
        read_trace(path)


def test_only_the_first_bad_rows_are_listed(tmp_path):
    bad = BadRows("trace", skip=True)
    list(read_trace(write(tmp_path, lines(MOONCAKE) + "broken\n" * 25), bad)[1])
    assert bad.count == 25 and "and 15 more" in bad.text


def test_a_row_of_other_columns(tmp_path):
    path = write(tmp_path, AZURE + "2023-11-16 18:15:51,1\n", "azure.csv")
    with pytest.raises(InputError, match="line 4: expected 3 columns, got 2"):
        list(read_trace(path)[1])


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("", "empty first line"),
        ("a,b,c\n1,2,3\n", "no column of a trace 'a'"),
        ("TIMESTAMP,ContextTokens\n1,2\n", "looks like a trace of azure, but lacks GeneratedTokens"),
        ("[1, 2]\n", "expected a JSON object a line, got a list"),
        ("{nope\n", "line 1: not a JSON object"),
        ("PAR1\x15\x04", "expected a trace in JSON Lines or CSV, got Parquet"),
        ("a\0b", "expected a trace in JSON Lines or CSV, got a file that is no text"),
    ],
)
def test_what_is_no_trace_is_named(tmp_path, text, due):
    with pytest.raises(InputError, match=due):
        read_trace(write(tmp_path, text, "trace.csv"))


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_trace(tmp_path / "none.jsonl")


def test_progress_is_told_in_bytes(tmp_path):
    path, progress = write(tmp_path, lines(MOONCAKE)), []
    list(read_trace(path, on_progress=lambda done, total: progress.append((done, total)))[1])
    assert progress[-1] == (path.stat().st_size, path.stat().st_size) and progress[0][0] < progress[-1][0]


def test_all_bad_rows_are_counted_before_they_are_refused(tmp_path):
    path = write(tmp_path, lines(MOONCAKE) + "broken\n" * 25)
    with pytest.raises(InputError, match=r"25 bad rows: line [0-9]+: .* and 15 more; --skip-bad leaves such rows out"):
        list(read_trace(path)[1])
