"""The server answers on this machine, names no other, and the command line says when others can reach it."""

import json
import re
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
from typer.testing import CliRunner

from costmodel.cli import app as command_line
from costmodel.errors import FactError

dash = pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dashboards import app as served  # noqa: E402
from dashboards.selection import NAMES, Selection  # noqa: E402

OTHER = re.compile(r"https?:|(?<![\w:])//[\w.-]+\.\w+|plotly\.com")


@pytest.fixture
def client():
    return served.build().server.test_client()


@pytest.fixture
def door(monkeypatch):
    """The entry point, as an installed package has it; what it is called with instead of a server that runs on."""
    called = []
    monkeypatch.setattr(served, "main", lambda *given, **more: called.append((given, more)) or 0)
    point = EntryPoint("dashboard", "dashboards.app:main", "costmodel.doors")
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda **asked: [point] if asked["name"] == point.name else []
    )
    return called


def test_the_page_names_no_other_host(client):
    answer = client.get("/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "Regime map" in page
    assert not OTHER.search(page), OTHER.search(page)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_scripts_and_styles_are_served_from_here(client):
    page = client.get("/").get_data(as_text=True)
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any("style.css" in each for each in sources) and len(sources) > 5
    for source in sources:
        with client.get(source) as answer:  # closed, or the file behind it stays open
            assert source.startswith("/") and answer.status_code == 200, source
            if source.startswith("/assets"):
                assert not re.search(r"url\(|@import", answer.get_data(as_text=True))


def test_the_layout_and_a_callback_answer_over_http(client):
    assert client.get("/_dash-layout").status_code == 200
    graph = client.get("/_dash-dependencies").get_json()
    drawn = next(each for each in graph if each["output"].startswith("..map.figure"))
    outputs = [
        dict(zip(("id", "property"), o.rsplit(".", 1), strict=True)) for o in drawn["output"].strip(".").split("...")
    ]
    asked = {"output": drawn["output"], "outputs": outputs, "changedPropIds": ["asked.data"],
             "inputs": [{"id": "asked", "property": "data", "value": "?model=llama-8b"}],
             "state": [{"id": "good", "property": "data", "value": None}]}  # fmt: skip
    answer = client.post("/_dash-update-component", json=asked)
    assert answer.status_code == 200 and "heatmap" in json.dumps(answer.get_json())


def steered(client, search, changed, clicked=None, good=None):
    """What the controls become when one thing changed, and the link."""
    graph = client.get("/_dash-dependencies").get_json()
    steer = next(each for each in graph if each["output"].startswith("..url.search"))
    values = dict(Selection().__dict__) | {"tp": None}
    inputs = [
        {"id": "url", "property": "search", "value": search},
        {"id": "map", "property": "clickData", "value": clicked},
    ]
    inputs += [{"id": name, "property": "value", "value": values[name]} for name in NAMES]
    outputs = [
        dict(zip(("id", "property"), o.rsplit(".", 1), strict=True)) for o in steer["output"].strip(".").split("...")
    ]
    known = {"asked": None, "asked-point": None, "good": good}
    state = [{"id": name, "property": "data", "value": value} for name, value in known.items()]
    asked = {"output": steer["output"], "outputs": outputs, "changedPropIds": changed, "inputs": inputs, "state": state}
    answer = client.post("/_dash-update-component", json=asked)
    assert answer.status_code == 200
    return answer.get_json()["response"]


def test_a_link_sets_the_controls_and_a_click_sets_the_point(client):
    found = steered(client, "?scheme=int4&tp=2&comparison=objective", [])
    assert found["scheme"]["value"] == "int4" and found["tp"]["value"] == 2 and found["objective"]["hidden"] is False
    clicked = {"points": [{"x": 13, "y": 4, "z": 0.2}]}
    found = steered(client, "", ["map.clickData"], clicked, "?scheme=fp8")
    assert found["at_batch"]["value"] == 16 and "at_context=8192" in found["url"]["search"]


def test_the_command_opens_this_machine_only(door):
    done = CliRunner().invoke(command_line.app, ["dashboard", "--no-browser"])
    assert done.exit_code == 0 and not done.stderr
    assert door == [(("127.0.0.1", 8050), {"browser": False})]


def test_another_host_is_warned_of(door):
    done = CliRunner().invoke(command_line.app, ["dashboard", "--host", "0.0.0.0", "--port", "9000", "--no-browser"])
    assert "open to whoever reaches this machine" in done.stderr and door[0][0] == ("0.0.0.0", 9000)


def test_without_dash_the_command_says_what_to_install(door, monkeypatch, capsys):
    def missing(self):
        raise ModuleNotFoundError("No module named 'dash'", name="dash")

    monkeypatch.setattr(EntryPoint, "load", missing)
    monkeypatch.setattr("sys.argv", ["costmodel", "dashboard"])
    with pytest.raises(SystemExit) as left:
        command_line.main()
    assert left.value.code == 2 and "pip install 'costmodel[dashboard]'" in capsys.readouterr().err


def test_no_other_command_imports_dash():
    code = "import sys, costmodel.cli.app; sys.exit(bool({'dash', 'plotly', 'flask'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(FactError, match="try another --port"):
        served.main("127.0.0.1", taken.getsockname()[1], browser=False)
