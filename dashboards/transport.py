"""What goes to the browser: figures as plain data whose arrays travel as base64, and whole answers kept for who asks again.

Most of an answer's time would be writing its numbers. An array of a trace is sent as its bytes, which Plotly reads as they
are; an answer that was given before is given again as it was.
"""

import base64
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flask import Flask, Response, g, has_request_context, request

from dashboards.keep import kept

ROUTE = "/_dash-update-component"
KEPT = 64  # answers, of about a megabyte each
AT_ONCE = 2  # answers that are made at a time: twenty made together would all be late, one after another most are not
SHORT = 32  # numbers that are as well written out


def figure(drawn) -> dict:
    """A Plotly figure as data: its traces' long arrays as bytes, everything else as plain numbers and texts."""
    traces = [_plain(trace.to_plotly_json(), True) for trace in drawn.data]
    return {"data": traces, "layout": _plain(drawn.layout.to_plotly_json(), False)}


def _plain(value, packed: bool):
    if isinstance(value, dict):
        return {name: _plain(each, packed) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        numbers = value.dtype.kind in "fiu"
        return _bytes(value) if packed and numbers and value.size > SHORT else _plain(value.tolist(), packed)
    if isinstance(value, (list, tuple)):
        return value if value and isinstance(value[0], str) else [_plain(each, packed) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _bytes(array: np.ndarray) -> dict:
    """An array as Plotly takes it: the name of its type, its bytes from the lowest, and its shape where it has rows."""
    array = np.ascontiguousarray(array, dtype="<f4" if array.dtype == np.float32 else "<f8")
    found = {"dtype": array.dtype.str[1:], "bdata": base64.b64encode(array.tobytes()).decode()}
    return found | ({"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else {})


@dataclass(frozen=True)
class Answer:
    """What was answered: status, body, type."""

    status: int
    body: bytes
    kind: str


class _Once(Exception):
    """Carries an answer past those that are kept."""

    def __init__(self, answer: Answer):
        self.answer = answer


def once() -> None:
    """Let the answer that is being made not be kept: it depends on more than what was asked."""
    if has_request_context():
        g.once = True


def keep_answers(server: Flask, lasting: Callable[[str], bool]) -> None:
    """Let a server keep the answers of those callbacks, told by their output, that are a function of their inputs.

    So many are kept, and people who ask for the same at the same time wait for one answer.
    """
    place = next(rule.endpoint for rule in server.url_map.iter_rules() if rule.rule == ROUTE)
    dispatch, turn = server.view_functions[place], threading.Semaphore(AT_ONCE)

    @kept(KEPT)
    def answer(output: str, inputs: str) -> Answer:
        with turn:
            made = server.make_response(dispatch())
        found = Answer(made.status_code, made.get_data(), made.content_type)
        if found.status != 200 or g.get("once", False):
            raise _Once(found)
        return found

    def respond() -> Response:
        asked = request.get_json(silent=True)
        output = asked.get("output", "") if isinstance(asked, dict) else ""
        if not (isinstance(output, str) and lasting(output)):
            return dispatch()
        try:
            found = answer(output, json.dumps(asked.get("inputs")))
        except _Once as only:
            found = only.answer
        return Response(found.body, found.status, content_type=found.kind)

    server.view_functions[place] = respond
    server.answers = answer
