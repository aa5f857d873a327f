"""Everything that is said of one scheme on one deployment: time, memory, batch, what binds, against what, how sure.

Four passes over the same formulas: the step at this batch and context; the pool at the resident length; the prompt alone;
the step at the largest batch that fits. Column names are those of every face.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

Z90 = 1.6448536269514722  # two-sided 90 % of a normal

BINDING = {
    "hbm": ("hbm_bound_time", "state_step_time"),
    "sm": ("sm_bound_time",),
    "conversion": ("conversion_bound_time",),
    "launch": ("launch_bound_time",),
    "matrix-memory": ("matrix_memory_bound_time",),
    "matrix-compute": ("matrix_compute_bound_time",),
    "communication": ("communication_step_time",),
    "host": ("step_host_time",),
    "codec": ("codec_step_time",),
}
STEP_TERMS = [
    "step_time",
    "attention_step_time",
    "codec_step_time",
    "matrix_step_time",
    "communication_step_time",
    "small_kernel_time",
    "state_step_time",
    "hbm_bound_time",
    "sm_bound_time",
    "conversion_bound_time",
    "launch_bound_time",
    "matrix_memory_bound_time",
    "matrix_compute_bound_time",
    "encode_step_time",
    "flush_step_time",
    "codec_share",
    "step_spread",
    "attention_error",
    "codec_error",
    "shared_error",
    "throughput",
    "step_host_time",
]
MEMORY_TERMS = [
    "memory_weights",
    "memory_activations",
    "memory_logits",
    "memory_workspace",
    "memory_used",
    "memory_pool",
    "memory_reserve",
    "pool_room",
    "pool_tokens",
    "local_sequence_size",
    "local_tail_padding_size",
    "resident_tokens",
    "max_batch_memory",
    "max_batch",
]
PREFILL_TERMS = [
    "prefill_time",
    "prefill_attention_total",
    "prefill_codec_total",
    "prefill_matrix_total",
    "prefill_time_spread",
]


@dataclass
class Passes:
    """The evaluators behind the outputs, for faces that show every term."""

    step: Evaluator
    pool: Evaluator
    prompt: Evaluator
    full: Evaluator


def build_passes(
    deployment: Deployment, scheme: Scheme, batch, context, prompt=None, generated=None, generated_cv=None
) -> Passes:
    """The four evaluators; ``prompt`` is the context where it is not given, ``generated`` then nothing."""
    context = np.asarray(context, dtype=float)
    prompt = context if prompt is None else np.asarray(prompt, dtype=float)
    step = build_evaluator(deployment, scheme, batch, context, prompt=prompt)
    pool = build_pool_evaluator(deployment, scheme, context, prompt, generated, generated_cv)
    first = build_prefill_evaluator(deployment, scheme, prompt)
    largest = np.maximum(pool["max_batch"][..., 0, 0], 1.0)
    full = build_evaluator(deployment, scheme, largest, context, prompt=prompt)
    return Passes(step, pool, first, full)


def build_pool_evaluator(
    deployment: Deployment, scheme: Scheme, context, prompt, generated=None, generated_cv=None
) -> Evaluator:
    """The evaluator of the pool, at the length at which it must hold a request."""
    generated = 0.0 if generated is None else generated
    lengths = {"prompt": prompt, "generated": generated, "generated_cv": 0.0 if generated_cv is None else generated_cv}
    exact = (np.asarray(generated, dtype=float) == 0).astype(float)
    resident = (
        prompt
        if exact.all()
        else drop_model_axes(build_evaluator(deployment, scheme, 1.0, context, **lengths)["resident_tokens"])
    )
    return build_evaluator(deployment, scheme, 1.0, resident, exact_lengths=exact, **lengths)


def compute_outputs(made: Passes, deployment: Deployment, baseline: Passes | None = None) -> dict[str, np.ndarray]:
    """Columns by name, over the leading axes; with ``baseline``, speed-ups and their intervals too."""
    step, pool, prompt, full = made.step, made.pool, made.prompt, made.full
    ranks = deployment.ranks
    found = {name: drop_model_axes(step[name]) for name in STEP_TERMS}
    found |= {name: drop_model_axes(pool[name]) for name in MEMORY_TERMS}
    found |= {name: drop_model_axes(prompt[name]) for name in PREFILL_TERMS}
    spread = found["step_spread"]
    found |= interval_columns("tpot_ms", 1e3 * found["step_time"], spread)
    found |= interval_columns("ttft_ms", 1e3 * found["prefill_time"], found["prefill_time_spread"])
    found |= interval_columns("throughput_tok_s", found.pop("throughput"), spread)
    found["kv_bytes_per_token"] = drop_model_axes(step["kv_bytes_per_token"])
    found["kv_bytes_per_token_per_gpu"] = drop_model_axes(step["kv_bytes_per_token_per_gpu"])
    found["kv_bytes_per_sequence"] = drop_model_axes(step["local_sequence_size"]) * ranks
    found["kv_pool_bytes"] = found["memory_pool"] * ranks
    found["kv_pool_tokens"] = found["pool_tokens"]
    for name in ("weights", "activations", "workspace", "reserve", "pool"):
        found[f"memory_{name}_bytes"] = found[f"memory_{name}"]
    found["fits"] = drop_model_axes(step["batch"]) <= found["max_batch_memory"]
    found["throughput_at_max_batch_tok_s"] = np.where(found["max_batch"] >= 1, drop_model_axes(full["throughput"]), 0.0)
    found["binding_term"] = binding_term(step)
    if baseline is not None:
        found |= speedup_columns(made, baseline)
    return found


def speedup_columns(made: Passes, baseline: Passes) -> dict[str, np.ndarray]:
    """Speed-up at the same batch, and with each at its own largest batch, with 90 % intervals."""
    same = compare_steps(made.step, baseline.step)
    own = compare_steps(made.full, baseline.full)
    capacity = throughput_ratio(
        own, drop_model_axes(made.pool["max_batch"]) >= 1, drop_model_axes(baseline.pool["max_batch"]) >= 1
    )
    itself = 0.0 if made is baseline else 1.0
    found = interval_columns(
        "speedup", drop_model_axes(same["speedup"]), itself * drop_model_axes(same["speedup_spread"])
    )
    return found | interval_columns("speedup_capacity", capacity, itself * drop_model_axes(own["speedup_spread"]))


def throughput_ratio(table: Evaluator, ours_fits, theirs_fits) -> np.ndarray:
    """Throughput over throughput of a held table: 0 where the scheme does not fit, infinite where only it does."""
    ratio = np.where(theirs_fits, drop_model_axes(table["throughput_ratio"]), np.inf)
    return np.where(ours_fits, ratio, np.where(theirs_fits, 0.0, np.nan))


def compare_steps(ours: Evaluator, theirs: Evaluator) -> Evaluator:
    """The scheme's step held against the baseline's: a table that also knows the ratios between the two and their spread."""
    names = ("step_time", "batch", "attention_error", "codec_error", "token_cost_error", "shared_error")
    return ours.with_inputs(**{f"baseline_{name}": theirs[name] for name in names})


def binding_term(step: Evaluator) -> np.ndarray:
    """The name of the term that takes most of the step."""
    return largest_term(waterfall(lambda name: drop_model_axes(step[name])))


def largest_term(terms: dict[str, np.ndarray]) -> np.ndarray:
    """The name of the largest of the terms, place by place."""
    stacked = np.stack(np.broadcast_arrays(*terms.values()))
    return np.asarray(list(terms))[stacked.argmax(axis=0)]


def waterfall(amount: Callable[[str], np.ndarray]) -> dict[str, np.ndarray]:
    """Seconds of one step by what binds them, summing to the step time; ``amount`` gives the seconds of a named term."""
    terms = {word: sum(amount(name) for name in names) for word, names in BINDING.items()}
    terms["sm"] = terms["sm"] - terms["conversion"]
    return terms


def interval(value: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the 90 % interval of a value whose logarithm has this standard error."""
    return value * np.exp(-Z90 * spread), value * np.exp(Z90 * spread)


def interval_columns(name: str, value: np.ndarray, spread: np.ndarray) -> dict[str, np.ndarray]:
    """A column with the ends of its 90 % interval beside it."""
    return dict(zip((name, f"{name}_lo", f"{name}_hi"), (value, *interval(value, spread)), strict=True))
