"""A tiny decoder with random weights that every machine can run, and the real one where it is installed."""

import importlib.util

import pytest

if importlib.util.find_spec("transformers") is None:
    collect_ignore_glob = ["test_*.py"]


class Characters:
    """A tokenizer of characters."""

    def encode(self, text, add_special_tokens=False):
        return [ord(letter) % 128 for letter in text]

    def decode(self, tokens):
        return "".join(map(chr, tokens))


@pytest.fixture(scope="session")
def tiny():
    """Three layers, six query heads over two heads of 16 channels; the heads of a layer differ, its answers are noise."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from costmodel.numerics.decoder import Decoder

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=128, hidden_size=96, intermediate_size=64, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=2048, rope_theta=1e4, initializer_range=0.2,
    )  # fmt: skip
    return Decoder("tiny", LlamaForCausalLM(config).float(), Characters())


@pytest.fixture(scope="session")
def smollm2():
    """SmolLM2-135M; skips with what is missing."""
    from costmodel.numerics.weights import load_decoder, missing_parts

    if missing := missing_parts():
        pytest.skip(missing)
    return load_decoder()


@pytest.fixture
def recipe_of(tiny):
    """The recipe of a sentence for the tiny decoder."""
    from costmodel.facts.schemes import parse_scheme
    from costmodel.numerics.read_recipe import read_recipe

    return lambda text: read_recipe(parse_scheme(text), tiny.shape)


@pytest.fixture
def write_scheme(tmp_path):
    """A scheme file with the given mechanisms; returns its path."""

    def write(mechanisms, name="own"):
        path = tmp_path / f"{name}.toml"
        path.write_text(f'name = "{name}"\nsource = "this test"\n{mechanisms}', encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def installed(tiny, monkeypatch, tmp_path):
    """The tiny decoder in place of SmolLM2, and an empty cache; counts the passes that it runs."""
    from costmodel.numerics import experiment as room
    from costmodel.numerics import kept, weights

    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "missing_parts", lambda folder=None: "")
    monkeypatch.setattr(weights, "load_decoder", lambda folder=None: tiny)
    monkeypatch.setattr(weights, "decoder_digest", lambda folder=None: "tiny")
    for module in (room, kept):
        monkeypatch.setattr(module, "read_shape", lambda folder: tiny.shape)
    passes = []
    original = tiny.run
    monkeypatch.setattr(tiny, "run", lambda *a, **k: passes.append(len(a[1])) or original(*a, **k))
    return passes
