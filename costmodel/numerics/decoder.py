"""A decoder of the Llama family whose attention reads a cache of ours: several sequences at once, one cache each.

Products and norms are the modules of transformers; only attention is written here, in float32, since it must see what a
scheme stored. All sequences run the same tokens, so that their answers differ by their caches alone.
"""

import torch

from costmodel.numerics.layer_cache import LayerCache
from costmodel.numerics.recipe import DecoderShape, Recipe

Cache = list[LayerCache]  # one a layer


class Decoder:
    """A causal language model: ``model`` (LlamaForCausalLM or alike) with its tokenizer, under an ``id``."""

    def __init__(self, id: str, model, tokenizer):
        self.id, self.model, self.tokenizer = id, model.eval(), tokenizer
        config = model.config
        width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        self.shape = DecoderShape(
            config.num_hidden_layers, config.num_key_value_heads, config.num_attention_heads, width
        )
        self.longest_context = config.max_position_embeddings

    def new_cache(self, recipe: Recipe) -> Cache:
        """An empty cache under a recipe."""
        return [LayerCache(recipe, self.shape, layer) for layer in range(self.shape.layers)]

    def encode(self, text: str) -> list[int]:
        """Tokens of a text, without special ones."""
        return self.tokenizer.encode(text, add_special_tokens=False)

    @torch.inference_mode()
    def run(self, tokens, caches: list[Cache], is_prompt: bool, last: int = 1, errors: bool = False):
        """Logits [cache, last, vocabulary] of the last tokens of a pass over ``tokens``, which then join every cache.

        ``tokens`` are a list for all caches, or a list of one list a cache (of one length; not over empty caches).

        With ``errors`` also the relative error of every layer's attention output [cache, layer] of the last token, against
        the exact history under the same query.
        """
        tokens = torch.tensor(tokens)
        start, count = caches[0][0].exact_keys.length, tokens.shape[-1]
        inner = self.model.model
        readers = caches if start else caches[:1]  # over empty caches one pass is the pass of all
        hidden = inner.embed_tokens(tokens).expand(len(readers), -1, -1)
        rotation = inner.rotary_emb(hidden, torch.arange(start, start + count).unsqueeze(0))
        output_errors = torch.zeros(len(caches), self.shape.layers)
        for number, block in enumerate(inner.layers):
            queries, keys, values = _project(block, hidden, rotation, self.shape)
            rows = []
            for row, cache in enumerate(readers):
                layer = cache[number]
                for follower in [cache] if start else caches:
                    follower[number].append(keys[row], values[row])
                output, weights = attend(queries[row], layer.keys.rows, layer.values.rows)
                if errors:
                    exact, _ = attend(queries[row][:, -1:], layer.exact_keys.rows, layer.exact_values.rows)
                    output_errors[row, number] = (output[:, -1:] - exact).norm() / exact.norm()
                for follower in [cache] if start else caches:
                    follower[number].settle(queries[row], weights, is_prompt)
                rows.append(output.transpose(0, 1).flatten(1))
            hidden = hidden + block.self_attn.o_proj(torch.stack(rows).to(hidden.dtype))
            hidden = hidden + block.mlp(block.post_attention_layernorm(hidden))
        logits = self.model.lm_head(inner.norm(hidden[:, -last:])).float()
        return logits.expand(len(caches), -1, -1), output_errors


def _project(block, hidden, rotation, shape: DecoderShape):
    """Queries [sequence, query head, token, channel], keys and values [sequence, head, token, channel], rotated."""
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    normed, attention = block.input_layernorm(hidden), block.self_attn
    heads = (
        projection(normed).unflatten(-1, (-1, shape.head_width)).transpose(1, 2)
        for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    queries, keys, values = heads
    queries, keys = apply_rotary_pos_emb(queries, keys, *rotation)
    return queries.float(), keys.float(), values.float()


def attend(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Causal attention of the newest tokens: output [query head, token, channel], weights [head, query head, token, stored].

    ``queries`` [query head, token, channel] are those of the last tokens of ``keys`` and ``values`` [head, stored, channel].
    """
    heads, stored, width = keys.shape
    count = queries.shape[1]
    grouped = queries.reshape(heads, -1, width)  # query heads of a head lie beside each other
    scores = (grouped @ keys.transpose(1, 2)).reshape(heads, -1, count, stored) * width**-0.5
    if count > 1:
        ahead = torch.ones(count, count, dtype=torch.bool).triu(1)
        scores[..., stored - count :].masked_fill_(ahead, -torch.inf)
    weights = scores.softmax(-1)
    output = weights.reshape(heads, -1, stored) @ values
    return output.reshape(-1, count, width), weights
