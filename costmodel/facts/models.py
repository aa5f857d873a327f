"""A model as groups of identical layers, from its TOML file or a Hugging Face config.json.

Every group states one mixer (full, sliding, chunked, latent, recurrent, none) and one feed-forward (dense, experts, none);
costs of both add up. Widths and columns that follow from the file are worked out here, once, into the vocabulary's names.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

from costmodel.errors import FactError
from costmodel.facts import store
from costmodel.facts.vocabulary import number

MIXERS = ("full", "sliding", "chunked", "latent", "recurrent", "none")
FEED_FORWARDS = ("dense", "experts", "none")
KEYS = [
    "name",
    "family",
    "huggingface",
    "aliases",
    "source",
    "status",
    "read",
    "notes",
    "hidden_size",
    "vocabulary_size",
    "tied_embeddings",
    "max_context",
    "weight_dtype",
    "parameters",
    "parameters_published",
    "parameters_active",
    "other_parameters",
    "layers",
]
LAYER_KEYS = [
    "count",
    "mixer",
    "query_heads",
    "kv_heads",
    "head_dim",
    "value_head_dim",
    "window",
    "gated_query",
    "latent_rank",
    "rope_dim",
    "nope_dim",
    "query_rank",
    "state_size",
    "mixer_parameters",
    "feed_forward",
    "intermediate_size",
    "feed_forward_matrices",
    "experts",
    "experts_per_token",
    "expert_intermediate_size",
    "shared_intermediate_size",
]


WIDTHS = (
    "query_heads kv_heads query_width key_width value_width output_width expanded_key_width expanded_value_width"
).split()


@dataclass(frozen=True, eq=False)
class Model:
    """The facts of one model; ``groups`` are tables in the names of the vocabulary, one a kind of layer."""

    id: str
    name: str
    source: str
    status: str
    hidden_size: float
    vocabulary_size: float
    tied_embeddings: bool
    max_context: float
    weight_dtype: str
    other_parameters: float
    groups: tuple[dict, ...]
    asked: str = ""
    notes: tuple[str, ...] = ()
    facts: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def layers(self) -> float:
        """Number of layers (mixers and feed-forwards that are told apart count half a layer each)."""
        return sum(g["layer_count"] * max(g["attends"], g["mixer_parameters"] > 0, 0.0) for g in self.groups) or sum(
            g["layer_count"] for g in self.groups
        )

    @property
    def parameters(self) -> float:
        """Parameters counted from the shapes: projections, experts, embeddings; norms and biases left out."""
        embeddings = (2 - self.tied_embeddings) * self.vocabulary_size * self.hidden_size
        return embeddings + self.other_parameters + sum(_group_parameters(g, self.hidden_size) for g in self.groups)


def load(name: str) -> Model:
    """The model of that id, alias, ``hf:org/name`` repository or path to a config.json.

    Raises UnknownName for no such model, FactError for a file that cannot be trusted.
    """
    if name.startswith("hf:"):
        return from_hub(name[3:])
    identifier = store.resolve("models", name)
    path = store.files("models")[identifier]
    return build(identifier, store.table("models", identifier), str(path), asked=name)


def from_config(path: str | Path) -> Model:
    """The model that a Hugging Face config.json describes."""
    from costmodel.facts import huggingface

    path = Path(path)
    if path.is_dir():
        path = path / "config.json"
    config = huggingface.read_config(path)
    stem = path.stem if path.stem != "config" else path.parent.name
    return build(store.normal(stem) or "config", huggingface.model_table(config, str(path)), str(path), asked=str(path))


def from_hub(repository: str) -> Model:
    """The model of a Hugging Face repository, where huggingface_hub is installed and can reach it."""
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise FactError(f"hf:{repository} needs huggingface_hub: pip install huggingface_hub") from error
    try:
        path = hf_hub_download(repository, "config.json")
    except Exception as error:  # the hub's client raises a dozen unrelated types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise FactError(f"hf:{repository}: config.json could not be fetched: {reason}") from error
    from costmodel.facts import huggingface

    table = huggingface.model_table(huggingface.read_config(Path(path)), f"hf:{repository}")
    return build(store.normal(repository.rsplit("/", 1)[-1]), table, f"hf:{repository}", asked=f"hf:{repository}")


def build(identifier: str, facts: dict, where: str, asked: str = "") -> Model:
    """A Model out of a table; FactError names file and key of what is missing, unknown or absurd."""
    store.check_keys(facts, KEYS, where, ("name", "source", "hidden_size", "vocabulary_size", "layers"))
    store.check_types(facts, {"tied_embeddings": bool, "notes": list, "aliases": list, "weight_dtype": str}, where)
    store.check_types(facts, {"name": str, "source": str, "huggingface": str}, where)
    if not isinstance(facts["layers"], list) or not facts["layers"]:
        raise FactError(f"{where}: layers: found {facts['layers']!r}, due at least one [[layers]] table")
    hidden = number(facts, "hidden_size", "", where, positive=True)
    groups = tuple(_group(table, f"{where}: layers[{place}]", hidden) for place, table in enumerate(facts["layers"]))
    return Model(
        id=identifier,
        name=facts["name"],
        source=facts["source"],
        status=facts.get("status", "read"),
        hidden_size=hidden,
        vocabulary_size=number(facts, "vocabulary_size", "", where, positive=True),
        tied_embeddings=bool(facts.get("tied_embeddings", False)),
        max_context=number(facts, "max_context", "token", where, default=math.inf, positive=True),
        weight_dtype=facts.get("weight_dtype", "bfloat16"),
        other_parameters=number(facts, "other_parameters", "", where, default=0.0),
        groups=groups,
        asked=asked,
        notes=tuple(facts.get("notes", ())),
        facts=facts,
    )


def _group(table: dict, where: str, hidden: float) -> dict:
    store.check_keys(table, LAYER_KEYS, where, ("count", "mixer", "feed_forward"))
    mixer, feed_forward = table["mixer"], table["feed_forward"]
    store.check_types(table, {"gated_query": bool}, where)
    for key, value, due in (("mixer", mixer, MIXERS), ("feed_forward", feed_forward, FEED_FORWARDS)):
        if value not in due:
            raise FactError(f"{where}: {key}: found {value!r}, due one of {', '.join(due)}")

    def get(key, default=None, unit="", positive=True):
        return number(table, key, unit, where, default, positive=positive and default is None)

    group = dict.fromkeys(
        [
            "attends",
            "feed_forward",
            "query_heads",
            "kv_heads",
            "query_width",
            "key_width",
            "value_width",
            "output_width",
            "state_size",
            "query_columns",
            "kv_columns",
            "latent_columns",
            "query_rank",
            "query_up_columns",
            "latent_rank",
            "absorbed_columns",
            "mixer_parameters",
            "intermediate_size",
            "experts",
            "experts_per_token",
            "expert_intermediate_size",
            "expanded_key_width",
            "expanded_value_width",
        ],
        0.0,
    )
    group |= {
        "layer_count": get("count"),
        "window": math.inf,
        "feed_forward_matrices": get("feed_forward_matrices", 3.0),
    }
    group["mixer"] = mixer
    if mixer in ("full", "sliding", "chunked"):
        heads, kv_heads, key = get("query_heads"), get("kv_heads"), get("head_dim")
        value = get("value_head_dim", key)
        if heads % kv_heads:
            raise FactError(f"{where}: {heads:g} query heads do not divide into {kv_heads:g} key/value heads")
        group |= {
            "query_heads": heads,
            "kv_heads": kv_heads,
            "query_width": key,
            "key_width": key,
            "value_width": value,
        }
        group |= {
            "output_width": value,
            "kv_columns": key + value,
            "expanded_key_width": key,
            "expanded_value_width": value,
        }
        group["query_columns"] = heads * key * (2 if table.get("gated_query") else 1)
        if mixer != "full":
            group["window"] = get("window", unit="token/sequence" if "/" in str(table.get("window")) else "token")
    elif mixer == "latent":
        heads, rank, rope = get("query_heads"), get("latent_rank"), get("rope_dim")
        nope, value, query_rank = get("nope_dim"), get("value_head_dim"), get("query_rank", 0.0)
        group |= {"query_heads": heads, "kv_heads": 1.0, "query_width": rank + rope, "key_width": rank + rope}
        group |= {"output_width": value, "latent_rank": rank, "query_rank": query_rank}
        group |= {"expanded_key_width": nope + rope, "expanded_value_width": value}
        group["query_columns" if not query_rank else "query_up_columns"] = heads * (nope + rope)
        group |= {"latent_columns": query_rank + rank + rope, "absorbed_columns": heads * (nope + value)}
    elif mixer == "recurrent":
        group |= {"state_size": get("state_size", unit="byte"), "mixer_parameters": get("mixer_parameters")}
    group["attends"] = float(group["query_heads"] > 0)
    if not group["attends"]:  # nothing is kept: one head and a window of nothing keep every ratio defined
        group |= dict.fromkeys(WIDTHS, 1.0)
        group["window"] = 0.0
    group["grows"] = float(group["attends"] and math.isinf(group["window"]))
    group["feed_forward"] = float(feed_forward != "none")
    if feed_forward == "dense":
        group["intermediate_size"] = get("intermediate_size")
    elif feed_forward == "experts":
        group |= {"experts": get("experts"), "experts_per_token": get("experts_per_token")}
        group |= {"expert_intermediate_size": get("expert_intermediate_size")}
        group["intermediate_size"] = get("shared_intermediate_size", 0.0)
    return group


def _group_parameters(g: dict, hidden: float) -> float:
    attention = hidden * (g["query_columns"] + g["kv_heads"] * g["kv_columns"] + g["latent_columns"])
    attention += g["query_rank"] * g["query_up_columns"] + g["latent_rank"] * g["absorbed_columns"]
    attention += g["attends"] * g["query_heads"] * g["output_width"] * hidden + g["mixer_parameters"]
    feed_forward = (
        g["feed_forward_matrices"] * hidden * (g["intermediate_size"] + g["experts"] * g["expert_intermediate_size"])
    )
    return g["layer_count"] * (attention + feed_forward + hidden * g["experts"])
