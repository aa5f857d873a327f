"""A repository of Hugging Face by its name: what is said where its client is missing, or what was typed is no repository."""

import sys
import types

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.errors import FactError
from costmodel.facts import models


def test_without_its_client_the_message_says_how_to_install_it_and_what_does_without(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # as if it were not installed
    with pytest.raises(FactError) as error:
        models.load("hf:Qwen/Qwen3-8B")
    for words in ("needs huggingface_hub", "pip install 'costmodel[hub]'", "--hf-config config.json"):
        assert words in str(error.value)
    answer = CliRunner().invoke(app, ["explain", "--model", "hf:Qwen/Qwen3-8B", "--gpu", "h100-sxm"])
    assert answer.exit_code != 0 and isinstance(answer.exception, (FactError, SystemExit))


def test_what_cannot_be_fetched_says_what_does_without(monkeypatch):
    client = types.ModuleType("huggingface_hub")
    client.hf_hub_download = lambda *_: (_ for _ in ()).throw(OSError("401 Client Error\nand a page of more"))
    monkeypatch.setitem(sys.modules, "huggingface_hub", client)
    with pytest.raises(FactError, match=r"hf:a/b: config.json could not be fetched: 401 Client Error; its config.json"):
        models.load("hf:a/b")


@pytest.mark.parametrize(
    "name", ["hf:", "hf:Qwen3-8B", "hf:a/b/c", "hf:../../etc", "hf:a/b?c", "hf:https://huggingface.co/a/b"]
)
def test_what_is_no_repository_is_refused_before_it_is_fetched(name):
    with pytest.raises(FactError, match="expected a repository such as hf:Qwen/Qwen3-8B"):
        models.load(name)


def test_a_repository_is_no_path_of_a_configuration():
    with pytest.raises(FactError, match="a repository is named as --model hf:Qwen/Qwen3-8B"):
        models.from_config("hf:Qwen/Qwen3-8B")
