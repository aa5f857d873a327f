"""What a version, a GPU and a usage change in an engine's file: conditions that are met together, later ones first."""

import pytest

from costmodel.errors import FactError, InputError
from costmodel.facts import engines, gpus, store

H100, L40S, A100 = (gpus.load(name) for name in ("h100-sxm", "l40s", "a100-sxm"))
GIB = 2**30


def numbers(gpu, version=None):
    return engines.load("vllm", gpu, version=version).numbers


def test_without_a_version_the_files_own_holds():
    assert numbers(H100) == numbers(H100, engines.load("vllm", H100).version) == numbers(H100, "0.26.1")


@pytest.mark.parametrize(
    ("version", "name", "value"),
    [
        ("0.24.0", "graphs_with_hybrids_only", 1),
        ("0.23.1", "graphs_with_hybrids_only", 0),
        ("0.21.0", "prints_concurrency", 1),
        ("0.20.2rc1", "prints_concurrency", 0),
        ("0.20.2", "graph_size", 0),
        ("0.17.0", "logits_copies", 3.625),
        ("0.16.0", "logits_copies", 9.4),
        ("0.10.0", "unified_pages", 1),
        ("0.9.2", "unified_pages", 0),
        ("0.7.3", "one_pass_context", 32_768),
        ("0.8.5", "one_pass_context", 0),
    ],
)
def test_versions_of_vllm(version, name, value):
    assert numbers(H100, version)[name] == value


def test_conditions_are_met_together():
    sizes = [
        numbers(gpu, version)["communication_size"] / GIB for gpu in (H100, A100) for version in ("0.19.0", "0.17.0")
    ]
    assert sizes == pytest.approx([1.83, 0.42, 0.25, 0.08])
    assert [numbers(gpu, "0.8.4")["max_sequences"] for gpu in (H100, L40S)] == [1024, 1024]
    assert [numbers(gpu, "0.9.0")["max_sequences"] for gpu in (H100, L40S)] == [1024, 256]


def test_what_is_no_version_is_told():
    with pytest.raises(InputError, match="engine_version: expected a text such as 0.24.0, got 'latest'"):
        numbers(H100, "latest")
    facts = dict(store.read_fact_file("engines", "vllm"))
    facts["override"] = [{"versions": "before 0.18", "workspace_size": "1 GiB"}]
    with pytest.raises(
        FactError, match=r"override\[0\]: versions: expected a range such as '<0.21', got 'before 0.18'"
    ):
        engines.build("mine", facts, "mine.toml", H100, version="0.19.0")


def test_versions_whose_memory_nobody_measured_are_refused():
    with pytest.raises(InputError, match=r"vllm 0\.2\.4 is not modelled: .* before 0\.6 .*; state 0\.6 or later"):
        numbers(H100, "0.2.4")
    assert numbers(H100, "0.6.4")
    facts = dict(store.read_fact_file("engines", "vllm")) | {"oldest_version": "first"}
    with pytest.raises(FactError, match="mine.toml: oldest_version: expected a text such as '0.6', got 'first'"):
        engines.build("mine", facts, "mine.toml", H100)


def test_kernels_that_cast_are_those_of_the_file():
    assert engines.load("vllm", H100).fused_casts["fp8"] == ("norm", "activation")
    assert engines.load("sglang", H100).fused_casts == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"fp9": ["norm"]}, r"mine.toml: fused_casts: .*fp9.*fp8"),
        ({"fp8": ["norms"]}, r"mine.toml: fused_casts.fp8: there is no kernel that casts 'norms'; did you mean norm"),
        ({"fp8": "norm"}, r"mine.toml: fused_casts: fp8: expected a list, got 'norm'"),
        ({"fp8": [1]}, r"mine.toml: fused_casts: fp8\[0\]: expected text, got 1"),
    ],
)
def test_what_casts_nothing_is_refused(table, message):
    facts = dict(store.read_fact_file("engines", "vllm")) | {"fused_casts": table}
    with pytest.raises(FactError, match=message):
        engines.build("mine", facts, "mine.toml", H100)


def test_an_override_that_is_no_table_is_refused():
    facts = dict(store.read_fact_file("engines", "vllm")) | {"override": [1]}
    with pytest.raises(FactError, match=r"mine.toml: override\[0\]: expected a table, got 1"):
        engines.build("mine", facts, "mine.toml", H100)


def test_the_source_of_a_command_is_text():
    facts = dict(store.read_fact_file("engines", "vllm"))
    facts["command"] = facts["command"] | {"source": [float("nan")]}
    with pytest.raises(FactError, match=r"mine.toml: command.source: expected text, got \[nan\]"):
        engines.build("mine", facts, "mine.toml", H100)


@pytest.mark.parametrize("stated", [0, -1, 4])
def test_numbers_of_a_release_are_one_to_three(stated):
    facts = store.read_fact_file("engines", "sglang") | {"release_numbers": stated}
    with pytest.raises(FactError, match=f"mine.toml: release_numbers: expected 1 to 3, got {stated}"):
        engines.build("mine", facts, "mine.toml", H100, "server", None)
