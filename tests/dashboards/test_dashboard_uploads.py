"""Uploads are parsed as data: good files are accepted, hostile ones rejected with a message, and nothing is stored for ever."""

import base64
import io
import re
import shlex
import time

import numpy as np
import pandas as pd
import pytest
from page_helpers import text
from typer.testing import CliRunner

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from costmodel.cli.app import app as command_line
from costmodel.errors import InputError
from costmodel.facts import store
from costmodel.plots import parity
from dashboards import controls, resolve, upload_readers, uploads
from dashboards.page import view
from dashboards.pages import calibration, explore, regimes
from dashboards.selection import Selection, restrict_to

SCHEME = """name = "Mine"
source = "our notebook"
[[mechanism]]
kind = "quantize"
target = "key"
bits = "3 bit"
tile = [32, 1, 1]
metadata = "16 bit"
"""
CONFIG = """{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
"num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072,
"torch_dtype": "bfloat16", "_name_or_path": "me/mine"}"""
CALLS = pd.DataFrame({"gpu": "h100-sxm", "engine": "vllm", "batch": [1, 8], "num_heads": 32, "num_kv_heads": 8, "head_dim": 128,
                       "context": [1024, 8192], "kv_dtype": "bfloat16", "latency_us": [12.0, 60.0]})  # fmt: skip


def sent(content: str | bytes) -> str:
    content = content.encode() if isinstance(content, str) else content
    return "data:text/plain;base64," + base64.b64encode(content).decode()


def test_a_scheme_stands_beside_the_others_under_its_own_name():
    name = uploads.store_upload("scheme", "mine.toml", sent(SCHEME))
    assert name.startswith("upload:") and uploads.label_of(name) == "mine.toml"
    figures = view(explore.PAGE, restrict_to(Selection(schemes=f"fp8|{name}"), explore.PAGE.fields)).figures
    assert list(dict.fromkeys(figures["waterfall"].frame["scheme"])) == ["none", "fp8", "mine"]
    selection = Selection(scheme=name, schemes="fp8", batch="1,8", context="1K,8K")
    assert (
        view(regimes.PAGE, restrict_to(selection, regimes.PAGE.fields)).figures["map"].frame["scheme"].iloc[0] == "mine"
    )


def test_a_configuration_is_a_model():
    name = uploads.store_upload("config", "config.json", sent(CONFIG))
    deployment = resolve.deployment_of(Selection(model=name))
    assert deployment.model.name == "mine" and deployment.model.parameters == pytest.approx(8.03e9, rel=0.01)


def content_of(table: str, **fields):
    """What the page shows for an uploaded table."""
    name = uploads.store_upload("measurements", "my times.csv", sent(table))
    return view(calibration.PAGE, restrict_to(Selection(measured=name, **fields), calibration.PAGE.fields))


@pytest.mark.parametrize(
    ("head", "row", "what"),
    [
        ("gpu,batch,num_heads,num_kv_heads,head_dim,context,latency_us", "h100-sxm,8,32,8,128,8192,60", "decode attention"),
        ("gpu,batch,num_heads,context,latency_us", "h100-sxm,8,16,8192,30", "mla decode"),
        ("gpu,batch,num_heads,num_kv_heads,head_dim,prompt_len,latency_us", "h100-sxm,1,32,8,128,4096,500", "prefill attention"),
        ("gpu,m,n,k,dtype,latency_us", "h100-sxm,64,4096,4096,fp8,9", "gemm"),
        ("gpu,m,k,latency_us", "h100-sxm,64,4096,3", "quantize"),
        ("gpu,num_gpus,message_bytes,latency_us", "h100-sxm,4,65536,12", "all reduce"),
        ("model,gpu,batch,context,scheme,tpot_ms", "llama-8b,h100-sxm,8,8192,fp8,8.5", "decode step"),
        ("model,gpu,mode,concurrency,prompt_len,gen_len,tpot_ms", "llama-8b,h100-sxm,serving,32,1000,256,11", "token under load"),
    ],
)  # fmt: skip
def test_measurements_of_anything_are_held_against_predictions(head, row, what, tmp_path):
    content = content_of(f"{head}\n{row}\n{row}\n")
    shown, unit = content.figures["parity"], head.rpartition("_")[2]
    assert list(shown.frame[f"measured_{unit}"]) == [float(row.rpartition(",")[2])] * 2 and set(
        shown.frame["what"]
    ) == {what}
    assert shown.plotly_figure.layout.xaxis.title.text == f"measured ({parity.UNITS[unit]})"
    path = tmp_path / "my times.csv"
    path.write_text(f"{head}\n{row}\n{row}\n")
    arguments = shlex.split(shown.command)[1:]
    assert arguments[:3] == ["validate", "--data", "my times.csv"]
    outcome = CliRunner().invoke(
        command_line, ["validate", "--data", str(path), *arguments[3:-1], str(tmp_path / "drawn.svg")]
    )
    assert outcome.exit_code == 0, outcome.exception
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "drawn.csv"), shown.frame, check_dtype=False)
    summary = outcome.output[outcome.output.index("median") :].split("\n")[0]
    assert f"my times.csv: {what}" in text(content.below) and f"n 2: {summary}" in text(content.below), (
        "as the command line says"
    )


def test_a_kernel_that_the_columns_leave_open_is_chosen():
    both = "gpu,m,n,k,num_gpus,message_bytes,latency_us\nh100-sxm,64,4096,4096,4,65536,9\n"
    assert "gemm and all-reduce: say which kernel" in text(content_of(both).above)
    content = content_of(both, kernel="all-reduce")
    assert (
        set(content.figures["parity"].frame["what"]) == {"all reduce"}
        and "--kernel all-reduce" in content.figures["parity"].command
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("gpu,batch,num_heads,num_kv_heads,head_dim,latency_us\nh100-sxm,8,32,8,128,60\n",
         "nearest is decode-attention, which needs gpu, batch, num_heads, num_kv_heads, head_dim, context: context is missing"),
        ("gpu,m,n,k,latency_us\nh100-sxm,64,4096,4096,9\nh100-smx,64,4096,4096,9\n", "row 2: there is no GPU 'h100-smx'"),
        ("gpu,m,n,k,latency_us\nh100-sxm,64,many,4096,9\n", "row 1: n: expected a number above 0, at most .*, got 'many'"),
        ("model,batch,tpot_ms\nllama-8b,1,9\n", "model and gpu are required"),
        ("model,gpu,tpot_ms\nllama-8b,h100-sxm,9\nhf:org/name,h100-sxm,9\n", "row 2: model: there is no model 'hf:org/name'"),
        ("model,gpu,tpot_ms\n/etc/passwd,h100-sxm,9\n", "there is no model '/etc/passwd'"),
        ("model,gpu,scheme,tpot_ms\nllama-8b,h100-sxm,/etc/mine.toml,9\n", "row 1: scheme: .* takes schemes by name"),
        ("model,gpu,scheme,tpot_ms\nllama-8b,h100-sxm,upload:abc,9\n", "row 1: scheme: .* no longer on the server"),
        ("model,gpu,engine,tpot_ms\nllama-8b,h100-sxm,5,9\n", "row 1: there is no engine '5'"),
        ("model,gpu,scheme,tpot_ms\n" + "".join(f"llama-8b,h100-sxm,h2o[budget={n}],9\n" for n in range(64, 100)),
         "expected at most 24 schemes, got 36"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_predicted_is_said_in_words(table, expected):
    content = content_of(table)
    assert not content.figures and re.search(expected, text(content.above)), text(content.above)


@pytest.mark.parametrize(
    ("kind", "filename", "content", "expected"),
    [
        ("scheme", "mine.exe", SCHEME, "expected a scheme as TOML"),
        ("scheme", "mine.toml", "name = ", "not a TOML file"),
        ("scheme", "mine.toml", "name = 'x'\n", "source is missing"),
        ("scheme", "mine.toml", b"\xff\xfe\x00", "not a TOML file"),
        ("scheme", "mine.toml", SCHEME.replace('"quantize"', '"__import__"'), "there is no mechanism"),
        ("scheme", "mine.toml", SCHEME.replace('"3 bit"', "\"__import__('os').getcwd()\""), "allowed are"),
        ("scheme", "mine.toml", "x" * (upload_readers.MAX_SIZES["scheme"] * 2), "larger than"),
        ("scheme", "../../../etc/passwd", SCHEME, "ends in .toml"),
        ("config", "config.json", "{", "expected"),
        ("config", "config.json", '{"model_type": "llama"}', "missing"),
        ("config", "config.json", "[" * 100_000, "expected"),
        ("measurements", "m.csv", "", "not a table"),
        ("measurements", "m.csv", "a,b\n1,2\n", "expected one measured column: latency_us"),
        ("measurements", "m.csv", "latency_us,tpot_ms\n1,2\n", "got latency_us and tpot_ms"),
        ("measurements", "m.csv", "tpot_ms\n2\nfast\n", "row 2: tpot_ms: expected a time above 0, got 'fast'"),
        ("measurements", "m.csv", "latency_us\n-1\n", "row 1"),
        ("measurements", "m.csv", ",".join(f"c{n}" for n in range(30_000)), "at most 1,000 columns, got 30,000"),
        ("measurements", "m.csv", "latency_us\n" + "1\n" * (upload_readers.MAX_ROWS + 1), "more than"),
    ],
)
def test_hostile_files_are_refused_in_words(kind, filename, content, expected):
    with pytest.raises(InputError, match=expected) as raised:
        uploads.store_upload(kind, filename, sent(content))
    assert "costmodel-uploads-" not in str(raised.value), "no path of this machine in a message"


@pytest.mark.parametrize(
    "field",
    [f'decode_instructions = "{"(" * 24}9{"**3)" * 24}"', 'metadata = "1 bit**9**9**9**9"', f"metadata = {'9' * 400}"],
)
def test_a_tower_stops_nobody(field):
    """Computed, 24 cubes of 9 would hold the server for half a minute."""
    uploads.store_upload("scheme", "mine.toml", sent(SCHEME))  # everything that is loaded once
    tower = SCHEME.replace('metadata = "16 bit"', field)
    start = time.process_time()
    with pytest.raises(InputError, match=r"mine\.toml: .*expected"):
        uploads.store_upload("scheme", "mine.toml", sent(tower))
    assert time.process_time() - start < 1


def test_what_did_not_arrive_whole_is_refused():
    with pytest.raises(InputError, match="incomplete"):
        uploads.store_upload("scheme", "mine.toml", "data:text/plain;base64,@@@")


def test_a_name_from_outside_never_becomes_a_path():
    name = uploads.store_upload("scheme", "..\\..\\$(rm -rf).toml", sent(SCHEME))
    path = uploads.scheme_path_of(name)
    assert (
        path.startswith(upload_readers.FOLDER.name) and store.normal(path.rsplit("/", 1)[-1]) == path.rsplit("/", 1)[-1]
    )
    assert "$" not in path and "\\" not in path


def test_a_formula_in_a_cell_is_text():
    table = CALLS.assign(note="=cmd|' /C calc'!A0")
    name = uploads.store_upload("measurements", "m.csv", sent(table.to_csv(index=False)))
    assert uploads.measurements_of(name)[0]["note"].iloc[0].startswith("=cmd")


def test_so_many_are_held_and_no_more(monkeypatch):
    names = [
        uploads.store_upload("measurements", "m.csv", sent(CALLS.to_csv(index=False)))
        for _ in range(uploads.MAX_UPLOADS + 1)
    ]
    with pytest.raises(InputError, match="no longer on the server"):
        uploads.measurements_of(names[0])
    assert len(uploads.measurements_of(names[-1])[0]) == 2 and len(uploads._uploads) == uploads.MAX_UPLOADS
    with pytest.raises(InputError, match="no longer on the server"):
        uploads.scheme_path_of(names[-1]), "a table is no scheme"
    monkeypatch.setattr(uploads, "MAX_UPLOADS_EVER", 0)
    with pytest.raises(InputError, match="restart it"):
        uploads.store_upload("measurements", "m.csv", sent("latency_us\n1\n"))


def test_csv_of_a_download_reads_back():
    shown = view(explore.PAGE, restrict_to(Selection(schemes="fp8"), explore.PAGE.fields)).figures["memory"]
    assert np.allclose(pd.read_csv(io.StringIO(shown.frame.to_csv(index=False)))["amount"], shown.frame["amount"])


def test_a_table_whose_rows_are_longer_than_its_header_is_refused():
    content = b"gpu,m,k,latency_us\nh100-sxm,64,4096,12.5,3\n"
    with pytest.raises(InputError, match="mine.csv: not a table: a row has more fields than the header"):
        upload_readers.read_measurements("token", "mine.csv", content)


@pytest.mark.parametrize("text", ["inf", "-inf", "nan"])
def test_a_number_without_an_end_leaves_its_control_empty(text):
    assert controls.to_value("tpot", text) is None
