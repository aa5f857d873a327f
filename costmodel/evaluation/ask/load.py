"""Continuous batching: the static pass tables of a load, put together by the formulas of a closed loop of requests.

As many requests run as pool and scheduler allow; the others wait. A prompt's pass is evaluated with the decoding tokens
that ride along under engines that mix the two. What is held against what is one concurrency, not one batch.
"""

from dataclasses import dataclass, replace

import numpy as np

from costmodel.evaluation.ask.outputs import (
    build_pool_evaluator,
    compare_steps,
    interval_columns,
    largest_term,
    throughput_ratio,
    waterfall,
)
from costmodel.evaluation.assemble.axes import drop_model_axes, with_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

AS_STEP = {
    "step_time": "served_step_time",
    "attention_error": "served_attention_error",
    "codec_error": "served_codec_error",
    "shared_error": "served_shared_error",
}


@dataclass(frozen=True, eq=False)
class Load:
    """A closed loop of requests that are alike, as arrays that broadcast; a context of NaN is the mean of those that run."""

    concurrency: np.ndarray
    prompt: np.ndarray
    generated: np.ndarray
    generated_cv: np.ndarray
    context: np.ndarray

    def at(self, concurrency: np.ndarray) -> "Load":
        """The same requests, that many of them in flight, at least one."""
        return replace(self, concurrency=np.maximum(concurrency, 1.0))


def serve(deployment: Deployment, scheme: Scheme, load: Load) -> dict[str, Evaluator]:
    """The evaluators ``step`` (those that run), ``pool`` and ``served`` (the loop) of a scheme under a load."""
    lengths = {"prompt": load.prompt, "generated": load.generated, "generated_cv": load.generated_cv}
    mean = drop_model_axes(build_evaluator(deployment, scheme, 1.0, load.prompt, **lengths)["running_context"])
    context = np.where(np.isnan(load.context), mean, load.context)
    pool = build_pool_evaluator(deployment, scheme, context, **lengths)
    running = np.minimum(load.concurrency, np.maximum(drop_model_axes(pool["max_batch"]), 1.0))
    step = build_evaluator(deployment, scheme, running, context, **lengths)
    riding = running * deployment.engine.numbers["mixed_batches"]
    prompt = build_prefill_evaluator(
        deployment, scheme, load.prompt, riding, generated=load.generated, generated_cv=load.generated_cv
    )
    told = {"decode_time": "step_time", "decode_forward_time": "forward_pass_time"}
    told |= {f"decode_{name}": name for name in ("attention_error", "codec_error", "shared_error")}
    told["decode_proxy_error"] = "proxy_kernel_error"
    loop = {name: step[term] for name, term in told.items()}
    served = prompt.with_inputs(concurrency=with_model_axes(load.concurrency), running=with_model_axes(running), **loop)
    return {"step": step, "pool": pool, "served": served}


def times(made: dict[str, Evaluator]) -> dict[str, np.ndarray]:
    """Time of a token, time to the first and tokens a second under load, with their 90 % ends, by column name."""
    served, spread = made["served"], drop_model_axes(made["served"]["served_spread"])
    found = interval_columns("tpot_ms", 1e3 * drop_model_axes(served["served_step_time"]), spread)
    found |= interval_columns("ttft_ms", 1e3 * drop_model_axes(served["served_ttft"]), spread)
    return found | interval_columns("throughput_tok_s", drop_model_axes(served["served_throughput"]), spread)


def columns(ours: dict[str, Evaluator], theirs: dict[str, Evaluator], full: tuple[dict, dict]) -> dict[str, np.ndarray]:
    """Times, throughput and speed-ups under load by column name; ``full`` holds both at their own largest batch."""
    found = times(ours)
    same = compare_steps(*map(_as_step, (ours, theirs)))
    itself = 0.0 if ours is theirs else 1.0
    found |= interval_columns(
        "speedup", drop_model_axes(same["speedup"]), itself * drop_model_axes(same["speedup_spread"])
    )
    own, fits = compare_steps(*map(_as_step, full)), [drop_model_axes(side["pool"]["max_batch"]) >= 1 for side in full]
    ratio = throughput_ratio(own, *fits)
    found |= interval_columns("speedup_capacity", ratio, itself * drop_model_axes(own["speedup_spread"]))
    return found | {"binding_term": binding(ours)}


def binding(made: dict[str, Evaluator]) -> np.ndarray:
    """The name of the term that takes most of the time per token: prompts, or a term of the decode step."""
    terms = waterfall(lambda name: drop_model_axes(made["step"][name]))
    terms["prefill"] = drop_model_axes(made["served"]["prompts_per_step"] * made["served"]["interference_time"])
    return largest_term(terms)


def _as_step(made: dict[str, Evaluator]) -> Evaluator:
    """The loop's time and errors under the names that a step has, so that one comparison serves both."""
    values = {name: made["served"][term] for name, term in AS_STEP.items()}
    values |= {name: made["step"][name] for name in ("pair_correlation", "proxy_kernel_error", "token_cost_error")}
    values["batch"] = made["served"]["running"]
    return Evaluator(values, made["step"].formulas)
