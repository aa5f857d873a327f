"""Keys whose meaning the table cannot hold; a configuration that sets one is refused, not approximated."""

from costmodel.errors import FactError
from costmodel.facts.huggingface.fields import Fields

REFUSED = {
    "blocksparse_block_size": "block-sparse attention of a fixed pattern",
    "hybrid_layer_ids": "attention weights shared between layers",
    "zero_expert_num": "experts that do nothing",
    "cross_attention_layers": "attention to another tower",
    "add_cross_attention": "attention to another tower",
    "is_encoder_decoder": "an encoder beside the decoder",
}
OTHERWISE = (
    "expected a model without it; the rest can be stated in a model file, one [[layers]] table a kind of layer "
    "(docs/adding.md, A model)"
)


def refuse_what_is_not_modelled(fields: Fields) -> None:
    """Raise a FactError that names the first key of which the table cannot hold the meaning."""
    for key, meaning in REFUSED.items():
        if fields.values.get(key):
            raise FactError(f"{fields.location}: {key}: not modelled ({meaning}); {OTHERWISE}")
    width = fields.values.get("word_embed_proj_dim")
    if width is not None and width != fields.get("hidden_size"):
        expected = (
            f"the hidden size {fields.get('hidden_size')}, as an embedding narrower than the layers is not modelled"
        )
        raise fields.wrong("word_embed_proj_dim", expected)
    if "quantization" in fields.values and "model_type" not in fields.values:
        expected = "the config.json beside it, which has num_hidden_layers"
        raise FactError(f"{fields.location}: quantization: this is a list of quantised weights; expected {expected}")
