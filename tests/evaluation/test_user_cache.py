"""What is cut short in the user's cache heals: it is compiled again, and the answer is the same."""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from costmodel.evaluation.compile import c_compiler, user_cache
from costmodel.evaluation.compile.user_cache import compiled_file, load_cached_module

SOURCE = "TOKENS = [1, 2, 3]\nNAME = 'κ'\n"
LENGTHS = [0, 1, 10, len(SOURCE)]  # what is left of the file; the last is one byte short, since κ takes two


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("length", LENGTHS)
def test_a_module_cut_short_is_written_again(cache, length):
    written = []

    def write_source():
        written.append(1)
        return SOURCE

    for _ in range(2):
        assert load_cached_module("mine", write_source).TOKENS == [1, 2, 3]
    (path,) = cache.glob("*.py")
    assert len(written) == 1
    path.write_bytes(path.read_bytes()[:length])
    assert load_cached_module("mine", write_source).NAME == "κ"
    assert len(written) == 2 and path.read_text(encoding="utf-8") == SOURCE and list(cache.glob("*.py")) == [path]


@pytest.mark.parametrize("length", [4, 16, 20, 60])
def test_bytecode_cut_short_is_written_again(cache, length, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    load_cached_module("mine", lambda: SOURCE)
    (path,) = cache.glob("*.py")
    bytecode = Path(importlib.util.cache_from_source(str(path)))
    whole = bytecode.read_bytes()
    bytecode.write_bytes(whole[:length])
    assert load_cached_module("mine", lambda: pytest.fail("the source is whole")).TOKENS == [1, 2, 3]
    assert bytecode.read_bytes() == whole


def test_a_name_that_begins_alike_is_another_file(cache):
    one = compiled_file("scheme_a", ".py", lambda: b"one")
    two = compiled_file("scheme_a-b", ".py", lambda: b"two")
    one.write_bytes(b"")
    assert compiled_file("scheme_a", ".py", lambda: b"one").read_bytes() == b"one" and two.read_bytes() == b"two"


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_library_cut_short_is_compiled_again(cache, monkeypatch):
    compiled = []
    compile_library = c_compiler._compile
    monkeypatch.setattr(c_compiler, "_compile", lambda *given: compiled.append(1) or compile_library(*given))
    source = "int seven(void) { return 7; }\n"
    for _ in range(2):
        c_compiler.shared_library.cache_clear()
        assert c_compiler.shared_library(source).seven() == 7
    (path,) = cache.glob("*.so")
    whole = path.read_bytes()
    path.unlink()  # the old file stays mapped where it is
    path.write_bytes(whole[:4096])
    c_compiler.shared_library.cache_clear()
    assert c_compiler.shared_library(source).seven() == 7
    assert len(compiled) == 2 and len(list(cache.glob("*.so"))) == 1


def test_a_cache_that_cannot_be_written_is_none(monkeypatch, tmp_path):
    (tmp_path / "taken").write_text("a file where a folder should be")
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path / "taken"))
    path = user_cache.compiled_file("mine", ".py", lambda: SOURCE.encode())
    assert path.read_text(encoding="utf-8") == SOURCE and tmp_path not in path.parents


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_decoder_cut_short_is_not_taken(tmp_path, name):
    arrays = pytest.importorskip("safetensors.numpy", reason="needs costmodel[numerics]")
    from costmodel.numerics import weights

    for text in ("config.json", "tokenizer.json"):
        (tmp_path / text).write_text('{"model_type": "llama"}')
    arrays.save_file({"w": np.ones((4, 4))}, tmp_path / "model.safetensors")
    assert weights.is_whole(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-5])
    assert not weights.is_whole(tmp_path)
