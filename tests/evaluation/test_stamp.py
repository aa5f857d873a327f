"""A result says which costmodel and which profiles it stands on: other numbers, another hash."""

import hashlib

import costmodel
from costmodel.evaluation.ask.stamp import LENGTH, result_stamp
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import profiles, store

SCHEMES = tuple(map(load_scheme, ("none", "fp8", "int8", "kivi-2bit")))


def stamp(*gpus: str):
    return result_stamp([resolve_deployment("llama-8b", gpu, ranks=1, engine="vllm") for gpu in gpus], SCHEMES)


def test_the_stamp_names_the_version_and_every_file():
    found = stamp("h100-sxm")
    assert found["costmodel"] == costmodel.__version__
    assert {"h100-sxm--vllm", "prefill/h100-sxm--vllm", "implementation/h100-sxm--vllm--int8"} <= set(found["profiles"])
    path = store.files("profiles")["h100-sxm--vllm"]
    assert found["profiles"]["h100-sxm--vllm"] == hashlib.sha256(path.read_bytes()).hexdigest()[:LENGTH]


def test_several_gpus_name_all_their_profiles():
    both = set(stamp("h100-sxm", "a100-sxm-80gb")["profiles"])
    assert both == set(stamp("h100-sxm")["profiles"]) | set(stamp("a100-sxm-80gb")["profiles"])


def test_a_profile_of_ones_own_changes_the_hash(data_folder):
    before = stamp("h100-sxm")["profiles"]
    text = store.files("profiles")["h100-sxm--vllm"].read_text(encoding="utf-8")
    (data_folder / "profiles" / "h100-sxm--vllm.toml").write_text(
        text.replace("products_in_step = 1.012", "products_in_step = 1.1")
    )
    profiles.clear_caches()
    after = stamp("h100-sxm")["profiles"]
    assert {name for name in before if before[name] != after[name]} == {"h100-sxm--vllm"}
