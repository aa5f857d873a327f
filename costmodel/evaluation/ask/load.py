"""Continuous batching: the static passes of a load, put together by the formulas of a closed loop of requests.

As many requests run as pool and scheduler allow; the others wait. A prompt's pass is evaluated with the decoding tokens
that ride along under engines that mix the two. What is compared is one concurrency, not one batch.
"""

from dataclasses import dataclass, replace

import numpy as np

from costmodel.evaluation.ask.compare import Ratio, fitting_ratio
from costmodel.evaluation.ask.intervals import Z90, interval
from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.ask.step import compare_steps, largest_term, waterfall
from costmodel.evaluation.ask.verdicts import VERDICTS
from costmodel.evaluation.assemble.assembly import assemble, with_ideal_kernels
from costmodel.evaluation.assemble.axes import drop_model_axes, with_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.assemble.suffix import build_suffix_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.evidence import is_decisive

SERVED = (  # column, term of the loop, its log error, factor to the column's unit
    ("tpot_ms", "served_step_time", "served_tpot_spread", 1e3),
    ("ttft_ms", "served_ttft", "served_ttft_spread", 1e3),
    ("throughput_tok_s", "served_throughput", "served_tpot_spread", 1.0),
)
Room = tuple[np.ndarray, Evaluator]  # the mean context of the requests that run, and the pool that holds them
STEADY = 1e9  # waves after which nothing is left of how a load began
AS_STEP = {
    "step_time": "served_step_time",
    "attention_error": "served_attention_error",
    "codec_error": "served_codec_error",
    "shared_error": "served_shared_error",
}
OF_STEP = {  # inputs of the loop, and the terms of the decode step that supply them
    "decode_time": "server_step_time",
    "decode_forward_time": "forward_pass_time",
    "decode_attention_error": "attention_error",
    "decode_codec_error": "codec_error",
    "decode_shared_error": "shared_error",
    "decode_proxy_error": "proxy_kernel_error",
}


@dataclass(frozen=True, eq=False)
class Load:
    """A closed loop of requests that are alike, as arrays that broadcast; a context of NaN is the mean of those that run.

    ``waves`` is how many requests follow one another in a slot of a benchmark that opens with all slots at once,
    ``admission_steps`` the decode steps before the scheduler looks at a request, ``hit_rate`` the share of every prompt that
    the prefix cache holds, ``closed_loop`` 0 where requests come by themselves, at the pace that keeps so many in flight.
    """

    concurrency: np.ndarray
    prompt: np.ndarray
    generated: np.ndarray
    generated_cv: np.ndarray
    context: np.ndarray
    waves: np.ndarray | float = STEADY
    admission_steps: np.ndarray | float = 0.0
    hit_rate: np.ndarray | float = 0.0
    closed_loop: np.ndarray | float = 1.0

    def at(self, concurrency: np.ndarray) -> "Load":
        """The same requests, that many of them in flight, at least one."""
        return replace(self, concurrency=np.maximum(concurrency, 1.0))


@dataclass(frozen=True, eq=False)
class ServedLoad:
    """A scheme under a load: the step of those that run, the pool, and the loop of requests.

    ``fastest`` and ``slowest`` are the same with an ideal and with a slow kernel, where nobody measured the scheme's.
    """

    step: Evaluator
    pool: Evaluator
    loop: Evaluator
    fastest: "ServedLoad | None" = None
    slowest: "ServedLoad | None" = None

    def as_step(self) -> Evaluator:
        """The loop's time and errors under the names that a step has, so that one comparison serves both."""
        values = {name: self.loop[term] for name, term in AS_STEP.items()}
        values |= {name: self.step[name] for name in ("pair_correlation", "proxy_kernel_error", "token_cost_error")}
        return Evaluator(
            values | {"batch": self.loop["running"], "batch_of_groups": self.loop["running"]}, self.step.formulas
        )

    @property
    def fits(self) -> np.ndarray:
        """Whether the pool holds at least one request."""
        return drop_model_axes(self.pool["max_batch"]) >= 1


def serve_load(deployment: Deployment, scheme: Scheme, load: Load, room: Room | None = None) -> ServedLoad:
    """The evaluators of a scheme on a deployment under a load, over the axes to which the arrays of the load broadcast.

    ``room`` is what ``load_pool`` returns of the same requests, where it is at hand.
    """
    served, assembly = _serve(deployment, scheme, load, room), assemble(deployment, scheme)
    if is_decisive(assembly.evidence) or assembly.choice.kind == "same":
        return served
    fastest = _serve(with_ideal_kernels(deployment), scheme, load)
    slow = fastest.step["slow_step_time"] + fastest.step["sequences_host_time"]
    slow_loop = fastest.loop.with_inputs(decode_time=slow)
    return replace(served, fastest=fastest, slowest=replace(fastest, loop=slow_loop))


def serve_times(
    deployment: Deployment, scheme: Scheme, load: Load, room: Room | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of an output token and to the first token under a load, without their intervals; ``room`` as above."""
    loop = serve_loop(deployment, scheme, load, room)
    return drop_model_axes(loop["served_step_time"]), drop_model_axes(loop["served_ttft"])


def serve_loop(deployment: Deployment, scheme: Scheme, load: Load, room: Room | None = None) -> Evaluator:
    """The loop of requests alone; it computes what is asked of it."""
    return _serve(deployment, scheme, load, room).loop


def served_rate(deployment: Deployment, scheme: Scheme, load: Load) -> np.ndarray:
    """Requests that a load completes in a second."""
    return drop_model_axes(_serve(deployment, scheme, load).loop["served_throughput"]) / load.generated


def load_pool(deployment: Deployment, scheme: Scheme, load: Load) -> Room:
    """The mean context of the requests that run, and the evaluator of the pool that holds them."""
    lengths = {"prompt": load.prompt, "generated": load.generated, "generated_cv": load.generated_cv}
    mean = drop_model_axes(build_evaluator(deployment, scheme, 1.0, load.prompt, **lengths)["running_context"])
    context = np.where(np.isnan(load.context), mean, load.context)
    pool = build_pool_evaluator(deployment, scheme, context, **lengths)
    return context, pool


def _serve(deployment: Deployment, scheme: Scheme, load: Load, room: Room | None = None) -> ServedLoad:
    lengths = {"prompt": load.prompt, "generated": load.generated, "generated_cv": load.generated_cv}
    context, pool = room or load_pool(deployment, scheme, load)
    running = np.minimum(load.concurrency, np.maximum(drop_model_axes(pool["max_batch"]), 1.0))
    step = build_evaluator(deployment, scheme, running, context, **lengths)
    riding = running / deployment.attention_groups * deployment.engine.numbers["mixed_batches"]
    prompt = _prompt_evaluator(deployment, scheme, load, riding)
    of_step = {name: step[term] for name, term in OF_STEP.items()}
    loop = prompt.with_inputs(
        concurrency=with_model_axes(load.concurrency),
        running=with_model_axes(running),
        waves=with_model_axes(load.waves),
        admission_steps=with_model_axes(load.admission_steps),
        closed_loop=with_model_axes(load.closed_loop),
        **of_step,
    )
    return ServedLoad(step, pool, loop)


def _prompt_evaluator(deployment: Deployment, scheme: Scheme, load: Load, riding: np.ndarray) -> Evaluator:
    """The evaluator of what a prompt's passes compute: its tokens that the prefix cache lacks, which attend to all of it."""
    lengths = {"generated": load.generated, "generated_cv": load.generated_cv}
    if not np.any(load.hit_rate):
        return build_prefill_evaluator(deployment, scheme, load.prompt, riding, **lengths)
    prompts, hits = np.broadcast_arrays(*(np.atleast_1d(value) for value in (load.prompt, load.hit_rate)))
    cached = np.floor(hits * prompts)
    suffix = build_suffix_evaluator(deployment, scheme, cached, prompts - cached)
    return build_prefill_evaluator(deployment, scheme, prompts - cached, riding, **lengths).with_inputs(
        prefill_attention_total=suffix["suffix_attention_time"],
        prefill_attention_error=suffix["suffix_attention_error"],
        prefill_codec_total=suffix["suffix_codec_time"],
    )


def load_times(served: ServedLoad) -> dict[str, np.ndarray]:
    """Time of a token, time to the first and tokens a second under load, with their 90 % ends, by column name.

    An interval reaches over those of both ends, whichever is the longer: where prompts take most of the time, steps that are
    slower let them wait less for each other.
    """
    columns = {}
    for name, term, spread, unit in SERVED:
        ends = [(end or served).loop for end in (served.fastest, served.slowest)]
        values = [unit * drop_model_axes(end[term]) for end in ends]
        with np.errstate(over="ignore"):  # of a load that nothing holds the interval has no end
            factors = [np.exp(Z90 * drop_model_axes(end[spread])) for end in ends]
        columns |= {
            name: np.clip(unit * drop_model_axes(served.loop[term]), np.minimum(*values), np.maximum(*values)),
            f"{name}_lo": np.minimum(*(value / factor for value, factor in zip(values, factors, strict=True))),
            f"{name}_hi": np.maximum(*(value * factor for value, factor in zip(values, factors, strict=True))),
        }
    return columns


def load_columns(
    served: ServedLoad,
    baseline: ServedLoad,
    full: ServedLoad,
    baseline_full: ServedLoad,
    is_overloaded: np.ndarray,
) -> dict[str, np.ndarray]:
    """Times, throughput and speed-ups under load by column name, with 90 % ends, the verdict and the binding term.

    Where a side ``is_overloaded``, that is one that serves fewer than arrive, it is as fast as the tokens that it gives: the
    speed-up is that of the throughputs, and first tokens have no ratio.

    ``served`` and ``baseline`` are under the same load; ``full`` and ``baseline_full`` each at their own largest batch, for
    the speed-up in capacity. Times in milliseconds, throughput in tokens a second.
    """
    same, own = served_ratio(served, baseline), served_ratio(full, baseline_full)
    batches = (drop_model_axes(side.loop["running"]) for side in (full, baseline_full))
    own = fitting_ratio(own.scaled(np.divide(*batches)), full.fits, baseline_full.fits)
    same = own.where(is_overloaded, same)
    columns = load_times(served)
    for name, ratio in (("speedup", same), ("speedup_under_load", own)):
        columns |= {name: ratio.value, f"{name}_lo": ratio.low, f"{name}_hi": ratio.high}
    verdict = VERDICTS[same.codes(served.fits & baseline.fits)]
    first = [drop_model_axes(side.loop["served_ttft"]) for side in (baseline, served)]
    columns["ttft_ratio"] = np.where(is_overloaded, np.nan, np.divide(*first))
    return columns | {"verdict": verdict, "binding_term": binding_term_under_load(served)}


def served_ratio(served: ServedLoad, baseline: ServedLoad) -> Ratio:
    """Baseline's time of a token under load over the scheme's, with its interval; see ``compare.step_ratio``."""
    comparison = compare_steps(served.as_step(), baseline.as_step())
    value = drop_model_axes(comparison["speedup"])
    if served is baseline:
        return Ratio(value, value, value)
    if served.fastest is None or served.slowest is None:
        return Ratio(value, *interval(value, drop_model_axes(comparison["speedup_spread"])))
    fastest, slowest = (compare_steps(end.as_step(), baseline.as_step()) for end in (served.fastest, served.slowest))
    ideal, slow = (drop_model_axes(end["speedup"]) for end in (fastest, slowest))
    ideal_low, high = interval(ideal, drop_model_axes(fastest["speedup_spread"]))
    return Ratio(np.clip(value, slow, ideal), slow * ideal_low / ideal, high, ideal_low)


def binding_term_under_load(served: ServedLoad) -> np.ndarray:
    """The name of the term that takes most of the time per token: prompts, or a term of the decode step."""
    terms = waterfall(lambda name: drop_model_axes(served.step[name]))
    terms["prefill"] = drop_model_axes(served.loop["prompts_of_others_time"])
    return largest_term(terms)
