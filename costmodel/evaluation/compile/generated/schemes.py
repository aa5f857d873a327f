"""Written by ``python -m costmodel.evaluation.compile.generate``; never by hand."""

# ruff: noqa
# fmt: off

from numpy import inf, log, sqrt  # noqa: F401

from costmodel.language.kernels import (  # noqa: F401
    Ceil, Floor, Indicator, Maximum, Minimum, PNorm, PNormEntropy, PNormWeight, PositivePart,
)


def s_fp8_key_bits():
    return 1


def s_fp8_key_metadata():
    return 0


def s_fp8_conversion_work(fp8_work, key_width, value_width):
    return fp8_work*key_width/(key_width + value_width) + fp8_work*value_width/(key_width + value_width)


def s_fp8_encode_work(key_width, value_width):
    return 2*key_width/(key_width + value_width) + 2*value_width/(key_width + value_width)


def s_fp8_value_bits():
    return 1


def s_fp8_value_metadata():
    return 0


def s_fp8_encode_kernels():
    return 0


S_fp8 = {
    'key_bits': (s_fp8_key_bits, (), ()),
    'key_metadata': (s_fp8_key_metadata, (), ()),
    'conversion_work': (s_fp8_conversion_work, ('fp8_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_fp8_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_fp8_value_bits, (), ()),
    'value_metadata': (s_fp8_value_metadata, (), ()),
    'encode_kernels': (s_fp8_encode_kernels, (), ()),
}




S_gqa = {
}


def s_h2o_full_blocks_immutable(context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, window))


def s_h2o_prefix_cacheable(context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, window))


def s_h2o_guaranteed_recent_tokens(context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, window)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(context, window))*Minimum(Minimum(context, window), (0.5)*knob0__budget)


def s_h2o_score_selected(context, knob0__budget, window):
    return Maximum(0, Indicator(-knob0__budget + Minimum(context, window)))


def s_h2o_kept_tokens(context, knob0__budget, window):
    return Minimum(Minimum(context, window), knob0__budget)


def s_h2o_sidecar_size():
    return 4


def s_h2o_score_kernels():
    return 3


def s_h2o_score_passes():
    return 3


def s_h2o_moved_tokens():
    return 1


def s_h2o_scored_queries(context):
    return context


def s_h2o_prompt_passes():
    return 0


def s_h2o_kept_growth(context, knob0__budget, window):
    return Indicator(-context + window)*Indicator(knob0__budget - Minimum(context, window))


S_h2o = {
    'full_blocks_immutable': (s_h2o_full_blocks_immutable, ('context', 'knob0__budget', 'window'), ()),
    'prefix_cacheable': (s_h2o_prefix_cacheable, ('context', 'knob0__budget', 'window'), ()),
    'guaranteed_recent_tokens': (s_h2o_guaranteed_recent_tokens, ('context', 'knob0__budget', 'window'), ()),
    'score_selected': (s_h2o_score_selected, ('context', 'knob0__budget', 'window'), ()),
    'kept_tokens': (s_h2o_kept_tokens, ('context', 'knob0__budget', 'window'), ()),
    'sidecar_size': (s_h2o_sidecar_size, (), ()),
    'score_kernels': (s_h2o_score_kernels, (), ()),
    'score_passes': (s_h2o_score_passes, (), ()),
    'moved_tokens': (s_h2o_moved_tokens, (), ()),
    'scored_queries': (s_h2o_scored_queries, ('context',), ()),
    'prompt_passes': (s_h2o_prompt_passes, (), ()),
    'kept_growth': (s_h2o_kept_growth, ('context', 'knob0__budget', 'window'), ()),
}


def s_hf_quantized_key_bits():
    return 0.500000000000000


def s_hf_quantized_key_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_hf_quantized_conversion_work():
    return 0


def s_hf_quantized_encode_work(key_width, value_width):
    return 6*key_width/(key_width + value_width) + 6*value_width/(key_width + value_width)


def s_hf_quantized_value_bits():
    return 0.500000000000000


def s_hf_quantized_value_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_hf_quantized_unfused():
    return 1


def s_hf_quantized_encode_kernels():
    return 2


def s_hf_quantized_precise_key_tokens(knob0__residual):
    return (0.5)*knob0__residual


def s_hf_quantized_precise_value_tokens(knob0__residual):
    return (0.5)*knob0__residual


def s_hf_quantized_flush_tokens(knob0__residual):
    return knob0__residual


def s_hf_quantized_residual_window_tokens(knob0__residual):
    return Maximum(Maximum(0, (0.5)*knob0__residual), (0.5)*knob0__residual)


S_hf_quantized = {
    'key_bits': (s_hf_quantized_key_bits, (), ()),
    'key_metadata': (s_hf_quantized_key_metadata, ('knob0__group',), ()),
    'conversion_work': (s_hf_quantized_conversion_work, (), ()),
    'encode_work': (s_hf_quantized_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_hf_quantized_value_bits, (), ()),
    'value_metadata': (s_hf_quantized_value_metadata, ('knob0__group',), ()),
    'unfused': (s_hf_quantized_unfused, (), ()),
    'encode_kernels': (s_hf_quantized_encode_kernels, (), ()),
    'precise_key_tokens': (s_hf_quantized_precise_key_tokens, ('knob0__residual',), ()),
    'precise_value_tokens': (s_hf_quantized_precise_value_tokens, ('knob0__residual',), ()),
    'flush_tokens': (s_hf_quantized_flush_tokens, ('knob0__residual',), ()),
    'residual_window_tokens': (s_hf_quantized_residual_window_tokens, ('knob0__residual',), ()),
}


def s_hypothetical_key_bits(knob0__saving):
    return 2 - 2*knob0__saving


def s_hypothetical_value_bits(knob0__saving):
    return 2 - 2*knob0__saving


def s_hypothetical_added_time(knob0__overhead, layers):
    return knob0__overhead/layers


S_hypothetical = {
    'key_bits': (s_hypothetical_key_bits, ('knob0__saving',), ()),
    'value_bits': (s_hypothetical_value_bits, ('knob0__saving',), ()),
    'added_time': (s_hypothetical_added_time, ('knob0__overhead', 'layers'), ()),
}


def s_int4_key_bits():
    return 0.500000000000000


def s_int4_key_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_int4_conversion_work(int4_token_work, key_width, value_width):
    return int4_token_work*key_width/(key_width + value_width) + int4_token_work*value_width/(key_width + value_width)


def s_int4_encode_work(key_width, value_width):
    return 6*key_width/(key_width + value_width) + 6*value_width/(key_width + value_width)


def s_int4_value_bits():
    return 0.500000000000000


def s_int4_value_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_int4_encode_kernels():
    return 0


S_int4 = {
    'key_bits': (s_int4_key_bits, (), ()),
    'key_metadata': (s_int4_key_metadata, ('key_width',), ()),
    'conversion_work': (s_int4_conversion_work, ('int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_int4_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_int4_value_bits, (), ()),
    'value_metadata': (s_int4_value_metadata, ('key_width',), ()),
    'encode_kernels': (s_int4_encode_kernels, (), ()),
}


def s_int8_key_bits():
    return 1


def s_int8_key_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_int8_conversion_work(int8_token_work, key_width, value_width):
    return int8_token_work*key_width/(key_width + value_width) + int8_token_work*value_width/(key_width + value_width)


def s_int8_encode_work(key_width, value_width):
    return 4*key_width/(key_width + value_width) + 4*value_width/(key_width + value_width)


def s_int8_value_bits():
    return 1


def s_int8_value_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_int8_encode_kernels():
    return 0


S_int8 = {
    'key_bits': (s_int8_key_bits, (), ()),
    'key_metadata': (s_int8_key_metadata, ('key_width',), ()),
    'conversion_work': (s_int8_conversion_work, ('int8_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_int8_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_int8_value_bits, (), ()),
    'value_metadata': (s_int8_value_metadata, ('key_width',), ()),
    'encode_kernels': (s_int8_encode_kernels, (), ()),
}


def s_int8_tensor_key_bits():
    return 1


def s_int8_tensor_key_metadata():
    return 0


def s_int8_tensor_conversion_work(int8_token_work, key_width, value_width):
    return int8_token_work*key_width/(key_width + value_width) + int8_token_work*value_width/(key_width + value_width)


def s_int8_tensor_encode_work(key_width, value_width):
    return 3*key_width/(key_width + value_width) + 3*value_width/(key_width + value_width)


def s_int8_tensor_value_bits():
    return 1


def s_int8_tensor_value_metadata():
    return 0


def s_int8_tensor_encode_kernels():
    return 0


S_int8_tensor = {
    'key_bits': (s_int8_tensor_key_bits, (), ()),
    'key_metadata': (s_int8_tensor_key_metadata, (), ()),
    'conversion_work': (s_int8_tensor_conversion_work, ('int8_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_int8_tensor_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_int8_tensor_value_bits, (), ()),
    'value_metadata': (s_int8_tensor_value_metadata, (), ()),
    'encode_kernels': (s_int8_tensor_encode_kernels, (), ()),
}


def s_kivi_2bit_key_bits():
    return 0.250000000000000


def s_kivi_2bit_key_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_kivi_2bit_conversion_work(int2_channel_work, key_width, value_width):
    return int2_channel_work*key_width/(key_width + value_width) + int2_channel_work*value_width/(key_width + value_width)


def s_kivi_2bit_encode_work(key_width, value_width):
    return 7*key_width/(key_width + value_width) + 7*value_width/(key_width + value_width)


def s_kivi_2bit_encode_kernels():
    return 2


def s_kivi_2bit_value_bits():
    return 0.250000000000000


def s_kivi_2bit_value_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_kivi_2bit_precise_key_tokens(knob0__residual):
    return (0.5)*knob0__residual


def s_kivi_2bit_precise_value_tokens(knob0__residual):
    return knob0__residual


def s_kivi_2bit_flush_tokens(knob0__residual):
    return knob0__residual


def s_kivi_2bit_residual_window_tokens(knob0__residual):
    return Maximum(Maximum(0, (0.5)*knob0__residual), knob0__residual)


S_kivi_2bit = {
    'key_bits': (s_kivi_2bit_key_bits, (), ()),
    'key_metadata': (s_kivi_2bit_key_metadata, ('knob0__group',), ()),
    'conversion_work': (s_kivi_2bit_conversion_work, ('int2_channel_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_kivi_2bit_encode_work, ('key_width', 'value_width'), ()),
    'encode_kernels': (s_kivi_2bit_encode_kernels, (), ()),
    'value_bits': (s_kivi_2bit_value_bits, (), ()),
    'value_metadata': (s_kivi_2bit_value_metadata, ('knob0__group',), ()),
    'precise_key_tokens': (s_kivi_2bit_precise_key_tokens, ('knob0__residual',), ()),
    'precise_value_tokens': (s_kivi_2bit_precise_value_tokens, ('knob0__residual',), ()),
    'flush_tokens': (s_kivi_2bit_flush_tokens, ('knob0__residual',), ()),
    'residual_window_tokens': (s_kivi_2bit_residual_window_tokens, ('knob0__residual',), ()),
}


def s_kivi_4bit_key_bits():
    return 0.500000000000000


def s_kivi_4bit_key_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_kivi_4bit_conversion_work(int4_channel_work, key_width, value_width):
    return int4_channel_work*key_width/(key_width + value_width) + int4_channel_work*value_width/(key_width + value_width)


def s_kivi_4bit_encode_work(key_width, value_width):
    return 7*key_width/(key_width + value_width) + 7*value_width/(key_width + value_width)


def s_kivi_4bit_encode_kernels():
    return 2


def s_kivi_4bit_value_bits():
    return 0.500000000000000


def s_kivi_4bit_value_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_kivi_4bit_precise_key_tokens(knob0__residual):
    return (0.5)*knob0__residual


def s_kivi_4bit_precise_value_tokens(knob0__residual):
    return knob0__residual


def s_kivi_4bit_flush_tokens(knob0__residual):
    return knob0__residual


def s_kivi_4bit_residual_window_tokens(knob0__residual):
    return Maximum(Maximum(0, (0.5)*knob0__residual), knob0__residual)


S_kivi_4bit = {
    'key_bits': (s_kivi_4bit_key_bits, (), ()),
    'key_metadata': (s_kivi_4bit_key_metadata, ('knob0__group',), ()),
    'conversion_work': (s_kivi_4bit_conversion_work, ('int4_channel_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_kivi_4bit_encode_work, ('key_width', 'value_width'), ()),
    'encode_kernels': (s_kivi_4bit_encode_kernels, (), ()),
    'value_bits': (s_kivi_4bit_value_bits, (), ()),
    'value_metadata': (s_kivi_4bit_value_metadata, ('knob0__group',), ()),
    'precise_key_tokens': (s_kivi_4bit_precise_key_tokens, ('knob0__residual',), ()),
    'precise_value_tokens': (s_kivi_4bit_precise_value_tokens, ('knob0__residual',), ()),
    'flush_tokens': (s_kivi_4bit_flush_tokens, ('knob0__residual',), ()),
    'residual_window_tokens': (s_kivi_4bit_residual_window_tokens, ('knob0__residual',), ()),
}


def s_kvquant_3bit_key_bits():
    return 0.375000000000000


def s_kvquant_3bit_key_metadata():
    return 0


def s_kvquant_3bit_conversion_work(int4_channel_work, int4_token_work, key_width, value_width):
    return int4_token_work*value_width/(key_width + value_width) + key_width*(int4_channel_work + 3)/(key_width + value_width)


def s_kvquant_3bit_encode_work(key_width, value_width):
    return 8*key_width/(key_width + value_width) + 8*value_width/(key_width + value_width)


def s_kvquant_3bit_encode_kernels():
    return 2


def s_kvquant_3bit_value_bits():
    return 0.375000000000000


def s_kvquant_3bit_value_metadata(kv_heads, value_width):
    return 32/Maximum(kv_heads*value_width, 1)


def s_kvquant_3bit_sidecar_size(knob0__outliers, kv_heads):
    return 16*knob0__outliers/kv_heads


def s_kvquant_3bit_constant_size(state_size):
    return state_size


S_kvquant_3bit = {
    'key_bits': (s_kvquant_3bit_key_bits, (), ()),
    'key_metadata': (s_kvquant_3bit_key_metadata, (), ()),
    'conversion_work': (s_kvquant_3bit_conversion_work, ('int4_channel_work', 'int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_kvquant_3bit_encode_work, ('key_width', 'value_width'), ()),
    'encode_kernels': (s_kvquant_3bit_encode_kernels, (), ()),
    'value_bits': (s_kvquant_3bit_value_bits, (), ()),
    'value_metadata': (s_kvquant_3bit_value_metadata, ('kv_heads', 'value_width'), ()),
    'sidecar_size': (s_kvquant_3bit_sidecar_size, ('knob0__outliers', 'kv_heads'), ()),
    'constant_size': (s_kvquant_3bit_constant_size, ('state_size',), ()),
}


def s_kvquant_4bit_key_bits():
    return 0.500000000000000


def s_kvquant_4bit_key_metadata():
    return 0


def s_kvquant_4bit_conversion_work(int4_channel_work, int4_token_work, key_width, value_width):
    return int4_token_work*value_width/(key_width + value_width) + key_width*(int4_channel_work + 3)/(key_width + value_width)


def s_kvquant_4bit_encode_work(key_width, value_width):
    return 16*key_width/(key_width + value_width) + 16*value_width/(key_width + value_width)


def s_kvquant_4bit_encode_kernels():
    return 2


def s_kvquant_4bit_value_bits():
    return 0.500000000000000


def s_kvquant_4bit_value_metadata(kv_heads, value_width):
    return 64/Maximum(kv_heads*value_width, 1)


def s_kvquant_4bit_sidecar_size(knob0__outliers, kv_heads):
    return 16*knob0__outliers/kv_heads


def s_kvquant_4bit_constant_size(state_size):
    return state_size


S_kvquant_4bit = {
    'key_bits': (s_kvquant_4bit_key_bits, (), ()),
    'key_metadata': (s_kvquant_4bit_key_metadata, (), ()),
    'conversion_work': (s_kvquant_4bit_conversion_work, ('int4_channel_work', 'int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_kvquant_4bit_encode_work, ('key_width', 'value_width'), ()),
    'encode_kernels': (s_kvquant_4bit_encode_kernels, (), ()),
    'value_bits': (s_kvquant_4bit_value_bits, (), ()),
    'value_metadata': (s_kvquant_4bit_value_metadata, ('kv_heads', 'value_width'), ()),
    'sidecar_size': (s_kvquant_4bit_sidecar_size, ('knob0__outliers', 'kv_heads'), ()),
    'constant_size': (s_kvquant_4bit_constant_size, ('state_size',), ()),
}


def s_mha_cached_heads(query_heads):
    return query_heads


def s_mha_key_elements(expanded_key_width):
    return expanded_key_width


def s_mha_value_elements(expanded_value_width):
    return expanded_value_width


S_mha = {
    'cached_heads': (s_mha_cached_heads, ('query_heads',), ()),
    'key_elements': (s_mha_key_elements, ('expanded_key_width',), ()),
    'value_elements': (s_mha_value_elements, ('expanded_value_width',), ()),
}


def s_mla_cached_heads():
    return 1


def s_mla_key_elements(knob0__rank, knob0__rotary):
    return knob0__rank + knob0__rotary


def s_mla_value_elements():
    return 0


S_mla = {
    'cached_heads': (s_mla_cached_heads, (), ()),
    'key_elements': (s_mla_key_elements, ('knob0__rank', 'knob0__rotary'), ()),
    'value_elements': (s_mla_value_elements, (), ()),
}




S_none = {
}


def s_nvfp4_key_bits():
    return 0.500000000000000


def s_nvfp4_key_metadata(knob0__group):
    return 1/Maximum(knob0__group, 1)


def s_nvfp4_conversion_work(int4_group_work, key_width, value_width):
    return int4_group_work*key_width/(key_width + value_width) + int4_group_work*value_width/(key_width + value_width)


def s_nvfp4_encode_work(key_width, value_width):
    return 4*key_width/(key_width + value_width) + 4*value_width/(key_width + value_width)


def s_nvfp4_value_bits():
    return 0.500000000000000


def s_nvfp4_value_metadata(knob0__group):
    return 1/Maximum(knob0__group, 1)


def s_nvfp4_encode_kernels():
    return 0


S_nvfp4 = {
    'key_bits': (s_nvfp4_key_bits, (), ()),
    'key_metadata': (s_nvfp4_key_metadata, ('knob0__group',), ()),
    'conversion_work': (s_nvfp4_conversion_work, ('int4_group_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_nvfp4_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_nvfp4_value_bits, (), ()),
    'value_metadata': (s_nvfp4_value_metadata, ('knob0__group',), ()),
    'encode_kernels': (s_nvfp4_encode_kernels, (), ()),
}


def s_pyramidkv_reusable_next_turn(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt):
    return 1 - Indicator(-knob0__queries - (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context))


def s_pyramidkv_prefix_cacheable(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt):
    return 1 - Indicator(-knob0__queries - (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context))


def s_pyramidkv_guaranteed_recent_tokens(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt, window):
    return (1 - Indicator(-knob0__queries - (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context)))*Minimum(context, window) + Indicator(-knob0__queries - (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context))*Minimum(Minimum(context, window), knob0__queries + PositivePart(context - prompt))


def s_pyramidkv_score_selected(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt):
    return Maximum(0, Indicator(-knob0__queries - (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context)))


def s_pyramidkv_kept_tokens(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt, window):
    return Minimum(Minimum(context, window), Minimum(Minimum(prompt, context), knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1)) + PositivePart(context - prompt))


def s_pyramidkv_sidecar_size():
    return 0


def s_pyramidkv_score_kernels():
    return 0


def s_pyramidkv_score_passes():
    return 0


def s_pyramidkv_moved_tokens():
    return 0


def s_pyramidkv_scored_queries(knob0__queries):
    return knob0__queries


def s_pyramidkv_prompt_passes():
    return 1


def s_pyramidkv_kept_growth(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt, window):
    return (Indicator(-context + prompt)*Indicator(knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) - Minimum(prompt, context)) + Indicator(context - prompt))*Indicator(Minimum(context, window) - Minimum(Minimum(prompt, context), knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1)) - PositivePart(context - prompt)) + Indicator(-context + window)*Indicator(-Minimum(context, window) + Minimum(Minimum(prompt, context), knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1)) + PositivePart(context - prompt))


def s_pyramidkv_prompt_growth(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt, window):
    return (Indicator(-context + prompt)*Indicator(knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) - Minimum(prompt, context)) + Indicator(context - prompt))*Indicator(Minimum(context, window) - Minimum(Minimum(prompt, context), knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1)) - PositivePart(context - prompt)) + (Indicator(context - prompt)*Indicator(knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) - Minimum(prompt, context)) - Indicator(context - prompt))*Indicator(Minimum(context, window) - Minimum(Minimum(prompt, context), knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1)) - PositivePart(context - prompt)) + Indicator(-context + window)*Indicator(-Minimum(context, window) + Minimum(Minimum(prompt, context), knob0__queries + (knob0__budget - knob0__queries)*(2*layer_index/(layers - 1) + 2*knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1)) + PositivePart(context - prompt))


S_pyramidkv = {
    'reusable_next_turn': (s_pyramidkv_reusable_next_turn, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt'), ()),
    'prefix_cacheable': (s_pyramidkv_prefix_cacheable, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt'), ()),
    'guaranteed_recent_tokens': (s_pyramidkv_guaranteed_recent_tokens, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt', 'window'), ()),
    'score_selected': (s_pyramidkv_score_selected, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt'), ()),
    'kept_tokens': (s_pyramidkv_kept_tokens, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt', 'window'), ()),
    'sidecar_size': (s_pyramidkv_sidecar_size, (), ()),
    'score_kernels': (s_pyramidkv_score_kernels, (), ()),
    'score_passes': (s_pyramidkv_score_passes, (), ()),
    'moved_tokens': (s_pyramidkv_moved_tokens, (), ()),
    'scored_queries': (s_pyramidkv_scored_queries, ('knob0__queries',), ()),
    'prompt_passes': (s_pyramidkv_prompt_passes, (), ()),
    'kept_growth': (s_pyramidkv_kept_growth, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt', 'window'), ()),
    'prompt_growth': (s_pyramidkv_prompt_growth, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt', 'window'), ()),
}


def s_qserve_kv4_key_bits():
    return 0.500000000000000


def s_qserve_kv4_key_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_qserve_kv4_conversion_work(int4_token_work, key_width, value_width):
    return int4_token_work*key_width/(key_width + value_width) + int4_token_work*value_width/(key_width + value_width)


def s_qserve_kv4_encode_work(key_width, value_width):
    return 6*key_width/(key_width + value_width) + 6*value_width/(key_width + value_width)


def s_qserve_kv4_value_bits():
    return 0.500000000000000


def s_qserve_kv4_value_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_qserve_kv4_encode_kernels():
    return 0


S_qserve_kv4 = {
    'key_bits': (s_qserve_kv4_key_bits, (), ()),
    'key_metadata': (s_qserve_kv4_key_metadata, ('key_width',), ()),
    'conversion_work': (s_qserve_kv4_conversion_work, ('int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_qserve_kv4_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_qserve_kv4_value_bits, (), ()),
    'value_metadata': (s_qserve_kv4_value_metadata, ('key_width',), ()),
    'encode_kernels': (s_qserve_kv4_encode_kernels, (), ()),
}


def s_quest_read_tokens(kept_tokens, knob0__budget, layer_index):
    return kept_tokens*(1 - Indicator(layer_index - 1.5)) + Indicator(layer_index - 1.5)*Minimum(kept_tokens, knob0__budget)


def s_quest_guaranteed_recent_tokens(context, kept_tokens, knob0__budget, layer_index, window):
    return (-Indicator(layer_index - 1.5)*Indicator(-knob0__budget + kept_tokens) + 1)*Minimum(context, window)


def s_quest_score_selected(kept_tokens, knob0__budget, layer_index):
    return Maximum(0, Indicator(layer_index - 1.5)*Indicator(-knob0__budget + kept_tokens))


def s_quest_index_size(key_width, knob0__page):
    return 4*key_width/knob0__page


def s_quest_select_kernels(layer_index):
    return 2*Indicator(layer_index - 1.5)


S_quest = {
    'read_tokens': (s_quest_read_tokens, ('kept_tokens', 'knob0__budget', 'layer_index'), ()),
    'guaranteed_recent_tokens': (s_quest_guaranteed_recent_tokens, ('context', 'kept_tokens', 'knob0__budget', 'layer_index', 'window'), ()),
    'score_selected': (s_quest_score_selected, ('kept_tokens', 'knob0__budget', 'layer_index'), ()),
    'index_size': (s_quest_index_size, ('key_width', 'knob0__page'), ()),
    'select_kernels': (s_quest_select_kernels, ('layer_index',), ()),
}


def s_scissorhands_full_blocks_immutable(context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, window))


def s_scissorhands_prefix_cacheable(context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, window))


def s_scissorhands_guaranteed_recent_tokens(context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, window)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(context, window))*Minimum(Minimum(context, window), 0)


def s_scissorhands_score_selected(context, knob0__budget, window):
    return Maximum(0, Indicator(-knob0__budget + Minimum(context, window)))


def s_scissorhands_kept_tokens(context, knob0__budget, window):
    return Minimum(Minimum(context, window), knob0__budget)


def s_scissorhands_sidecar_size():
    return 4


def s_scissorhands_score_kernels():
    return 2


def s_scissorhands_score_passes():
    return 2


def s_scissorhands_moved_tokens():
    return 1


def s_scissorhands_scored_queries(knob0__history):
    return knob0__history


def s_scissorhands_prompt_passes():
    return 0


def s_scissorhands_kept_growth(context, knob0__budget, window):
    return Indicator(-context + window)*Indicator(knob0__budget - Minimum(context, window))


S_scissorhands = {
    'full_blocks_immutable': (s_scissorhands_full_blocks_immutable, ('context', 'knob0__budget', 'window'), ()),
    'prefix_cacheable': (s_scissorhands_prefix_cacheable, ('context', 'knob0__budget', 'window'), ()),
    'guaranteed_recent_tokens': (s_scissorhands_guaranteed_recent_tokens, ('context', 'knob0__budget', 'window'), ()),
    'score_selected': (s_scissorhands_score_selected, ('context', 'knob0__budget', 'window'), ()),
    'kept_tokens': (s_scissorhands_kept_tokens, ('context', 'knob0__budget', 'window'), ()),
    'sidecar_size': (s_scissorhands_sidecar_size, (), ()),
    'score_kernels': (s_scissorhands_score_kernels, (), ()),
    'score_passes': (s_scissorhands_score_passes, (), ()),
    'moved_tokens': (s_scissorhands_moved_tokens, (), ()),
    'scored_queries': (s_scissorhands_scored_queries, ('knob0__history',), ()),
    'prompt_passes': (s_scissorhands_prompt_passes, (), ()),
    'kept_growth': (s_scissorhands_kept_growth, ('context', 'knob0__budget', 'window'), ()),
}


def s_snapkv_reusable_next_turn(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_snapkv_prefix_cacheable(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_snapkv_guaranteed_recent_tokens(context, knob0__budget, knob0__queries, prompt, window):
    return (1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(prompt, context))*Minimum(Minimum(context, window), knob0__queries + PositivePart(context - prompt))


def s_snapkv_score_selected(context, knob0__budget, prompt):
    return Maximum(0, Indicator(-knob0__budget + Minimum(prompt, context)))


def s_snapkv_kept_tokens(context, knob0__budget, prompt, window):
    return Minimum(Minimum(context, window), Minimum(Minimum(prompt, context), knob0__budget) + PositivePart(context - prompt))


def s_snapkv_sidecar_size():
    return 0


def s_snapkv_score_kernels():
    return 0


def s_snapkv_score_passes():
    return 0


def s_snapkv_moved_tokens():
    return 0


def s_snapkv_scored_queries(knob0__queries):
    return knob0__queries


def s_snapkv_prompt_passes():
    return 1


def s_snapkv_kept_growth(context, knob0__budget, prompt, window):
    return (Indicator(-context + prompt)*Indicator(knob0__budget - Minimum(prompt, context)) + Indicator(context - prompt))*Indicator(Minimum(context, window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)) + Indicator(-context + window)*Indicator(-Minimum(context, window) + Minimum(Minimum(prompt, context), knob0__budget) + PositivePart(context - prompt))


def s_snapkv_prompt_growth(context, knob0__budget, prompt, window):
    return (Indicator(-context + prompt)*Indicator(knob0__budget - Minimum(prompt, context)) + Indicator(context - prompt))*Indicator(Minimum(context, window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)) + (Indicator(context - prompt)*Indicator(knob0__budget - Minimum(prompt, context)) - Indicator(context - prompt))*Indicator(Minimum(context, window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)) + Indicator(-context + window)*Indicator(-Minimum(context, window) + Minimum(Minimum(prompt, context), knob0__budget) + PositivePart(context - prompt))


S_snapkv = {
    'reusable_next_turn': (s_snapkv_reusable_next_turn, ('context', 'knob0__budget', 'prompt'), ()),
    'prefix_cacheable': (s_snapkv_prefix_cacheable, ('context', 'knob0__budget', 'prompt'), ()),
    'guaranteed_recent_tokens': (s_snapkv_guaranteed_recent_tokens, ('context', 'knob0__budget', 'knob0__queries', 'prompt', 'window'), ()),
    'score_selected': (s_snapkv_score_selected, ('context', 'knob0__budget', 'prompt'), ()),
    'kept_tokens': (s_snapkv_kept_tokens, ('context', 'knob0__budget', 'prompt', 'window'), ()),
    'sidecar_size': (s_snapkv_sidecar_size, (), ()),
    'score_kernels': (s_snapkv_score_kernels, (), ()),
    'score_passes': (s_snapkv_score_passes, (), ()),
    'moved_tokens': (s_snapkv_moved_tokens, (), ()),
    'scored_queries': (s_snapkv_scored_queries, ('knob0__queries',), ()),
    'prompt_passes': (s_snapkv_prompt_passes, (), ()),
    'kept_growth': (s_snapkv_kept_growth, ('context', 'knob0__budget', 'prompt', 'window'), ()),
    'prompt_growth': (s_snapkv_prompt_growth, ('context', 'knob0__budget', 'prompt', 'window'), ()),
}


def s_streaming_llm_guaranteed_recent_tokens(context, knob0__recent, window):
    return Minimum(Minimum(context, window), knob0__recent)


def s_streaming_llm_sink_tokens(knob0__sinks):
    return Maximum(0, knob0__sinks)


def s_streaming_llm_full_blocks_immutable(context, knob0__recent, knob0__sinks, window):
    return 1 - Indicator(-knob0__recent - knob0__sinks + Minimum(context, window))


def s_streaming_llm_kept_tokens(context, knob0__recent, knob0__sinks, window):
    return Minimum(Minimum(context, window), knob0__recent + knob0__sinks)


def s_streaming_llm_kept_growth(context, knob0__recent, knob0__sinks, window):
    return Indicator(-context + window)*Indicator(knob0__recent + knob0__sinks - Minimum(context, window))


S_streaming_llm = {
    'guaranteed_recent_tokens': (s_streaming_llm_guaranteed_recent_tokens, ('context', 'knob0__recent', 'window'), ()),
    'sink_tokens': (s_streaming_llm_sink_tokens, ('knob0__sinks',), ()),
    'full_blocks_immutable': (s_streaming_llm_full_blocks_immutable, ('context', 'knob0__recent', 'knob0__sinks', 'window'), ()),
    'kept_tokens': (s_streaming_llm_kept_tokens, ('context', 'knob0__recent', 'knob0__sinks', 'window'), ()),
    'kept_growth': (s_streaming_llm_kept_growth, ('context', 'knob0__recent', 'knob0__sinks', 'window'), ()),
}


def s_turboquant_3bit_key_bits(knob0__skip, layer_index, layers):
    return -1.625*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_3bit_key_metadata(key_width, knob0__skip, layer_index, layers):
    return 2*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(key_width, 1)


def s_turboquant_3bit_conversion_work(int4_token_work, key_width, knob0__skip, layer_index, layers, value_width):
    return int4_token_work*key_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width) + int4_token_work*value_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width)


def s_turboquant_3bit_encode_work(key_width, knob0__skip, layer_index, layers, value_width):
    return 14*key_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width) + 6*value_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width)


def s_turboquant_3bit_encode_kernels(knob0__skip, layer_index, layers):
    return Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_3bit_prompt_passes(knob0__skip, layer_index, layers):
    return Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_3bit_value_bits(knob0__skip, layer_index, layers):
    return -1.625*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_3bit_value_metadata(knob0__skip, layer_index, layers, value_width):
    return 4*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(value_width, 1)


S_turboquant_3bit = {
    'key_bits': (s_turboquant_3bit_key_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_metadata': (s_turboquant_3bit_key_metadata, ('key_width', 'knob0__skip', 'layer_index', 'layers'), ()),
    'conversion_work': (s_turboquant_3bit_conversion_work, ('int4_token_work', 'key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_turboquant_3bit_encode_work, ('key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_turboquant_3bit_encode_kernels, ('knob0__skip', 'layer_index', 'layers'), ()),
    'prompt_passes': (s_turboquant_3bit_prompt_passes, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_bits': (s_turboquant_3bit_value_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_metadata': (s_turboquant_3bit_value_metadata, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
}


def s_turboquant_4bit_key_bits(knob0__skip, layer_index, layers):
    return -1.5*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_4bit_key_metadata(key_width, knob0__skip, layer_index, layers):
    return 2*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(key_width, 1)


def s_turboquant_4bit_conversion_work(int4_token_work, key_width, knob0__skip, layer_index, layers, value_width):
    return int4_token_work*key_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width) + int4_token_work*value_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width)


def s_turboquant_4bit_encode_work(key_width, knob0__skip, layer_index, layers, value_width):
    return 14*key_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width) + 6*value_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width)


def s_turboquant_4bit_encode_kernels(knob0__skip, layer_index, layers):
    return Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_4bit_prompt_passes(knob0__skip, layer_index, layers):
    return Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_4bit_value_bits(knob0__skip, layer_index, layers):
    return -1.5*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_4bit_value_metadata(knob0__skip, layer_index, layers, value_width):
    return 4*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(value_width, 1)


S_turboquant_4bit = {
    'key_bits': (s_turboquant_4bit_key_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_metadata': (s_turboquant_4bit_key_metadata, ('key_width', 'knob0__skip', 'layer_index', 'layers'), ()),
    'conversion_work': (s_turboquant_4bit_conversion_work, ('int4_token_work', 'key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_turboquant_4bit_encode_work, ('key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_turboquant_4bit_encode_kernels, ('knob0__skip', 'layer_index', 'layers'), ()),
    'prompt_passes': (s_turboquant_4bit_prompt_passes, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_bits': (s_turboquant_4bit_value_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_metadata': (s_turboquant_4bit_value_metadata, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
}


def s_turboquant_k3v4_key_bits(knob0__skip, layer_index, layers):
    return -1.625*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_k3v4_key_metadata(key_width, knob0__skip, layer_index, layers):
    return 2*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(key_width, 1)


def s_turboquant_k3v4_conversion_work(int4_token_work, key_width, knob0__skip, layer_index, layers, value_width):
    return int4_token_work*key_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width) + int4_token_work*value_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width)


def s_turboquant_k3v4_encode_work(key_width, knob0__skip, layer_index, layers, value_width):
    return 14*key_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width) + 6*value_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width)


def s_turboquant_k3v4_encode_kernels(knob0__skip, layer_index, layers):
    return Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_k3v4_prompt_passes(knob0__skip, layer_index, layers):
    return Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_k3v4_value_bits(knob0__skip, layer_index, layers):
    return -1.5*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_k3v4_value_metadata(knob0__skip, layer_index, layers, value_width):
    return 4*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(value_width, 1)


S_turboquant_k3v4 = {
    'key_bits': (s_turboquant_k3v4_key_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_metadata': (s_turboquant_k3v4_key_metadata, ('key_width', 'knob0__skip', 'layer_index', 'layers'), ()),
    'conversion_work': (s_turboquant_k3v4_conversion_work, ('int4_token_work', 'key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_turboquant_k3v4_encode_work, ('key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_turboquant_k3v4_encode_kernels, ('knob0__skip', 'layer_index', 'layers'), ()),
    'prompt_passes': (s_turboquant_k3v4_prompt_passes, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_bits': (s_turboquant_k3v4_value_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_metadata': (s_turboquant_k3v4_value_metadata, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
}


def s_turboquant_k8v4_key_bits(knob0__skip, layer_index, layers):
    return -Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_k8v4_key_metadata():
    return 0


def s_turboquant_k8v4_conversion_work(fp8_work, int4_token_work, key_width, knob0__skip, layer_index, layers, value_width):
    return fp8_work*key_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width) + int4_token_work*value_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width)


def s_turboquant_k8v4_encode_work(key_width, knob0__skip, layer_index, layers, value_width):
    return 2*key_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width) + 6*value_width*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/(key_width + value_width)


def s_turboquant_k8v4_encode_kernels(knob0__skip, layer_index, layers):
    return Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_k8v4_prompt_passes(knob0__skip, layer_index, layers):
    return Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_k8v4_value_bits(knob0__skip, layer_index, layers):
    return -1.5*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_k8v4_value_metadata(knob0__skip, layer_index, layers, value_width):
    return 4*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(value_width, 1)


S_turboquant_k8v4 = {
    'key_bits': (s_turboquant_k8v4_key_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_metadata': (s_turboquant_k8v4_key_metadata, (), ()),
    'conversion_work': (s_turboquant_k8v4_conversion_work, ('fp8_work', 'int4_token_work', 'key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_turboquant_k8v4_encode_work, ('key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_turboquant_k8v4_encode_kernels, ('knob0__skip', 'layer_index', 'layers'), ()),
    'prompt_passes': (s_turboquant_k8v4_prompt_passes, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_bits': (s_turboquant_k8v4_value_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_metadata': (s_turboquant_k8v4_value_metadata, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
}


SLOTS = {
    'fp8': S_fp8,
    'gqa': S_gqa,
    'h2o': S_h2o,
    'hf-quantized': S_hf_quantized,
    'hypothetical': S_hypothetical,
    'int4': S_int4,
    'int8': S_int8,
    'int8-tensor': S_int8_tensor,
    'kivi-2bit': S_kivi_2bit,
    'kivi-4bit': S_kivi_4bit,
    'kvquant-3bit': S_kvquant_3bit,
    'kvquant-4bit': S_kvquant_4bit,
    'mha': S_mha,
    'mla': S_mla,
    'none': S_none,
    'nvfp4': S_nvfp4,
    'pyramidkv': S_pyramidkv,
    'qserve-kv4': S_qserve_kv4,
    'quest': S_quest,
    'scissorhands': S_scissorhands,
    'snapkv': S_snapkv,
    'streaming-llm': S_streaming_llm,
    'turboquant-3bit': S_turboquant_3bit,
    'turboquant-4bit': S_turboquant_4bit,
    'turboquant-k3v4': S_turboquant_k3v4,
    'turboquant-k8v4': S_turboquant_k8v4,
}

NATIVE = {'fp8': 'fp8', 'gqa': 'none', 'h2o': 'none', 'hf-quantized': 'none', 'hypothetical': 'none', 'int4': 'none', 'int8': 'none', 'int8-tensor': 'none', 'kivi-2bit': 'none', 'kivi-4bit': 'none', 'kvquant-3bit': 'none', 'kvquant-4bit': 'none', 'mha': 'none', 'mla': 'none', 'none': 'none', 'nvfp4': 'none', 'pyramidkv': 'none', 'qserve-kv4': 'none', 'quest': 'none', 'scissorhands': 'none', 'snapkv': 'none', 'streaming-llm': 'none', 'turboquant-3bit': 'none', 'turboquant-4bit': 'none', 'turboquant-k3v4': 'none', 'turboquant-k8v4': 'none'}

DIGESTS = {'fp8': '55bf546864e1fce1', 'gqa': '1391876e63685b7d', 'h2o': '5cb6f51d52ad0caa', 'hf-quantized': 'dbc30ded6f204387', 'hypothetical': '09dae18a5d36b323', 'int4': 'bad26c970f26a284', 'int8': '88253752855c57da', 'int8-tensor': 'eb09f4bdfe290f68', 'kivi-2bit': 'cc2b2d2c4fb0140d', 'kivi-4bit': 'b047861ce08be4be', 'kvquant-3bit': '9cc03565067ab6df', 'kvquant-4bit': 'af94ca56c71bf925', 'mha': '81468abe158a764e', 'mla': '54cfee15a1c785cf', 'none': '1391876e63685b7d', 'nvfp4': 'c44351cbc4dcd77d', 'pyramidkv': '33beda75cbd6ce6d', 'qserve-kv4': 'bad26c970f26a284', 'quest': '1b94804490280e6a', 'scissorhands': 'd1342bb35e463ead', 'snapkv': '16c892518f7506da', 'streaming-llm': '09e72afc94ede756', 'turboquant-3bit': 'e1fd3862a64344fe', 'turboquant-4bit': '4b46e4bb818c1dbd', 'turboquant-k3v4': '5102812eafb3b306', 'turboquant-k8v4': 'c5e687d3ec7d1e5b'}
