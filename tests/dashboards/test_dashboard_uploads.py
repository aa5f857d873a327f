"""What visitors bring is read as data: good files are taken, hostile ones refused in words, and nothing is kept for ever."""

import base64
import io

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from costmodel.errors import FactError
from costmodel.facts import store
from dashboards import place, uploads
from dashboards.page import view
from dashboards.pages import calibration, explore, regimes
from dashboards.selection import Selection, only

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
POINTS = pd.DataFrame({"gpu": "h100-sxm", "engine": "vllm", "batch": [1, 8], "num_heads": 32, "num_kv_heads": 8, "head_dim": 128,
                       "context": [1024, 8192], "kv_dtype": "bfloat16", "latency_us": [12.0, 60.0]})  # fmt: skip


def sent(text: str | bytes) -> str:
    content = text.encode() if isinstance(text, str) else text
    return "data:text/plain;base64," + base64.b64encode(content).decode()


def test_a_scheme_stands_beside_the_others_under_its_own_name():
    name = uploads.take("scheme", "mine.toml", sent(SCHEME))
    assert name.startswith("upload:") and uploads.label(name) == "mine.toml"
    drawn = view(explore.PAGE, only(Selection(schemes=f"fp8|{name}"), explore.PAGE.fields)).drawn
    assert list(dict.fromkeys(drawn["waterfall"].frame["scheme"])) == ["none", "fp8", "mine"]
    chosen = Selection(scheme=name, schemes="fp8", batch="1,8", context="1K,8K")
    assert view(regimes.PAGE, only(chosen, regimes.PAGE.fields)).drawn["map"].frame["scheme"].iloc[0] == "mine"


def test_a_configuration_is_a_model():
    name = uploads.take("config", "config.json", sent(CONFIG))
    here = place.where(Selection(model=name))
    assert here.model.name == "mine" and here.model.parameters == pytest.approx(8.03e9, rel=0.01)


def test_measurements_are_held_against_predictions():
    name = uploads.take("measurements", "mine.csv", sent(POINTS.to_csv(index=False)))
    done = view(calibration.PAGE, only(Selection(measured=name), calibration.PAGE.fields))
    frame = done.drawn["parity"].frame
    assert list(frame["measured_us"]) == [12.0, 60.0] and np.isfinite(frame["predicted_us"]).all()
    assert "mine.csv" in frame["what"].iloc[0]


@pytest.mark.parametrize(
    ("kind", "filename", "content", "due"),
    [
        ("scheme", "mine.exe", SCHEME, "due a scheme as TOML"),
        ("scheme", "mine.toml", "name = ", "not a TOML file"),
        ("scheme", "mine.toml", "name = 'x'\n", "source is missing"),
        ("scheme", "mine.toml", b"\xff\xfe\x00", "not a TOML file"),
        ("scheme", "mine.toml", SCHEME.replace('"quantize"', '"__import__"'), "there is no mechanism"),
        ("scheme", "mine.toml", SCHEME.replace('"3 bit"', "\"__import__('os').getcwd()\""), "allowed are"),
        ("scheme", "mine.toml", "x" * (uploads.LIMITS["scheme"] * 2), "larger than"),
        ("scheme", "../../../etc/passwd", SCHEME, "ends in .toml"),
        ("config", "config.json", "{", "due"),
        ("config", "config.json", '{"model_type": "llama"}', "missing"),
        ("config", "config.json", "[" * 100_000, "due"),
        ("measurements", "m.csv", "", "not a table"),
        ("measurements", "m.csv", "a,b\n1,2\n", "latency_us is missing"),
        ("measurements", "m.csv", "latency_us\n-1\n", "row 1"),
        ("measurements", "m.csv", "latency_us\n" + "1\n" * (uploads.MOST_ROWS + 1), "more than"),
    ],
)
def test_hostile_files_are_refused_in_words(kind, filename, content, due):
    with pytest.raises(FactError, match=due) as told:
        uploads.take(kind, filename, sent(content))
    assert "costmodel-uploads-" not in str(told.value), "no path of this machine in a message"


def test_what_did_not_arrive_whole_is_refused():
    with pytest.raises(FactError, match="whole"):
        uploads.take("scheme", "mine.toml", "data:text/plain;base64,@@@")


def test_a_name_from_outside_never_becomes_a_path():
    name = uploads.take("scheme", "..\\..\\$(rm -rf).toml", sent(SCHEME))
    path = uploads.scheme(name)
    assert path.startswith(uploads._folder.name) and store.normal(path.rsplit("/", 1)[-1]) == path.rsplit("/", 1)[-1]
    assert "$" not in path and "\\" not in path


def test_a_formula_in_a_cell_is_text():
    table = POINTS.assign(note="=cmd|' /C calc'!A0")
    name = uploads.take("measurements", "m.csv", sent(table.to_csv(index=False)))
    assert uploads.table(name)["note"].iloc[0].startswith("=cmd")


def test_so_many_are_held_and_no_more(monkeypatch):
    names = [uploads.take("measurements", "m.csv", sent(POINTS.to_csv(index=False))) for _ in range(uploads.HELD + 1)]
    with pytest.raises(FactError, match="no longer held"):
        uploads.table(names[0])
    assert len(uploads.table(names[-1])) == 2 and len(uploads._held) == uploads.HELD
    with pytest.raises(FactError, match="no longer held"):
        uploads.scheme(names[-1]), "a table is no scheme"
    monkeypatch.setattr(uploads, "EVER", 0)
    with pytest.raises(FactError, match="start it anew"):
        uploads.take("measurements", "m.csv", sent("latency_us\n1\n"))


def test_csv_of_a_download_reads_back():
    drawn = view(explore.PAGE, only(Selection(schemes="fp8"), explore.PAGE.fields)).drawn["memory"]
    assert np.allclose(pd.read_csv(io.StringIO(drawn.frame.to_csv(index=False)))["amount"], drawn.frame["amount"])
