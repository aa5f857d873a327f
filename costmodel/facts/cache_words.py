"""An engine's own words for its cache types (``--kv-cache-dtype``), and the schemes that they mean."""

import functools

from costmodel.errors import UnknownName
from costmodel.facts import implementations, store

SIXTEEN_BIT = ("auto", "bfloat16", "float16", "bf16", "fp16", "none")  # the baseline's cache
UNCODED = "none"


@functools.cache
def cache_words(engine: str) -> dict[str, str]:
    """Word → scheme, of an engine by its canonical id: the 16-bit cache, and what its implementations are turned on by."""
    words: dict[str, str] = {word: UNCODED for word in SIXTEEN_BIT}
    for identifier in store.files(implementations.KIND):
        implementation = implementations.load(identifier)
        if implementation.engine == engine and implementation.kv_cache_dtype:
            words.setdefault(implementation.kv_cache_dtype, implementation.scheme)
    return words


def scheme_of_word(word: str, engine: str) -> str:
    """The scheme that a word of an engine means; a scheme's own name counts too. UnknownName for neither."""
    words = cache_words(engine)
    if word in words:
        return words[word]
    try:
        return store.resolve("schemes", word)
    except UnknownName:
        raise UnknownName("kv_cache_dtype", word, words) from None
