"""The layers one by one: which mixer and which feed-forward each has, from the many ways files say so."""

from collections.abc import Mapping
from typing import Any

from costmodel.errors import FactError
from costmodel.facts.huggingface.attention import HIDDEN, WINDOW, attention, window
from costmodel.facts.huggingface.feed_forward import dense, expert_layers, experts
from costmodel.facts.huggingface.fields import Fields, shown, whole_numbers
from costmodel.facts.huggingface.recurrent import convolution, recurrent
from costmodel.facts.huggingface.selection import with_selection

LAYERS = ("num_hidden_layers", "n_layer", "num_layers")
MAX_LAYERS = 10_000
MIXERS = {"recurrent": recurrent, "convolution": convolution}
BLOCKS = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
LAYER_TYPES = {
    "full_attention": "full",
    "attention": "full",
    "deepseek_sparse_attention": "full",
    "minimax_sparse_attention": "full",
    "sliding_attention": "sliding",
    "chunked_attention": "chunked",
    "linear_attention": "recurrent",
    "mamba": "recurrent",
    "conv": "convolution",
}


def layers_of(fields: Fields) -> list[dict[str, Any]]:
    """The keys of every layer, first to last."""
    blocks = single_blocks(fields)
    if blocks is not None:
        return [single_block(fields, block) for block in blocks]
    if fields.entries("block_configs") is not None:
        return [searched_block(fields, block) for block in counted(fields, "block_configs")]
    count = fields.integer(*LAYERS, maximum=MAX_LAYERS)
    kinds = zip(mixers(fields, count), expert_layers(fields, count), strict=True)
    return [layer for place, kind in enumerate(kinds) for layer in layer_at(fields, place, count, *kind)]


def layer_at(fields: Fields, place: int, count: int, kind: str, sparse: bool) -> list[dict[str, Any]]:
    """The layer at ``place`` of ``count``: its mixer and its feed-forward; a mixer beside its attention is a layer of its own."""
    own = fields.of_layer(place, count)
    beside = [recurrent(own) | {"feed_forward": "none"}] if kind == "beside" else []
    mixer = MIXERS[kind](own) if kind in MIXERS else attention(own, "full" if beside else kind)
    mixer = with_selection(fields, mixer, place, count)
    return [mixer | (experts(own) if sparse else dense(wider(own, mixer))), *beside]


def wider(fields: Fields, mixer: dict[str, Any]) -> Fields:
    """The keys with the doubled feed-forward of layers that have no cache of their own (Gemma 4 E2B)."""
    if mixer.get("owns_cache", True) or not fields.flag("use_double_wide_mlp"):
        return fields
    return fields.having(intermediate_size=2 * fields.integer("intermediate_size"))


def counted(fields: Fields, name: str) -> list:
    """A list of one entry per layer, which gives the number of layers where the file does not."""
    entries = fields.entries(name) or []
    return fields.entries(name, fields.integer(*LAYERS, default=len(entries))) or []


def mixers(fields: Fields, count: int) -> list[str]:
    """For each layer the kind of its mixer: full, sliding, chunked, recurrent, convolution, or beside (full and recurrent)."""
    model_type = fields.values.get("model_type")
    if fields.get("mamba_d_ssm") is not None:
        with_attention = fields.entries("attn_layer_indices")
        return ["beside" if with_attention is None or i in with_attention else "recurrent" for i in range(count)]
    if (listed := listed_attention(fields)) is not None:
        other = "convolution" if fields.get("conv_L_cache") is not None else "recurrent"
        return ["full" if layer in listed else other for layer in range(count)]
    if fields.get("compress_ratios") is not None:
        return ["sliding"] * count
    if (stated := fields.entries("layer_types", count)) is not None:
        return [named_entry(fields, "layer_types", LAYER_TYPES, entry) for entry in stated]
    if (stated := fields.entries("hybrid_layer_pattern", count)) is not None:
        return [named_entry(fields, "hybrid_layer_pattern", {0: "full", 1: "sliding"}, entry) for entry in stated]
    if (stated := fields.entries("attn_type_list", count)) is not None:
        return [named_entry(fields, "attn_type_list", {1: "full", 0: "recurrent"}, entry) for entry in stated]
    if fields.get("attn_layer_period") is not None:
        period, offset = fields.integer("attn_layer_period"), fields.integer("attn_layer_offset", default=0, minimum=0)
        return ["full" if layer % period == offset else "recurrent" for layer in range(count)]
    if fields.get("full_attention_interval") is not None:
        return last_is_full(count, fields.integer("full_attention_interval"), "recurrent")
    if fields.get("layer_group_size") is not None:
        return last_of_group(count, fields.integer("layer_group_size"))
    if model_type == "llama4_text":
        return chunks(fields, count)
    if window(fields, *WINDOW) is None or not fields.flag("use_sliding_window", default=True):
        return ["full"] * count
    return windows(fields, count)


def listed_attention(fields: Fields) -> list | None:
    """The layers with attention, from 0, where a file lists them and the others have none; FactError for no list of them."""
    for name in ("attn_layer_indices", "full_attn_idxs"):
        if fields.get("layer_types") is None and (stated := fields.entries(name)) is not None:
            return stated
    linear = fields.get("linear_attn_config")
    if linear is None:
        return None
    if not isinstance(linear, Mapping):
        raise fields.wrong("linear_attn_config", "an object with the list full_attn_layers")
    inner = Fields(linear, f"{fields.location}: linear_attn_config")
    stated = inner.entries("full_attn_layers") or []
    if not whole_numbers(stated):
        raise inner.wrong("full_attn_layers", "a list of places of layers, from 1")
    return [place - 1 for place in stated]


def windows(fields: Fields, count: int) -> list[str]:
    """The layers of a model that has a window in use and no list of layers."""
    model_type = fields.values.get("model_type")
    pattern = fields.get("sliding_window_pattern", "_sliding_window_pattern")
    if isinstance(pattern, str):
        return lettered(fields, pattern, count)
    if pattern is not None:
        return last_is_full(count, fields.integer("sliding_window_pattern", "_sliding_window_pattern"), "sliding")
    if fields.get("global_attn_every_n_layers") is not None:
        return last_is_full(count, fields.integer("global_attn_every_n_layers"), "sliding")
    if model_type in ("gemma2", "gpt_oss"):
        return last_is_full(count, 2, "sliding")
    if model_type in ("qwen2", "qwen2_moe", "qwen3", "qwen3_moe"):
        if fields.values.get("use_sliding_window") is None:
            return ["full"] * count
        first = fields.integer("max_window_layers", default=28, minimum=0)
        return ["sliding" if layer >= first else "full" for layer in range(count)]
    return ["sliding"] * count


def lettered(fields: Fields, pattern: str, count: int) -> list[str]:
    """Layers by a text of L (local) and G (global) that repeats, as EXAONE 4 writes it; its last layer is global."""
    if not pattern or set(pattern) - set("LG"):
        raise fields.wrong("sliding_window_pattern", "a whole number, or a text of L and G")
    kinds = ["sliding" if pattern[layer % len(pattern)] == "L" else "full" for layer in range(count)]
    return [*kinds[:-1], "full"]


def chunks(fields: Fields, count: int) -> list[str]:
    """The layers of Llama 4: those without rotary positions are full, the others chunked."""
    if window(fields, "attention_chunk_size") is None:
        return ["full"] * count
    rotary = fields.entries("no_rope_layers", count)
    if rotary is not None:
        return [named_entry(fields, "no_rope_layers", {1: "chunked", 0: "full"}, entry) for entry in rotary]
    return last_is_full(count, fields.integer("no_rope_layer_interval", default=4), "chunked")


def last_is_full(count: int, period: int, other: str) -> list[str]:
    """Layers in periods of which the last is full; what remains at the end is of the other kind."""
    return ["full" if (layer + 1) % period == 0 else other for layer in range(count)]


def last_of_group(count: int, period: int) -> list[str]:
    """Layers of Ling: recurrent in groups of which the last is full, as are those left over at the end."""
    whole = count // period * period
    return ["full" if layer >= whole or (layer + 1) % period == 0 else "recurrent" for layer in range(count)]


def single_blocks(fields: Fields) -> list[str] | None:
    """The blocks of a model whose layers hold a mixer or a feed-forward, not both; None for all others.

    Raises FactError for a pattern of other letters, or another number of them.
    """
    pattern = fields.get("hybrid_override_pattern")
    if pattern is not None:
        if not isinstance(pattern, str) or not pattern or set(pattern) - set(BLOCKS):
            raise fields.wrong("hybrid_override_pattern", f"a text of {' '.join(BLOCKS)}, one per layer")
        count = fields.integer(*LAYERS, default=len(pattern))
        if count != len(pattern):
            raise FactError(
                f"{fields.location}: hybrid_override_pattern: expected {count} letters, one per layer, got {len(pattern)}"
            )
        return [BLOCKS[letter] for letter in pattern]
    return None if fields.entries("layers_block_type") is None else counted(fields, "layers_block_type")


def single_block(fields: Fields, block: Any) -> dict[str, Any]:
    """The keys of a layer that is a mixer or a feed-forward alone."""
    kind = named_entry(fields, "layers_block_type", {name: name for name in BLOCKS.values()}, block)
    if kind in ("mamba", "attention"):
        mixer = recurrent(fields) if kind == "mamba" else attention(fields, "full")
        return mixer | {"feed_forward": "none"}
    return {"mixer": "none"} | (experts(fields) if kind == "moe" else dense(fields))


def searched_block(fields: Fields, block: Any) -> dict[str, Any]:
    """The keys of a layer of DeciLM, where an architecture search designed each layer by itself.

    Raises FactError for a block without both parts, and for parts that are not modelled.
    """
    stated = [block.get(name) if isinstance(block, dict) else None for name in ("attention", "ffn")]
    parts = [part for part in stated if isinstance(part, dict)]
    if len(parts) != len(stated):
        expected = "an attention and an ffn object each"
        raise FactError(f"{fields.location}: block_configs: expected {expected}, got {shown(block)}")
    for name in ("replace_with_linear", "sparsify", "window_length", "unshifted_sink"):
        if any(part.get(name) for part in parts):
            raise FactError(f"{fields.location}: block_configs: {name}: not modelled; expected a model without it")
    heads, width = (Fields(part, f"{fields.location}: block_configs") for part in parts)
    layer: dict[str, Any] = {"mixer": "none"}
    if not heads.flag("no_op"):
        shared = heads.integer("n_heads_in_group")
        queries = fields.integer("num_attention_heads")
        if queries % shared:
            raise heads.wrong("n_heads_in_group", f"a divisor of the {queries} query heads")
        layer = attention(fields.having(num_key_value_heads=queries // shared), "full")
    if width.flag("no_op"):
        return layer | {"feed_forward": "none"}
    size = width.get("intermediate_size") or multiplied(fields, width)
    return layer | dense(fields.having(intermediate_size=size))


def multiplied(fields: Fields, width: Fields) -> int:
    """The width of a gated feed-forward from its multiplier, rounded up to a multiple of 256 as the class does.

    ``fields`` are those of the model, ``width`` those of the layer. Raises FactError for no positive multiplier.
    """
    factor = width.get("ffn_mult")
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < 1000:
        raise width.wrong("ffn_mult", "a positive number")
    return -(-int(2 * factor * fields.integer(*HIDDEN) / 3) // 256) * 256


def named_entry(fields: Fields, key: str, meanings: dict, entry: Any) -> str:
    """One entry of a list of layers, by the name that ``meanings`` gives it; FactError for one that it lacks."""
    if isinstance(entry, bool) or not isinstance(entry, int | str) or entry not in meanings:
        raise FactError(
            f"{fields.location}: {key}: {shown(entry)} is not modelled; expected one of {', '.join(map(str, meanings))}"
        )
    return meanings[entry]
