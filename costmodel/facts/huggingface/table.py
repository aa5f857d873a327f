"""The table of a model fact file, put together from the layers of a configuration."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

from costmodel.facts.huggingface.architectures import architecture_of, tied_embeddings
from costmodel.facts.huggingface.attention import HIDDEN, max_context
from costmodel.facts.huggingface.fields import Fields, text_tower
from costmodel.facts.huggingface.layers import layers_of
from costmodel.facts.huggingface.refusals import refuse_what_is_not_modelled
from costmodel.facts.huggingface.vision import vision_table
from costmodel.facts.huggingface.weights import kept_parts, weight_dtype

LEARNED_POSITIONS = {"opt": 2, "gpt2": 0, "gpt_bigcode": 0}


def model_table(config: Mapping[str, Any], location: str) -> dict[str, Any]:
    """The table that a model fact file would hold for this parsed ``config.json``, quantities as plain numbers.

    Lengths are in tokens, states in bytes, ``parameters`` counts weight matrices of the text tower without
    norms and biases. ``where`` names the file in errors. Raises FactError for a key that is missing, absurd
    or not modelled.
    """
    values = text_tower(config, location)
    model_type = Fields(values, location).text("model_type")
    fields = Fields(values, location, architecture_of(model_type).defaults)
    refuse_what_is_not_modelled(fields)
    layers = grouped(layers_of(fields))
    hidden, vocabulary, tied = fields.integer(*HIDDEN), fields.integer("vocab_size"), tied_embeddings(fields)
    positions = learned_positions(fields)
    dtype, notes = weight_dtype(fields)
    kept = kept_parts(fields, sum(group["count"] for group in layers))
    embeddings = vocabulary * hidden * (1 if tied else 2)
    table: dict[str, Any] = {
        **identity(fields, location),
        **({"notes": notes} if notes else {}),
        "hidden_size": hidden,
        "vocabulary_size": vocabulary,
        "tied_embeddings": tied,
        "max_context": max_context(fields),
        "weight_dtype": dtype,
        "parameters": sum(group["count"] * weights(hidden, group) for group in layers) + embeddings + positions,
    }
    if positions:
        table["other_parameters"] = positions
    if kept:
        table["unquantised"] = list(kept)
    return table | vision_table(config, location) | {"layers": layers}


def identity(fields: Fields, location: str) -> dict[str, Any]:
    """Name, family and origin; the repository only where the file names one."""
    repository = fields.text("_name_or_path") or ""
    if not re.fullmatch(r"[A-Za-z0-9_-][\w.-]*/[\w.-]+", repository):
        repository = ""
    parts = [part for part in re.split(r"[/\\]", location) if part not in ("", "config.json")]
    return {
        "name": repository.split("/")[-1] or (parts[-1] if parts else location),
        "family": str(fields.values.get("model_type") or "unknown"),
        **({"huggingface": repository} if repository else {}),
        "source": f"config.json given as {location}",
        "status": "read",
        "read": datetime.date.today(),
    }


def grouped(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Identical layers counted together, in order of first appearance."""
    groups: list[dict[str, Any]] = []
    for layer in layers:
        same = next((group for group in groups if group.items() == (layer | {"count": group["count"]}).items()), None)
        if same is None:
            groups.append({"count": 1} | layer)
        else:
            same["count"] += 1
    return groups


def learned_positions(fields: Fields) -> int:
    """Weights of a table of positions, in the classes that learn one."""
    offset = LEARNED_POSITIONS.get(fields.values.get("model_type", ""))
    return 0 if offset is None else (max_context(fields) + offset) * fields.integer(*HIDDEN)


def weights(hidden: int, layer: Mapping[str, Any]) -> int:
    """Weights of the matrices of one layer, norms and biases left out."""
    return mixer_weights(hidden, layer) + feed_forward_weights(hidden, layer)


def mixer_weights(hidden: int, layer: Mapping[str, Any]) -> int:
    """Weights of the attention projections or of the recurrent mixer of one layer."""
    if layer["mixer"] in ("none", "recurrent"):
        return layer.get("mixer_parameters", 0)
    heads = layer["query_heads"]
    if layer["mixer"] == "latent":
        query = layer["nope_dim"] + layer["rope_dim"]
        rank = layer["query_rank"]
        queries = hidden * rank + rank * heads * query if rank else hidden * heads * query
        keys = hidden * (layer["latent_rank"] + layer["rope_dim"])
        values = layer["latent_rank"] * heads * (layer["nope_dim"] + layer["value_head_dim"])
        return queries + keys + values + heads * layer["value_head_dim"] * hidden
    key = layer["head_dim"]
    value = layer.get("value_head_dim", key)
    queries = heads * key * (2 if layer.get("gated_query") else 1)
    return hidden * (queries + layer["kv_heads"] * (key + value) + heads * value)


def feed_forward_weights(hidden: int, layer: Mapping[str, Any]) -> int:
    """Weights of the feed-forward of one layer, with the router where there are experts."""
    if layer["feed_forward"] == "none":
        return 0
    matrix = layer["feed_forward_matrices"] * hidden
    if layer["feed_forward"] == "dense":
        return matrix * layer["intermediate_size"]
    width = layer["experts"] * layer["expert_intermediate_size"] + layer.get("shared_intermediate_size", 0)
    return matrix * width + hidden * layer["experts"]
