"""The server answers on this machine, names no other, and the command line says when others can reach it."""

import re
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from typer.testing import CliRunner

from costmodel.cli import app as command_line
from costmodel.errors import InputError

dash = pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dashboards import app as served  # noqa: E402
from dashboards import controls  # noqa: E402
from dashboards.selection import Selection, parse_query  # noqa: E402

OTHER = re.compile(r"https?:|(?<![\w:])//[\w.-]+\.\w+|plotly\.com")


@pytest.fixture
def client():
    return served.build().server.test_client()


@pytest.fixture
def plugin(monkeypatch):
    """The entry point, as an installed package has it; what it is called with instead of a server that runs on."""
    called = []
    monkeypatch.setattr(served, "main", lambda *arguments, **options: called.append((arguments, options)) or 0)
    point = EntryPoint("dashboard", "dashboards.app:main", "costmodel.plugins")
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda **selection: [point] if selection["name"] == point.name else []
    )
    return called


def test_the_page_names_no_other_host(client):
    answer = client.get("/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "costmodel" in page
    assert not OTHER.search(page), OTHER.search(page)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_scripts_and_styles_are_served_from_here(client):
    page = client.get("/").get_data(as_text=True)
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any("style.css" in item for item in sources) and any("katex.min.js" in item for item in sources)
    for source in (item for item in sources if not item.startswith("#")):
        with client.get(source) as answer:  # closed, or the file behind it stays open
            assert source.startswith("/") and answer.status_code == 200, source
            if source.startswith("/assets") and ".css" in source:
                for inner in re.findall(r"url\(([^)]+)\)|@import", answer.get_data(as_text=True)):
                    assert inner.startswith("fonts/"), inner


def test_the_fonts_of_formulas_are_here(client):
    folder = Path(served.__file__).parent / "assets" / "katex"
    named = set(re.findall(r"url\((fonts/[^)]+\.woff2)\)", (folder / "katex.min.css").read_text()))
    assert named and all((folder / name).is_file() for name in named)
    assert "MIT" in (folder / "LICENSE").read_text()
    with client.get(f"/assets/katex/{min(named)}") as answer:
        assert answer.status_code == 200


def ask(client, output: str, values: dict, changed: list[str], triggered=()):
    """A callback over HTTP, as the browser calls it: the values of its inputs by ``id.property``."""
    graph = client.get("/_dash-dependencies").get_json()
    callback = next(item for item in graph if item["output"].startswith(output))

    def filled(dependency):
        return {
            "id": dependency["id"],
            "property": dependency["property"],
            "value": values.get(f"{dependency['id']}.{dependency['property']}"),
        }

    def identity(text):
        identifier, prop = text.rsplit(".", 1)
        return {"id": identifier, "property": prop}

    def listed(items):
        return [[] if dependency["id"].startswith("{") else filled(dependency) for dependency in items]

    many = callback["output"].startswith("..")
    outputs = (
        [identity(part) for part in callback["output"].strip(".").split("...")]
        if many
        else identity(callback["output"])
    )
    body = {"output": callback["output"], "outputs": outputs, "changedPropIds": changed,
             "inputs": listed(callback["inputs"]), "state": listed(callback["state"])}  # fmt: skip
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["response"]


def test_the_layout_and_a_callback_answer_over_http(client):
    assert client.get("/_dash-layout").status_code == 200
    response = ask(
        client,
        "..regimes-above.children",
        {"regimes-asked.data": "?model=llama-8b&batch=1,8&context=4K"},
        ["regimes-asked.data"],
    )
    assert response["regimes-map-graph"]["figure"]["data"][0]["type"] == "heatmap"
    assert response["regimes-message"]["hidden"] is True


def test_a_link_sets_the_controls_and_a_control_sets_the_link(client):
    values = {f"regimes-{name}.value": controls.to_value(name, value) for name, value in Selection().__dict__.items()}
    link = {"regimes-url.search": "?scheme=int4&tp=2&comparison=objective"}
    response = ask(client, "..regimes-url.search", values | link, [])
    assert response["regimes-scheme"]["value"] == "int4" and response["regimes-tp"]["value"] == 2
    assert "scheme=int4" in response["regimes-asked"]["data"] and "at_batch" not in response["regimes-asked"]["data"]
    moved = values | link | {"regimes-tp.value": 4}
    response = ask(client, "..regimes-url.search", moved, ["regimes-tp.value"])
    assert "tp=4" in response["regimes-url"]["search"] and "scheme=int4" in response["regimes-url"]["search"]


@pytest.mark.parametrize("page", served.all_pages(), ids=lambda page: page.id)
def test_every_control_of_every_page_sets_the_link(client, page):
    values = {
        f"{page.id}-{name}.value": controls.to_value(name, getattr(Selection(), name)) for name in page.control_names
    }
    for name in page.control_names:
        moved = 3 if name in controls.NUMBERS else f"{name} of mine"
        if name in controls.SWITCHES:
            moved = [] if getattr(Selection(), name) else ["yes"]
        changed = f"{page.id}-{name}.value"
        response = ask(client, f"..{page.id}-url.search", values | {changed: moved}, [changed])
        assert getattr(parse_query(response[f"{page.id}-url"]["search"]), name) == controls.to_text(moved), name


def test_a_request_larger_than_any_upload_is_refused(client):
    answer = client.post(
        "/_dash-update-component", data=b"x" * (served.MAX_REQUEST_SIZE + 1), content_type="application/json"
    )
    assert answer.status_code in (400, 413)


def test_the_command_opens_this_machine_only(plugin):
    done = CliRunner().invoke(command_line.app, ["dashboard", "--no-browser"])
    assert done.exit_code == 0 and not done.stderr
    assert plugin == [(("127.0.0.1", 8050), {"browser": False})]


def test_another_host_is_warned_of(plugin):
    done = CliRunner().invoke(command_line.app, ["dashboard", "--host", "0.0.0.0", "--port", "9000", "--no-browser"])
    assert "open to whoever reaches this machine" in done.stderr and plugin[0][0] == ("0.0.0.0", 9000)


def test_without_dash_the_command_says_what_to_install(plugin, monkeypatch, capsys):
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
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError, match="try another --port"):
        served.main("127.0.0.1", taken.getsockname()[1], browser=False)
