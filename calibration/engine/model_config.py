"""A Hugging Face config.json from the facts of a model, for an engine that loads no weights: shapes are all it needs.

Only dense models whose layers are all alike, of families whose class in transformers is known, can be written; of any other
the caller is asked for the model's own config.json.
"""

import json
import math
from pathlib import Path

from costmodel import files
from costmodel.errors import InputError
from costmodel.facts.huggingface import read_config
from costmodel.facts.huggingface.fields import text_tower
from costmodel.facts.models import Model

LLAMA = ("LlamaForCausalLM", "llama")
CLASSES = {
    "llama-2": LLAMA,
    "llama-3": LLAMA,
    "llama-3.1": LLAMA,
    "llama-3.2": LLAMA,
    "llama-3.3": LLAMA,
    "longchat": LLAMA,
    "smollm2": LLAMA,
    "vicuna": LLAMA,
    "yi": LLAMA,
    "mistral": ("MistralForCausalLM", "mistral"),
    "qwen2.5": ("Qwen2ForCausalLM", "qwen2"),
    "qwen3": ("Qwen3ForCausalLM", "qwen3"),
}
WEIGHT_TYPES = ("bfloat16", "float16")
LAYER_KEYS = (
    "count mixer query_heads kv_heads head_dim feed_forward intermediate_size feed_forward_matrices".split()
)  # what a plain decoder layer states; any other key is a shape that the classes above do not have
# No shape, hence no time, depends on these.
COMMON = {"hidden_act": "silu", "rms_norm_eps": 1e-5, "initializer_range": 0.02, "bos_token_id": 1, "eos_token_id": 2}


def write_config(model: Model, folder: Path, given: Path | None = None) -> Path:
    """Write ``config.json`` into a folder and return its path: from the model's facts, or a copy of a ``given`` one.

    Raises InputError for a model whose facts are not enough and for a given file of another model, FactError for a given
    file that cannot be read.
    """
    table = model_config(model) if given is None else _given_config(model, given)
    path = folder / "config.json"
    files.write_text(path, json.dumps(table, indent=2) + "\n")
    return path


def model_config(model: Model) -> dict:
    """The table of a config.json; InputError, naming what stands against it, for a model whose facts are not enough."""
    family = str(model.facts.get("family", ""))
    layers = model.facts["layers"]
    first = layers[0]
    if family not in CLASSES:
        raise _not_enough(model, f"its family is {family or 'not stated'!r}, known are {', '.join(CLASSES)}")
    if len(layers) != 1:
        raise _not_enough(model, f"it has {len(layers)} kinds of layers, expected one")
    if extra := [key for key in first if key not in LAYER_KEYS]:
        raise _not_enough(model, f"layers[0]: {extra[0]} is no shape of a plain decoder layer")
    for key, expected in (("mixer", "full"), ("feed_forward", "dense"), ("feed_forward_matrices", 3)):
        if first.get(key, expected) != expected:
            raise _not_enough(model, f"layers[0]: {key}: expected {expected!r}, got {first[key]!r}")
    if model.weight_dtype not in WEIGHT_TYPES:
        raise _not_enough(model, f"weight_dtype: expected {' or '.join(WEIGHT_TYPES)}, got {model.weight_dtype!r}")
    if math.isinf(model.max_context):
        raise _not_enough(model, "max_context is not stated")
    architecture, model_type = CLASSES[family]
    return COMMON | {
        "architectures": [architecture],
        "model_type": model_type,
        "torch_dtype": model.weight_dtype,
        "hidden_size": int(model.hidden_size),
        "vocab_size": int(model.vocabulary_size),
        "tie_word_embeddings": model.tied_embeddings,
        "max_position_embeddings": int(model.max_context),
        "num_hidden_layers": int(first["count"]),
        "num_attention_heads": int(first["query_heads"]),
        "num_key_value_heads": int(first["kv_heads"]),
        "head_dim": int(first["head_dim"]),
        "intermediate_size": int(first["intermediate_size"]),
        "rope_theta": 500_000.0,
        "sliding_window": None,
    }


def _given_config(model: Model, given: Path) -> dict:
    path = given / "config.json" if given.is_dir() else given
    table = read_config(path)
    tower = text_tower(table, str(path))
    layer_count = sum(int(layer["count"]) for layer in model.facts["layers"])
    for key, expected in (("hidden_size", int(model.hidden_size)), ("num_hidden_layers", layer_count)):
        if key in tower and tower[key] != expected:
            raise InputError(f"{path}: {key}: expected {expected:,}, as model {model.id} has it, got {tower[key]!r}")
    return table


def _not_enough(model: Model, reason: str) -> InputError:
    return InputError(
        f"model {model.id}: its facts are not enough to write a config.json: {reason};"
        " name the model's own with --config PATH"
    )
