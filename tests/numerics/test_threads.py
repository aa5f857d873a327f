"""The number of threads that a decoder runs on: one, unless the user's environment states another."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from costmodel.numerics import weights
from costmodel.numerics.weights import THREADS, load_decoder


@pytest.fixture
def folder(tmp_path, tiny, monkeypatch):
    """A folder of a decoder whose files nobody reads: transformers give the tiny one."""
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr(weights, "missing_parts", lambda folder=None: "")
    monkeypatch.setattr(AutoConfig, "from_pretrained", lambda *a, **k: tiny.model.config)
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", lambda *a, **k: tiny.model)
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda *a, **k: tiny.tokenizer)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield tmp_path
    torch.set_num_threads(before)


@pytest.mark.parametrize(("stated", "threads"), [(None, 1), (THREADS[0], 2), (THREADS[1], 2)])
def test_one_thread_unless_the_environment_states_another(folder, monkeypatch, stated, threads):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    if stated:
        monkeypatch.setenv(stated, "2")
    load_decoder.__wrapped__(folder)
    assert torch.get_num_threads() == threads
