"""A conversation under several schemes at once: after every token of an answer, how far is each from the full cache?

Every turn adds tokens of a text as the user's, then as many as the answer has one by one, the same for all schemes (teacher
forcing), so that differences come from caches alone. Conditions: batch 1; bfloat16 products, float32 attention.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

METRICS = (
    "answer_divergence",
    "top1_agreement",
    "logit_error",
    "attention_output_error",
    "stored_key_error",
    "stored_value_error",
)


@dataclass(frozen=True)
class Talk:
    """How long a conversation is: turns, tokens that the user adds, tokens of an answer."""

    turns: int
    user_tokens: int
    answer_tokens: int

    @property
    def length(self) -> int:
        """Tokens of the whole conversation."""
        return self.turns * (self.user_tokens + self.answer_tokens)


def converse(
    decoder, recipes: list, tokens: list[int], talk: Talk, on_turn: Callable[[int], None] = lambda turn: None
) -> np.ndarray:
    """Metrics [scheme, turn, metric] of every recipe against the full cache, means over the tokens of each answer.

    KL divergence in nats, agreement of the likeliest token, error of the centred logits and of attention outputs (rms over
    layers), errors of stored keys and values at the end of the turn; the last three relative to what they approximate.
    """
    import torch

    from costmodel.numerics.recipe import FULL

    caches = [decoder.new_cache(recipe) for recipe in (FULL, *recipes)]
    measured = np.zeros((len(recipes), talk.turns, len(METRICS)))
    position = 0
    for turn in range(talk.turns):
        decoder.run(tokens[position : position + talk.user_tokens], caches, is_prompt=True)
        position += talk.user_tokens
        for token in tokens[position : position + talk.answer_tokens]:
            logits, output_errors = decoder.run([token], caches, is_prompt=False, errors=True)
            measured[:, turn, :3] += _compare(logits[:, -1]) / talk.answer_tokens
            measured[:, turn, 3] += torch.sqrt((output_errors[1:] ** 2).mean(1)).numpy() / talk.answer_tokens
        position += talk.answer_tokens
        for row, cache in enumerate(caches[1:]):
            stored = np.array([layer.stored_error() for layer in cache])
            measured[row, turn, 4:] = np.sqrt((stored**2).mean(0))
        on_turn(turn + 1)
    return measured


def _compare(logits) -> np.ndarray:
    """KL divergence from the first row, agreement with its likeliest token, relative error of centred logits: [row, 3]."""
    logarithms = logits.log_softmax(-1)
    reference = logarithms[:1]
    divergence = (reference.exp() * (reference - logarithms)).sum(-1)[1:]
    agreement = (logits[1:].argmax(-1) == logits[0].argmax(-1)).float()
    centred = logits - logits.mean(-1, keepdim=True)
    error = (centred[1:] - centred[:1]).norm(dim=-1) / centred[0].norm()
    return np.stack([divergence.clamp(min=0).numpy(), agreement.numpy(), error.numpy()], 1)
