"""How well each kind of score knows a key in a haystack: the rank of its tokens among all others, head by head.

Nothing is dropped here: scores are those that an eviction would cut by, of an exact cache. A score that knows nothing ranks a
key anywhere; one that knows it ranks it high. What follows is the odds ratio of ``formulas.retrieval``.
"""

import numpy as np

from costmodel.numerics.passkey import ranks_of
from costmodel.numerics.recipe import Eviction, Recipe, Zone

SIGNALS = ("attention_sum", "attention_last", "attention_window", "keys", "page_bounds")
UNLIMITED, WINDOW_QUERIES = 1 << 40, 32  # SnapKV's observation window


def measure_ranks(decoder, haystack, question_after: bool) -> dict[str, np.ndarray]:
    """By signal, the rank [layer, head, token] of the key's tokens among all of the cache, from 0 (lowest) to 1."""
    layers = decoder.shape.layers
    recipes = [
        Recipe(
            signal, None, None, range(0), Zone(), Eviction(signal, (UNLIMITED,) * layers, 0, 0, False, WINDOW_QUERIES)
        )
        for signal in SIGNALS
    ]
    caches = [decoder.new_cache(recipe) for recipe in recipes]
    tokens = haystack.context + ([] if question_after else haystack.question)
    decoder.run(tokens, caches, is_prompt=True)
    places = haystack.key_tokens[0]
    return {
        signal: np.array([ranks_of(layer.scores.numpy(), places) for layer in cache])
        for signal, cache in zip(SIGNALS, caches, strict=True)
    }


def odds_ratio(ranks: np.ndarray, kept_share: float) -> float:
    """How many times as likely (in odds) a key's token is kept as any token, where so large a share is kept."""
    retained = np.clip((ranks >= 1 - kept_share).mean(), 1e-4, 1 - 1e-4)
    return float(retained / (1 - retained) * (1 - kept_share) / kept_share)
