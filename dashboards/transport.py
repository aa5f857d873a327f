"""What goes to the browser: figures as plain data whose arrays travel as base64, and a cache of whole responses.

Most of a response's time would be spent writing numbers. An array of a trace is sent as its bytes, which Plotly reads as they
are; a response that was sent before is sent again unchanged.
"""

import base64
import contextvars
import json
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from flask import Flask, Response, g, has_request_context, request

from dashboards.cache import single_flight_lru_cache
from dashboards.callback_bodies import EXPECTED

ROUTE = "/_dash-update-component"
CACHE_SIZE = 128 << 20  # bytes of cached responses: a map takes a megabyte, most others a tenth
MAX_CONCURRENT = 2  # responses computed at a time: twenty computed together would all be late
STOPPED = "the server has been stopped\n"
MAX_PLAIN_LENGTH = 32  # numbers of an array that is as well written out


def encode_figure(figure) -> dict:
    """A Plotly figure as data: its traces' long arrays as bytes, everything else as plain numbers and texts."""
    traces = [_encode(trace.to_plotly_json(), True) for trace in figure.data]
    return {"data": traces, "layout": _encode(figure.layout.to_plotly_json(), False)}


def _encode(value, packed: bool):
    if isinstance(value, dict):
        return {name: _encode(item, packed) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        is_number = value.dtype.kind in "fiu"
        is_long = value.size > MAX_PLAIN_LENGTH
        return _encode_bytes(value) if packed and is_number and is_long else _encode(value.tolist(), packed)
    if isinstance(value, (list, tuple)):
        return value if value and isinstance(value[0], str) else [_encode(item, packed) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _encode_bytes(array: np.ndarray) -> dict:
    """An array as Plotly takes it: the name of its type, its little-endian bytes, and its shape where it has rows."""
    array = np.ascontiguousarray(array, dtype="<f4" if array.dtype == np.float32 else "<f8")
    encoded = {"dtype": array.dtype.str[1:], "bdata": base64.b64encode(array.tobytes()).decode()}
    return encoded | ({"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else {})


@dataclass(frozen=True)
class CachedResponse:
    """Status, body and content type of a response."""

    status: int
    body: bytes
    content_type: str


class _NotCached(Exception):
    """Carries a response past the cache."""

    def __init__(self, response: CachedResponse):
        self.response = response


def skip_caching() -> None:
    """Keep the response being computed out of the cache: it depends on more than its inputs."""
    if has_request_context():
        g.skip_caching = True


def cache_responses(server: Flask, is_callback: Callable[[object], bool], is_cacheable: Callable[[str], bool]) -> None:
    """Let a server cache the responses of callbacks that depend on their inputs alone, recognised by their output.

    A request that is no callback of the application gets status 400. Callers who ask for the same at the same time wait for
    one response. The cache is ``server.responses``; ``server.computers`` are the threads that fill it, few of them: arrays that
    many threads allocate would stay in the heaps of all.
    """
    endpoint = next(rule.endpoint for rule in server.url_map.iter_rules() if rule.rule == ROUTE)
    dispatch = server.view_functions[endpoint]
    computers = ThreadPoolExecutor(MAX_CONCURRENT, thread_name_prefix="response")

    def compute() -> CachedResponse:
        reply = server.make_response(dispatch())
        response = CachedResponse(reply.status_code, reply.get_data(), reply.content_type)
        if response.status != 200 or g.get("skip_caching", False):
            raise _NotCached(response)
        return response

    @single_flight_lru_cache(CACHE_SIZE, lambda response: len(response.body))
    def compute_response(output: str, inputs: str) -> CachedResponse:
        try:
            future = computers.submit(contextvars.copy_context().run, compute)
        except RuntimeError as error:  # the server stops, and takes nothing new
            raise CancelledError from error
        return future.result()

    def respond() -> Response:
        body = request.get_json(silent=True)
        if not is_callback(body):
            return Response(EXPECTED, 400, content_type="text/plain; charset=utf-8")
        if not is_cacheable(body["output"]):
            return dispatch()
        try:
            response = compute_response(body["output"], json.dumps(body.get("inputs")))
        except _NotCached as error:
            response = error.response
        except CancelledError:
            return Response(STOPPED, 503, content_type="text/plain; charset=utf-8")
        return Response(response.body, response.status, content_type=response.content_type)

    server.view_functions[endpoint] = respond
    server.responses, server.computers = compute_response, computers
