"""JSON that somebody else wrote, parsed within limits: how deep it nests and how long its integers are."""

import json
import re
from typing import Any

from costmodel.errors import InputError

MAX_DEPTH = 100
MAX_DIGITS = 40  # of an integer; 64 bits take 20
BLANKS = re.compile(r"[ \t\r\n\ufeff]*")
TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def parse_json(text: str, location: str, expected: str = "JSON") -> Any:
    """The value of a JSON text, bare ``Infinity`` and ``NaN`` allowed.

    Raises InputError naming ``location`` for text that is no JSON, nests deeper than MAX_DEPTH or states a longer integer.
    """
    return parse_documents(text, location, expected, most=1)[0]


def parse_documents(text: str, location: str, expected: str = "JSON", most: int | None = None) -> list[Any]:
    """The values of a text that holds JSON documents one after the other, lines or not; at least one, ``most`` at most."""
    check_depth(text, location)
    decoder, documents = json.JSONDecoder(parse_int=_integer), []
    try:
        place = _skip_blanks(text, 0)
        while not documents or (place < len(text) and len(documents) != most):
            document, place = decoder.raw_decode(text, place)
            documents.append(document)
            place = _skip_blanks(text, place)
        if place < len(text):
            raise json.JSONDecodeError("Extra data", text, place)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{location}: not JSON ({error}); expected {expected}") from None
    return documents


def check_depth(text: str, location: str) -> None:
    """InputError for brackets that nest deeper than MAX_DEPTH; one pass over the text, nothing is parsed."""
    depth = 0
    for match in TOKENS.finditer(text):
        token = match[0]
        depth += (token in "[{") - (token in "]}")
        if depth > MAX_DEPTH:
            raise InputError(f"{location}: expected JSON nested at most {MAX_DEPTH} deep, got more")


def _skip_blanks(text: str, place: int) -> int:
    match = BLANKS.match(text, place)
    return match.end() if match else place


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"expected integers of at most {MAX_DIGITS} digits, got one of {len(digits):,}")
    return int(digits)
