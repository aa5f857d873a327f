"""Files of implementations: each loads, a mistake names file, key and nearest word, and the GPU decides what is shipped."""

import datetime

import pytest

from costmodel.errors import FactError, UnknownName
from costmodel.facts import gpus, implementations, store

EVERY = sorted(store.files(implementations.KIND))
FACTS = {
    "name": "Mine", "scheme": "int8", "engine": "vllm", "status": "shipped", "kernel": "a kernel", "source": "this test",
    "read": datetime.date(2026, 11, 1),
}  # fmt: skip


def build(identifier="vllm--int8", **changes):
    facts = {key: value for key, value in (FACTS | changes).items() if value is not None}
    return implementations.build(identifier, facts, f"{identifier}.toml")


@pytest.mark.parametrize("identifier", EVERY)
def test_every_file_loads_under_its_engine_and_scheme(identifier):
    one = implementations.load(identifier)
    assert one.id == identifier and identifier.startswith(f"{one.engine}--{one.scheme}")
    assert one.scheme in store.files("schemes") and one.engine in store.files("engines")
    assert any(one.runs_on(gpus.load(name)) for name in store.files("gpus")), (
        "an architecture is spelled as no GPU does"
    )


def test_what_a_file_leaves_out_says_nothing():
    one = build()
    assert one.architectures == ("any",) and one.graphs == "not read" and one.work_unit == "group"
    assert one.splits is None and one.split_limit is None and one.launches == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"flagg": "--x"}, ["'flagg'", "flag"]),
        ({"kernel": None}, ["kernel is missing"]),
        ({"read": "yesterday"}, ["read", "a date", "'yesterday'"]),
        ({"status": "shiped"}, ["status 'shiped'", "shipped"]),
        ({"graphs": "fulll"}, ["graphs 'fulll'", "full"]),
        ({"work_unit": "query heads"}, ["work_unit 'query heads'", "query head"]),
        ({"scheme": "int9"}, ["scheme 'int9'", "int8"]),
        ({"engine": "vlm"}, ["engine 'vlm'", "vllm"]),
        ({"architectures": "Hopper"}, ["architectures", "'Hopper'"]),
        ({"flag": 8}, ["flag", "got 8"]),
        ({"splits": 0}, ["splits", "at least 1", "got 0"]),
        ({"splits": 0.5}, ["splits", "at least 1", "got 0.5"]),
        ({"splits": True}, ["splits", "True"]),
        ({"split_limit": "128"}, ["split_limit", "'128'"]),
        ({"split_limit": float("nan")}, ["split_limit", "nan"]),
        ({"block_sizes": [16, float("nan")]}, ["block_sizes", "whole tokens of at least 1", "nan"]),
        ({"block_sizes": [0]}, ["block_sizes", "got 0"]),
    ],
)
def test_a_mistake_names_file_key_and_what_was_meant(changes, words):
    with pytest.raises(FactError) as error:
        build(**changes)
    for word in ["vllm--int8.toml", *words]:
        assert word in str(error.value)


@pytest.mark.parametrize("identifier", ["int8", "sglang--int8", "vllm--int4", "vllm--in"])
def test_a_file_is_named_by_engine_and_scheme(identifier):
    with pytest.raises(FactError, match="the file name vllm--int8 or vllm--int8-…"):
        build(identifier)


def test_the_name_of_another_scheme_is_no_suffix():
    """``vllm--int8x`` would belong to a scheme int8x."""
    with pytest.raises(FactError, match="got vllm--int8x"):
        build("vllm--int8x")
    assert build("vllm--int8-triton").id == "vllm--int8-triton"


@pytest.mark.parametrize(
    ("gpu", "shipped"),
    [
        ("h100-sxm", "vllm--fp8"),
        ("h200-sxm", "vllm--fp8"),
        ("a100-sxm", "vllm--fp8-flashinfer"),
        ("l40s", "vllm--fp8-flashinfer"),
        ("b200-sxm", "vllm--fp8-trtllm-gen"),
    ],
)
def test_the_architecture_decides_what_is_shipped(gpu, shipped):
    assert implementations.shipped("fp8", "vllm", gpus.load(gpu)).id == shipped


def test_a_pull_request_is_not_shipped():
    assert implementations.shipped("fp8", "vllm", gpus.load("mi300x")) is None
    assert not implementations.load("vllm--fp8-triton").is_shipped
    assert implementations.load("vllm--fp8-xqa").is_shipped, "experimental: a release contains it"


def test_implementations_of_a_scheme_in_one_engine_and_in_all():
    every = implementations.of_scheme("fp8")
    assert {one.engine for one in every} == {"vllm", "sglang", "tensorrt-llm"}
    assert [one.id for one in implementations.of_scheme("fp8", "sglang")] == ["sglang--fp8"]
    assert implementations.of_scheme("kvquant-4bit") == ()


def test_a_name_or_alias_that_no_file_has():
    assert implementations.load("int8-per-token-head-vllm").id == "vllm--int8"
    with pytest.raises(UnknownName, match="vllm--int8"):
        implementations.load("vllm--int88")


def test_described_by_flag_or_by_status():
    assert build(versions=">=1", flag="--x").describe() == "vllm >=1: --x"
    assert build(status="research code").describe() == "vllm (research code)"


def test_a_users_own_file_is_found(data_folder):
    (data_folder / "implementations").mkdir()
    (data_folder / "implementations" / "vllm--kivi-2bit.toml").write_text(
        'name = "Mine"\nscheme = "kivi-2bit"\nengine = "vllm"\nstatus = "research code"\nkernel = "mine"\n'
        'source = "this test"\nread = 2026-11-01\narchitectures = ["Hopper"]\n'
    )
    (mine,) = implementations.of_scheme("kivi-2bit", "vllm")
    assert mine.runs_on(gpus.load("h100-sxm")) and not mine.runs_on(gpus.load("a100-sxm")) and not mine.is_shipped
