"""Names are forgiven their spelling, never guessed."""

import pytest

from costmodel.errors import InputError, UnknownName
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
    (data_folder / "gpus").mkdir(exist_ok=True)
    (data_folder / "gpus" / "h100-sxm.toml").write_text('name = "Mine"\n')
    assert gpus.load("h100-sxm").name != "Mine"


def test_an_engine_with_ones_own_constants_comes_first(data_folder):
    shipped = (store.PACKAGE / "engines" / "vllm.toml").read_text(encoding="utf-8")
    own = shipped.replace('name = "vLLM"', 'name = "Mine"')
    (data_folder / "engines" / "vllm.toml").write_text(own, encoding="utf-8")
    assert engines.load("vllm", gpus.load("h100-sxm")).name == "Mine"


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


@pytest.mark.parametrize(
    ("printed", "identifier"),
    [  # by nvidia-smi, rocm-smi or torch.cuda.get_device_name
        ("Tesla T4", "t4"),
        ("NVIDIA GeForce RTX 2080 Ti", "rtx-2080-ti"),
        ("NVIDIA GeForce RTX 2070 SUPER", "rtx-2070-super"),
        ("GeForce RTX 2060", "rtx-2060"),
        ("NVIDIA GeForce RTX 3060", "rtx-3060"),
        ("NVIDIA GeForce RTX 3080", "rtx-3080"),
        ("NVIDIA GeForce RTX 3080 Ti", "rtx-3080-ti"),
        ("NVIDIA GeForce RTX 3090", "rtx-3090"),
        ("NVIDIA GeForce RTX 3090 Ti", "rtx-3090-ti"),
        ("NVIDIA GeForce RTX 4060 Ti", "rtx-4060-ti"),
        ("NVIDIA GeForce RTX 4070 Ti SUPER", "rtx-4070-ti-super"),
        ("NVIDIA GeForce RTX 4080 SUPER", "rtx-4080-super"),
        ("NVIDIA GeForce RTX 4090", "rtx-4090"),
        ("NVIDIA GeForce RTX 4090 D", "rtx-4090-d"),
        ("NVIDIA GeForce RTX 5060 Ti", "rtx-5060-ti"),
        ("NVIDIA GeForce RTX 5070 Ti", "rtx-5070-ti"),
        ("NVIDIA GeForce RTX 5080", "rtx-5080"),
        ("NVIDIA GeForce RTX 5090", "rtx-5090"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx-6000-ada"),
        ("NVIDIA RTX A6000", "rtx-a6000"),
        ("NVIDIA RTX A5000", "rtx-a5000"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx-pro-6000-server"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "rtx-pro-6000-workstation"),
        ("NVIDIA GB10", "gb10"),
        ("NVIDIA A10", "a10"),
        ("NVIDIA A10G", "a10g"),
        ("NVIDIA A30", "a30"),
        ("NVIDIA A40", "a40"),
        ("NVIDIA L4", "l4"),
        ("NVIDIA L20", "l20"),
        ("NVIDIA L40", "l40"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA A100-SXM4-80GB", "a100-sxm"),
        ("NVIDIA A100-SXM4-40GB", "a100-sxm-40gb"),
        ("NVIDIA A100 80GB PCIe", "a100-pcie"),
        ("NVIDIA A100-PCIE-40GB", "a100-pcie-40gb"),
        ("NVIDIA A800-SXM4-80GB", "a800-sxm"),
        ("NVIDIA A800 80GB PCIe", "a800-pcie"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA H100 NVL", "h100-nvl"),
        ("NVIDIA H200", "h200-sxm"),
        ("NVIDIA H800", "h800-sxm"),
        ("NVIDIA H20", "h20"),
        ("NVIDIA H20-3e", "h20-141gb"),
        ("NVIDIA GH200 480GB", "gh200-96gb"),
        ("NVIDIA GH200 120GB", "gh200-96gb"),
        ("NVIDIA GH200 144G HBM3e", "gh200-144gb"),
        ("NVIDIA B200", "b200-sxm"),
        ("NVIDIA B300 SXM6 AC", "b300-sxm"),
        ("NVIDIA GB200", "gb200"),
        ("NVIDIA GB300", "gb300"),
        ("Tesla V100-SXM2-16GB", "v100-sxm2-16gb"),
        ("Tesla V100-SXM2-32GB", "v100-sxm2-32gb"),
        ("AMD Instinct MI250", "mi250"),
        ("AMD Instinct MI250X", "mi250x"),
        ("AMD Instinct MI250X/MI250", "mi250x"),
        ("AMD Instinct MI300X", "mi300x"),
        ("AMD Instinct MI300X VF", "mi300x"),
        ("AMD Instinct MI325X", "mi325x"),
        ("AMD Instinct MI350X", "mi350x"),
        ("AMD Instinct MI355X", "mi355x"),
        ("Intel(R) Arc(TM) Pro B60 Graphics", "b60"),
    ],
)
def test_a_gpu_is_known_by_what_its_driver_prints(printed, identifier):
    assert store.resolve("gpus", printed) == identifier


@pytest.mark.parametrize("name", ["tpu-v5e", "TPU v6e", "Google TPU v4", "v5p", "Gaudi 3", "trn2", "Ascend 910B"])
def test_other_accelerators_are_out_of_scope_in_words(name):
    with pytest.raises(InputError, match="are out of scope"):
        store.resolve("gpus", name)


def test_an_unknown_gpu_or_model_says_how_to_add_one(tmp_path, monkeypatch):
    monkeypatch.setenv("COSTMODEL_DATA", str(tmp_path))
    for kind, way in (("gpus", f"{tmp_path}/gpus/<id>.toml"), ("models", "--hf-config PATH/config.json")):
        with pytest.raises(UnknownName) as error:
            store.resolve(kind, "nobody-has-this")
        assert way in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("identifier", sorted(store.files("gpus")))
def test_every_gpu_states_what_a_runtime_sees(identifier):
    """Less than the nameplate in GiB, measured or derived, and on Linux, whose drivers keep more than those of Windows."""
    gpu = gpus.load(identifier)
    assert "memory_visible" in gpu.facts and "memory_visible" not in gpu.defaults
    assert 0.93 < gpu.numbers["memory_visible"] / gpu.numbers["memory"] <= 1 + 1e-9
    assert "(Windows" not in gpu.sources["memory_visible"]


def test_a_4090_has_what_linux_reports():
    assert gpus.load("rtx-4090").numbers["memory_visible"] == pytest.approx(23.55 * 2**30)


@pytest.mark.parametrize(
    ("repository", "identifier"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", "qwen2.5-7b"),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", "qwen2.5-32b"),
        ("Qwen/Qwen2.5-7B-Instruct-1M", "qwen2.5-7b-1m"),
        ("Qwen/QwQ-32B", "qwq-32b"),
        ("Qwen/Qwen3-8B", "qwen3-8b"),
        ("Qwen/Qwen3-4B-Instruct-2507", "qwen3-4b-2507"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3-30b-a3b-2507"),
        ("Qwen/Qwen3-30B-A3B-Thinking-2507", "qwen3-30b-a3b-2507"),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen3-235b-a22b-2507"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3-30b-a3b-2507"),
        ("Qwen/Qwen3-Coder-480B-A35B-Instruct", "qwen3-coder-480b-a35b"),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", "qwen3-next-80b-a3b"),
        ("Qwen/Qwen3.5-27B", "qwen3.5-27b"),
        ("Qwen/Qwen3.5-35B-A3B", "qwen3.5-35b-a3b"),
        ("Qwen/Qwen3.6-35B-A3B", "qwen3.5-35b-a3b"),
        ("Qwen/Qwen3.6-27B", "qwen3.5-27b"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama-3.3-70b"),
        ("meta-llama/Llama-3.2-3B-Instruct", "llama-3.2-3b"),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama-4-scout"),
        ("meta-llama/Llama-2-7b-chat-hf", "llama-2-7b"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "llama-3-8b"),
        ("NousResearch/Meta-Llama-3-8B", "llama-3-8b"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "mistral-7b-v0.3"),
        ("mistralai/Mistral-7B-Instruct-v0.2", "mistral-7b-v0.2"),
        ("mistralai/Mistral-Nemo-Instruct-2407", "mistral-nemo-12b"),
        ("mistralai/Mistral-Small-24B-Instruct-2501", "mistral-small-24b-2501"),
        ("mistralai/Mistral-Small-3.1-24B-Instruct-2503", "mistral-small-3.2-24b"),
        ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", "mistral-small-3.2-24b"),
        ("mistralai/Mistral-Large-Instruct-2407", "mistral-large-123b"),
        ("mistralai/Mistral-Large-Instruct-2411", "mistral-large-123b"),
        ("mistralai/Ministral-8B-Instruct-2410", "ministral-8b-2410"),
        ("mistralai/Ministral-3-8B-Instruct-2512", "ministral-3-8b"),
        ("mistralai/Devstral-Small-2507", "devstral-small-24b"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral-8x7b"),
        ("mistralai/Magistral-Small-2509", "mistral-small-3.2-24b"),
        ("deepseek-ai/DeepSeek-V3", "deepseek-v3"),
        ("deepseek-ai/DeepSeek-V3-0324", "deepseek-v3"),
        ("deepseek-ai/DeepSeek-V3.1", "deepseek-v3"),
        ("deepseek-ai/DeepSeek-R1", "deepseek-r1"),
        ("deepseek-ai/DeepSeek-R1-0528", "deepseek-r1"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "llama-3.1-8b"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "llama-3.3-70b"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek-r1-distill-qwen-7b"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "deepseek-r1-distill-qwen-32b"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "deepseek-r1-distill-qwen-14b"),
        ("deepseek-ai/DeepSeek-V2-Lite-Chat", "deepseek-v2-lite"),
        ("deepseek-ai/DeepSeek-V2", "deepseek-v2"),
        ("openai/gpt-oss-20b", "gpt-oss-20b"),
        ("google/gemma-3-27b-it", "gemma-3-27b"),
        ("moonshotai/Kimi-K2-Instruct", "kimi-k2"),
        ("zai-org/GLM-4.5-Air", "glm-4.5-air"),
        ("zai-org/GLM-4.6", "glm-4.6"),
        ("microsoft/phi-4", "phi-4"),
        ("mistralai/Mistral-7B-Instruct-v0.2", "mistral-7b-v0.2"),
        ("unsloth/Meta-Llama-3.1-8B-Instruct", "llama-3.1-8b"),
    ],
)
def test_a_model_is_known_by_its_repository(repository, identifier):
    assert store.resolve("models", repository) == identifier


@pytest.mark.parametrize(
    ("repository", "model", "weights"),
    [
        ("Qwen/Qwen3-32B-AWQ", "qwen3-32b", "int4"),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "qwen3-235b-a22b-2507", "fp8"),
        ("RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8", "llama-3.1-70b", "fp8"),
        ("nvidia/Llama-3.3-70B-Instruct-NVFP4", "llama-3.3-70b", "nvfp4"),
        ("hugging-quants/Meta-Llama-3.1-8B-Instruct-GPTQ-INT4", "llama-3.1-8b", "int4"),
    ],
)
def test_quantised_weights_are_named_apart_from_their_model(repository, model, weights):
    """Answered for as 16-bit weights they would be wrong in silence."""
    with pytest.raises(InputError) as error:
        store.resolve("models", repository)
    assert f"{model} is the model, and its weights are --weight-dtype {weights}" in str(error.value)


def test_what_is_not_modelled_is_said_with_what_comes_near():
    with pytest.raises(InputError, match="not modelled.*--scheme deepseek-sparse-attention"):
        store.resolve("models", "deepseek-ai/DeepSeek-V3.2-Exp")


def test_limits_of_context_are_those_of_the_edition():
    limits = {name: models.load(name).max_context for name in ("qwen3-30b-a3b", "Qwen/Qwen3-30B-A3B-Instruct-2507")}
    assert list(limits.values()) == [40960, 262144]


def test_a_file_of_ones_own_is_found_however_its_name_is_spelt(data_folder):
    """Its id is its name as ids are written; the listing, which resolves every id, must find it too."""
    folder = data_folder / "models"
    folder.mkdir(exist_ok=True)
    text = (store.PACKAGE / "models" / "llama-3.1-8b.toml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(("aliases", "huggingface"))]
    (folder / "My_Model 2.toml").write_text("\n".join(kept), encoding="utf-8")
    assert "my-model-2" in store.files("models")
    for spelling in ("My_Model 2", "my-model-2", "MY-MODEL_2"):
        assert models.load(spelling).id == "my-model-2"
