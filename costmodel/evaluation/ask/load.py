"""Continuous batching: the static passes of a load, put together by the formulas of a closed loop of requests.

As many requests run as pool and scheduler allow; the others wait. A prompt's pass is evaluated with the decoding tokens
that ride along under engines that mix the two. What is compared is one concurrency, not one batch.
"""

from dataclasses import dataclass, replace

import numpy as np

from costmodel.evaluation.ask.intervals import interval_columns
from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.ask.step import compare_steps, largest_term, throughput_ratio, waterfall
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
OF_STEP = {  # inputs of the loop, and the terms of the decode step that supply them
    "decode_time": "step_time",
    "decode_forward_time": "forward_pass_time",
    "decode_attention_error": "attention_error",
    "decode_codec_error": "codec_error",
    "decode_shared_error": "shared_error",
    "decode_proxy_error": "proxy_kernel_error",
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


@dataclass(frozen=True, eq=False)
class ServedLoad:
    """A scheme under a load: the step of those that run, the pool, and the loop of requests."""

    step: Evaluator
    pool: Evaluator
    loop: Evaluator

    def as_step(self) -> Evaluator:
        """The loop's time and errors under the names that a step has, so that one comparison serves both."""
        values = {name: self.loop[term] for name, term in AS_STEP.items()}
        values |= {name: self.step[name] for name in ("pair_correlation", "proxy_kernel_error", "token_cost_error")}
        return Evaluator(values | {"batch": self.loop["running"]}, self.step.formulas)

    @property
    def fits(self) -> np.ndarray:
        """Whether the pool holds at least one request."""
        return drop_model_axes(self.pool["max_batch"]) >= 1


def serve_load(deployment: Deployment, scheme: Scheme, load: Load) -> ServedLoad:
    """The evaluators of a scheme on a deployment under a load, over the axes to which the arrays of the load broadcast."""
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
    of_step = {name: step[term] for name, term in OF_STEP.items()}
    loop = prompt.with_inputs(
        concurrency=with_model_axes(load.concurrency), running=with_model_axes(running), **of_step
    )
    return ServedLoad(step, pool, loop)


def load_times(served: ServedLoad) -> dict[str, np.ndarray]:
    """Time of a token, time to the first and tokens a second under load, with their 90 % ends, by column name."""
    loop, spread = served.loop, drop_model_axes(served.loop["served_spread"])
    columns = interval_columns("tpot_ms", 1e3 * drop_model_axes(loop["served_step_time"]), spread)
    columns |= interval_columns("ttft_ms", 1e3 * drop_model_axes(loop["served_ttft"]), spread)
    return columns | interval_columns("throughput_tok_s", drop_model_axes(loop["served_throughput"]), spread)


def load_columns(
    served: ServedLoad, baseline: ServedLoad, full: ServedLoad, baseline_full: ServedLoad
) -> dict[str, np.ndarray]:
    """Times, throughput and speed-ups under load by column name, with 90 % ends, and the binding term.

    ``served`` and ``baseline`` are under the same load; ``full`` and ``baseline_full`` each at their own largest batch, for
    the speed-up in capacity. Times in milliseconds, throughput in tokens a second.
    """
    is_itself = served is baseline
    same = compare_steps(served.as_step(), baseline.as_step())
    own = compare_steps(full.as_step(), baseline_full.as_step())
    spreads = [0.0 if is_itself else drop_model_axes(ratio["speedup_spread"]) for ratio in (same, own)]
    capacity = throughput_ratio(own, full.fits, baseline_full.fits)
    columns = load_times(served) | interval_columns("speedup", drop_model_axes(same["speedup"]), spreads[0])
    columns |= interval_columns("speedup_capacity", capacity, spreads[1])
    return columns | {"binding_term": binding_term_under_load(served)}


def binding_term_under_load(served: ServedLoad) -> np.ndarray:
    """The name of the term that takes most of the time per token: prompts, or a term of the decode step."""
    terms = waterfall(lambda name: drop_model_axes(served.step[name]))
    terms["prefill"] = drop_model_axes(served.loop["prompts_per_step"] * served.loop["interference_time"])
    return largest_term(terms)
