"""Files that a user wrote under version 0.1 keep loading, whatever has another name today."""

import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import engines, gpus, store
from costmodel.facts.vocabulary import vocabulary
from costmodel.language.renamed import RENAMED, current_names

OLD_SCHEME = """
name = "Old words"
source = "this test"
[[mechanism]]
kind = "redefine"
settled = "0"
key_bits = "4 bit"
sidecar_size = "0.1 * plain_size"
"""


def test_every_new_name_exists_and_no_old_one_does():
    assert set(RENAMED.values()) <= set(vocabulary()) and not set(RENAMED) & set(vocabulary())


def test_slots_of_a_scheme(tmp_path):
    for name, text in (("old", OLD_SCHEME), ("new", OLD_SCHEME.replace("settled", "full_blocks_immutable").replace(
            "plain_size", "size_16bit"))):  # fmt: skip
        (tmp_path / f"{name}.toml").write_text(text)
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)
    old, new = (build_evaluator(deployment, load_scheme(str(tmp_path / f"{n}.toml")), 4, 8192) for n in ("old", "new"))
    assert old["full_blocks_immutable"].item() == 0
    assert old["step_time"].item() == new["step_time"].item()


def test_keys_of_an_engine():
    facts = dict(store.read_fact_file("engines", "vllm"))
    assert "mixed_batches" in facts
    old = {"mixes_prompts" if key == "mixed_batches" else key: value for key, value in facts.items()}
    assert current_names(old) == facts
    built = engines.build("mine", old, "mine.toml", gpus.load("h100-sxm"))
    assert built.numbers["mixed_batches"] == engines.load("vllm", gpus.load("h100-sxm")).numbers["mixed_batches"]


def test_a_name_of_today_is_left_alone():
    assert current_names({"batch": 1, "launch": 2}) == {"batch": 1, "attention_launch": 2}
    with pytest.raises(KeyError):
        _ = current_names({"launch": 2})["launch"]
