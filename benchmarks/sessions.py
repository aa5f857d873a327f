"""Many people at the dashboard at once: errors, how long its answers take, and whether its memory stays.

``python -m benchmarks.sessions`` starts the command line's own server and 150 sessions for 60 s. A session does what a browser
does: the document, its layout and callbacks, then the view; every few seconds a control moves or another page opens. Each
answer counts from the request to its last byte.
"""

import argparse
import collections
import http.client
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from dashboards.app import all_pages, build
from dashboards.controls import control_id, to_value
from dashboards.selection import Selection, format_query, restrict_to

MODELS = ("llama-3.1-8b", "llama-3.1-70b", "qwen3-32b", "qwen3-235b-a22b", "llama-2-7b")
GPUS = ("h100-sxm", "h200-sxm", "b200-sxm")
SCHEMES = ("fp8", "int4", "kivi-2bit", "h2o")
UPDATE = "/_dash-update-component"
STAYS = 0.2  # of the moves open another page
TIMEOUT = 30  # seconds until a session gives an answer up


class Session(threading.Thread):
    """One person: asks, thinks, asks again until the time is over; ``answers`` holds (kind, seconds), ``errors`` what failed."""

    def __init__(self, number: int, address: str, until: float, pause: float):
        super().__init__(daemon=True)
        self.random, self.address, self.until, self.pause = random.Random(number), address, until, pause
        self.answers: list[tuple[str, float]] = []
        self.errors: list[str] = []
        self.selection, self.page = Selection(), all_pages()[0]

    def run(self) -> None:
        time.sleep(self.random.uniform(0, self.pause))
        for path in ("/", "/_dash-layout", "/_dash-dependencies"):
            self.ask("document", path)
        self.open_page()
        while time.monotonic() < self.until:
            time.sleep(self.random.uniform(0.5, 1.5) * self.pause)
            if self.random.random() < STAYS:
                self.page = self.random.choice([page for page in all_pages() if page.id != "referee"])
                self.open_page()
            else:
                self.move()

    def ask(self, kind: str, path: str, body: dict | None = None) -> bytes:
        began = time.monotonic()
        connection = http.client.HTTPConnection(self.address, timeout=TIMEOUT)
        try:
            if body is None:
                connection.request("GET", path)
            else:
                connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status not in (200, 204):
                self.errors.append(f"{kind}: status {answer.status}")
        except (OSError, http.client.HTTPException) as error:
            self.errors.append(f"{kind}: {type(error).__name__} {error}")
            content = b""
        finally:
            connection.close()
        self.answers.append((kind, time.monotonic() - began))
        return content

    def call(self, kind: str, output: str, changed: str, inputs: dict, state: dict) -> bytes:
        """Post a callback as the page does; ``inputs`` and ``state`` are values by property."""
        body = {"output": output, "outputs": outputs(output), "changedPropIds": [changed]}
        for key, values in (("inputs", inputs), ("state", state)):
            body[key] = [
                {"id": due["id"], "property": due["property"], "value": values.get(f"{due['id']}.{due['property']}")}
                if not due["id"].startswith("{")
                else []
                for due in CALLBACKS[output][key]
            ]
        return self.ask(kind, UPDATE, body)

    def open_page(self) -> None:
        self.call("page", "page.children", "url.pathname", {"url.pathname": self.page.path}, {})
        self.choose(f"{self.page.id}-url.search", {})

    def move(self) -> None:
        """One control of the page takes another value."""
        values = {
            "model": MODELS,
            "gpu": GPUS,
            "scheme": SCHEMES,
            "at_batch": ("8", "32"),
            "at_context": ("16K", "64K"),
        }
        name = self.random.choice([name for name in values if name in self.page.control_names] or ["gpu"])
        value = self.popular(values[name])
        self.choose(f"{control_id(self.page.id, name)}.value", {name: value})

    def popular(self, values: tuple[str, ...]) -> str:
        """One of the values, the first twice as often as the second, three times as often as the third."""
        return self.random.choices(values, [1 / place for place in range(1, len(values) + 1)])[0]

    def choose(self, changed: str, moved: dict) -> None:
        """The selection after a move, then the figures, as the page asks for both."""
        page = self.page
        query = format_query(self.selection)
        controls = {name: to_value(name, getattr(self.selection, name)) for name in page.control_names} | moved
        inputs = {f"{control_id(page.id, name)}.value": value for name, value in controls.items()}
        self.call("selection", find(f"..{page.id}-url.search"), changed, inputs | {f"{page.id}-url.search": query}, {})
        self.selection = Selection(**vars(self.selection) | moved)
        link = format_query(restrict_to(self.selection, page.fields))
        content = self.call(
            "figures", find(f"..{page.id}-above.children"), f"{page.id}-asked.data", {f"{page.id}-asked.data": link}, {}
        )
        if content and f'"{page.id}-message":{{"children":null,"hidden":true}}'.encode() not in content:
            self.errors.append(f"figures: {page.id} {link}: {content[:300]!r}")


CALLBACKS = build().callback_map


def find(start: str) -> str:
    return next(output for output in CALLBACKS if output.startswith(start))


def outputs(output: str):
    parts = [dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in output.strip(".").split("...")]
    return parts if output.startswith("..") else parts[0]


def memory(process: subprocess.Popen) -> float:
    """Resident memory of the server in MiB; not a number where the system does not tell."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return float("nan")
    return float(status.partition("VmRSS:")[2].split()[0]) / 1024


def start_server() -> tuple[subprocess.Popen, str]:
    command = [sys.executable, "-m", "costmodel", "dashboard", "--no-browser", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    address = server.stdout.readline().partition("http://")[2].partition("/")[0]
    return server, address


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def report(answers: list[tuple[str, float]]) -> None:
    kinds = collections.defaultdict(list)
    for kind, seconds in answers:
        kinds[kind].append(seconds)
    for kind, seconds in {**kinds, "all answers": [seconds for _, seconds in answers]}.items():
        print(
            f"{kind:12} n {len(seconds):6,}   p50 {1e3 * statistics.median(seconds):6.0f} ms   "
            f"p99 {1e3 * quantile(seconds, 0.99):6.0f} ms   slowest {1e3 * max(seconds):6.0f} ms"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=60.0, help="of one round")
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds between the moves of a person")
    parser.add_argument(
        "--rounds", type=int, default=2, help="by the same server: the second shows whether memory stays"
    )
    stated = parser.parse_args()
    server, address = start_server()
    failed = 0
    try:
        print(f"server at {address}: {memory(server):.0f} MiB at the start")
        for number in range(stated.rounds):
            until = time.monotonic() + stated.seconds
            people = [Session(1000 * number + each, address, until, stated.pause) for each in range(stated.sessions)]
            for person in people:
                person.start()
            for person in people:
                person.join()
            errors = collections.Counter(error for person in people for error in person.errors)
            failed += errors.total()
            print(
                f"\nround {number + 1}: {len(people)} sessions, {stated.seconds:g} s, {errors.total()} errors, "
                f"{memory(server):.0f} MiB at the end"
            )
            report([answer for person in people for answer in person.answers])
            for error, count in errors.most_common(5):
                print(f"  {count} × {error}")
    finally:
        server.terminate()
        server.wait()
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
