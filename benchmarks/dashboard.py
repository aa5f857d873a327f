"""How long the server takes to answer a page: cold (never seen), seen before, and 32 people who move a slider at once.

``python benchmarks/dashboard.py``. The answer is timed as the browser asks for it, through Flask, JSON included; what the
browser adds is timed by ``browser.py``. A move of the slider redraws 100 × 100 cells of four schemes in three comparisons.
"""

import itertools
import json
import statistics
import threading
import time

from dashboards.app import all_pages, build
from dashboards.page import view
from dashboards.selection import Selection, format_query, restrict_to

MODELS = ("llama-3.2-1b", "llama-2-7b", "llama-3.1-8b", "qwen3-32b", "llama-3.1-70b", "llama-3.1-405b", "deepseek-v3")
GPUS = ("h200-sxm", "b200-sxm", "b300-sxm")
MAP = {"batch": "100:1000:100", "context": "2K:30K:100"}  # whole numbers that do not fall together: 100 × 100
HIDDEN = '"{}-message":{{"children":null,"hidden":true}}'  # no mistake was said
PEOPLE, MOVES = 32, 20


def asker():
    """A function that asks for a page's figures as a browser does, and returns seconds and bytes."""
    client = build().server.test_client()
    graph = client.get("/_dash-dependencies").get_json()

    def ask(page, selection):
        callback = next(node for node in graph if node["output"].startswith(f"..{page.id}-above.children"))
        parts = [part.rsplit(".", 1) for part in callback["output"].strip(".").split("...")]
        link = format_query(restrict_to(selection, page.fields))
        body = {"output": callback["output"], "outputs": [{"id": i, "property": p} for i, p in parts],
                "changedPropIds": [f"{page.id}-asked.data"],
                "inputs": [{"id": f"{page.id}-asked", "property": "data", "value": link}],
                "state": [{"id": f"{page.id}-good", "property": "data", "value": None}]}  # fmt: skip
        began = time.perf_counter()
        answer = client.post("/_dash-update-component", json=body)
        seconds = time.perf_counter() - began
        assert answer.status_code == 200
        if HIDDEN.format(page.id).encode() not in answer.data:  # parsing every answer would be work of the crowd's own
            raise AssertionError(json.dumps(answer.get_json()["response"][f"{page.id}-message"]))
        return seconds, len(answer.data)

    return ask


def report(name: str, seconds: list[float], size: int) -> None:
    seconds = sorted(seconds)
    p95 = seconds[min(len(seconds) - 1, round(0.95 * (len(seconds) - 1)))]
    middle = statistics.median(seconds)
    print(
        f"{name:46} median {1e3 * middle:6.0f} ms   p95 {1e3 * p95:6.0f} ms   n {len(seconds):3}   {size / 1e6:.2f} MB"
    )


def main() -> None:
    ask = asker()
    first, *others = all_pages()
    views = [Selection(model=m, gpu=g, **MAP) for m, g in itertools.product(MODELS, GPUS)]
    ask(first, Selection())
    cold = [ask(first, selection) for selection in views]
    seen = [ask(first, selection)[0] for selection in views for _ in range(3)]
    report("regimes, cold", [seconds for seconds, _ in cold], cold[-1][1])
    report("regimes, seen", seen, cold[-1][1])
    for page in others:
        ask(page, Selection(gpu="h200-sxm"))
        pair = [ask(page, Selection(model=m)) for m in MODELS[:4]]
        report(f"{page.id}, cold", [seconds for seconds, _ in pair], pair[-1][1])
        report(f"{page.id}, seen", [ask(page, Selection(model=m))[0] for m in MODELS[:4]], pair[-1][1])
    for people, name in ((views[::3], "one GPU, 7 views"), (views, "three GPUs, 21 views")):
        view.clear()
        build().server.responses.clear()
        report(f"{PEOPLE} people, all cold: {name}", crowd(first, people), 0)


def crowd(page, views) -> list[float]:
    """Seconds of every answer while many move a slider once a second among the same views, none of them seen before."""
    ask, durations = asker(), []

    def person(number):
        for move in range(MOVES):
            began = time.perf_counter()
            durations.append(ask(page, views[(number + move) % len(views)])[0])
            time.sleep(max(0.0, 1.0 - (time.perf_counter() - began)))

    threads = [threading.Thread(target=person, args=(n,)) for n in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return durations


if __name__ == "__main__":
    main()
