"""Lists of what there is, piped: one row a line, whole, so that a search finds it; ids are never folded on a screen either."""

import io
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from costmodel.cli import terminal
from costmodel.cli.app import app
from costmodel.facts import store


def lines(command: str) -> list[str]:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


@pytest.mark.parametrize("kind", ["models", "gpus", "engines", "implementations", "schemes"])
def test_every_id_begins_a_line_of_its_own(kind):
    heads, *rows = lines(kind)
    ids = list(store.files(kind))
    assert [row.split()[0] for row in rows[: len(ids)]] == ids
    assert heads.split()[0] == "id"


def test_a_row_is_whole_on_its_line():
    (row,) = [line for line in lines("implementations") if line.startswith("vllm--fp8-xqa ")]
    assert "--kv-cache-dtype fp8 --attention-backend FLASHINFER" in row and "XQA decode" in row
    (row,) = [line for line in lines("schemes") if line.startswith("dms ")]
    assert row.endswith("it leaves a sliding window.")


def test_layers_of_a_kind_are_counted_together():
    (row,) = [line for line in lines("models") if line.startswith("llama-3.3-nemotron-super-49b ")]
    assert "49 full, 31 feed-forward alone" in row


def test_ids_are_not_folded_where_a_screen_is_narrow(monkeypatch, capsys):
    monkeypatch.setattr(terminal, "console", lambda width: Console(file=io.StringIO(), width=44))
    terminal.print_table(
        "", ("id", "idea"), [("llama-3.3-nemotron-super-49b", "a sentence that is folded, as it must be")]
    )
    assert "llama-3.3-nemotron-super-49b  a sentence" in capsys.readouterr().out


def test_stress_tests_are_listed_as_json():
    listed = json.loads("\n".join(lines("stress --json")))
    fork = next(one for one in listed if one["test"] == "fork")
    assert "branches" in fork["question"] and fork["conditions"]["context"]["unit"].startswith("token")
