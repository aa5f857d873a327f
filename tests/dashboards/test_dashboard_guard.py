"""Whom the server answers, how long it waits, and what it lets out: hosts, frames, heads of requests, cells, paths, uploads."""

import http.client
import io
import socket
import threading

import pandas as pd
import pytest
from page_helpers import PAGES
from test_dashboard_uploads import CALLS, CONFIG, SCHEME, sent

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from costmodel.errors import InputError
from costmodel.facts import store
from dashboards import app as served
from dashboards import commands, downloads, resolve, server, step_breakdown, sync, upload_readers, uploads
from dashboards.page import view
from dashboards.selection import Selection, restrict_to


@pytest.fixture(scope="module")
def port():
    """The port of the application, served as ``costmodel dashboard`` serves it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = server.build_server(served.build().server, "127.0.0.1", listener)
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        running.shutdown()
        running.server_close()
        thread.join()


def status(port: int, host: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("GET", "/_dash-layout", skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_bound_host_is_answered(port, host):
    assert status(port, f"{host}:{port}") == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "10.0.0.7:{port}",
        "",
        "localhost.evil.example:{port}",
    ],
)
def test_any_other_host_is_refused(port, host):
    assert status(port, host.format(port=port)) == 421


@pytest.mark.parametrize(
    ("bound", "host", "is_own"),
    [
        ("10.0.0.7", "10.0.0.7:8050", True),
        ("10.0.0.7", "localhost:8050", False),
        ("::1", "[::1]:8050", True),
        ("box.lan", "BOX.lan:8050", True),
        ("0.0.0.0", "10.0.0.7:8050", True),
        ("0.0.0.0", "10.0.0.7:8051", False),
        ("0.0.0.0", "[fe80::1]:8050", True),
        ("0.0.0.0", "evil.example:8050", False),
        ("0.0.0.0", "10.0.0.7.evil.example:8050", False),
        ("::", "localhost:8050", True),
    ],
)
def test_hosts_of_other_addresses(bound, host, is_own):
    assert server.HostGuard(lambda *given: [], bound, 8050).is_own(host) == is_own


def test_no_page_may_frame_this_one():
    answer = served.build().server.test_client().get("/")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_a_head_that_does_not_end_is_hung_up_on(port, begun, monkeypatch):
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        peer.sendall(begun)
        while peer.recv(4096):  # an error page may come first; then the connection ends
            pass


def test_a_head_that_drips_is_hung_up_on(port, monkeypatch):
    """A byte at a time keeps every timeout between bytes from running out."""
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    stop = threading.Event()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")

        def drip():
            while not stop.wait(0.05):
                try:
                    peer.sendall(b"a")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            while peer.recv(4096):
                pass
        except ConnectionError:  # reset, since bytes came after the end
            pass
        finally:
            stop.set()
            dripping.join()


def test_what_a_spreadsheet_would_compute_is_text_in_a_download():
    cells = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "-1.5", "+3e2", "plain", "a=b", None]
    frame = pd.DataFrame({"=note": cells, "number": [-1.5] * len(cells)})
    text = downloads.to_csv(frame)
    read_back = pd.read_csv(io.StringIO(text))
    assert list(read_back.columns) == ["'=note", "number"] and list(read_back["number"]) == [-1.5] * len(cells)
    expected = ["'=cmd|' /C calc'!A0", "'+1+1", "'-2+3", "'@SUM(A1)", "'\t=1", "-1.5", "+3e2", "plain", "a=b"]
    assert list(read_back["'=note"])[:-1] == expected and pd.isna(read_back["'=note"].iloc[-1])
    assert list(frame.columns) == ["=note", "number"], "the table of the figure stays as it is"


def test_an_uploaded_table_with_formulas_comes_back_escaped():
    name = uploads.store_upload("measurements", "m.csv", sent(CALLS.assign(note="=1+1").to_csv(index=False)))
    query = f"?measured={name}"
    file = downloads.build_file(PAGES["calibration"], query, "parity", "csv")
    assert "=1+1" not in file["content"].replace("'=1+1", "")


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_page_shows_where_the_server_stores_a_file(page):
    scheme = uploads.store_upload("scheme", "my idea.toml", sent(SCHEME))
    model = uploads.store_upload("config", "config.json", sent(CONFIG))
    selection = Selection(
        model=model, scheme=scheme, schemes=f"fp8|{scheme}", batch="1,8", context="1K,8K", test="drift"
    )
    content = view(page, restrict_to(selection, page.fields))
    shown = [content.above, content.below, *(figure.command for figure in content.figures.values())]
    everything = "\n".join(map(str, shown))
    assert upload_readers.FOLDER.name not in everything and "upload:" not in everything.replace(
        f"'panel': '{scheme}'", ""
    )
    commands_shown = [figure.command for figure in content.figures.values()]
    if "model" in page.fields:
        assert all("--hf-config config.json" in command for command in commands_shown)
    if "schemes" in page.fields:
        assert any("--scheme 'my idea.toml'" in command for command in commands_shown)
    if page.point_fields:
        assert upload_readers.FOLDER.name not in str(step_breakdown.build_breakdown(selection))


def test_no_error_shows_where_the_server_stores_a_file():
    name = uploads.store_upload("scheme", "mine.toml", sent(SCHEME))
    path = uploads.scheme_path_of(name)
    assert uploads.without_paths(f"{path}: wrong") == "mine.toml: wrong"
    assert commands.visitors_name(path) == commands.visitors_name(name) == "mine.toml"


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass at once."""
    now = [1000.0]
    monkeypatch.setattr(uploads.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(uploads.threading, "Timer", lambda *given: threading.Timer(1e6, lambda: None))
    monkeypatch.setattr(uploads, "_is_watched", [True])
    monkeypatch.setattr(uploads, "_uploads", type(uploads._uploads)())
    monkeypatch.setattr(uploads, "_used", {})
    return now


def test_an_upload_expires_after_its_last_use(clock):
    scheme = uploads.store_upload("scheme", "mine.toml", sent(SCHEME))
    model = uploads.store_upload("config", "config.json", sent(CONFIG))
    path = uploads.find_upload(scheme, "scheme").content
    selection = Selection(model=model)
    assert resolve.deployment_of(selection).model.name == "mine"
    clock[0] += uploads.LIFETIME - 1
    assert uploads.find_upload(scheme, "scheme").content == path and path.exists()
    clock[0] += 2
    with pytest.raises(InputError, match=r"stores one for 4 hours after its last use, while it runs; upload it again"):
        uploads.model_of(model)
    with pytest.raises(InputError, match="no longer on the server"):
        resolve.deployment_of(selection), "what was computed from it is gone too"
    assert path.exists(), "used a moment ago"
    clock[0] += uploads.LIFETIME
    uploads.remove_expired()
    assert not path.exists() and not uploads._uploads and not uploads._used
    assert store.normal(uploads.without_paths(str(path))) == store.normal("an upload that is gone")


def test_uploads_are_watched_while_there_are_any(monkeypatch):
    started = []

    class Timer(threading.Timer):
        def start(self):
            started.append(self.interval)

    monkeypatch.setattr(uploads.threading, "Timer", Timer)
    monkeypatch.setattr(uploads, "_is_watched", [False])
    monkeypatch.setattr(uploads, "_uploads", type(uploads._uploads)())
    monkeypatch.setattr(uploads, "_used", {})
    for _ in range(2):
        uploads.store_upload("config", "config.json", sent(CONFIG))
    assert len(started) == 1 and started[0] == pytest.approx(uploads.LIFETIME, abs=60)
    uploads._watch()
    assert len(started) == 2
    uploads._uploads.clear()
    uploads._watch()
    assert len(started) == 2 and uploads._is_watched == [False]
    assert "for 4 hours after its last use" in sync.uploads.STORED
