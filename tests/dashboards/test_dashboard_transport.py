"""Figures travel whole: what the browser unpacks is what was drawn; responses are cached unless they report an error."""

import base64
import json
import threading
import time

import numpy as np
import plotly.graph_objects as go
import pytest
from flask import Flask, request

from costmodel.errors import InputError
from dashboards import transport
from dashboards.app import all_pages, build
from dashboards.page import view
from dashboards.selection import Selection, format_query, parse_query, restrict_to

SMALL = Selection(batch="1:64:12", context="1K:32K:12", schemes="fp8|h2o", at_batch="4", at_context="4K")


def unpacked(value):
    """As Plotly reads it."""
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), dtype="<" + value["dtype"])
        return array.reshape([int(side) for side in value["shape"].split(",")]) if "shape" in value else array
    if isinstance(value, dict):
        return {name: unpacked(item) for name, item in value.items()}
    return [unpacked(item) for item in value] if isinstance(value, list) else value


def same(sent, original) -> bool:
    if isinstance(original, dict):
        return sent.keys() == original.keys() and all(same(sent[name], original[name]) for name in original)
    if isinstance(original, (list, tuple, np.ndarray)):
        return len(sent) == len(original) and all(map(same, sent, original))
    if isinstance(original, (float, np.floating)) and not np.isfinite(original):
        return sent is None or not np.isfinite(sent)
    return sent == original


@pytest.mark.parametrize("page", [page for page in all_pages() if page.figures], ids=lambda page: page.id)
def test_a_figure_arrives_as_it_was_drawn(page):
    for shown in view(page, restrict_to(SMALL, page.fields)).figures.values():
        figure = shown.plotly_figure
        sent, traces = unpacked(transport.encode_figure(figure)), [trace.to_plotly_json() for trace in figure.data]
        assert same(sent, {"data": traces, "layout": figure.layout.to_plotly_json()})
        go.Figure(sent)  # every property is one that Plotly knows: the figures themselves are not checked


def test_long_arrays_are_bytes_and_short_ones_numbers():
    long, short = np.linspace(0, 1, 100, dtype=np.float32), [1, np.nan, 2.5]
    encoded = transport.encode_figure(go.Figure([{"type": "scatter", "x": long, "y": np.array(short)}]))
    assert encoded["data"][0]["x"]["dtype"] == "f4" and np.array_equal(unpacked(encoded)["data"][0]["x"], long)
    assert encoded["data"][0]["y"] == [1, None, 2.5]


class Visitor:
    """The application's client, asking for the figures of a link."""

    def __init__(self, page):
        self.page, self.client = page, build().server.test_client()
        graph = self.client.get("/_dash-dependencies").get_json()
        self.output = next(node["output"] for node in graph if node["output"].startswith(f"..{page.id}-above.children"))

    def __call__(self, selection, previous=None):
        parts = [part.rsplit(".", 1) for part in self.output.strip(".").split("...")]
        link = format_query(restrict_to(selection, self.page.fields))
        body = {"output": self.output, "outputs": [{"id": i, "property": p} for i, p in parts],
                "changedPropIds": [f"{self.page.id}-asked.data"],
                "inputs": [{"id": f"{self.page.id}-asked", "property": "data", "value": link}],
                "state": [{"id": f"{self.page.id}-good", "property": "data", "value": previous}]}  # fmt: skip
        return self.client.post("/_dash-update-component", json=body)


def test_an_answer_is_given_again_and_a_mistake_is_not_kept():
    page = next(page for page in all_pages() if page.id == "pareto")
    ask, cache = Visitor(page), build().server.responses
    cache.clear()
    first, again = ask(SMALL), ask(SMALL, previous="?model=other")
    assert first.data == again.data and first.status_code == 200
    assert len(first.get_json()["response"]["pareto-pareto-graph"]["figure"]["data"]) > 1
    before = cache.info()[2]
    wrong = Selection(schemes="fp8|h3o")
    alone, below = ask(wrong), ask(wrong, previous="?model=other")
    assert "h2o" in str(alone.get_json()) and cache.info()[2] == before
    assert "last valid selection" not in str(alone.get_json()) and "last valid selection" in str(below.get_json())


RIGHT = {
    "output": "page.children", "outputs": {"id": "page", "property": "children"}, "changedPropIds": ["url.pathname"],
    "inputs": [{"id": "url", "property": "pathname", "value": "/"}], "state": [],
}  # fmt: skip
WRONG = [
    [], None, {"output": 3}, RIGHT | {"output": "nothing.children"}, RIGHT | {"inputs": []}, RIGHT | {"inputs": {}},
    RIGHT | {"inputs": [3]}, RIGHT | {"inputs": [{"id": "url", "property": "search"}]}, RIGHT | {"state": [3]},
    RIGHT | {"outputs": None}, RIGHT | {"outputs": {"id": "page"}}, RIGHT | {"changedPropIds": [{}]},
    RIGHT | {"changedPropIds": "url.pathname"},
]  # fmt: skip


@pytest.mark.parametrize("body", [*map(json.dumps, WRONG), "no json", ""])
def test_a_request_that_is_no_callback_of_ours_is_refused(body):
    answer = build().server.test_client().post("/_dash-update-component", data=body, content_type="application/json")
    assert (answer.status_code, answer.text) == (400, "expected a callback as a page of costmodel sends it\n")


def test_a_callback_as_the_page_sends_it_is_answered():
    assert build().server.test_client().post("/_dash-update-component", json=RIGHT).status_code == 200


def test_a_link_that_is_no_text_is_said():
    with pytest.raises(InputError, match="link: expected text, got 5"):
        parse_query(5)


def test_answers_are_made_a_few_at_a_time_each_once_and_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(transport, "CACHE_SIZE", 5 * len(b'{"inputs":[0]}\n'))
    server, computed, running, peak, names = Flask("test"), [], [0], [0], set()

    @server.post(transport.ROUTE)
    def answer():
        running[0] += 1
        names.add(threading.current_thread().name.rpartition("_")[0])
        peak[0] = max(peak[0], running[0])
        time.sleep(0.02)
        running[0] -= 1
        computed.append(request.get_json()["inputs"])
        return {"inputs": computed[-1]}

    transport.cache_responses(server, lambda body: True, lambda output: output == "lasting")
    answers = []

    def ask(index):
        body = {"output": "lasting", "inputs": [index % 5]}
        answers.append((index % 5, server.test_client().post(transport.ROUTE, json=body).get_json()["inputs"]))

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(computed) == [[index] for index in range(5)] and peak[0] <= transport.MAX_CONCURRENT
    assert len(answers) == 20 and all(inputs == [index] for index, inputs in answers)
    assert server.responses.info()[2] == 5 and names == {"response"}, "not in the threads of requests"
    ask(4)
    assert len(computed) == 5, "cached"
    for name in (5, 6):
        server.test_client().post(transport.ROUTE, json={"output": "lasting", "inputs": [name]})
    assert server.responses.info()[2] == 5 and len(computed) == 7, "the least recently asked for went"


def test_a_visitor_who_waits_while_the_server_stops_is_told():
    server, begun, gate = Flask("test"), threading.Semaphore(0), threading.Event()

    @server.post(transport.ROUTE)
    def answer():
        begun.release()
        gate.wait(5)
        return {"done": True}

    transport.cache_responses(server, lambda body: True, lambda output: True)
    answers = {}

    def ask(index):
        body = {"output": "lasting", "inputs": [index]}
        answers[index] = server.test_client().post(transport.ROUTE, json=body)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(transport.MAX_CONCURRENT)]
    for thread in threads:
        thread.start()
        begun.acquire(timeout=5)
    late = threading.Thread(target=ask, args=("late",))
    late.start()
    while not server.responses.info()[2] > transport.MAX_CONCURRENT:
        time.sleep(0.01)
    server.computers.shutdown(wait=False, cancel_futures=True)
    gate.set()
    for thread in (*threads, late):
        thread.join()
    assert {index: one.status_code for index, one in answers.items()} == {0: 200, 1: 200, "late": 503}
    assert answers["late"].text == "the server has been stopped\n"
