"""``costmodel delta`` as a user meets it; and brackets, which are knobs wherever a table has them."""

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.errors import CostModelError


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def call(text: str) -> str:
    done = CliRunner().invoke(app, text.split(), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_setting_is_named_with_its_knobs(tmp_path):
    path = tmp_path / "student.toml"
    path.write_text(
        """name = "Two bits"
source = "my thesis"

[[mechanism]]
kind = "quantize"
bits = "8 bit"
tile = [1, 128, 1]
metadata = "16 bit"
decode_instructions = "int8_token_work"
""",
        encoding="utf-8",
    )
    output = call(f"delta {path}")
    assert output.startswith("student: ") and "Nearest of what it was compared with" in output


def test_only_what_was_asked_for_is_compared():
    output = call("delta int4 --against int8 --against kivi-4bit[group=64]")
    assert "int4: int8 with another number" in output
    assert "kivi-4bit[group=64" in output and "streaming-llm" not in output


def test_many_coordinates_are_counted():
    assert ": full blocks immutable" in call("delta h2o --against none") and ", …" in call("delta h2o --against none")


@pytest.mark.parametrize(
    ("text", "words"), [("delta nope", "nope"), ("delta fp8 --against nope", "nope"), ("delta no.toml", "no.toml")]
)
def test_what_cannot_be_read_is_named(text, words):
    done = CliRunner().invoke(app, text.split())
    assert isinstance(done.exception, CostModelError) and words in str(done.exception)


@pytest.mark.parametrize(
    "command",
    ["stress retrieval --scheme h2o[budget=1024]", "sweep --batch 8 --context 8K --scheme h2o[budget=1024]"],
)
def test_knobs_are_printed_in_tables(command):
    output = call(f"{command} --model llama-8b --gpu h100-sxm --tp 1")
    assert any(line.startswith("h2o[budget=1024]") for line in output.splitlines()), output
