"""Names of columns as people write them: those that count, those that pass through and are named, and slips, which are mistakes.

One rule for every table: a name that is nearly one that counts, or another word for one that is absent, is refused with the
right name.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from costmodel.errors import InputError

NAMED = 12  # of unknown columns
NEAR = 0.8  # similarity from which a name is a misspelling
FREE = ("notes", "note", "remarks")  # names that people give to columns of their own
OTHER_WORDS = {  # what other tools call a column
    "gpu": ("gpu_type", "device", "gpu_name", "hardware"),
    "concurrency": ("users", "max_concurrency", "num_users"),
    "rate": ("request_rate", "qps", "requests_per_second", "rps"),
    "hit_rate": ("cache_hit_rate", "prefix_hit_rate"),
    "eager": ("enforce_eager",),
    "gen_cv": ("gen_std", "output_cv", "output_std", "cv"),
    "prompt_cv": ("prompt_std", "input_cv", "input_std"),
    "tp": ("tensor_parallel_size", "tensor_parallel", "tp_size", "num_gpus"),
    "ep": ("expert_parallel_size", "ep_size"),
    "pp": ("pipeline_parallel_size", "pp_size", "pipeline_parallel"),
    "dp": ("data_parallel_size", "dp_size", "data_parallel"),
    "batch": ("batch_size", "bs", "num_seqs"),
    "context": ("ctx", "context_length", "context_len", "seq_len", "seqlen", "sequence_length", "kv_len"),
    "prompt_len": ("prompt", "input_len", "isl", "prompt_tokens", "input_tokens", "prompt_length", "input_length"),
    "gen_len": ("output_len", "osl", "output_length", "max_tokens", "generation_len"),
    "memory_fraction": ("gpu_memory_utilization", "mem_fraction_static", "kv_cache_free_gpu_mem_fraction"),
    "weight_dtype": ("dtype", "quantization", "precision", "weights"),
    "kv_cache_dtype": ("kv_dtype", "kv_cache", "cache_dtype", "kv_cache_type", "cache_type_k"),
    "kv_dtype": ("dtype", "kv_cache_dtype", "cache_dtype", "kv_cache_type"),
    "num_heads": ("heads", "query_heads", "num_attention_heads"),
    "num_kv_heads": ("kv_heads", "num_key_value_heads"),
}


def unknown_columns(names: Iterable[str], counting: Iterable[str], passing: Iterable[str], location: str) -> list[str]:
    """The names that mean nothing to a table where those ``counting`` do, and those ``passing`` are known for other reasons.

    Raises InputError for a name that stands twice, is nearly one that counts, or is another word for one that is absent.
    """
    names, counting, known, unknown = list(names), tuple(counting), set(passing), []
    meanings = {word: name for name in counting for word in OTHER_WORDS.get(name, ())}
    for name in names:
        if name in counting or name in known:
            continue
        bare = name.partition(".")[0] if name.rpartition(".")[2].isdigit() else name  # pandas: batch, batch.1
        if bare != name and bare in names:
            raise InputError(f"{location}: column {bare}: expected once, got it twice")
        plain = name.strip().lower().replace("-", "_").replace(" ", "_")
        near = [] if plain in FREE else get_close_matches(plain, counting, n=1, cutoff=NEAR)
        meant = meanings.get(plain)
        if right := near[0] if near else meant if meant not in names else None:
            raise InputError(f"{location}: column {name!r}: did you mean {right}? rename it, or name it otherwise")
        unknown.append(name)
    return unknown


def unknown_remark(unknown: list[str]) -> list[str]:
    """What is said of columns that pass through; nothing for none."""
    more = f" and {len(unknown) - NAMED:,} more" * (len(unknown) > NAMED)
    return [f"unknown columns pass through: {', '.join(unknown[:NAMED])}{more}"] if unknown else []
