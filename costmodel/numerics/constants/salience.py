"""How well each kind of score knows a key in a haystack: the rank of its tokens among all others, head by head.

Nothing is dropped here: scores are those that an eviction would cut by, of an exact cache. A score that knows nothing ranks a
key anywhere; one that knows it ranks it high. What follows is the odds ratio of ``formulas.retrieval``.
"""

import math

import numpy as np

from costmodel.evaluation.ask.intervals import Z90
from costmodel.numerics.passkey import ranks_of
from costmodel.numerics.recipe import Eviction, Recipe, Zone
from costmodel.numerics.texts import build_haystack
from costmodel.numerics.weights import load_decoder
from costmodel.text.progress import progress

SIGNALS = ("attention_sum", "attention_last", "attention_window", "keys", "page_bounds")
LENGTHS, DEPTHS, HAYSTACKS, SHARES = (512, 1024, 2048), (0.2, 0.4, 0.6, 0.8), 2, (0.0625, 0.125, 0.25, 0.5)
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


def measure_salience() -> dict:
    """By signal and whether the question comes after: rows (number of the haystack, ranks)."""
    decoder, rows = load_decoder(), {}
    cells = [(length, depth, number) for length in LENGTHS for depth in DEPTHS for number in range(HAYSTACKS)]
    with progress("haystacks") as on_progress:
        for done, (length, depth, number) in enumerate(cells):
            haystack = build_haystack(decoder.encode, length, int(depth * length), 100 + 1000 * number + length)
            for after in (False, True):
                for signal, ranks in measure_ranks(decoder, haystack, after).items():
                    rows.setdefault((signal, after), []).append((number, ranks))
            on_progress(done + 1, len(cells))
    return rows


def fit_odds(rows: list) -> tuple[tuple[float, float, float], str]:
    """Odds with their 90 % interval from haystacks of even number, and how they do on the others."""
    fitted = [math.log(odds_ratio(ranks, share)) for number, ranks in rows if number % 2 == 0 for share in SHARES]
    value, spread = float(np.mean(fitted)), float(np.std(fitted, ddof=1))
    low, high = value - Z90 * spread, value + Z90 * spread
    off, inside = [], []
    for number, ranks in rows:
        for share in SHARES if number % 2 else ():
            retained = (ranks >= 1 - share).mean()
            off.append(abs(share * math.exp(value) / (1 - share + share * math.exp(value)) - retained))
            inside.append(low <= math.log(odds_ratio(ranks, share)) <= high)
    note = f"n = {len(off)}, median {100 * np.median(off):.1f} points of heads, inside {np.mean(inside):.0%}"
    return (math.exp(value), math.exp(low), math.exp(high)), note
