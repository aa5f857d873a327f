"""What a configuration asks for that costs little and is left out, or is assumed: said with every result of the model."""

from collections.abc import Mapping
from typing import Any

from costmodel.facts.huggingface.fields import Fields

LEFT_OUT = {
    "hc_mult": "hyper-connections left out of the step (hc_mult)",
    "attn_res_block_size": "attention over outputs of earlier layers left out of the step (attn_res_block_size)",
    "hidden_size_per_layer_input": "embeddings of every layer: weights counted, products left out of the step",
    "altup_num_inputs": "alternating updates left out of weights and step (altup_num_inputs)",
    "compress_ratios": "tokens that wait to be compressed left out of the cache (compress_ratios)",
    "mamba_d_ssm": "attention and state space of one layer listed as two layers (mamba_d_ssm)",
}
CACHE_KEYS = ("kv_cache_quant_algo", "kv_cache_scheme")  # of ModelOpt and of compressed-tensors
INDEX_KEYS = ("index_topk", "sparse_attention_config")


def remarks(fields: Fields) -> list[str]:
    """What the table leaves out or assumes of this configuration, in words."""
    found = [meaning for key, meaning in LEFT_OUT.items() if fields.values.get(key)]
    if any(fields.values.get(key) for key in INDEX_KEYS):
        found.append("keys of the indexer at 16 bit (8 bit with a scale in some engines)")
    if fields.values.get("model_type") == "lfm2" and fields.values.get("block_auto_adjust_ff_dim") is None:
        found.append("block_ff_dim cut to two thirds, intermediate_size not (no block_auto_adjust_ff_dim)")
    return found + cache_remarks(fields)


def cache_remarks(fields: Fields) -> list[str]:
    """That the checkpoint asks for a cache of its own, which engines take where no flag says otherwise (vLLM pull 30785)."""
    quantization = fields.get("quantization_config", "quantization")
    if not isinstance(quantization, Mapping):
        return []
    return [
        f"the checkpoint asks for {_cache_format(quantization[key])} cache ({key}): engines take it (vLLM since 0.14) unless a "
        "flag says otherwise; scheme none is a 16-bit cache"
        for key in CACHE_KEYS
        if quantization.get(key)
    ]


def _cache_format(stated: Any) -> str:
    """The format with its article: a name, or the bits and kind of number that a scheme states."""
    if isinstance(stated, Mapping):
        stated = f"{stated.get('num_bits', 'quantised')}-bit {stated.get('type', '')}".strip()
    return f"{'an' if str(stated)[:1].upper() in 'FNMI8' else 'a'} {stated}"
