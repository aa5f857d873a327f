"""A key in a haystack, asked for at the end: does a cache that was cut or rounded still give it?

Where tokens were dropped, also which heads of which layers still hold the key. The question is part of the prompt, or comes
after the cut as the next turn's does.
"""

from dataclasses import dataclass

import numpy as np

ANSWER_TOKENS = 8  # enough for five digits in any tokenizer


@dataclass(frozen=True)
class Answer:
    """One haystack under one scheme: whether the key came back, and the share [layer, head] of its tokens that is held."""

    returns_key: bool
    held_shares: np.ndarray


def ask(decoder, recipes: list, haystack, question_after: bool) -> list[Answer]:
    """The answers of every recipe to the question of a haystack; all share one pass over the prompt."""
    import torch

    caches = [decoder.new_cache(recipe) for recipe in recipes]
    if question_after:
        decoder.run(haystack.context, caches, is_prompt=True)
    tokens = haystack.question if question_after else haystack.context + haystack.question
    logits, _ = decoder.run(tokens, caches, is_prompt=True)
    shares = [held_shares(cache, haystack.key_tokens[0]) for cache in caches]
    answers, tokens = [], logits[:, -1].argmax(-1)
    for _ in range(ANSWER_TOKENS):
        answers.append(tokens)
        logits, _ = decoder.run(tokens.unsqueeze(1).tolist(), caches, is_prompt=False)
        tokens = logits[:, -1].argmax(-1)
    texts = [decoder.tokenizer.decode(answer) for answer in torch.stack(answers, 1).tolist()]
    return [Answer(haystack.keys[0] in text, one) for text, one in zip(texts, shares, strict=True)]


def held_shares(cache, places: tuple[int, ...]) -> np.ndarray:
    """Share [layer, head] of the tokens at those places that every head still holds."""
    import torch

    wanted = torch.tensor(places)
    return np.array(
        [[torch.isin(wanted, positions).float().mean().item() for positions in layer.positions] for layer in cache]
    )


def ranks_of(scores: np.ndarray, columns) -> np.ndarray:
    """Ranks [head, column] of some columns of ``scores`` [head, token], from 0 to 1; equal scores share theirs."""
    chosen = scores[:, list(columns), None]
    return (scores[:, None] < chosen).mean(-1) + 0.5 * (scores[:, None] == chosen).mean(-1)
