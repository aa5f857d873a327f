"""Figures travel whole: what the browser unpacks is what was drawn; answers are kept unless they say a mistake."""

import base64
import threading
import time

import numpy as np
import plotly.graph_objects as go
import pytest
from flask import Flask, request

from dashboards import wire
from dashboards.app import build, found
from dashboards.page import view
from dashboards.selection import Selection, only, write

SMALL = Selection(batch="1:64:12", context="1K:32K:12", schemes="fp8|h2o", at_batch="4", at_context="4K")


def unpacked(value):
    """As Plotly reads it."""
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), dtype="<" + value["dtype"])
        return array.reshape([int(side) for side in value["shape"].split(",")]) if "shape" in value else array
    if isinstance(value, dict):
        return {name: unpacked(each) for name, each in value.items()}
    return [unpacked(each) for each in value] if isinstance(value, list) else value


def same(sent, drawn) -> bool:
    if isinstance(drawn, dict):
        return sent.keys() == drawn.keys() and all(same(sent[name], drawn[name]) for name in drawn)
    if isinstance(drawn, (list, tuple, np.ndarray)):
        return len(sent) == len(drawn) and all(map(same, sent, drawn))
    if isinstance(drawn, (float, np.floating)) and not np.isfinite(drawn):
        return sent is None or not np.isfinite(sent)
    return sent == drawn


@pytest.mark.parametrize("page", [page for page in found() if page.figures], ids=lambda page: page.id)
def test_a_figure_arrives_as_it_was_drawn(page):
    for drawn in view(page, only(SMALL, page.fields)).drawn.values():
        sent, traces = unpacked(wire.figure(drawn.figure)), [trace.to_plotly_json() for trace in drawn.figure.data]
        assert same(sent, {"data": traces, "layout": drawn.figure.layout.to_plotly_json()})
        go.Figure(sent)  # every property is one that Plotly knows: the figures themselves are not checked


def test_long_arrays_are_bytes_and_short_ones_numbers():
    long, short = np.linspace(0, 1, 100, dtype=np.float32), [1, np.nan, 2.5]
    made = wire.figure(go.Figure([{"type": "scatter", "x": long, "y": np.array(short)}]))
    assert made["data"][0]["x"]["dtype"] == "f4" and np.array_equal(unpacked(made)["data"][0]["x"], long)
    assert made["data"][0]["y"] == [1, None, 2.5]


class Asked:
    """The application's client, asking for the figures of a link."""

    def __init__(self, page):
        self.page, self.client = page, build().server.test_client()
        graph = self.client.get("/_dash-dependencies").get_json()
        self.output = next(e["output"] for e in graph if e["output"].startswith(f"..{page.id}-above.children"))

    def __call__(self, chosen, good=None):
        parts = [part.rsplit(".", 1) for part in self.output.strip(".").split("...")]
        body = {"output": self.output, "outputs": [{"id": i, "property": p} for i, p in parts],
                "changedPropIds": [f"{self.page.id}-asked.data"],
                "inputs": [{"id": f"{self.page.id}-asked", "property": "data", "value": write(only(chosen, self.page.fields))}],
                "state": [{"id": f"{self.page.id}-good", "property": "data", "value": good}]}  # fmt: skip
        return self.client.post("/_dash-update-component", json=body)


def test_an_answer_is_given_again_and_a_mistake_is_not_kept():
    page = next(page for page in found() if page.id == "pareto")
    ask, kept = Asked(page), build().server.answers
    kept.clear()
    first, again = ask(SMALL), ask(SMALL, good="?model=other")
    assert first.data == again.data and first.status_code == 200
    assert len(first.get_json()["response"]["pareto-pareto-graph"]["figure"]["data"]) > 1
    before = kept.info()[2]
    wrong = Selection(schemes="fp8|h3o")
    alone, below = ask(wrong), ask(wrong, good="?model=other")
    assert "h2o" in str(alone.get_json()) and kept.info()[2] == before
    assert "last view" not in str(alone.get_json()) and "last view" in str(below.get_json())


def test_a_request_that_is_none_of_ours_is_left_to_the_framework():
    client = build().server.test_client()
    for body in ("[]", "null", '{"output": 3}', "no json"):
        answer = client.post("/_dash-update-component", data=body, content_type="application/json")
        assert answer.status_code >= 400


def test_answers_are_made_a_few_at_a_time_each_once_and_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(wire, "KEPT", 5)
    server, made, inside, most = Flask("made-up"), [], [0], [0]

    @server.post(wire.ROUTE)
    def answer():
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        inside[0] -= 1
        made.append(request.get_json()["inputs"])
        return {"inputs": made[-1]}

    wire.keep_answers(server, lambda output: output == "lasting")
    said = []

    def ask(place):
        body = {"output": "lasting", "inputs": [place % 5]}
        said.append((place % 5, server.test_client().post(wire.ROUTE, json=body).get_json()["inputs"]))

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [[place] for place in range(5)] and most[0] <= wire.AT_ONCE
    assert len(said) == 20 and all(found == [place] for place, found in said)
    assert server.answers.info()[2] == 5
    ask(4)
    assert len(made) == 5, "kept"
    for name in ("new", "newer"):
        server.test_client().post(wire.ROUTE, json={"output": "lasting", "inputs": [name]})
    assert server.answers.info()[2] == 5 and len(made) == 7, "the least recently asked for went"
