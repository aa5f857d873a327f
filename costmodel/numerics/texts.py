"""What a decoder reads: prose for conversations, and haystacks with keys in them.

Prose is the reference manual that every Python carries (``pydoc_data.topics``), so nothing is downloaded; a file may replace
it. Haystacks are those of Mohtashami and Jaggi, Landmark Attention (arXiv:2305.16300), passkey retrieval.
"""

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import InputError

OPENING = "There is important information hidden inside a lot of irrelevant text. Find it and memorize it. "
FILLER = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. "
NEEDLE = "The pass key is {key}. Remember it. {key} is the pass key. "
NAMED_NEEDLE = "The pass key of {owner} is {key}. Remember it. {key} is the pass key of {owner}. "
QUESTION = "What is the pass key? The pass key is"
NAMED_QUESTION = "What is the pass key of {owner}? The pass key of {owner} is"
OWNERS = ("Alice", "Bob", "Carol", "David", "Emma", "Frank", "Grace", "Henry")


@dataclass(frozen=True)
class Prose:
    """A text that conversations are cut from, and a digest that tells it from another."""

    text: str
    source: str

    @property
    def digest(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def read_prose(path: Path | None = None) -> Prose:
    """The text of a UTF-8 file, or Python's reference manual. Raises InputError for a file that is no text."""
    if path is None:
        from pydoc_data.topics import topics

        return Prose("\n\n".join(topics[name] for name in sorted(topics)), "pydoc_data.topics of Python")
    try:
        return Prose(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected a UTF-8 text; {error}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def cut_conversation(tokens: list[int], length: int, number: int, conversations: int) -> list[int]:
    """``length`` tokens of a text for conversation ``number`` (from 0); conversations begin at even distances of it.

    Raises InputError for a text that is too short.
    """
    if len(tokens) < length:
        raise InputError(f"text: expected at least {length:,} tokens for a conversation, got {len(tokens):,}")
    start = (len(tokens) - length) * number // max(conversations, 1)
    return tokens[start : start + length]


@dataclass(frozen=True)
class Haystack:
    """Tokens before the question, those of the question, and by needle its key and the places of the key's tokens."""

    context: list[int]
    question: list[int]
    keys: tuple[str, ...]
    key_tokens: tuple[tuple[int, ...], ...]


def build_haystack(encode, length: int, depth: int, seed: int, needles: int = 1) -> Haystack:
    """A haystack of about ``length`` tokens whose (first) needle ends ``depth`` tokens before the question.

    Further needles lie at random depths; the question asks for the first. ``encode`` turns a text into tokens.
    """
    draw = random.Random(seed)
    owners = draw.sample(OWNERS, needles) if needles > 1 else [""]
    keys = [str(draw.randrange(10_000, 100_000)) for _ in owners]
    template, question = (NAMED_NEEDLE, NAMED_QUESTION) if needles > 1 else (NEEDLE, QUESTION)
    texts = [encode(template.format(key=key, owner=owner)) for key, owner in zip(keys, owners, strict=True)]
    opening, filler, query = encode(OPENING), encode(FILLER), encode(question.format(owner=owners[0]))
    room = length - len(opening) - len(query) - sum(map(len, texts))
    if room < 0:
        raise InputError(f"context: expected at least {length - room:,} tokens for {needles} needles, got {length:,}")
    others = [draw.randrange(room + 1) for _ in texts[1:]]
    places = [max(0, min(room, length - len(query) - depth - len(opening) - len(texts[0]))), *others]
    straw = (filler * (room // len(filler) + 1))[:room]
    context, spans, taken = list(opening), {}, 0
    for index in sorted(range(len(texts)), key=lambda index: places[index]):
        context += straw[taken : places[index]]
        taken = places[index]
        spans[index] = _key_places(texts[index], encode(f" {keys[index]}"), len(context))
        context += texts[index]
    context += straw[taken:]
    return Haystack(context, query, tuple(keys), tuple(spans[index] for index in range(len(texts))))


def _key_places(needle: list[int], key: list[int], start: int) -> tuple[int, ...]:
    """Where the tokens of a key lie, the first time that the needle states it."""
    for offset in range(len(needle) - len(key) + 1):
        if needle[offset : offset + len(key)] == key:
            return tuple(range(start + offset, start + offset + len(key)))
    return tuple(range(start, start + len(needle)))
