"""Speed of the replay, leaping over steps in which nothing changes, against every step: ``python benchmarks/replay.py``.

Both run in turns in one process, so that a busy machine slows both alike. Steps are decode steps of the whole batch.
"""

import time
from functools import partial

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress.replay import Scheduler, costs_of, random_arrivals

ROUNDS = 3
# Requests a second, mean prompt, mean output: light, near the end of the pool, always full.
LOADS = {"light": (0.5, 2000, 2000), "busy": (2.0, 2000, 1000), "full": (4.0, 4000, 1000)}
REQUESTS = 1000


def replay(costs, arrivals, policy, leaps: bool) -> tuple[float, int]:
    """Seconds that a replay takes, and its decode steps."""
    start = time.perf_counter()
    replayed = Scheduler(costs, arrivals, policy, leaps=leaps).run()
    return time.perf_counter() - start, replayed.steps


def main() -> None:
    """Print steps a second with and without leaps, and their ratio."""
    print(f"{'engine':14}{'admission':22}{'load':8}{'steps':>10}{'leaping/s':>12}{'by step/s':>12}{'ratio':>8}")
    for engine in ("vllm", "tensorrt-llm", "sglang"):
        deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine=engine)
        costs = costs_of(deployment, load_scheme("none"))
        for policy in deployment.engine.admissions:
            for name, (rate, prompt, output) in LOADS.items():
                arrivals = random_arrivals(REQUESTS, rate, 1.0, (prompt, 0.5), (output, 1.0), seed=1)
                kinds = [partial(replay, costs, arrivals, policy, leaps) for leaps in (True, False)]
                rounds = [[kind() for kind in kinds] for _ in range(ROUNDS)]
                leaping, plain = (max(runs[kind][1] / runs[kind][0] for runs in rounds) for kind in (0, 1))
                steps = rounds[0][0][1]
                print(
                    f"{engine:14}{policy.name:22}{name:8}{steps:10,}{leaping:12,.0f}{plain:12,.0f}{leaping / plain:8.1f}"
                )


if __name__ == "__main__":
    main()
