"""Links: whose lanes count, how many GPUs they join, and what an all-reduce takes on them, beside published tables."""

import dataclasses
import math

import pandas as pd
import pytest

from costmodel.errors import FactError, InfeasibleDeploymentError, UnknownName
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas, load_scheme
from costmodel.facts import gpus, links, provenance, store

US = 1e-6
KB = 1024


def ring(gpu, link, ranks, size):
    """Seconds of an all-reduce of that many bytes round a ring."""
    joined = links.load(link)
    values = joined.inputs(gpu, ranks) | {
        "ranks": ranks,
        "activation_size": 1,
        "forward_tokens": 1,
        "hidden_size": size,
    }
    return Evaluator(values, load_formulas().formulas)["ring_reduce_time"].item()


def test_every_gpu_names_links_that_exist():
    known = set(store.files("links"))
    for identifier in store.files("gpus"):
        gpu = gpus.load(identifier)
        assert gpu.links and set(gpu.links) <= known, identifier
        assert any(math.isinf(links.load(name).most_ranks) for name in gpu.links), identifier


@pytest.mark.parametrize(
    ("gpu", "ranks", "link"),
    [
        ("a100-sxm", 8, "nvswitch"),
        ("a100-pcie", 2, "pcie"),
        ("rtx-3090", 2, "pcie-no-peer"),
        ("h100-nvl", 2, "nvlink-bridge"),
        ("h100-nvl", 4, "pcie"),
        ("l40s", 4, "pcie"),
    ],
)
def test_the_usual_link(gpu, ranks, link):
    assert links.between(gpus.load(gpu), ranks).id == link


def test_a_pcie_card_reduces_over_pcie():
    sxm, pcie = (resolve_deployment("qwen2.5-7b", gpu, ranks=2, engine="vllm") for gpu in ("a100-sxm", "a100-pcie"))
    rates = [
        float(drop_model_axes(build_passes(d, load_scheme("none"), 1.0, 1024.0).step["link_bandwidth"]))
        for d in (sxm, pcie)
    ]
    assert rates == [300e9, 32e9]
    bridged = resolve_deployment("qwen2.5-7b", "a100-pcie", ranks=2, engine="vllm", link="nvlink-bridge")
    assert bridged.link.inputs(bridged.gpu, 2)["link_bandwidth"] == 300e9
    assert "link pcie (--link)" in pcie.assumed and not any("link" in remark for remark in bridged.assumed)


# all_reduce_perf on two RTX 2080 Ti at PCIe 3 (16 GB/s) without peer access, microseconds, means of both directions
@pytest.mark.parametrize(
    ("size", "measured"),
    [(8, 12.1), (4 * KB, 11.8), (8 * KB, 13.0), (16 * KB, 17.1), (32 * KB, 24.2), (64 * KB, 40.0), (128 * KB, 56.7),
     (256 * KB, 86.4), (512 * KB, 150.1), (1024 * KB, 279.9), (16384 * KB, 4209)],
)  # fmt: skip
def test_a_ring_over_the_host(size, measured):
    old = gpus.load("rtx-2080-ti")
    assert old.numbers["host_bandwidth"] == pytest.approx(16e9, rel=0.02)
    assert ring(old, "pcie-no-peer", 2, size) / US == pytest.approx(measured, rel=0.24 if size < 4 * KB else 0.13)


# NCCL inside a CUDA graph, four V100 behind one PCIe 3 switch
@pytest.mark.parametrize(("size", "measured"), [(4, 19.4), (8, 20.3), (16, 22.3), (32, 24.2), (128, 51.8), (384, 83.5)])
def test_a_ring_between_peers(size, measured):
    v100 = gpus.load("v100-sxm2-32gb")
    v100 = dataclasses.replace(v100, numbers=v100.numbers | {"host_bandwidth": 16e9})
    assert ring(v100, "pcie", 4, size * KB) / US == pytest.approx(measured, rel=0.2)


def test_worked_by_hand():
    # 8 KB on two GPUs without peer access: 4.6 + 2 x 2.4 us, and twice 8,192 B at the 4 GB/s of the host, whatever the lanes
    pcie4 = gpus.load("a100-pcie")
    assert ring(pcie4, "pcie-no-peer", 2, 8192) == pytest.approx(9.4e-6 + 2 * 8192 / 4e9)
    # 1 MB on four with peer access: three quarters of it twice, at 0.76 of 32 GB/s, and the large protocol
    assert ring(pcie4, "pcie", 4, 2**20) == pytest.approx(4.6e-6 + 6 * 2.4e-6 + 12.4e-6 + 1.5 * 2**20 / (0.76 * 32e9))
    assert ring(pcie4, "pcie", 1, 2**20) == 0


def test_more_pcie_cards_than_the_engines_kernel_takes_go_round_a_ring():
    card = gpus.load("l40s")
    two, four = (links.between(card, ranks).inputs(card, ranks)["reduces_in_ring"] for ranks in (2, 4))
    assert (two, four) == (0, 1)
    assert links.between(gpus.load("h100-sxm"), 8).inputs(gpus.load("h100-sxm"), 8)["reduces_in_ring"] == 0


def test_without_peer_access_steps_take_longer():
    row = {"model": "qwen2.5-7b", "gpu": "a100-pcie", "tp": 2, "batch": 16, "context": 1024}
    frame = pd.DataFrame([row | {"link": link} for link in ("nvlink-bridge", "pcie", "pcie-no-peer")])
    times = predict(frame)[0]["tpot_ms"].to_numpy()
    assert times[0] < times[1] < times[2]
    hops = 2 * 28 * (9.4e-3 + 12.4e-3 + 16 * 3584 * 2 / 4e9 * 1e3)  # two all-reduces a layer, milliseconds
    assert hops < times[2] < times[0] + hops


# vllm bench serve on two A100 PCIe of a virtual machine without peer access, Qwen2-7B, 1,024 tokens in and out
# (dennislee22/vLLM-benchmarking README, Test 2): means of the time per token, milliseconds
def test_two_cards_of_a_virtual_machine():
    users, measured = [1, 10, 20, 30, 50, 75], [8.82, 12.99, 14.17, 15.52, 19.53, 24.93]
    row = {"model": "qwen2.5-7b", "gpu": "a100-pcie", "tp": 2, "engine": "vllm", "weight_dtype": "bfloat16", "mode": "serving",
           "prompt_len": 1024, "gen_len": 1024, "link": "no-p2p", "engine_version": "0.10.1.1"}  # fmt: skip
    frame = pd.DataFrame([row | {"concurrency": count, "num_prompts": count} for count in users])
    answer = predict(frame)[0]
    inside = (answer["tpot_ms_lo"] <= measured) & (measured <= answer["tpot_ms_hi"])
    assert inside.all()
    assert answer["tpot_ms"].to_numpy() == pytest.approx(measured, rel=0.25)


def test_a_ring_errs_by_its_host():
    deployment = resolve_deployment("qwen2.5-7b", "a100-pcie", ranks=2, engine="vllm", link="no-p2p")
    step = build_passes(deployment, load_scheme("none"), 16.0, 1024.0).step
    error, time = (float(drop_model_axes(step[name])) for name in ("link_error", "communication_step_time"))
    assert error == pytest.approx(0.52 * time)


def test_links_that_cannot_be_are_refused():
    with pytest.raises(UnknownName, match="there is no link 'nvswitch'; known: nvlink-bridge, pcie, pcie-no-peer"):
        resolve_deployment("qwen2.5-7b", "a100-pcie", ranks=2, link="nvswitch")
    with pytest.raises(
        InfeasibleDeploymentError, match="link nvlink-bridge joins 2 GPUs, not 4; a100-pcie has pcie, pcie"
    ):
        resolve_deployment("qwen2.5-7b", "a100-pcie", ranks=4, link="nvlink-bridge")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lanes": "usb"}, "lanes: expected link or host, got 'usb'"),
        ({"ring_hop": "2 GB"}, "ring_hop"),
        ({"sources": {}}, "has no ring_"),
    ],
)
def test_a_damaged_file_is_told(change, words):
    facts = dict(store.read_fact_file("links", "pcie")) | change
    with pytest.raises(FactError, match=words):
        links.build("mine", facts, "mine.toml")


def test_numbers_of_a_link_name_their_source():
    deployment = resolve_deployment("qwen2.5-7b", "a100-pcie", ranks=2, engine="vllm")
    assert provenance.origin(deployment, "ring_hop").text.startswith("link pcie: ")
    assert "PCIe 4 x16" in provenance.origin(deployment, "link_bandwidth").text
