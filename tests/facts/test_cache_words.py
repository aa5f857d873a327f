"""An engine's own words for its cache, and the schemes that they mean: one list for every table that has them."""

import pytest

from costmodel.errors import UnknownName
from costmodel.facts.cache_words import cache_words, scheme_of_word


@pytest.mark.parametrize(
    ("word", "scheme"),
    [
        ("auto", "none"), ("bfloat16", "none"), ("none", "none"), ("fp8", "fp8"), ("fp8_e5m2", "fp8"),
        ("int8_per_token_head", "int8"), ("turboquant_4bit_nc", "turboquant-4bit"), ("turboquant_k8v4", "turboquant-k8v4"),
        ("nvfp4", "nvfp4"), ("kivi-2bit", "kivi-2bit"),
    ],
)  # fmt: skip
def test_a_word_of_vllm(word, scheme):
    assert scheme_of_word(word, "vllm") == scheme


def test_words_belong_to_their_engine():
    assert "int8_per_token_head" in cache_words("vllm") and "int8_per_token_head" not in cache_words("sglang")
    assert cache_words("sglang")["auto"] == "none"


def test_what_nobody_knows_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="kv_cache_dtype 'int8_per_tokn_head'; did you mean int8_per_token_head"):
        scheme_of_word("int8_per_tokn_head", "vllm")
    with pytest.raises(UnknownName, match="fp8_inc"):
        scheme_of_word("fp8_inc", "vllm")
    assert scheme_of_word("q4_0", "llama-cpp") == "ggml-q4-0"
