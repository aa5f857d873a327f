"""The attention of a layer: heads and their widths, the window, or the latent of multi-head latent attention."""

from collections.abc import Mapping
from typing import Any

from costmodel.facts.huggingface.fields import Fields
from costmodel.facts.huggingface.rotary import scaled_context

HIDDEN = ("hidden_size", "n_embd", "n_embed")
HEADS = ("num_attention_heads_per_layer", "num_attention_heads", "n_head")
KEY_VALUE_HEADS = ("num_attention_groups", "num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num")
OUTPUT_GATES = ("attn_output_gate", "attention_output_gate", "gated_attention")
WINDOW = ("sliding_window", "sliding_window_size")
CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "seq_length", "max_sequence_length")


def max_context(fields: Fields) -> int:
    """Tokens of context that the file states; a longer training length, or what scaled rotary angles reach, counts."""
    stated = fields.integer(*CONTEXT)
    stretched = stated * fields.integer("rope_condense_ratio", default=1)
    return max(stretched, fields.integer("max_sequence_length", default=1), scaled_context(fields, stated))


def window(fields: Fields, *names: str) -> int | None:
    """Tokens of the window of sliding or chunked layers; None where it never hides anything."""
    tokens = fields.get(*names)
    if tokens is None:
        return None
    tokens = fields.integer(*names)
    return tokens if tokens < max_context(fields) else None


def attention(fields: Fields, kind: str) -> dict[str, Any]:
    """The keys of a full, sliding or chunked layer, or of a latent one where a latent rank is given."""
    if fields.get("kv_lora_rank") is not None:
        return latent(fields, kind)
    fields = of_kind(fields, kind)
    prefix = "swa_" if kind == "sliding" else ""
    heads = fields.integer(*prefixed(prefix, *HEADS))
    groups = key_value_heads(fields, prefix, heads)
    width = head_width(fields, prefix, heads)
    layer = {"mixer": kind, "query_heads": heads, "kv_heads": groups, "head_dim": width}
    value_width = fields.integer(*prefixed(prefix, "v_head_dim"), default=width)
    if value_width != width:
        layer["value_head_dim"] = value_width
    if kind != "full":
        tokens = window(fields, *(("attention_chunk_size",) if kind == "chunked" else WINDOW))
        if tokens is None:
            layer["mixer"] = "full"
        else:
            layer["window"] = tokens
    if any(fields.flag(name) for name in OUTPUT_GATES):
        layer["gated_query"] = True
    if fields.get("qk_norm_type") == "per_layer":  # MiniMax M2: one norm over all heads, not one for each
        layer["norms_over_heads"] = True
    if kind == "full" and fields.flag("attention_k_eq_v"):
        layer["values"] = "from-keys"
    if fields.get("share_q_dim") is not None:
        layer["query_rank"] = fields.integer("share_q_dim")
    return layer


def of_kind(fields: Fields, kind: str) -> Fields:
    """The keys with those of one kind of layers in place of the general ones: Gemma 4's full layers, Step's sliding ones."""
    if kind == "full":
        stated = {
            "head_dim": fields.get("global_head_dim"),
            "num_key_value_heads": fields.get("num_global_key_value_heads"),
        }
        return fields.having(**{key: value for key, value in stated.items() if value is not None})
    others = fields.get("attention_other_setting")
    if kind != "sliding" or others is None:
        return fields
    if not isinstance(others, Mapping):
        raise fields.wrong("attention_other_setting", "an object with the heads of sliding layers")
    return fields.having(**{str(key): value for key, value in others.items()})


def latent(fields: Fields, kind: str) -> dict[str, Any]:
    """The keys of a layer that keeps one latent and one rotary key a token, whatever the number of heads.

    Raises FactError for a ``kind`` of layer other than full.
    """
    if kind != "full":
        raise fields.wrong("kv_lora_rank", f"no latent, as {kind} layers with one are not modelled")
    layer = {
        "mixer": "latent",
        "query_heads": fields.integer(*HEADS),
        "value_head_dim": fields.integer("v_head_dim"),
        "latent_rank": fields.integer("kv_lora_rank"),
        "rope_dim": fields.integer("qk_rope_head_dim"),
        "nope_dim": fields.integer("qk_nope_head_dim"),
        "query_rank": fields.integer("q_lora_rank", default=0),
    }
    return layer | ({"gated_query": True} if fields.flag("mla_use_output_gate") else {})


def key_value_heads(fields: Fields, prefix: str, heads: int) -> int:
    """Heads that keep keys and values; a flag, not the number, decides in the classes that have one.

    ``prefix`` stands before the keys of sliding layers, ``heads`` is the number of query heads. Raises FactError where the
    number does not divide it.
    """
    many = fields.get("multi_query") is None or not fields.flag("multi_query")
    if not many and not fields.flag("new_decoder_architecture"):
        return 1
    names = prefixed(prefix, *KEY_VALUE_HEADS)
    groups = fields.integer(*names, default=heads)
    if groups > heads or heads % groups:
        raise fields.wrong(fields.name_of(*names), f"a divisor of the {heads} query heads")
    return groups


def head_width(fields: Fields, prefix: str, heads: int) -> int:
    """The width of a key: stated, or the hidden size divided by the heads; FactError where it does not divide."""
    names = prefixed(prefix, "head_dim", "attention_head_dim", "kv_channels")
    if fields.get(*names) is not None:
        return fields.integer(*names)
    hidden = fields.integer(*HIDDEN)
    if hidden % heads:
        expected = f"a number that divides the hidden size {hidden}, or a head_dim"
        raise fields.wrong(fields.name_of(*HEADS), expected)
    return hidden // heads


def prefixed(prefix: str, *names: str) -> tuple[str, ...]:
    """The names with those that hold for sliding layers alone in front."""
    return tuple(prefix + name for name in names if prefix) + names
