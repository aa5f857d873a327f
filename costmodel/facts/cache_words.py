"""An engine's own words for its cache types (``--kv-cache-dtype``), and the schemes that they mean."""

import functools

from costmodel.errors import InputError, UnknownName
from costmodel.facts import implementations, store
from costmodel.facts.schemes import parse_scheme

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


def agreed_scheme(word: str, stated: str | None, engine: str) -> str:
    """The scheme of an engine's word, or the sentence that a person ``stated`` beside it where it begins with that scheme.

    Raises UnknownName for a word that the engine does not have, InputError where the two contradict each other.
    """
    meant = scheme_of_word(word, store.resolve("engines", engine))
    if stated is not None and parse_scheme(stated).parts[0].id != meant:
        raise InputError(f"scheme {stated} and kv_cache_dtype {word} contradict each other")
    return stated or meant


def scheme_of_word(word: str, engine: str) -> str:
    """The scheme that a word of an engine means; a scheme's own name counts too. UnknownName for neither."""
    words = cache_words(engine)
    if word.strip().lower() in words:
        return words[word.strip().lower()]
    try:
        return store.resolve("schemes", word)
    except UnknownName:
        raise UnknownName("kv_cache_dtype", word, words) from None
