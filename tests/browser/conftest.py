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

INSTALL_HINT = "apt-get install chromium, and pip install '.[test]' for Playwright"
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
TIMEOUT = 20_000  # milliseconds
SEARCH = 90_000  # of a search or a report


def _missing(reason: str):
    if os.environ.get("COSTMODEL_BROWSER") == "required":
        pytest.fail(f"{reason}: {INSTALL_HINT}", pytrace=False)
    pytest.skip(f"{reason}: {INSTALL_HINT}")


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
        chromium = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


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
    """One tab: opens links, waits until no callback is running, and collects errors."""

    def __init__(self, tab, address):
        self.tab, self.address, self.errors = tab, address, []
        host = urllib.parse.urlsplit(address).netloc
        tab.set_default_timeout(TIMEOUT)
        tab.on("console", lambda entry: self.errors.append(entry.text) if entry.type == "error" else None)
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.running = 0
        tab.on("request", lambda request: self._count_request(request.url, host))
        tab.on("requestfinished", lambda request: self._count_response())
        tab.on("requestfailed", lambda request: self._count_response())

    def _count_response(self):
        self.running -= 1

    def _count_request(self, url, host):
        self.running += 1
        parts = urllib.parse.urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            self.errors.append(f"requested {url}")

    def open(self, link: str):
        self.tab.goto(self.address + link)
        self.settle()
        return self

    def settle(self):
        """Until the page has said or drawn something and no callback is under way."""
        self.tab.wait_for_selector(
            ".shown section, .message:not([hidden]), main.plain", state="attached", timeout=SEARCH
        )
        quiet = 0
        while quiet < 3:
            self.tab.wait_for_timeout(40)
            quiet = 0 if self.running else quiet + 1
        self.until("!document.querySelector('[data-dash-is-loading=true]')")
        return self.until("!document.querySelector('.tex:not(:has(.katex))')")

    def until(self, condition: str):
        """Until an expression of the page is true; asked from here, since the page's own policy forbids to evaluate text."""
        deadline = time.monotonic() + TIMEOUT / 1000
        while not self.tab.evaluate(condition):
            assert time.monotonic() < deadline, f"never came: {condition}"
            self.tab.wait_for_timeout(40)
        return self

    def hold(self, part: str) -> list:
        """Hold back the next requests whose body contains ``part``; the list fills with them, for ``release``."""
        held = []

        def decide(route):
            if part in (route.request.post_data or ""):
                held.append(route)
            else:
                route.continue_()

        self.tab.route("**/_dash-update-component*", decide)
        return held

    def release(self, held: list):
        """Wait for a request to be held, and let all go."""
        deadline = time.monotonic() + TIMEOUT / 1000
        while not held:
            assert time.monotonic() < deadline, "nothing was requested"
            self.tab.wait_for_timeout(40)
        for route in held:
            route.continue_()
        self.tab.unroute("**/_dash-update-component*")
        return self

    def says(self, selector: str, text: str):
        """Until a part of the page contains a text."""
        return self.until(f"(document.querySelector({selector!r})?.textContent || '').includes({text!r})")

    def tidy(self):
        """Until nothing lies on anything else or sticks out, twice running, since figures are drawn anew as widths change."""
        script, deadline, clean = LAYOUT.read_text(encoding="utf-8"), time.monotonic() + TIMEOUT / 1000, 0
        while clean < 2:
            overlaps = self.tab.evaluate(script)
            clean = 0 if overlaps else clean + 1
            assert time.monotonic() < deadline, overlaps
            self.tab.wait_for_timeout(80)
        return self

    @property
    def selection(self) -> dict:
        """The selection in the address."""
        query = urllib.parse.urlsplit(self.tab.url).query
        return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))

    def linked(self, **fields):
        """Until the address says so."""
        query = "new URLSearchParams(location.search)"
        return self.until(" && ".join(f"{query}.get({name!r}) === {value!r}" for name, value in fields.items()))

    def wait_for(self, **fields):
        """Until the address says so, and the page has followed."""
        return self.linked(**fields).settle()

    def choose(self, control: str, label: str):
        """An entry of a dropdown, found by typing and chosen by a click."""
        self.tab.locator(f"#{control}").click()
        search = self.tab.locator(".dash-dropdown-content .dash-dropdown-search")
        if search.count():
            search.fill(label)
        self.tab.locator(".dash-dropdown-content .dash-dropdown-option", has_text=label).first.click()
        self.tab.keyboard.press("Escape")

    def type(self, control: str, text: str):
        """A text in a field, and the key that ends it."""
        self.tab.locator(f"#{control}").fill(text)
        self.tab.locator(f"#{control}").press("Enter")

    def serious(self) -> list[str]:
        """What axe finds of serious or critical weight."""
        if not self.tab.evaluate("!!window.axe"):
            self.tab.evaluate(AXE.read_text(encoding="utf-8"))
        violations = self.tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
            if not (violation["id"] == COMMAS[0] and COMMAS[1] in node["html"])
        ]


@pytest.fixture(scope="session")
def context(browser):
    """What the tabs share: scripts that were fetched and compiled once. What a visitor chose goes with the tab."""
    shared = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield shared
    shared.close()


@pytest.fixture
def visit(context, address):
    tab = Visit(context.new_page(), address)
    yield tab
    tab.tab.evaluate("localStorage.clear()")
    tab.tab.close()
    assert not tab.errors, "the browser's console, and requests to other hosts"
