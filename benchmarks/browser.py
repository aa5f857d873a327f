"""How long a visitor waits: the first map after the server is up, and what the browser adds when the slider moves.

``python benchmarks/browser.py`` starts the command line's own server and a headless Chromium (Debian's, through Playwright).
A move counts from the key that moves the slider to the map drawn anew; the server's part is that of its answer.
"""

import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

from playwright.sync_api import sync_playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
LINK = "/?batch=100:1000:100&context=2K:30K:100&model=llama-3.2-1b"
DRAWN = """new Promise(done => {
  const plot = () => document.querySelector('#regimes-map-graph .js-plotly-plot');
  const look = () => plot() && plot().on && document.querySelector('#regimes-map-graph .heatmaplayer image')
    ? done() : requestAnimationFrame(look);
  look();
})"""
# Ends with the frame after Plotly has drawn; the answer's own time is what the browser measured of that request.
MOVE_TIMED = """key => new Promise(done => {
  const plot = document.querySelector('#regimes-map-graph .js-plotly-plot');
  const begun = performance.now();
  performance.clearResourceTimings();
  plot.once('plotly_afterplot', () => requestAnimationFrame(() => {
    const asked = performance.getEntriesByType('resource').filter(each => each.name.includes('_dash-update-component'));
    const largest = asked.reduce((a, b) => a.encodedBodySize > b.encodedBodySize ? a : b);
    done([performance.now() - begun, largest.responseEnd - largest.requestStart]);
  }));
  window.pressed = key;
})"""


def start_server():
    """The server as a person starts it, and its address; seconds until it said that it is up."""
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "costmodel", "dashboard", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    address = re.search(r"http://\S+", server.stdout.readline()).group().rstrip("/")
    return server, address, time.perf_counter() - began


def report(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    high = ordered[round(0.95 * (len(ordered) - 1))]
    print(f"{name:52} median {statistics.median(ordered):6.0f} ms   p95 {high:6.0f} ms   n {len(ordered)}")


def move_slider(tab, keys: list[str]) -> list[tuple[float, float]]:
    """(whole, server) milliseconds of each move of the slider."""
    thumb, durations = tab.locator("#regimes-size [role=slider]"), []
    for key in keys:
        thumb.focus()
        waiting = tab.evaluate_handle(f"() => ({{done: ({MOVE_TIMED})({key!r})}})")
        tab.keyboard.press(key)
        durations.append(tuple(waiting.evaluate("pending => pending.done")))
        tab.wait_for_timeout(800)  # what else the move asks for is answered before the next
    return durations


def main() -> None:
    server, address, up = start_server()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path, args=FLAGS)
            tab = browser.new_page(viewport={"width": 1280, "height": 900})
            began = time.perf_counter()
            tab.goto(address + "/")
            paint = tab.evaluate("new Promise(done => new PerformanceObserver(list => done(list.getEntries()[0].startTime))"
                                 ".observe({type: 'paint', buffered: true}))")  # fmt: skip
            tab.evaluate(DRAWN)
            first = time.perf_counter() - began
            print(
                f"server says that it is up after {up:.1f} s; first paint {paint:.0f} ms, first map {1e3 * first:.0f} ms later"
            )
            tab.goto(address + LINK)
            tab.evaluate(DRAWN)
            tab.wait_for_timeout(2000)
            there, back = ["ArrowRight"] * 6, ["ArrowLeft"] * 6
            for name, keys in (("cold", there), ("seen", back + there + back)):
                pairs = move_slider(tab, keys)
                report(f"a move of the slider, {name}: all", [whole for whole, _ in pairs])
                report(f"a move of the slider, {name}: the map's answer", [part for _, part in pairs])
                report(f"a move of the slider, {name}: on top of the answer", [whole - part for whole, part in pairs])
            browser.close()
        with urllib.request.urlopen(address) as page:
            assert page.status == 200
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
