"""Keys whose meaning the table cannot hold; a configuration that sets one is refused, not approximated."""

from costmodel.errors import FactError
from costmodel.facts.huggingface.fields import Fields

REFUSED = {
    "index_topk": "the indexer of sparse attention has a cache of its own",
    "indexer_types": "the indexer of sparse attention has a cache of its own",
    "sparse_attention_config": "the indexer of sparse attention has a cache of its own",
    "compress_ratios": "a cache compressed along the context",
    "attention_k_eq_v": "values that share the weights of the keys",
    "num_kv_shared_layers": "layers that read the cache of an earlier layer",
    "cla_share_factor": "layers that read the cache of an earlier layer",
    "global_head_dim": "heads of two widths",
    "hidden_size_per_layer_input": "an embedding table for every layer",
    "use_double_wide_mlp": "feed-forwards of two widths",
    "enable_moe_block": "a dense feed-forward beside the experts of a layer",
    "linear_attn_config": "linear attention of the Kimi kind",
    "routed_expert_hidden_size": "experts that see a vector of another width",
    "attn_res_block_size": "attention over the outputs of earlier layers",
    "attention_other_setting": "sliding layers with other heads",
    "blocksparse_block_size": "block-sparse attention",
    "mamba_d_ssm": "attention and state space in one layer",
    "hybrid_layer_ids": "attention weights shared between layers",
    "attn_layer_indices": "state-space layers of the Bamba kind",
    "zero_expert_num": "experts that do nothing",
    "cross_attention_layers": "attention to another tower",
    "add_cross_attention": "attention to another tower",
    "is_encoder_decoder": "an encoder beside the decoder",
    "multi_query_group_num": "the keys of ChatGLM",
}


def refuse_what_is_not_modelled(fields: Fields) -> None:
    """Raise a FactError that names the first key of which the table cannot hold the meaning."""
    for key, meaning in REFUSED.items():
        if fields.values.get(key):
            raise FactError(f"{fields.location}: {key}: not modelled ({meaning}); expected a model without it")
    width = fields.values.get("word_embed_proj_dim")
    if width is not None and width != fields.get("hidden_size"):
        expected = (
            f"the hidden size {fields.get('hidden_size')}, as an embedding narrower than the layers is not modelled"
        )
        raise fields.wrong("word_embed_proj_dim", expected)
    if "quantization" in fields.values and "model_type" not in fields.values:
        expected = "the config.json beside it, which has num_hidden_layers"
        raise FactError(f"{fields.location}: quantization: this is a list of quantised weights; expected {expected}")
