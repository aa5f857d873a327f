"""A server of our own and Debian's Chromium, driven by Playwright; every page is watched for errors and for other hosts.

Where there is no browser the tests are skipped and say how to get one; COSTMODEL_BROWSER=required makes that a failure.
"""

import os
import shutil
import threading
import time
import urllib.parse
from pathlib import Path

import pytest

HOW = "apt-get install chromium, and pip install '.[test]' for Playwright"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
AXE = Path(__file__).parent / "axe" / "axe.min.js"
# Dash writes the commas between the values of a list in CSS; axe hears them and does not see them.
LAYOUT = Path(__file__).with_name("layout.js")
COMMAS = ("label-content-name-mismatch", "-schemes-label")
# One small selection for most tests, so that what one of them computed is there for the next.
PATIENCE = 20_000  # milliseconds until a thing that must come is given up


def _missing(reason: str):
    if os.environ.get("COSTMODEL_BROWSER") == "required":
        pytest.fail(f"{reason}: {HOW}", pytrace=False)
    pytest.skip(f"{reason}: {HOW}")


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("needs Playwright")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        _missing("needs a browser")
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def address(browser):
    """The dashboard on a free port, in a thread of this process."""
    pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")
    from werkzeug.serving import make_server

    from dashboards.app import build

    server = make_server("127.0.0.1", 0, build().server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Visit:
    """One tab: opens links, waits until nothing is under way, and knows what went wrong."""

    def __init__(self, tab, address):
        self.tab, self.address, self.wrong = tab, address, []
        host = urllib.parse.urlsplit(address).netloc
        tab.set_default_timeout(PATIENCE)
        tab.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.under_way = 0
        tab.on("request", lambda request: self._asked(request.url, host))
        tab.on("requestfinished", lambda request: self._answered())
        tab.on("requestfailed", lambda request: self._answered())

    def _answered(self):
        self.under_way -= 1

    def _asked(self, url, host):
        self.under_way += 1
        parts = urllib.parse.urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            self.wrong.append(f"asked {url}")

    def open(self, link: str):
        self.tab.goto(self.address + link)
        self.settle()
        return self

    def settle(self):
        """Until the page has said or drawn something and no callback is under way."""
        self.tab.wait_for_selector(".shown section, .message:not([hidden]), main.plain", state="attached")
        quiet = 0
        while quiet < 3:
            self.tab.wait_for_timeout(40)
            quiet = 0 if self.under_way else quiet + 1
        self.until("!document.querySelector('[data-dash-is-loading=true]')")
        return self.until("!document.querySelector('.tex:not(:has(.katex))')")

    def until(self, condition: str):
        """Until an expression of the page is true; asked from here, since the page's own policy forbids to evaluate text."""
        last = time.monotonic() + PATIENCE / 1000
        while not self.tab.evaluate(condition):
            assert time.monotonic() < last, f"never came: {condition}"
            self.tab.wait_for_timeout(40)
        return self

    def says(self, place: str, words: str):
        """Until a part of the page holds these words."""
        return self.until(f"(document.querySelector({place!r})?.textContent || '').includes({words!r})")

    def tidy(self):
        """Until nothing lies on anything else or sticks out, twice running, since figures are drawn anew as widths change."""
        look, last, clean = LAYOUT.read_text(encoding="utf-8"), time.monotonic() + PATIENCE / 1000, 0
        while clean < 2:
            found = self.tab.evaluate(look)
            clean = 0 if found else clean + 1
            assert time.monotonic() < last, found
            self.tab.wait_for_timeout(80)
        return self

    @property
    def chosen(self) -> dict:
        """The selection in the address."""
        query = urllib.parse.urlsplit(self.tab.url).query
        return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))

    def linked(self, **chosen):
        """Until the address says so."""
        query = "new URLSearchParams(location.search)"
        return self.until(" && ".join(f"{query}.get({name!r}) === {value!r}" for name, value in chosen.items()))

    def wait_for(self, **chosen):
        """Until the address says so, and the page has followed."""
        return self.linked(**chosen).settle()

    def choose(self, control: str, word: str):
        """An entry of a dropdown, found by typing and chosen by a click."""
        self.tab.locator(f"#{control}").click()
        search = self.tab.locator(".dash-dropdown-content .dash-dropdown-search")
        if search.count():
            search.fill(word)
        self.tab.locator(".dash-dropdown-content .dash-dropdown-option", has_text=word).first.click()
        self.tab.keyboard.press("Escape")

    def type(self, control: str, words: str):
        """A text in a field, and the key that ends it."""
        self.tab.locator(f"#{control}").fill(words)
        self.tab.locator(f"#{control}").press("Enter")

    def serious(self) -> list[str]:
        """What axe finds of serious or critical weight."""
        if not self.tab.evaluate("!!window.axe"):
            self.tab.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for violation in found
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
            if not (violation["id"] == COMMAS[0] and COMMAS[1] in node["html"])
        ]


@pytest.fixture(scope="session")
def context(browser):
    """What the tabs share: scripts that were fetched and compiled once. What a visitor chose goes with the tab."""
    made = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield made
    made.close()


@pytest.fixture
def visit(context, address):
    made = Visit(context.new_page(), address)
    yield made
    made.tab.evaluate("localStorage.clear()")
    made.tab.close()
    assert not made.wrong, "the browser's console, and requests to other hosts"
