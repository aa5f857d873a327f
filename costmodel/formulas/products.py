"""The matrix products of a layer: shapes only; one law (``linear``) times them all.

Tensor parallelism splits heads and feed-forward widths over the ranks and replicates key/value heads where there are
more ranks than heads. Experts that a batch touches (``routing``) count as one product
here; where a profile knows the engine's grouped kernels, their own law (``grouped``) times them.
"""

from dataclasses import dataclass

import sympy as sp

from costmodel.formulas.routing import active_experts
from costmodel.language.functions import Indicator, Maximum
from costmodel.language.quantity import formula
from costmodel.language.symbols import (
    absorbed_columns,
    attends,
    expert_gpus,
    expert_intermediate_size,
    expert_padding,
    expert_tokens,
    experts,
    experts_per_token,
    feed_forward,
    feed_forward_matrices,
    forward_tokens,
    head,
    head_rows,
    hidden_size,
    index_columns,
    intermediate_size,
    kv_columns,
    kv_heads,
    latent_columns,
    latent_rank,
    layer,
    layer_count,
    layer_groups,
    mixer_output_width,
    mixer_parameters,
    output_columns,
    output_group_width,
    query_columns,
    query_rank,
    query_up_columns,
    ranks,
    token,
    vocabulary_size,
)


@formula("head", r"H_\mathrm{kv,loc}")
def local_kv_heads():
    """Key/value heads projected on one GPU; replicated where there are more ranks than heads."""
    return Maximum(kv_heads / ranks, head)


@dataclass(frozen=True)
class Product:
    """Rows × inner × columns of one matrix product on one GPU, how often the step runs it, and what is stored."""

    meaning: str
    rows: sp.Expr
    columns: sp.Expr
    inner: sp.Expr
    times: sp.Expr
    stored: sp.Expr

    @property
    def fields(self):
        """The expressions by the name of what they give."""
        return {name: sp.sympify(getattr(self, name)) for name in ("rows", "columns", "inner", "times", "stored")}


_m = forward_tokens / token


def _each_layer(meaning, columns, inner, rows=_m, stored=None):
    """A product that every layer of the group runs."""
    stored = columns * inner if stored is None else stored
    return Product(meaning, rows, columns, inner, layer_count / layer, stored * layer_count / layer)


_up = feed_forward_matrices - 1
_used = Maximum(active_experts, 1)
_expert_rows = expert_tokens / token * experts_per_token / _used

PRODUCTS: dict[str, Product] = {
    "qkv": _each_layer(
        "Query, key and value projections", query_columns / ranks + local_kv_heads * kv_columns, hidden_size
    ),
    "query_up": _each_layer("Query out of its latent (MLA)", query_up_columns / ranks, query_rank),
    "absorb": Product(  # two kernels of a step, one on each side of attention (aiconfigurator-core, mla_bmm)
        "Queries into the latent, results out of it (MLA)",
        _m,
        absorbed_columns / (2 * ranks),
        latent_rank,
        2 * layer_count / layer,
        absorbed_columns / ranks * latent_rank * layer_count / layer,
    ),
    "index": _each_layer(
        "Queries of the indexer out of their latent", index_columns * Indicator(query_rank), query_rank
    ),
    "latent": _each_layer("Projections into the latents (MLA)", latent_columns, hidden_size),
    "attention_latent": _each_layer("Groups of heads into latents", output_columns / ranks, output_group_width),
    "attention_out": _each_layer("Output projection", hidden_size * attends, output_columns / ranks),
    "mixer": _each_layer(
        "Projections into a recurrent mixer", (mixer_parameters / hidden_size - mixer_output_width) / ranks, hidden_size
    ),
    "mixer_out": _each_layer("Projection out of a recurrent mixer", hidden_size, mixer_output_width / ranks),
    "up": _each_layer("Gate and up projections", _up * intermediate_size / ranks, hidden_size),
    "down": _each_layer("Down projection", hidden_size * feed_forward, intermediate_size / ranks),
    "router": _each_layer("Choice of experts", experts, hidden_size),
    "expert_up": _each_layer(
        "Gate and up projections of the experts",
        _up * expert_intermediate_size / expert_gpus * _used,
        hidden_size,
        _expert_rows,
        expert_padding * _up * expert_intermediate_size / expert_gpus * experts * hidden_size,
    ),
    "expert_down": _each_layer(
        "Down projection of the experts",
        hidden_size * _used,
        expert_intermediate_size / expert_gpus,
        _expert_rows,
        expert_padding * hidden_size * experts * expert_intermediate_size / expert_gpus,
    ),
    "head": Product(
        "Output head", head_rows / token, vocabulary_size / ranks, hidden_size, 1 / layer_groups, sp.S.Zero
    ),
}
