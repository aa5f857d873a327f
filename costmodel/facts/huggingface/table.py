"""The table of a model fact file, put together from the layers of a configuration."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

from costmodel.facts import layers
from costmodel.facts.huggingface.architectures import architecture_of, tied_embeddings
from costmodel.facts.huggingface.attention import HIDDEN, max_context
from costmodel.facts.huggingface.fields import Fields, text_tower
from costmodel.facts.huggingface.layers import layers_of
from costmodel.facts.huggingface.refusals import refuse_what_is_not_modelled
from costmodel.facts.huggingface.remarks import remarks
from costmodel.facts.huggingface.vision import vision_table
from costmodel.facts.huggingface.weights import kept_parts, part_dtypes, weight_dtype

VOCABULARY = ("vocab_size", "padded_vocab_size")
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
    groups = grouped(layers_of(fields))
    hidden, vocabulary, tied = fields.integer(*HIDDEN), fields.integer(*VOCABULARY), tied_embeddings(fields)
    beside = learned_positions(fields) + embeddings_of_layers(fields, sum(group["count"] for group in groups))
    count = sum(group["count"] for group in groups)
    dtype, notes = weight_dtype(fields, count)
    left_out = remarks(fields)
    kept, others = kept_parts(fields, count), part_dtypes(fields, count)
    embeddings = vocabulary * hidden * (1 if tied else 2)
    columns = [layers.group(group, f"{location}: layers", hidden) for group in groups]
    table: dict[str, Any] = {
        **identity(fields, location),
        **({"notes": notes} if notes else {}),
        **({"left_out": left_out} if left_out else {}),
        "hidden_size": hidden,
        "vocabulary_size": vocabulary,
        "tied_embeddings": tied,
        "max_context": max_context(fields),
        "weight_dtype": dtype,
        "parameters": round(sum(layers.parameters(group, hidden) for group in columns)) + embeddings + beside,
    }
    if beside:
        table["other_parameters"] = beside
    if kept:
        table["unquantised"] = list(kept)
    if others:
        table["weight_dtypes"] = others
    return table | vision_table(config, location) | {"layers": groups}


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


def embeddings_of_layers(fields: Fields, count: int) -> int:
    """Weights of a further embedding for every layer, with its projections into and out of the layers (Gemma 3n and 4)."""
    width = fields.integer("hidden_size_per_layer_input", default=0, minimum=0)
    if not width:
        return 0
    rows = fields.integer("vocab_size_per_layer_input", *VOCABULARY)
    return count * width * (rows + 3 * fields.integer(*HIDDEN))
