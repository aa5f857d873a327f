"""Everything that is measured on one started engine, one record at a time, within a budget of seconds.

What every KV type must have comes first, whatever the budget: some decode points and their repeats, one first token, the
burst, lists of kernels at two batches. Further points, first tokens and lists are measured while time is left.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

from calibration.engine import bench_points
from calibration.engine.bench_points import DecodePoint
from calibration.engine.interface import BenchEngine, Setup
from calibration.engine.step_times import step_time
from costmodel.errors import InputError

MIN_POINTS = 8  # decode points that are measured on any budget
POINTS_SHARE = 0.6  # of the budget, for decode points beyond those
FIRST_TOKEN_RUNS = 3
MIN_KERNEL_LISTS = 2  # measured on any budget: the rest of a step is learnt from two batches at least
GROWTH = 1.5  # power of the length with which a first token is expected to grow: products grow with 1, attention with 2
# Requests, tokens of the prompt, tokens generated: compiles and allocates what no point shall pay for.
WARM_UP = (4, 256, 8)


def measure(
    engine: BenchEngine, setup: Setup, budget: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[dict]:
    """Records of an engine: ``what`` tells which, ``start`` first; ``budget`` in seconds, exceeded by what must be.

    Raises InputError where the engine's pool holds no point at all.
    """
    begin = clock()
    yield {"what": "start", **asdict(engine.facts)}
    points = bench_points.decode_points(engine.facts, setup.max_sequences)
    if not points:
        pool, limit = engine.facts.pool_tokens, engine.facts.max_context
        raise InputError(f"no point fits a pool of {pool:,} tokens and a context limit of {limit:,}")
    _warm_up(engine)
    measured = []
    for point in points:
        if len(measured) >= MIN_POINTS and clock() - begin > POINTS_SHARE * budget:
            break
        record = _decode_record(engine, point, repeat=False)
        measured += [point] if record["what"] == "step" else []
        yield record
    if not measured:
        raise InputError("no decode point ran with its whole batch")
    for point in bench_points.repeated_points(measured):
        yield _decode_record(engine, point, repeat=True)
    prompts = bench_points.first_token_prompts(engine.facts)
    yield from _first_token_records(engine, prompts[:1], begin + budget, clock, least=1)
    if shape := bench_points.burst_shape(engine.facts, setup.max_sequences):
        yield _burst_record(engine, *shape)
    yield from _first_token_records(engine, sorted(prompts[1:]), begin + budget, clock)
    # Last, for a profiler that ran once may slow down what comes after it.
    for index, point in enumerate(bench_points.kernel_points(engine.facts, setup.max_sequences)):
        if index >= MIN_KERNEL_LISTS and clock() >= begin + budget:
            break
        yield _kernels_record(engine, point)
    yield {"what": "end", "seconds": clock() - begin, "points": len(measured), "of": len(points)}


def _first_token_records(
    engine: BenchEngine, prompts: list[int], end: float, clock: Callable[[], float], least: int = 0
) -> Iterator[dict]:
    """First tokens in the order of the prompts, ``least`` of them in any case, each other only where it ends in time."""
    before, seconds = 0, 0.0
    for index, prompt_len in enumerate(prompts):
        expected = seconds * (prompt_len / before) ** GROWTH if before else 0.0
        if index >= least and clock() + expected >= end:
            return
        start = clock()
        yield _first_token_record(engine, prompt_len)
        before, seconds = prompt_len, clock() - start


def _warm_up(engine: BenchEngine) -> None:
    requests, prompt_len, generated = WARM_UP
    prompt_len = min(prompt_len, engine.facts.max_context - generated - bench_points.SPARE)
    engine.decode_steps(requests, prompt_len, generated)
    engine.burst(requests, prompt_len, generated)


def _decode_record(engine: BenchEngine, point: DecodePoint, repeat: bool) -> dict:
    """A decode point, or why it is left out: an engine that keeps some of its pool back does not run the fullest ones."""
    steps = engine.decode_steps(point.batch, point.prompt_len, bench_points.NEW_TOKENS)
    try:
        time = step_time(steps, point.batch, point.prompt_len)
    except InputError as error:
        return {"what": "left out", "reason": str(error)}
    return {"what": "step", **asdict(point), **asdict(time), "repeat": repeat}


def _first_token_record(engine: BenchEngine, prompt_len: int) -> dict:
    times = [1e3 * engine.first_token(prompt_len) for _ in range(FIRST_TOKEN_RUNS)]
    return {"what": "first token", "prompt_len": prompt_len, "ttft_ms": sorted(times)[len(times) // 2], "all_ms": times}


def _burst_record(engine: BenchEngine, requests: int, prompt_len: int, generated: int) -> dict:
    steps = engine.burst(requests, prompt_len, generated)
    return {
        "what": "burst",
        "requests": requests,
        "prompt_len": prompt_len,
        "gen_len": generated,
        "total_s": sum(steps.seconds),
        "first_token_s": [round(seconds, 4) for seconds in steps.first_tokens],
        "step_ms": [round(1e3 * seconds, 3) for seconds in steps.seconds],
        "step_tokens": list(steps.tokens),
    }


def _kernels_record(engine: BenchEngine, point: DecodePoint) -> dict:
    try:
        times = engine.kernels(point.batch, point.prompt_len)
    except InputError as error:
        return {"what": "left out", "reason": str(error)}
    return {"what": "kernels", **asdict(point), "kernels": [asdict(kernel) for kernel in times]}
