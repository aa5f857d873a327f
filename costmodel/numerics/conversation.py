"""A conversation under a scheme: after every token of an answer, how far is it from the full cache?

Every turn adds tokens of a text as the user's, then as many as the answer has one by one, the same for all schemes (teacher
forcing), so that differences come from caches alone. Schemes run one after the other, so that each is kept as soon as it is
done and one cache is held at a time; the full cache's answers are read once. Conditions: batch 1; bfloat16 products, float32
attention.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from costmodel.numerics.unfinished import Unfinished

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


def read_answers(
    decoder, tokens: list[int], talk: Talk, on_turn: Callable[[int], None] = lambda turn: None,
    unfinished: Unfinished | None = None,
):  # fmt: skip
    """Logits [answer token, vocabulary] of the full cache over a conversation, in the type of the decoder's products.

    With a slot for what is ``unfinished`` it goes on where a killed run stood; the whole of it stays there for its schemes.
    """
    import torch

    from costmodel.numerics.recipe import FULL

    kept = unfinished.read() if unfinished else None
    cache, rows, first = (kept["cache"], kept["rows"], kept["turn"]) if kept else (decoder.new_cache(FULL), [], 0)
    for turn, user, answer in _turns(tokens, talk, first):
        decoder.run(user, [cache], is_prompt=True)
        for token in answer:
            logits, _ = decoder.run([token], [cache], is_prompt=False)
            rows.append(logits[0, -1].to(decoder.model.dtype))
        if unfinished:
            is_last = turn + 1 == talk.turns
            unfinished.keep({"cache": None if is_last else cache, "rows": rows, "turn": turn + 1}, at_once=is_last)
        on_turn(turn + 1)
    return torch.stack(rows)


def converse(
    decoder, recipe, reference, tokens: list[int], talk: Talk, on_turn: Callable[[int], None] = lambda turn: None,
    unfinished: Unfinished | None = None,
) -> np.ndarray:  # fmt: skip
    """Metrics [turn, metric] of a recipe against the full cache's answers (``reference``), means over each answer's tokens.

    KL divergence in nats, agreement of the likeliest token, error of the centred logits and of attention outputs (rms over
    layers), errors of stored keys and values at the end of the turn; the last three relative to what they approximate.
    With a slot for what is ``unfinished`` it goes on where a killed run stood.
    """
    import torch

    kept = unfinished.read() if unfinished else None
    cache, first = (kept["cache"], kept["turn"]) if kept else (decoder.new_cache(recipe), 0)
    measured = kept["measured"].numpy() if kept else np.zeros((talk.turns, len(METRICS)))
    for turn, user, answer in _turns(tokens, talk, first):
        decoder.run(user, [cache], is_prompt=True)
        for place, token in enumerate(answer):
            logits, output_errors = decoder.run([token], [cache], is_prompt=False, errors=True)
            pair = torch.stack((reference[turn * talk.answer_tokens + place].float(), logits[0, -1]))
            measured[turn, :3] += _compare(pair)[0] / talk.answer_tokens
            measured[turn, 3] += float(torch.sqrt((output_errors[0] ** 2).mean())) / talk.answer_tokens
        stored = np.array([layer.stored_error() for layer in cache])
        measured[turn, 4:] = np.sqrt((stored**2).mean(0))
        if unfinished:
            unfinished.keep({"cache": cache, "measured": torch.from_numpy(measured), "turn": turn + 1})
        on_turn(turn + 1)
    return measured


def _turns(tokens: list[int], talk: Talk, first: int = 0) -> Iterator[tuple[int, list[int], list[int]]]:
    """By turn, from ``first``, its number from 0, the user's tokens and those of the answer."""
    length = talk.user_tokens + talk.answer_tokens
    for turn in range(first, talk.turns):
        piece = tokens[turn * length : (turn + 1) * length]
        yield turn, piece[: talk.user_tokens], piece[talk.user_tokens :]


def _compare(logits) -> np.ndarray:
    """KL divergence from the first row, agreement with its likeliest token, relative error of centred logits: [row, 3]."""
    logarithms = logits.log_softmax(-1)
    reference = logarithms[:1]
    divergence = (reference.exp() * (reference - logarithms)).sum(-1)[1:]
    agreement = (logits[1:].argmax(-1) == logits[0].argmax(-1)).float()
    centred = logits - logits.mean(-1, keepdim=True)
    error = (centred[1:] - centred[:1]).norm(dim=-1) / centred[0].norm()
    return np.stack([divergence.clamp(min=0).numpy(), agreement.numpy(), error.numpy()], 1)
