"""The decoder of ours against transformers\' own, and caches against what they should hold."""

import pytest
import torch

from costmodel.numerics.decoder import attend
from costmodel.numerics.layer_cache import page_bounds
from costmodel.numerics.recipe import FULL


def tokens_of(count, seed=0):
    return torch.randint(0, 128, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


def expected_logits(decoder, tokens):
    with torch.inference_mode():
        return decoder.model(torch.tensor([tokens])).logits[0]


def test_a_full_cache_answers_as_transformers_do(tiny):
    tokens = tokens_of(40)
    cache = tiny.new_cache(FULL)
    logits, _ = tiny.run(tokens, [cache], is_prompt=True, last=40)
    assert torch.allclose(logits[0], expected_logits(tiny, tokens), atol=1e-4)


def test_a_prompt_in_pieces_is_the_whole_prompt(tiny):
    tokens = tokens_of(40)
    cache = tiny.new_cache(FULL)
    for piece in (tokens[:17], tokens[17:30]):
        tiny.run(piece, [cache], is_prompt=True)
    for token in tokens[30:]:
        logits, errors = tiny.run([token], [cache], is_prompt=False, errors=True)
    assert torch.allclose(logits[0, -1], expected_logits(tiny, tokens)[-1], atol=1e-4)
    assert float(errors.max()) < 1e-6


def test_caches_side_by_side_do_not_touch_each_other(tiny, recipe_of):
    tokens, recipes = tokens_of(60), [FULL, recipe_of("int4"), recipe_of("h2o[budget=64]")]
    together = [tiny.new_cache(recipe) for recipe in recipes]
    tiny.run(tokens[:50], together, is_prompt=True)
    for token in tokens[50:]:
        joint, _ = tiny.run([token], together, is_prompt=False)
    for row, recipe in enumerate(recipes):
        alone = tiny.new_cache(recipe)
        tiny.run(tokens[:50], [alone], is_prompt=True)
        for token in tokens[50:]:
            logits, _ = tiny.run([token], [alone], is_prompt=False)
        assert torch.allclose(joint[row], logits[0], atol=1e-4)


def test_rows_may_read_different_tokens(tiny):
    first, second = tokens_of(20), tokens_of(20, seed=1)
    caches = [tiny.new_cache(FULL), tiny.new_cache(FULL)]
    tiny.run(first, caches, is_prompt=True)
    logits, _ = tiny.run([[first[0]], [second[0]]], caches, is_prompt=False)
    for row, token in enumerate((first[0], second[0])):
        assert torch.allclose(logits[row, -1], expected_logits(tiny, [*first, token])[-1], atol=1e-4)


def test_a_window_holds_the_first_and_the_newest(tiny, recipe_of):
    cache = tiny.new_cache(recipe_of("streaming-llm[sinks=4,recent=16]"))
    tiny.run(tokens_of(50), [cache], is_prompt=True)
    tiny.run([1], [cache], is_prompt=False)
    for layer in cache:
        assert layer.positions[0].tolist() == [0, 1, 2, 3, *range(35, 51)]
        assert torch.equal(layer.keys.rows, layer.exact_keys.rows[:, layer.positions[0]])


def test_heavy_hitters_are_those_of_summed_attention(tiny, recipe_of):
    """The sum of attention over all queries of a prompt, by hand; each head keeps a set of its own."""
    tokens = tokens_of(128)
    full, cache = tiny.new_cache(FULL), tiny.new_cache(recipe_of("h2o[budget=64]"))
    seen = []
    original = attend

    def watching(*arguments):
        output, weights = original(*arguments)
        seen.append(weights)
        return output, weights

    import costmodel.numerics.decoder as module

    module.attend = watching
    try:
        tiny.run(tokens, [full, cache], is_prompt=True)
    finally:
        module.attend = original
    for layer, weights in zip(cache, seen, strict=True):
        sums = weights.sum((1, 2))
        for head in range(2):
            heavy = sums[head, :96].topk(32).indices.sort().values.tolist()
            assert layer.positions[head].tolist() == [*heavy, *range(96, 128)]
    assert any(layer.positions[0].tolist() != layer.positions[1].tolist() for layer in cache)


def test_a_cut_at_the_prompts_end_lets_answers_grow(tiny, recipe_of):
    cache = tiny.new_cache(recipe_of("snapkv[budget=64,queries=8]"))
    tiny.run(tokens_of(100), [cache], is_prompt=True)
    assert cache[0].length == 64
    tiny.run([3], [cache], is_prompt=False)
    assert cache[0].length == 65
    tiny.run(tokens_of(10), [cache], is_prompt=True)
    assert cache[0].length == 64


def test_stored_errors_are_zero_where_nothing_is_rounded(tiny, recipe_of):
    cache, rounded = tiny.new_cache(recipe_of("h2o[budget=64]")), tiny.new_cache(recipe_of("int4"))
    tiny.run(tokens_of(100), [cache, rounded], is_prompt=True)
    assert cache[1].stored_error() == (0, 0) and 0.05 < rounded[1].stored_error()[0] < 0.2


def test_a_pages_bound_is_above_every_product_of_it():
    generator = torch.Generator().manual_seed(5)
    queries, keys = torch.randn(4, 8, generator=generator), torch.randn(2, 37, 8, generator=generator)
    bounds = page_bounds(queries, keys)
    products = (queries.reshape(2, 2, 8) @ keys.transpose(1, 2)).sum(1)
    assert bounds.shape == products.shape and bool((bounds >= products - 1e-5).all())
    one = torch.maximum(queries[0] * keys[0, 32:].amin(0), queries[0] * keys[0, 32:].amax(0)).sum()
    two = torch.maximum(queries[1] * keys[0, 32:].amin(0), queries[1] * keys[0, 32:].amax(0)).sum()
    assert bounds[0, 36] == pytest.approx(float(one + two), rel=1e-5)
