"""One kind of layer of a model: its TOML table as columns, widths and heads in the vocabulary's names.

Every kind states one mixer (full, sliding, chunked, latent, recurrent, none) and one feed-forward (dense, experts, none);
costs of both add up. What follows from the file is worked out here, once.
"""

import math

from costmodel.errors import FactError
from costmodel.facts import attention_columns, store
from costmodel.facts.vocabulary import number

MIXERS = ("full", "sliding", "chunked", "latent", "recurrent", "none")
FEED_FORWARDS = ("dense", "experts", "none")
LAYER_KEYS = (
    "count mixer query_heads kv_heads head_dim value_head_dim values window compressed_share owns_cache gated_query "
    "latent_rank rope_dim nope_dim query_rank output_groups output_rank index_heads index_width selected_tokens "
    "compressor_columns state_size mixer_parameters mixer_output_width feed_forward intermediate_size feed_forward_matrices "
    "experts experts_per_token expert_intermediate_size shared_intermediate_size router_variation norms_over_heads"
).split()
# What a router does that nobody measured. Fitted: mixtures among the runs to which engines' constants are fitted, 228 runs of
# seven models out of aiconfigurator-core 0.12.0 (silicon_sample.csv); python -m calibration serving judges it on the others.
ROUTER_VARIATION = 1.1
ROUTER_SPREAD = 0.35  # of its logarithm, root mean square: 0.5 to 1.35 by nine fifths of those runs
COLUMNS = (
    "attends feed_forward query_heads kv_heads query_width key_width value_width output_width state_size "
    "query_columns kv_columns latent_columns query_rank query_up_columns latent_rank absorbed_columns "
    "mixer_parameters mixer_output_width intermediate_size experts experts_per_token expert_intermediate_size router_variation "
    "expanded_key_width expanded_value_width output_columns output_group_width norms_over_heads"
).split()
PLAIN = {  # a cache of the layer's own, all of it read
    "owns_cache": 1.0,
    "compressed_share": 0.0,
    "selected_tokens": math.inf,
    "index_width": 0.0,
    "index_columns": 0.0,
}
WIDTHS = (
    "query_heads kv_heads query_width key_width value_width output_width expanded_key_width expanded_value_width "
    "output_columns"
).split()


def group(table: dict, location: str, hidden: float) -> dict:
    """The columns of one ``[[layers]]`` table by the vocabulary's names, in SI units; ``hidden`` is the model's hidden size.

    Raises FactError, naming ``location`` and the key, for what is missing, unknown or absurd.
    """
    store.check_keys(table, LAYER_KEYS, location, ("count", "mixer", "feed_forward"))
    mixer, feed_forward = table["mixer"], table["feed_forward"]
    store.check_types(table, {"gated_query": bool, "owns_cache": bool, "norms_over_heads": bool}, location)
    values = table.get("values", "own")
    for key, value, allowed in (
        ("mixer", mixer, MIXERS),
        ("feed_forward", feed_forward, FEED_FORWARDS),
        ("values", values, attention_columns.VALUES),
    ):
        if value not in allowed:
            raise FactError(f"{location}: {key}: expected one of {', '.join(allowed)}, got {value!r}")

    def get(key, default=None, unit="", positive=True):
        return number(table, key, unit, location, default, positive=positive and default is None)

    columns = dict.fromkeys(COLUMNS, 0.0) | PLAIN
    columns |= {
        "layer_count": get("count"),
        "window": math.inf,
        "owns_cache": float(table.get("owns_cache", True)),
        "norms_over_heads": float(table.get("norms_over_heads", False)),
        "feed_forward_matrices": get("feed_forward_matrices", 3.0),
    }
    columns["mixer"] = mixer
    if mixer in ("full", "sliding", "chunked"):
        columns |= attention_columns.of_heads(get, location, values)
        columns |= attention_columns.of_projections(get, values, bool(table.get("gated_query")))
        if mixer != "full":
            columns["window"] = get("window", unit=_per_sequence(table, "window"))
            columns["compressed_share"] = get("compressed_share", 0.0)
    elif mixer == "latent":
        columns |= attention_columns.of_latent(get, bool(table.get("gated_query")))
    elif mixer == "recurrent":
        columns |= {"state_size": get("state_size", unit="byte"), "mixer_parameters": get("mixer_parameters")}
        columns["mixer_output_width"] = get("mixer_output_width", 0.0)
    columns["attends"] = float(columns["query_heads"] > 0)
    if columns["attends"]:
        columns = attention_columns.with_indexer(columns, get, _per_sequence(table, "selected_tokens"))
    else:  # nothing is kept: one head and a window of nothing keep every ratio defined
        columns |= dict.fromkeys(WIDTHS, 1.0)
        columns["window"] = 0.0
    endless = math.isinf(columns["window"]) or columns["compressed_share"]
    columns["grows"] = float(columns["attends"] and bool(endless) and columns["owns_cache"])
    columns["feed_forward"] = float(feed_forward != "none")
    if feed_forward == "dense":
        columns["intermediate_size"] = get("intermediate_size")
    if feed_forward != "experts" and "router_variation" in table:
        raise FactError(f"{location}: router_variation: only where feed_forward is 'experts', got {feed_forward!r}")
    if feed_forward == "experts":
        columns |= {"experts": get("experts"), "experts_per_token": get("experts_per_token")}
        columns |= {"expert_intermediate_size": get("expert_intermediate_size")}
        columns |= {"router_variation": _router_variation(get("router_variation", ROUTER_VARIATION), columns, location)}
        columns["intermediate_size"] = get("shared_intermediate_size", 0.0)
    return columns


def _router_variation(variation: float, columns: dict, location: str) -> float:
    """The variation, or FactError for one that even a router which always chooses the same experts does not reach."""
    most = math.sqrt(max(columns["experts"] / columns["experts_per_token"] - 1, 0.0))
    if not 0 <= variation <= max(most, ROUTER_VARIATION):
        raise FactError(f"{location}: router_variation: expected 0 to {most:.2f}, got {variation:g}")
    return variation


def _per_sequence(table: dict, key: str) -> str:
    return "token/sequence" if "/" in str(table.get(key)) else "token"


def rotary_width(columns: dict) -> float:
    """Numbers of one position in the table of rotary angles of a layer: as many as its heads rotate."""
    if columns["latent_rank"]:
        return columns["query_width"] - columns["latent_rank"]
    return columns["query_width"]


def inner_width(columns: dict, hidden: float, input_copies: float = 0.0) -> float:
    """Activations of a token inside a layer of a kind, over all GPUs: of its feed-forward block, or of its mixer.

    ``columns`` are those that ``group`` returns; ``hidden`` is the model's hidden size; ``input_copies`` are further copies of
    the block's product: its cast to the input type of the weights.
    """
    attention = columns["query_columns"] + columns["kv_heads"] * columns["kv_columns"] + columns["query_up_columns"]
    attention += columns["attends"] * columns["query_heads"] * columns["output_width"]
    return max((3 + input_copies) * columns["intermediate_size"], attention, columns["mixer_parameters"] / hidden)


def parameters(columns: dict, hidden: float) -> float:
    """Number of parameters of all layers of a kind: projections, mixers, experts, router, without norms and biases.

    ``columns`` are those that ``group`` returns; ``hidden`` is the model's hidden size.
    """
    attention = hidden * (
        columns["query_columns"] + columns["kv_heads"] * columns["kv_columns"] + columns["latent_columns"]
    )
    up_columns = columns["query_up_columns"] + columns["index_columns"]
    attention += columns["query_rank"] * up_columns + columns["latent_rank"] * columns["absorbed_columns"]
    attention += columns["attends"] * columns["output_columns"] * (hidden + columns["output_group_width"])
    attention += columns["mixer_parameters"]
    feed_forward = (
        columns["feed_forward_matrices"]
        * hidden
        * (columns["intermediate_size"] + columns["experts"] * columns["expert_intermediate_size"])
    )
    return columns["layer_count"] * (attention + feed_forward + hidden * columns["experts"])
