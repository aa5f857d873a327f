"""Runs of a serving benchmark: what ``vllm bench serve --save-result`` and SGLang's bench_serving write.

One row per run in the columns of ``costmodel predict`` (mode serving), with ``tpot_ms``, ``ttft_ms`` and their provenance.
"""

import re

from calibration.data.result_fields import Result
from costmodel.errors import FactError, UnknownName
from costmodel.facts import store

RUN_KEYS = ("model", "gpu", "tp", "engine", "engine_version", "weight_dtype", "scheme")  # as --metadata may state them
MIN_ANSWERED_FRACTION = 0.99  # of the requests
MILLI = 1e3
ANY_SERVER = ("openai", "infinity", "custom")  # interfaces that every engine may have
ENDPOINT = re.compile(r"-(oai|openai|chat|native|embeddings?|completions?)\b.*$")  # how one engine is asked
ENGINES = {"trt": "tensorrt-llm", "llama.cpp": "llama-cpp"}


def vllm_row(run: Result) -> dict:
    """The row of a run of ``vllm bench serve``; ``--metadata key=value`` may name GPU, ranks and types."""
    stated = {key: run.text(key) for key in RUN_KEYS if key in run.values}
    return {
        "engine": _engine(run, "vllm"),
        "model": run.text("model_id"),
        **stated,
        **_measured(run),
        "date": run.text("date") or "",
    }


def sglang_row(run: Result) -> dict:
    """The row of a run of SGLang's bench_serving; newer versions state the server's model and ranks."""
    server = run.table("server_info")
    model = server.text("model_path") or run.text("model_id")
    return {
        "engine": _engine(run, "sglang"),
        "model": model,
        "tp": server.text("tp_size"),
        **_measured(run),
        "date": "",
    }


def _engine(run: Result, usual: str) -> str:
    """The engine that a run asked, by its ``backend`` (older: ``endpoint_type``); the tool's own where any may answer."""
    key = next((key for key in ("backend", "endpoint_type") if run.values.get(key) is not None), None)
    name = run.text(key) if key else None
    if name is None or name.lower().startswith(ANY_SERVER):
        return usual
    bare = ENDPOINT.sub("", name.lower())
    try:
        return store.resolve("engines", ENGINES.get(bare, bare))
    except UnknownName as error:
        raise FactError(f"{run.location}: {key}: {error}") from error


def _measured(run: Result) -> dict:
    """Concurrency, mean lengths and times of one run; FactError for what cannot be a steady load."""
    completed, requested = int(run.number("completed")), run.optional_number("num_prompts")
    requested = int(requested or completed)
    if completed < 1 or completed < MIN_ANSWERED_FRACTION * requested:
        raise FactError(
            f"{run.location}: {completed} of {requested} requests were answered: a failed run says nothing about a load"
        )
    tpot, ttft = run.positive("mean_tpot_ms"), run.number("mean_ttft_ms")
    prompt, generated = (run.number(f"total_{name}_tokens") / completed for name in ("input", "output"))
    if generated < 2:
        raise FactError(f"{run.location}: {generated:g} output tokens per request: a time per output token needs two")
    return {
        "concurrency": _concurrency(run, completed, ttft + tpot * (generated - 1)),
        "prompt_len": prompt,
        "gen_len": generated,
        "tpot_ms": tpot,
        "ttft_ms": ttft,
        "source": run.location,
    }


def _concurrency(run: Result, completed: int, residence_ms: float) -> float:
    """Requests in flight: the cap where requests waited for it, else by Little's law from the rate of answers.

    A run of no more requests than its cap never reached it.
    """
    cap, observed = run.optional_number("max_concurrency"), run.optional_number("concurrency")
    open_loop = str(run.values.get("request_rate", "inf")).lower() not in ("inf", "infinity")
    if cap and completed > cap and not open_loop:
        return cap
    if observed:
        return observed
    return max(completed / run.positive("duration") * residence_ms / MILLI, 1.0)
