"""Names are forgiven their spelling, never guessed."""

import pytest

from costmodel.errors import UnknownName
from costmodel.facts import engines, gpus, models, store


@pytest.mark.parametrize(
    ("kind", "name", "identifier"),
    [
        ("models", "llama-3.1-70b", "llama-3.1-70b"),
        ("models", "Llama-3.1-70B", "llama-3.1-70b"),
        ("models", "llama_3.1_70b", "llama-3.1-70b"),
        ("models", " LLAMA 3.1 70B ", "llama-3.1-70b"),
        ("models", "meta-llama/Llama-3.1-70B", "llama-3.1-70b"),
        ("models", "Qwen/Qwen3-32B", "qwen3-32b"),
        ("models", "Qwen3-32B", "qwen3-32b"),
        ("gpus", "H100_SXM", "h100-sxm"),
        ("gpus", "a100_sxm_40gb", "a100-sxm-40gb"),
        ("engines", "trtllm", "tensorrt-llm"),
        ("engines", "vLLM", "vllm"),
        ("schemes", "bf16", "none"),
        ("schemes", "paged_16bit", "none"),
        ("schemes", "KIVI2", "kivi-2bit"),
        ("schemes", "fp8_tensor", "fp8"),
        ("schemes", "int4_token_head", "int4"),
        ("schemes", "lmdeploy_int4", "int4"),
        ("schemes", "qserve_kv4", "qserve-kv4"),
        ("schemes", "turboquant_k8v4", "turboquant-k8v4"),
        ("schemes", "turboquant_4bit_nc", "turboquant-4bit"),
        ("schemes", "turboquant_3bit_nc", "turboquant-3bit"),
        ("schemes", "kvquant4", "kvquant-4bit"),
        ("schemes", "streamingllm", "streaming-llm"),
        ("schemes", "hf_quantized", "hf-quantized"),
        ("schemes", "paged_fp16", "none"),
    ],
)
def test_spellings(kind, name, identifier):
    assert store.resolve(kind, name) == identifier


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("models", "llama-3.1-80b", ["no model 'llama-3.1-80b'", "did you mean", "llama-3.1-8b"]),
        ("gpus", "h100-smx", ["no GPU 'h100-smx'", "h100-sxm"]),
        ("engines", "vlm", ["no engine 'vlm'", "vllm"]),
        ("schemes", "fp9", ["no scheme 'fp9'", "fp8"]),
        ("profiles", "zzz", ["no profile 'zzz'", "known:"]),
        ("models", "", ["no model ''"]),
    ],
)
def test_unknown_names_propose_near_ones(kind, name, words):
    with pytest.raises(UnknownName) as error:
        store.resolve(kind, name)
    for word in words:
        assert word in str(error.value)


def test_a_path_is_no_way_out_of_the_folder():
    for name in ("../gpus/h100-sxm", "/etc/passwd", "..", "llama-3.1-8b/../llama-3.1-8b"):
        with pytest.raises(UnknownName):
            models.load(name)


def test_a_file_of_ones_own_stands_beside_the_shipped_ones(data_folder):
    (data_folder / "gpus" / "mine.toml").write_text((store.PACKAGE / "gpus" / "h100-sxm.toml").read_text())
    assert "mine" in store.files("gpus") and "h100-sxm" in store.files("gpus")
    assert gpus.load("MINE").numbers == gpus.load("h100-sxm").numbers


def test_a_profile_of_ones_own_device_stands_before_the_shipped_one(data_folder):
    own = data_folder / "profiles" / "h100-sxm--embedded.toml"
    own.parent.mkdir(exist_ok=True)
    own.write_text('gpu = "h100-sxm"\nengine = "embedded"\nsource = "measured here"\n')
    store.files.cache_clear()
    assert store.files("profiles")["h100-sxm--embedded"] == own
    assert store.files("profiles")["h100-sxm--vllm"].parent == store.PACKAGE / "profiles"


def test_the_package_comes_first(data_folder):
    (data_folder / "engines" / "vllm.toml").write_text('name = "Mine"\n')
    assert engines.load("vllm", gpus.load("h100-sxm")).name == "vLLM"


@pytest.mark.parametrize(
    ("printed", "identifier"),
    [
        ("NVIDIA GeForce RTX 3090", "rtx-3090"), ("NVIDIA GeForce RTX 4090", "rtx-4090"), ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA A100-SXM4-80GB", "a100-sxm"), ("NVIDIA H100 NVL", "h100-nvl"), ("NVIDIA L40S", "l40s"),
        ("NVIDIA GH200 480GB", "gh200-96gb"), ("Tesla V100-SXM2-32GB", "v100-sxm2-32gb"), ("AMD Instinct MI300X", "mi300x"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx-pro-6000-server"),
    ],
)  # fmt: skip
def test_a_driver_names_a_gpu(printed, identifier):
    """As ``nvidia-smi`` and ``torch.cuda.get_device_name`` print it."""
    assert store.resolve("gpus", printed) == identifier


@pytest.mark.parametrize("printed", ["NVIDIA", "NVIDIA GeForce"])
def test_a_vendor_alone_is_no_gpu(printed):
    with pytest.raises(UnknownName):
        store.resolve("gpus", printed)
