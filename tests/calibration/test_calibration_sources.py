"""Measured tables arrive tidy, at their latest version, and known-bad ones do not arrive at all."""

import pytest

from calibration.data import aiconfigurator as source
from calibration.data.shapes import ATTENTION_KEY
from costmodel.errors import InputError, UnknownName


def test_a_missing_package_is_reported_with_its_remedy(monkeypatch):
    monkeypatch.setattr(source, "find_spec", lambda name: None)
    source.systems_folder.cache_clear()
    with pytest.raises(InputError, match=r"pip install 'costmodel\[measured\]'"):
        source.decode_attention("h100-sxm", "vllm")
    source.systems_folder.cache_clear()


def test_tables_known_to_be_wrong_are_refused_with_the_reason():
    with pytest.raises(InputError, match="119 to 167 %"):
        source.refuse_untrusted("a100-sxm", "attention", "tensorrt-llm", "1.0.0")
    with pytest.raises(InputError, match="those of bfloat16"):
        source.refuse_untrusted("l40s", "mla", "tensorrt-llm", "1.0.0", "fp8")
    source.refuse_untrusted("l40s", "mla", "tensorrt-llm", "1.0.0", "bfloat16")
    source.refuse_untrusted("h100-sxm", "attention", "tensorrt-llm", "1.3.0")


@pytest.fixture
def measured():
    """The package of measured tables, or a skip."""
    return pytest.importorskip(
        "aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'"
    )


def test_decode_attention_is_tidy(measured):
    table = source.decode_attention("h100-sxm", "vllm")
    assert list(table.columns) == ["gpu", "engine", "engine_version", *ATTENTION_KEY, "latency_us"]
    assert not table.duplicated(ATTENTION_KEY).any()
    assert (table["latency_us"] > 0).all() and (table["window"] >= 0).all()
    assert set(table["kv_dtype"]) == {"bfloat16", "fp8"}


def test_a_table_without_windows_has_window_zero(measured):
    assert (source.decode_attention("a100-sxm", "vllm")["window"] == 0).all()


def test_the_latest_version_is_taken_unless_one_is_asked_for(measured):
    assert source.versions("b200-sxm", "attention", "vllm") == ["0.22.0", "0.24.0"]
    assert set(source.decode_attention("b200-sxm", "vllm")["engine_version"]) == {"0.24.0"}
    assert set(source.decode_attention("b200-sxm", "vllm", "0.22.0")["engine_version"]) == {"0.22.0"}
    assert source.versions("h100-sxm", "gemm", "sglang")[-1] == "0.5.14"


def test_other_tables_are_tidy(measured):
    assert {"dtype", "m", "n", "k", "latency_us"} <= set(source.gemm("a100-sxm", "vllm").columns)
    reduced = source.all_reduce("h100-sxm", "vllm")
    assert set(reduced["kernel"]) == {"vLLM_custom_graph"} and set(reduced["ranks"]) == {2, 4, 8}
    assert (source.quantise("h100-sxm", "vllm")["latency_us"] > 0).all()


def test_the_refused_table_cannot_be_loaded(measured):
    with pytest.raises(InputError, match="refused"):
        source.decode_attention("a100-sxm", "tensorrt-llm")


@pytest.mark.parametrize(("gpu", "engine"), [("h100", "vllm"), ("h100-sxm", "vlm")])
def test_unknown_names_are_answered_with_near_ones(measured, gpu, engine):
    with pytest.raises(UnknownName, match="did you mean"):
        source.decode_attention(gpu, engine)


def test_what_was_not_measured_is_reported(measured):
    with pytest.raises(InputError, match="no attention was measured on b60 with sglang"):
        source.decode_attention("b60", "sglang")
