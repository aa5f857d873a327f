"""The keys of every ``--json``: an interface that scripts read, whatever the fields behind it are called."""

import inspect
import json

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app

POINT = "--model llama-8b --gpu h100-sxm --tp 1"
TERM = {"name", "amount", "share", "origins"}
BREAK_EVEN = {
    "scheme", "baseline", "batch", "context", "low", "high", "branches", "line", "terms", "evidence", "longest", "words",
}  # fmt: skip
COMPARISON = {"what", "measured", "predicted", "unit", "source", "error"}
REGIME = {
    "scheme", "baseline", "comparison", "batch", "baseline_batch", "context", "ratio", "ratio_lo", "ratio_hi", "verdict",
    "implementation", "evidence", "kernel_ns", "kernel_budget_ns", "output", "ttft_ratio", "binding_term", "deployment",
}  # fmt: skip
BUDGET = {
    "batch", "context", "equation", "condition", "kernel_budget_ns", "kernel_budget_own_batch_ns", "kernels", "slow_end",
}  # fmt: skip
KERNEL = {"name", "evidence", "kernel_ns"}
CURVE = {"scheme", "baseline", "evidence", "said"}


def with_ends(*names: str) -> set[str]:
    """Keys of quantities with the ends of their intervals."""
    return {f"{name}{end}" for name in names for end in ("", "_lo", "_hi")}


INTERVAL = with_ends("suffix_prefill_time")
TIMES = {f"{name}{end}" for name in ("tpot_ms", "ttft_ms") for end in ("", "_lo", "_hi", "_p50", "_p95", "_p99")}
RECOMMENDED = {
    "users",
    "users_asked",
    "is_certain",
    "setup",
    "flags",
    *TIMES,
    "throughput_tok_s",
    "throughput_tok_s_lo",
    "throughput_tok_s_hi",
    "running",
    "waiting",
    "limited_by",
    "throughput_all_tok_s",
    "gpu_hours_per_million",
    "cost_per_million",
    "quality_loss",
    "quality_is_known",
    "evidence",
}
KEYS = {  # command → path of keys into the document ("*": the first entry of a list) → the keys there
    f"regime {POINT} --scheme fp8 --batch 1,8 --context 1K,8K": {"*": REGIME},
    f"breakeven {POINT} --saving 30% --step-overhead 15us --batch 1": {
        "": {"deployment", "equation", "condition", "break_even", "budgets", "load", "models"},
        "load": {"context", "largest_batch", "limit", "tokens_per_second_per_gib", "saturation_batch", "points"},
        "load.points.*": {"batch", "step_ms", "throughput_tok_s", "mbu", "mfu", "fits"},
        "budgets.*": BUDGET,
        "budgets.*.kernels.*": KERNEL,
        "break_even.*": BREAK_EVEN,
        "break_even.*.terms": {"fixed_time", "slope", "baseline_fixed_time", "baseline_slope"},
        "models.*": {"model", "ranks", "token_bytes", "batches", "contexts"},
    },
    f"explain {POINT} --scheme fp8": {
        "": {"deployment", "scheme", "kernel", "outputs", "cache", "time", "memory", "budget"},
        "budget": BUDGET,
        "budget.kernels.*": KERNEL,
        "time.*": TERM,
        "memory.*": TERM,
        "time.*.origins.*": {"kind", "text"},
        "cache": {"bytes per token", "bytes per sequence", "of which 16-bit zone", "of which block rounding"},
    },
    f"explain {POINT} --scheme fp8 --uncertainty": {
        "": {"spread", "terms", "numbers", "numbers_share", "advice", "deployment", "scheme"},
        "numbers.*": {"fit", "coefficient", "error", "elasticity", "share"},
    },
    "quality --scheme int4 --benchmark gsm8k": {
        "*": {
            "scheme", "benchmark", "variant", "model", "model_id", "baseline", "value", "note", "table", "source", "loss",
        }
    },
    "validate": {
        "": {"capacity", "summary", "concurrency"},
        "capacity.*": COMPARISON,
        "concurrency.*": COMPARISON,
        "summary": {"n", "median", "p90", "worst", "bias"},
    },
    "delta fp8": {
        "": {"scheme", "identical_to", "nearest", "origins", "new_coordinates", "verdict"},
        "origins.*": {"scheme", "coordinates", "others"},
        "nearest.*": {"scheme", "distance", "class_differences", "parameter_differences", "unstated"},
    },
    f"equivalent kivi-2bit {POINT} --with fp8 --with prefix-caching": {
        "": {
            "scheme", "setting", "dominates", "residual", "unreached_region", "batch", "context", "rivals", "verdict",
        },
        "rivals.*": {
            "setting", "condition", "evidence", "dominates", "implementation", "reached", "sure", "memory", "step", "quality",
            "counts",
        },
        "residual": {"memory", "step", "cells"},
    },
    f"referee fp8 {POINT} --out report": {
        "": {
            "format", "name", "scheme", "source", "deployment", "assumed", "constants", "stamp", "sections", "date", "path",
            "hash",
        },
        "sections": {
            "summary", "mirror", "novelty", "equivalence", "torture", "regimes", "claims", "twist", "measurements",
        },
        "sections.mirror.predicates.*": {"name", "meaning", "value", "text", "reason", "is_stated"},
        "sections.equivalence": {
            "verdict", "best", "dominates", "cells", "unreached", "unreached_region", "max_loss", "beside_the_step", "rivals",
        },
        "sections.summary.findings.*": {"about", "text", "tone"},
        "sections.torture.outcomes.*": {
            "test", "question", "conditions", "number", "verdict", "at", "evidence", "decided_by", "sentence",
        },
        "sections.regimes.cells.*": {
            "batch", "context", "ratio", "low", "high", "verdict", "evidence", "binding", "budget_ns", "baseline_fits",
        },
        "sections.measurements.ranked.*": {"what", "where", "decides", "narrows", "why"},
    },
    "claims": {
        "*": {
            "claim", "reason", "deployment", "scheme", "factors", "on_paged", "predicted", "evidence", "verdict",
            "strongest", "remarks",
        },
        "*.factors.*": {"name", "value", "low", "high", "evidence", "text"},
        "*.strongest": {"scheme", "gain", "predicted", "claimed", "verdict", "text"},
    },
    "validate --kernels": {"*": {"profile", "fits", "attention", "sign", "products"}},
    f"stress fork {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "branches", "schemes"},
        "conditions": {"context", "own"},
        "schemes.*": CURVE
        | {
            "branched_size", "stored_ratio", "sharing_gain", "max_branches", "break_even_branches",
            "local_copy_on_write_size",
        }
        | with_ends("copy_on_write_time"),
    },
    f"stress prefix {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "prefix", "schemes"},
        "conditions": {"context", "output"},
        "schemes.*": CURVE | INTERVAL | {"max_branches", "history_size", "branch_size", "prefix_hit_tokens"},
    },
    f"stress burst {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "concurrent_requests", "schemes"},
        "conditions": {"context", "output", "cv", "prompt_cv", "risk", "rate", "dispersion"},
        "schemes.*": CURVE
        | {
            "overflow_probability", "max_safe_requests", "max_batch_memory", "arriving_overflow", "arriving_preemptions",
            "arriving_running", "arriving_waiting", "arriving_load", "arriving_prompt_share",
        }
        | with_ends("prefill_time", "swap_time"),
    },
    f"stress retrieval {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "needle_depth", "schemes"},
        "conditions": {"context", "question_after", "needles"},
        "schemes.*": CURVE
        | {f"{name}{end}" for name in ("needle_retention", "needle_layer_retention") for end in ("", "_lo", "_hi")},
    },
    f"stress turns {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "turn", "schemes"},
        "conditions": {"asked", "output"},
        "schemes.*": CURVE | INTERVAL | {"turn_prompt", "turn_end", "reused_tokens", "max_batch_memory"},
    },
    f"stress resume {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "context", "schemes"},
        "conditions": {"host_memory", "arrivals"},
        "schemes.*": CURVE
        | {
            "resting_fetch_time", "resting_decode_time", "resting_sequence_size", "resting_sequences", "covered_pause",
        }
        | with_ends("resume_time", "break_even_link", "plain_fetch_time", "prefill_time"),
    },
    f"sweep {POINT} --scheme fp8 --batch 1,8 --context 1K,8K": {
        "": {
            "deployment", "assumed", "profile", "calibrated", "costmodel", "profiles", "points", "written", "schemes",
        },
        "schemes.*": {
            "scheme", "baseline", "sequence_share", "where", "losing", "best", "why", "wins", "loses", "unsure",
            "capacity", "capacity_at", "capacity_lo", "capacity_hi", "capacity_is", "verdict", "needs_kernel", "evidence",
            "implementation", "kernel_budget_ns", "ttft_ratio", "quality_loss", "runs",
        },
    },
    f"stress allocator {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "kept_share", "schemes"},
        "conditions": {"context"},
        "schemes.*": CURVE | {"freed_by_head", "freed_by_layer", "tail_share"} | with_ends("compaction_time"),
    },
    f"stress race {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "batch", "schemes"},
        "conditions": {"context"},
        "schemes.*": CURVE
        | {"arriving_tokens", "deciding_rate", "encoding_rate", "deciding_backlog", "encoding_backlog", "step_time"}
        | with_ends(
            "deciding_load", "encoding_load", "side_load", "deciding_step_time", "encode_step_time", "flush_step_time",
            "flush_share", "deciding_wait", "encoding_wait", "side_wait",
        ),
    },
    f"stress beams {POINT} --scheme fp8": {
        "": {"test", "question", "conditions", "deployment", "beam_width", "schemes"},
        "conditions": {"context", "output", "fork_rate"},
        "schemes.*": CURVE
        | {"beams_size", "beams_apart_size", "beam_saving", "beam_copy_time", "parallel_saving", "step_time"}
        | with_ends("beam_copy_share"),
    },
    f"load {POINT} --scheme fp8 --concurrency 2": {
        "": {"deployment", "load", "schemes"},
        "schemes.*": {
            "scheme", "fits", "tpot_ms", "tpot_ms_lo", "tpot_ms_hi", "tpot_ms_p50", "tpot_ms_p95", "tpot_ms_p99", "ttft_ms",
            "ttft_ms_lo", "ttft_ms_hi", "ttft_ms_p50", "ttft_ms_p95", "ttft_ms_p99", "throughput_tok_s", "throughput_tok_s_lo",
            "throughput_tok_s_hi", "running", "waiting", "preemptions_per_request", "refused", "limited_by", "binding_term",
            "evidence", "implementation",
        },
    },
    "recommend --model llama-8b --gpu h100-sxm --gpus 1 --engine vllm --weight-dtype bfloat16 --users 2": {
        "": {
            "feasible", *RECOMMENDED, "runner_up", "flips", "left_out",
        },
        "runner_up": RECOMMENDED,
        "setup": {
            "engine", "gpu", "gpus", "tp", "replicas", "weight_dtype", "scheme", "implementation", "memory_fraction",
        },
    },
    f"replay {POINT} --scheme fp8 --requests 20": {
        "": {"requests", "rate", "dispersion", "bad_rows", "bad_rows_listed", "admission", "preemption", "schemes"},
        "schemes.*": {
            "scheme", "ttft_ms_p50", "ttft_ms_p95", "ttft_ms_p99", "tpot_ms_p50", "tpot_ms_p95", "tpot_ms_p99",
            "preemptions_per_request", "waiting", "running", "longest_wait_s", "longest_pause_s",
            "refused", "steps", "seconds",
        },
    },
    f"hit-rate trace.jsonl {POINT} --scheme fp8": {
        "": {
            "format", "requests", "blocks", "sampled", "block_tokens", *with_ends("ceiling"), "ceiling_judged",
            "working_set_tokens", "drift", "is_drifting", "openings", "begins_together", "repeats", "is_growing",
            "closed_set_probability", "sessions_begun", *with_ends("sessions"), "bad_rows", "bad_rows_listed", "schemes",
        },
        "schemes.*": {
            "scheme", "capacity_tokens", "hit_rate", "hit_rate_lo", "hit_rate_hi", "hit_rate_doubled", "hit_rate_replayed",
            "hit_rate_optimal", *with_ends("ttft_ms"), "ttft_ms_without_hits", "shareable",
        },
    },
    f"fragmentation trace.jsonl {POINT} --scheme fp8": {
        "": {
            "format", "requests", "without_output", "beyond_the_limit", "bad_rows", "bad_rows_listed", "allocators",
        },
        "allocators.*": {
            "scheme", "allocator", "capacity_tokens", "repeats", "use", "unusable", "unusable_lo", "unusable_hi", "use_replayed",
            "unusable_replayed", "filled", "running", "preempted", "too_large",
        },
    },
    "schemes": {"*": {"id", "name", "status", "idea"}},
    "schemes --mechanisms": {"*": {"kind", "field", "unit", "default", "required", "choices", "meaning"}},
    "schemes h2o": {
        "": {
            "id", "baseline", "parts", "changes", "lifecycle", "remarks", "predicates", "conflicts", "implementations",
        },
        "predicates.*": {"name", "value", "text", "reason"},
        "conflicts.*": {"rule", "text"},
        "implementations.*": {
            "id", "engine", "versions", "flag", "status", "architectures", "kernel", "prefill_kernel",
        },
        "parts.*": {
            "id", "knobs", "name", "idea", "aliases", "paper", "source", "status", "notes", "mechanism", "lifecycle",
        },
        "parts.*.knobs": {"budget"},
    },
    f"cite {POINT} --scheme fp8": {"*": {"kind", "id", "source"}},
    "tex attention_time": {
        "": {"equations", "symbols"},
        "equations.*": {"name", "symbol", "definition"},
        "symbols.*": {"name", "symbol", "meaning", "unit"},
    },
    "models": {"*": {"id", "name", "10⁹ parameters", "context", "layers", "status"}},
    "gpus": {"*": {"id", "architecture", "memory", "bandwidth", "SMs", "16-bit peak", "profiles"}},
    "implementations": {"*": {"id", "status", "versions", "flag", "kernel", "constants learnt on"}},
    "engines": {"*": {"id", "block", "memory", "sequences", "tokens a pass"}},
}  # fmt: skip

TRACE = "".join(
    json.dumps({"timestamp": row, "input_length": 1024, "output_length": 8, "hash_ids": [row % 5, 9 + row]}) + "\n"
    for row in range(32)
)


@pytest.mark.parametrize("command", KEYS)
def test_the_keys_of_a_document_stay(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trace.jsonl").write_text(TRACE)
    done = CliRunner().invoke(app, [*command.split(), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    for path, keys in KEYS[command].items():
        value = document
        for step in filter(None, path.split(".")):
            value = value[0] if step == "*" else value[step]
        assert set(value) == keys, path


def test_keys_of_every_command_with_json_are_pinned():
    """All but those of predict, which prints the columns of its table."""
    with_json = {c.name for c in app.registered_commands if "json" in inspect.signature(c.callback).parameters}
    assert with_json - {"predict"} == {command.split()[0] for command in KEYS}
