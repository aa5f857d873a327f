"""The columns that every face shares: what each is, along which axes it may vary, and how it is computed.

A column is computed only where it is asked for, with what it stands on; columns that come out together (a value and its 90 %
interval) are computed together. Names and meanings are those of the interface.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from costmodel.errors import UnknownName
from costmodel.evaluation.ask.compare import (
    both_fit,
    ratio_evidence,
    step_interval,
    step_ratio,
    throughput_ratio,
    who_fits,
)
from costmodel.evaluation.ask.intervals import interval_columns
from costmodel.evaluation.ask.passes import Passes
from costmodel.evaluation.ask.step import binding_term, compare_steps
from costmodel.evaluation.ask.verdicts import VERDICTS, within_limit
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.grid_evaluator import axes_of
from costmodel.evaluation.compile.compiled import load_terms
from costmodel.evaluation.compile.dependence import BOTH, CONTEXT

OF_A_STEP = (
    "step_time attention_step_time codec_step_time matrix_step_time expert_step_time communication_step_time small_kernel_time "
    "state_step_time hbm_bound_time sm_bound_time conversion_bound_time launch_bound_time matrix_memory_bound_time "
    "matrix_compute_bound_time encode_step_time flush_step_time codec_share step_spread attention_error codec_error "
    "shared_error step_host_time"
).split()
STEP_TERMS = tuple(dict.fromkeys([*OF_A_STEP, *(name for term in load_terms() for name in term.quantities)]))
MEMORY_TERMS = (
    "memory_weights memory_activations memory_logits memory_experts memory_encoder memory_peak memory_graphs "
    "memory_workspace memory_used memory_pool memory_reserve pool_room pool_tokens startable_length local_held_size "
    "local_sequence_size local_tail_padding_size resident_tokens max_batch_memory max_batch"
).split()
PREFILL_TERMS = (
    "prefill_time prefill_attention_total prefill_codec_total prefill_matrix_total prefill_expert_total prefill_time_spread"
).split()
MEMORY_PARTS = ("weights", "activations", "workspace", "reserve", "pool")
BESIDE = {"speedup_capacity": ("capacity_fits",)}  # the word that says why a ratio is infinite or none
DEFAULT = ("tpot_ms", "throughput_tok_s", "max_batch", "kv_bytes_per_token", "speedup", "verdict", "evidence")


@dataclass(frozen=True)
class Family:
    """Columns that are computed together from the passes of a scheme and, where they compare, of its baseline.

    ``by_batch`` says whether they vary with the batch; all may vary with the context.
    """

    names: tuple[str, ...]
    compute: Callable[[Passes, Passes], dict[str, np.ndarray]]
    by_batch: bool = True
    compares: bool = False


def _with_ends(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{end}" for name in names for end in ("", "_lo", "_hi"))


def _of_step(name: str) -> Family:
    return Family((name,), lambda passes, _: {name: drop_model_axes(passes.step[name])})


def _of_pool(name: str, column: str = "", per_gpu: bool = True) -> Family:
    def compute(passes: Passes, _) -> dict[str, np.ndarray]:
        value = drop_model_axes(passes.pool[name])
        return {column or name: value if per_gpu else value * passes.deployment.ranks}

    return Family((column or name,), compute, by_batch=False)


def _pool_tokens(passes: Passes, _) -> dict[str, np.ndarray]:
    names = ("pool_tokens", "pool_tokens_low", "pool_tokens_high")
    return {
        column: drop_model_axes(passes.pool[name])
        for column, name in zip(_with_ends("kv_pool_tokens"), names, strict=True)
    }


def _of_prompt(name: str) -> Family:
    return Family((name,), lambda passes, _: {name: drop_model_axes(passes.prompt[name])}, by_batch=False)


def _times(passes: Passes, _) -> dict[str, np.ndarray]:
    ends, batch = step_interval(passes), drop_model_axes(passes.step["batch_of_groups"])
    columns = dict(zip(_with_ends("tpot_ms"), (1e3 * end for end in ends), strict=True))
    rates = (batch / ends[0], batch / ends[2], batch / ends[1])
    return columns | dict(zip(_with_ends("throughput_tok_s"), rates, strict=True))


def _first_token(passes: Passes, _) -> dict[str, np.ndarray]:
    time, spread = (drop_model_axes(passes.prompt[name]) for name in ("prefill_time", "prefill_time_spread"))
    return interval_columns("ttft_ms", 1e3 * time, spread)


def _cache(passes: Passes, _) -> dict[str, np.ndarray]:
    names = ("kv_bytes_per_token", "kv_bytes_per_token_per_gpu")
    columns = {name: drop_model_axes(passes.step[name]) for name in names}
    size = drop_model_axes(passes.step["local_sequence_size"])
    return columns | {"kv_bytes_per_sequence": size * passes.deployment.group_ranks}


def _fits(passes: Passes, _) -> dict[str, np.ndarray]:
    held = drop_model_axes(passes.step["batch_of_groups"]) <= drop_model_axes(passes.pool["max_batch_memory"])
    return {"fits": held & (drop_model_axes(passes.pool["refuses_to_start"]) == 0)}


def _at_max_batch(passes: Passes, _) -> dict[str, np.ndarray]:
    runs = drop_model_axes(passes.pool["max_batch"]) >= 1
    return {"throughput_at_max_batch_tok_s": np.where(runs, drop_model_axes(passes.full["throughput"]), 0.0)}


def _speedup(passes: Passes, baseline: Passes) -> dict[str, np.ndarray]:
    ratio = step_ratio(passes, baseline)
    columns = dict(zip(_with_ends("speedup"), (ratio.value, ratio.low, ratio.high), strict=True))
    codes = ratio.codes(_fits(passes, baseline)["fits"])
    codes = within_limit(codes, drop_model_axes(passes.step["context"]), passes.deployment.model.max_context)
    return columns | {"verdict_code": codes, "verdict": VERDICTS[codes]}


def _capacity(passes: Passes, baseline: Passes) -> dict[str, np.ndarray]:
    ratio = throughput_ratio(passes, baseline)
    columns = dict(zip(_with_ends("speedup_capacity"), (ratio.value, ratio.low, ratio.high), strict=True))
    return columns | {"capacity_fits": who_fits(*both_fit(passes, baseline))}


def _evidence(passes: Passes, baseline: Passes) -> dict[str, np.ndarray]:
    return {"evidence": ratio_evidence(passes, baseline)}


def _implementation(passes: Passes, _) -> dict[str, np.ndarray]:
    return {"implementation": np.array(passes.assembly.choice.id, dtype=object)}


def _budget(passes: Passes, baseline: Passes) -> dict[str, np.ndarray]:
    comparison = compare_steps(passes.step, baseline.step)
    return {
        "kernel_ns": 1e9 * drop_model_axes(comparison["kernel_time"]),
        "kernel_budget_ns": 1e9 * drop_model_axes(comparison["kernel_budget"]),
    }


def _first_token_ratio(passes: Passes, baseline: Passes) -> dict[str, np.ndarray]:
    times = (drop_model_axes(side.prompt["prefill_time"]) for side in (baseline, passes))
    return {"ttft_ratio": np.divide(*times)}


FAMILIES = (
    *map(_of_step, STEP_TERMS),
    *map(_of_pool, MEMORY_TERMS),
    *map(_of_prompt, PREFILL_TERMS),
    Family(_with_ends("tpot_ms", "throughput_tok_s"), _times),
    Family(_with_ends("ttft_ms"), _first_token, by_batch=False),
    Family(("kv_bytes_per_token", "kv_bytes_per_token_per_gpu", "kv_bytes_per_sequence"), _cache, by_batch=False),
    _of_pool("memory_pool", "kv_pool_bytes", per_gpu=False),
    Family(_with_ends("kv_pool_tokens"), _pool_tokens, by_batch=False),
    *(_of_pool(f"memory_{part}", f"memory_{part}_bytes") for part in MEMORY_PARTS),
    Family(("fits",), _fits),
    Family(("throughput_at_max_batch_tok_s",), _at_max_batch, by_batch=False),
    Family(("binding_term",), lambda passes, _: {"binding_term": binding_term(passes.step)}),
    Family((*_with_ends("speedup"), "verdict_code", "verdict"), _speedup, compares=True),
    Family(("implementation",), _implementation, by_batch=False),
    Family(("evidence",), _evidence, compares=True),
    Family(("kernel_ns", "kernel_budget_ns"), _budget, compares=True),
    Family(("ttft_ratio",), _first_token_ratio, by_batch=False, compares=True),
    Family((*_with_ends("speedup_capacity"), *BESIDE["speedup_capacity"]), _capacity, by_batch=False, compares=True),
)
BY_NAME = {name: family for family in FAMILIES for name in family.names}
ALL = tuple(name for name in BY_NAME if name != "verdict_code")  # for whoever counts verdicts


def column_axes(name: str) -> frozenset[str]:
    """The axes of a grid, of batch and context, along which a column may vary."""
    if name in STEP_TERMS:
        return axes_of()[name] & BOTH
    return BOTH if BY_NAME[name].by_batch else frozenset({CONTEXT})


def select_columns(outputs: Iterable[str] | str | None) -> tuple[str, ...]:
    """The columns that outputs name, each value with the ends of its interval and the word that explains it.

    None for ``DEFAULT``, ``"all"`` for all.

    Raises UnknownName for no such column.
    """
    if outputs is None:
        outputs = DEFAULT
    if isinstance(outputs, str):
        outputs = ALL if outputs == "all" else (outputs,)
    columns = []
    for name in outputs:
        if name not in BY_NAME:
            raise UnknownName("output", name, BY_NAME)
        ends = (f"{name}{end}" for end in ("_lo", "_hi") if f"{name}{end}" in BY_NAME)
        columns += [name, *ends, *BESIDE.get(name, ())]
    return tuple(dict.fromkeys(columns))


def compute_columns(
    passes: Passes, baseline: Passes | None = None, names: Iterable[str] = ALL
) -> dict[str, np.ndarray]:
    """Columns by name, arrays over the axes of the passes in the unit that the column's name states, else in base units.

    ``names`` are output columns (all by default); those that compare are left out where there is no ``baseline``. Raises
    KeyError for another name: ``select_columns`` refuses it in words.
    """
    columns: dict[str, np.ndarray] = {}
    for name in names:
        family = BY_NAME[name]
        if name not in columns and (baseline is not None or not family.compares):
            columns |= family.compute(passes, baseline if baseline is not None else passes)
    return {name: columns[name] for name in names if name in columns}
