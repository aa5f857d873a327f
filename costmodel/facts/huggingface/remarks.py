"""What a configuration asks for that costs little and is left out: said in the notes of the model, never silently."""

from costmodel.facts.huggingface.fields import Fields

LEFT_OUT = {
    "hc_mult": "the streams of hyper-connections: their mixing takes no cache and is left out of the step",
    "attn_res_block_size": "attention over the outputs of earlier layers: it takes no cache and is left out of the step",
    "hidden_size_per_layer_input": "embeddings of every layer: their weights are counted, their products left out of the step",
    "altup_num_inputs": "alternating updates: left out of weights and step",
}
INDEX_KEYS = ("index_topk", "sparse_attention_config")


def remarks(fields: Fields) -> list[str]:
    """Sentences on what the table leaves out or assumes of this configuration."""
    notes = [f"{key}: {meaning}." for key, meaning in LEFT_OUT.items() if fields.values.get(key)]
    if any(fields.values.get(key) for key in INDEX_KEYS):
        notes.append(
            "Keys of the indexer are counted at 16 bit; engines that keep them at 8 bit with a scale hold half."
        )
    if fields.get("mamba_d_ssm") is not None:
        notes.append(
            "Each layer has attention and a state-space mixer side by side; they are listed as two kinds of layers."
        )
    if fields.values.get("compress_ratios"):
        notes.append("Tokens that wait to be compressed into an entry are left out of the cache.")
    if fields.values.get("model_type") == "lfm2" and fields.values.get("block_auto_adjust_ff_dim") is None:
        notes.append("block_auto_adjust_ff_dim is absent: block_ff_dim is cut to two thirds, intermediate_size is not.")
    return notes
