"""Written by ``python -m costmodel.evaluation.compile.generate``; never by hand."""

# ruff: noqa
# fmt: off

from numpy import exp, inf, log, sqrt  # noqa: F401

from costmodel.language.kernels import (  # noqa: F401
    Ceil, Floor, Indicator, Maximum, Minimum, PNorm, PNormEntropy, PNormWeight, PositivePart,
)


def s_adakv_sidecar_size():
    return 0


def s_adakv_score_kernels():
    return 0


def s_adakv_score_passes():
    return 0


def s_adakv_scored_queries():
    return 32


def s_adakv_prompt_passes():
    return 1


def s_adakv_reusable_next_turn(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_adakv_prefix_cacheable(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_adakv_guaranteed_recent_tokens(context, knob0__budget, prompt, window):
    return (1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(prompt, context))*Minimum(Minimum(context, window), PositivePart(context - prompt) + 32)


def s_adakv_score_selected(context, knob0__budget, prompt):
    return Maximum(0, Indicator(-knob0__budget + Minimum(prompt, context)))


def s_adakv_kept_tokens(compressed_share, context, knob0__budget, prompt, window):
    return Minimum(Minimum(context, compressed_share*context + window), Minimum(Minimum(prompt, context), knob0__budget) + PositivePart(context - prompt))


def s_adakv_moved_tokens():
    return 0


def s_adakv_kept_growth(compressed_share, context, knob0__budget, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt))


def s_adakv_prompt_growth(compressed_share, context, knob0__budget, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-context + prompt))*(1 - Indicator(-knob0__budget + Minimum(prompt, context))) - Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)) + ((1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt))


S_adakv = {
    'sidecar_size': (s_adakv_sidecar_size, (), ()),
    'score_kernels': (s_adakv_score_kernels, (), ()),
    'score_passes': (s_adakv_score_passes, (), ()),
    'scored_queries': (s_adakv_scored_queries, (), ()),
    'prompt_passes': (s_adakv_prompt_passes, (), ()),
    'reusable_next_turn': (s_adakv_reusable_next_turn, ('context', 'knob0__budget', 'prompt'), ()),
    'prefix_cacheable': (s_adakv_prefix_cacheable, ('context', 'knob0__budget', 'prompt'), ()),
    'guaranteed_recent_tokens': (s_adakv_guaranteed_recent_tokens, ('context', 'knob0__budget', 'prompt', 'window'), ()),
    'score_selected': (s_adakv_score_selected, ('context', 'knob0__budget', 'prompt'), ()),
    'kept_tokens': (s_adakv_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
    'moved_tokens': (s_adakv_moved_tokens, (), ()),
    'kept_growth': (s_adakv_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
    'prompt_growth': (s_adakv_prompt_growth, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
}


def s_cachegen_resting_rate(coded_size, knob0__ratio, size_16bit):
    return size_16bit/(coded_size*knob0__ratio)


def s_cachegen_raw_resting_tokens():
    return 0


def s_cachegen_resting_kernels():
    return 2


def s_cachegen_resting_decode_flop():
    return 0


def s_cachegen_resting_decode_work():
    return 30


def s_cachegen_rests_in_pool():
    return 0


S_cachegen = {
    'resting_rate': (s_cachegen_resting_rate, ('coded_size', 'knob0__ratio', 'size_16bit'), ()),
    'raw_resting_tokens': (s_cachegen_raw_resting_tokens, (), ()),
    'resting_kernels': (s_cachegen_resting_kernels, (), ()),
    'resting_decode_flop': (s_cachegen_resting_decode_flop, (), ()),
    'resting_decode_work': (s_cachegen_resting_decode_work, (), ()),
    'rests_in_pool': (s_cachegen_rests_in_pool, (), ()),
}


def s_cam_sidecar_size():
    return 4


def s_cam_score_kernels():
    return 4


def s_cam_score_passes():
    return 3


def s_cam_scored_queries(context):
    return context


def s_cam_prompt_passes():
    return 0


def s_cam_full_blocks_immutable(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(1 - Indicator(Minimum(Minimum(context, compressed_share*context + window), knob0__budget)))


def s_cam_prefix_cacheable(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(1 - Indicator(Minimum(Minimum(context, compressed_share*context + window), knob0__budget)))


def s_cam_guaranteed_recent_tokens(compressed_share, context, knob0__budget, window):
    return Minimum((1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))*Minimum(Minimum(context, window), (0.5)*knob0__budget), 0)


def s_cam_score_selected(compressed_share, context, knob0__budget, window):
    return Maximum(0, Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))


def s_cam_kept_tokens(compressed_share, context, knob0__budget, window):
    return Minimum(Minimum(Minimum(context, compressed_share*context + window), knob0__budget), 0) + PositivePart(Minimum(Minimum(context, compressed_share*context + window), knob0__budget))


def s_cam_moved_tokens():
    return 1


def s_cam_kept_growth(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(1 - Indicator(Minimum(Minimum(context, compressed_share*context + window), knob0__budget)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)*Indicator(Minimum(Minimum(context, compressed_share*context + window), knob0__budget))


S_cam = {
    'sidecar_size': (s_cam_sidecar_size, (), ()),
    'score_kernels': (s_cam_score_kernels, (), ()),
    'score_passes': (s_cam_score_passes, (), ()),
    'scored_queries': (s_cam_scored_queries, ('context',), ()),
    'prompt_passes': (s_cam_prompt_passes, (), ()),
    'full_blocks_immutable': (s_cam_full_blocks_immutable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'prefix_cacheable': (s_cam_prefix_cacheable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'guaranteed_recent_tokens': (s_cam_guaranteed_recent_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'score_selected': (s_cam_score_selected, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'kept_tokens': (s_cam_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'moved_tokens': (s_cam_moved_tokens, (), ()),
    'kept_growth': (s_cam_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
}


def s_cla_cached_heads(knob0__layers, kv_heads):
    return kv_heads/knob0__layers


S_cla = {
    'cached_heads': (s_cla_cached_heads, ('knob0__layers', 'kv_heads'), ()),
}


def s_dedup_exact_duplicate_share(knob0__duplicates):
    return knob0__duplicates


def s_dedup_exact_signature_size():
    return 0


def s_dedup_exact_compared_blocks():
    return 0


def s_dedup_exact_fingerprint_kernels():
    return 0


S_dedup_exact = {
    'duplicate_share': (s_dedup_exact_duplicate_share, ('knob0__duplicates',), ()),
    'signature_size': (s_dedup_exact_signature_size, (), ()),
    'compared_blocks': (s_dedup_exact_compared_blocks, (), ()),
    'fingerprint_kernels': (s_dedup_exact_fingerprint_kernels, (), ()),
}


def s_dedup_similar_duplicate_share(knob0__duplicates, knob0__moved):
    return knob0__duplicates*(1 - knob0__moved)


def s_dedup_similar_prefix_cacheable():
    return 0


def s_dedup_similar_signature_size():
    return 1


def s_dedup_similar_compared_blocks(knob0__compared):
    return knob0__compared


def s_dedup_similar_fingerprint_kernels():
    return 2


S_dedup_similar = {
    'duplicate_share': (s_dedup_similar_duplicate_share, ('knob0__duplicates', 'knob0__moved'), ()),
    'prefix_cacheable': (s_dedup_similar_prefix_cacheable, (), ()),
    'signature_size': (s_dedup_similar_signature_size, (), ()),
    'compared_blocks': (s_dedup_similar_compared_blocks, ('knob0__compared',), ()),
    'fingerprint_kernels': (s_dedup_similar_fingerprint_kernels, (), ()),
}


def s_deepseek_sparse_attention_read_tokens(kept_tokens, knob0__budget, selected_tokens):
    return Minimum(Minimum(kept_tokens, selected_tokens), knob0__budget)


def s_deepseek_sparse_attention_guaranteed_recent_tokens(context, kept_tokens, knob0__budget, selected_tokens, window):
    return (1 - Indicator(-knob0__budget + Minimum(kept_tokens, selected_tokens)))*Minimum(context, window)


def s_deepseek_sparse_attention_score_selected(kept_tokens, knob0__budget, selected_tokens):
    return Maximum(0, Indicator(-knob0__budget + Minimum(kept_tokens, selected_tokens)))


def s_deepseek_sparse_attention_index_size(cached_heads, index_width, kv_heads):
    return 2*index_width/cached_heads + 132/kv_heads


def s_deepseek_sparse_attention_select_kernels(index_width):
    return 2*Indicator(index_width) + 3


S_deepseek_sparse_attention = {
    'read_tokens': (s_deepseek_sparse_attention_read_tokens, ('kept_tokens', 'knob0__budget', 'selected_tokens'), ()),
    'guaranteed_recent_tokens': (s_deepseek_sparse_attention_guaranteed_recent_tokens, ('context', 'kept_tokens', 'knob0__budget', 'selected_tokens', 'window'), ()),
    'score_selected': (s_deepseek_sparse_attention_score_selected, ('kept_tokens', 'knob0__budget', 'selected_tokens'), ()),
    'index_size': (s_deepseek_sparse_attention_index_size, ('cached_heads', 'index_width', 'kv_heads'), ()),
    'select_kernels': (s_deepseek_sparse_attention_select_kernels, ('index_width',), ()),
}


def s_dms_sidecar_size():
    return 0


def s_dms_score_kernels():
    return 0


def s_dms_score_passes():
    return 0


def s_dms_scored_queries():
    return 0


def s_dms_prompt_passes():
    return 0


def s_dms_full_blocks_immutable(compressed_share, context, knob0__ratio, knob0__recent, window):
    return 1 - Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - Maximum(context - knob0__recent, 0)/knob0__ratio)


def s_dms_prefix_cacheable(compressed_share, context, knob0__ratio, knob0__recent, window):
    return 1 - Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - Maximum(context - knob0__recent, 0)/knob0__ratio)


def s_dms_guaranteed_recent_tokens(compressed_share, context, knob0__ratio, knob0__recent, window):
    return (1 - Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - Maximum(context - knob0__recent, 0)/knob0__ratio))*Minimum(context, window) + Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - Maximum(context - knob0__recent, 0)/knob0__ratio)*Minimum(Minimum(context, window), knob0__recent)


def s_dms_score_selected(compressed_share, context, knob0__ratio, knob0__recent, window):
    return Maximum(0, Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - Maximum(context - knob0__recent, 0)/knob0__ratio))


def s_dms_kept_tokens(compressed_share, context, knob0__ratio, knob0__recent, window):
    return Minimum(Minimum(context, compressed_share*context + window), knob0__recent + Maximum(context - knob0__recent, 0)/knob0__ratio)


def s_dms_moved_tokens():
    return 0


def s_dms_kept_growth(compressed_share, context, knob0__ratio, knob0__recent, window):
    return (1 - Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - Maximum(context - knob0__recent, 0)/knob0__ratio))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + (1 - Indicator(-context + knob0__recent))*Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - Maximum(context - knob0__recent, 0)/knob0__ratio)/knob0__ratio


S_dms = {
    'sidecar_size': (s_dms_sidecar_size, (), ()),
    'score_kernels': (s_dms_score_kernels, (), ()),
    'score_passes': (s_dms_score_passes, (), ()),
    'scored_queries': (s_dms_scored_queries, (), ()),
    'prompt_passes': (s_dms_prompt_passes, (), ()),
    'full_blocks_immutable': (s_dms_full_blocks_immutable, ('compressed_share', 'context', 'knob0__ratio', 'knob0__recent', 'window'), ()),
    'prefix_cacheable': (s_dms_prefix_cacheable, ('compressed_share', 'context', 'knob0__ratio', 'knob0__recent', 'window'), ()),
    'guaranteed_recent_tokens': (s_dms_guaranteed_recent_tokens, ('compressed_share', 'context', 'knob0__ratio', 'knob0__recent', 'window'), ()),
    'score_selected': (s_dms_score_selected, ('compressed_share', 'context', 'knob0__ratio', 'knob0__recent', 'window'), ()),
    'kept_tokens': (s_dms_kept_tokens, ('compressed_share', 'context', 'knob0__ratio', 'knob0__recent', 'window'), ()),
    'moved_tokens': (s_dms_moved_tokens, (), ()),
    'kept_growth': (s_dms_kept_growth, ('compressed_share', 'context', 'knob0__ratio', 'knob0__recent', 'window'), ()),
}


def s_duoattention_residual_window_tokens(compressed_share, context, knob0__full, knob0__recent, knob0__sinks, window):
    return Maximum(0, (1 - knob0__full)*(knob0__recent + knob0__sinks)*Indicator(-knob0__recent - knob0__sinks + Minimum(context, compressed_share*context + window)))


def s_duoattention_full_heads(knob0__full):
    return knob0__full


def s_duoattention_guaranteed_recent_tokens(context, knob0__recent, window):
    return Minimum(Minimum(context, window), knob0__recent)


def s_duoattention_sink_tokens(knob0__sinks):
    return knob0__sinks


def s_duoattention_kept_tokens(compressed_share, context, knob0__full, knob0__recent, knob0__sinks, window):
    return knob0__full*Minimum(context, compressed_share*context + window) + (1 - knob0__full)*Minimum(Minimum(context, compressed_share*context + window), knob0__recent + knob0__sinks)


def s_duoattention_kept_growth(compressed_share, context, knob0__full, knob0__recent, knob0__sinks, window):
    return knob0__full*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + (1 - knob0__full)*(1 - Indicator(-knob0__recent - knob0__sinks + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_duoattention = {
    'residual_window_tokens': (s_duoattention_residual_window_tokens, ('compressed_share', 'context', 'knob0__full', 'knob0__recent', 'knob0__sinks', 'window'), ()),
    'full_heads': (s_duoattention_full_heads, ('knob0__full',), ()),
    'guaranteed_recent_tokens': (s_duoattention_guaranteed_recent_tokens, ('context', 'knob0__recent', 'window'), ()),
    'sink_tokens': (s_duoattention_sink_tokens, ('knob0__sinks',), ()),
    'kept_tokens': (s_duoattention_kept_tokens, ('compressed_share', 'context', 'knob0__full', 'knob0__recent', 'knob0__sinks', 'window'), ()),
    'kept_growth': (s_duoattention_kept_growth, ('compressed_share', 'context', 'knob0__full', 'knob0__recent', 'knob0__sinks', 'window'), ()),
}


def s_flexkv_ans_resting_rate(coded_size, knob0__ratio, size_16bit):
    return size_16bit/(coded_size*knob0__ratio)


def s_flexkv_ans_raw_resting_tokens():
    return 0


def s_flexkv_ans_resting_kernels():
    return 1


def s_flexkv_ans_resting_decode_flop():
    return 0


def s_flexkv_ans_resting_decode_work():
    return 8


def s_flexkv_ans_rests_in_pool():
    return 0


S_flexkv_ans = {
    'resting_rate': (s_flexkv_ans_resting_rate, ('coded_size', 'knob0__ratio', 'size_16bit'), ()),
    'raw_resting_tokens': (s_flexkv_ans_raw_resting_tokens, (), ()),
    'resting_kernels': (s_flexkv_ans_resting_kernels, (), ()),
    'resting_decode_flop': (s_flexkv_ans_resting_decode_flop, (), ()),
    'resting_decode_work': (s_flexkv_ans_resting_decode_work, (), ()),
    'rests_in_pool': (s_flexkv_ans_rests_in_pool, (), ()),
}


def s_fp8_key_bits():
    return 1


def s_fp8_key_metadata():
    return 0


def s_fp8_key_step_error():
    return 0


def s_fp8_key_float_error():
    return (0.000625)*sqrt(1810)


def s_fp8_key_tile_tokens():
    return 1


def s_fp8_conversion_work(fp8_work, key_width, value_width):
    return fp8_work*key_width/(key_width + value_width) + fp8_work*value_width/(key_width + value_width)


def s_fp8_encode_work(key_width, value_width):
    return 2*key_width/(key_width + value_width) + 2*value_width/(key_width + value_width)


def s_fp8_value_bits():
    return 1


def s_fp8_value_metadata():
    return 0


def s_fp8_value_step_error():
    return 0


def s_fp8_value_float_error():
    return (0.000625)*sqrt(1810)


def s_fp8_value_tile_tokens():
    return 1


def s_fp8_encode_kernels():
    return 0


S_fp8 = {
    'key_bits': (s_fp8_key_bits, (), ()),
    'key_metadata': (s_fp8_key_metadata, (), ()),
    'key_step_error': (s_fp8_key_step_error, (), ()),
    'key_float_error': (s_fp8_key_float_error, (), ()),
    'key_tile_tokens': (s_fp8_key_tile_tokens, (), ()),
    'conversion_work': (s_fp8_conversion_work, ('fp8_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_fp8_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_fp8_value_bits, (), ()),
    'value_metadata': (s_fp8_value_metadata, (), ()),
    'value_step_error': (s_fp8_value_step_error, (), ()),
    'value_float_error': (s_fp8_value_float_error, (), ()),
    'value_tile_tokens': (s_fp8_value_tile_tokens, (), ()),
    'encode_kernels': (s_fp8_encode_kernels, (), ()),
}


def s_gear_4bit_key_bits():
    return 0.500000000000000


def s_gear_4bit_key_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_gear_4bit_key_step_error(knob0__group):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))


def s_gear_4bit_key_float_error():
    return 0


def s_gear_4bit_key_tile_tokens(knob0__group):
    return knob0__group


def s_gear_4bit_conversion_work(int4_channel_work, key_width, knob0__rank, value_width):
    return key_width*(int4_channel_work + knob0__rank)/(key_width + value_width) + value_width*(int4_channel_work + knob0__rank)/(key_width + value_width)


def s_gear_4bit_encode_work(key_width, knob0__rank, value_width):
    return key_width*(6*knob0__rank + 7)/(key_width + value_width) + value_width*(6*knob0__rank + 7)/(key_width + value_width)


def s_gear_4bit_share_unit(block_size, knob0__group):
    return Maximum(Maximum(block_size, knob0__group), knob0__group)


def s_gear_4bit_encode_kernels():
    return 8


def s_gear_4bit_value_bits():
    return 0.500000000000000


def s_gear_4bit_value_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_gear_4bit_value_step_error(knob0__group):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))


def s_gear_4bit_value_float_error():
    return 0


def s_gear_4bit_value_tile_tokens():
    return 1


def s_gear_4bit_sidecar_size(key_width, knob0__group, knob0__rank, value_width):
    return 4*knob0__rank + 2*knob0__rank*(key_width + value_width)/knob0__group


def s_gear_4bit_constant_size(ranks, state_size):
    return state_size/ranks


def s_gear_4bit_precise_key_tokens(knob0__group):
    return (0.5)*knob0__group


def s_gear_4bit_precise_value_tokens(knob0__group):
    return (0.5)*knob0__group


def s_gear_4bit_flush_tokens(knob0__group):
    return knob0__group


def s_gear_4bit_residual_window_tokens(knob0__group):
    return Maximum(Maximum(0, (0.5)*knob0__group), (0.5)*knob0__group)


S_gear_4bit = {
    'key_bits': (s_gear_4bit_key_bits, (), ()),
    'key_metadata': (s_gear_4bit_key_metadata, ('knob0__group',), ()),
    'key_step_error': (s_gear_4bit_key_step_error, ('knob0__group',), ()),
    'key_float_error': (s_gear_4bit_key_float_error, (), ()),
    'key_tile_tokens': (s_gear_4bit_key_tile_tokens, ('knob0__group',), ()),
    'conversion_work': (s_gear_4bit_conversion_work, ('int4_channel_work', 'key_width', 'knob0__rank', 'value_width'), ()),
    'encode_work': (s_gear_4bit_encode_work, ('key_width', 'knob0__rank', 'value_width'), ()),
    'share_unit': (s_gear_4bit_share_unit, ('block_size', 'knob0__group'), ()),
    'encode_kernels': (s_gear_4bit_encode_kernels, (), ()),
    'value_bits': (s_gear_4bit_value_bits, (), ()),
    'value_metadata': (s_gear_4bit_value_metadata, ('knob0__group',), ()),
    'value_step_error': (s_gear_4bit_value_step_error, ('knob0__group',), ()),
    'value_float_error': (s_gear_4bit_value_float_error, (), ()),
    'value_tile_tokens': (s_gear_4bit_value_tile_tokens, (), ()),
    'sidecar_size': (s_gear_4bit_sidecar_size, ('key_width', 'knob0__group', 'knob0__rank', 'value_width'), ()),
    'constant_size': (s_gear_4bit_constant_size, ('ranks', 'state_size'), ()),
    'precise_key_tokens': (s_gear_4bit_precise_key_tokens, ('knob0__group',), ()),
    'precise_value_tokens': (s_gear_4bit_precise_value_tokens, ('knob0__group',), ()),
    'flush_tokens': (s_gear_4bit_flush_tokens, ('knob0__group',), ()),
    'residual_window_tokens': (s_gear_4bit_residual_window_tokens, ('knob0__group',), ()),
}


def s_ggml_q4_0_key_bits():
    return 0.500000000000000


def s_ggml_q4_0_key_metadata():
    return 2/Maximum(32, 1)


def s_ggml_q4_0_key_step_error():
    return (0.16666666666666666)*sqrt(3)*(-0.25*sqrt(2)*(log(log(2*Maximum(32, 8))) + log(4*3.141592653589793))/sqrt(log(2*Maximum(32, 8))) + sqrt(2)*sqrt(log(2*Maximum(32, 8))) + (0.5)*sqrt(2)*0.5772156649015329/sqrt(log(2*Maximum(32, 8))))/Maximum(7.0, 0.5)


def s_ggml_q4_0_key_float_error():
    return 0


def s_ggml_q4_0_key_tile_tokens():
    return 1


def s_ggml_q4_0_conversion_work(int4_group_work, key_width, value_width):
    return int4_group_work*key_width/(key_width + value_width) + int4_group_work*value_width/(key_width + value_width)


def s_ggml_q4_0_encode_work(key_width, value_width):
    return 4*key_width/(key_width + value_width) + 4*value_width/(key_width + value_width)


def s_ggml_q4_0_value_bits():
    return 0.500000000000000


def s_ggml_q4_0_value_metadata():
    return 2/Maximum(32, 1)


def s_ggml_q4_0_value_step_error():
    return (0.16666666666666666)*sqrt(3)*(-0.25*sqrt(2)*(log(log(2*Maximum(32, 8))) + log(4*3.141592653589793))/sqrt(log(2*Maximum(32, 8))) + sqrt(2)*sqrt(log(2*Maximum(32, 8))) + (0.5)*sqrt(2)*0.5772156649015329/sqrt(log(2*Maximum(32, 8))))/Maximum(7.0, 0.5)


def s_ggml_q4_0_value_float_error():
    return 0


def s_ggml_q4_0_value_tile_tokens():
    return 1


def s_ggml_q4_0_encode_kernels():
    return 0


S_ggml_q4_0 = {
    'key_bits': (s_ggml_q4_0_key_bits, (), ()),
    'key_metadata': (s_ggml_q4_0_key_metadata, (), ()),
    'key_step_error': (s_ggml_q4_0_key_step_error, (), ()),
    'key_float_error': (s_ggml_q4_0_key_float_error, (), ()),
    'key_tile_tokens': (s_ggml_q4_0_key_tile_tokens, (), ()),
    'conversion_work': (s_ggml_q4_0_conversion_work, ('int4_group_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_ggml_q4_0_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_ggml_q4_0_value_bits, (), ()),
    'value_metadata': (s_ggml_q4_0_value_metadata, (), ()),
    'value_step_error': (s_ggml_q4_0_value_step_error, (), ()),
    'value_float_error': (s_ggml_q4_0_value_float_error, (), ()),
    'value_tile_tokens': (s_ggml_q4_0_value_tile_tokens, (), ()),
    'encode_kernels': (s_ggml_q4_0_encode_kernels, (), ()),
}


def s_ggml_q8_0_key_bits():
    return 1


def s_ggml_q8_0_key_metadata():
    return 2/Maximum(32, 1)


def s_ggml_q8_0_key_step_error():
    return (0.16666666666666666)*sqrt(3)*(-0.25*sqrt(2)*(log(log(2*Maximum(32, 8))) + log(4*3.141592653589793))/sqrt(log(2*Maximum(32, 8))) + sqrt(2)*sqrt(log(2*Maximum(32, 8))) + (0.5)*sqrt(2)*0.5772156649015329/sqrt(log(2*Maximum(32, 8))))/Maximum(127, 0.5)


def s_ggml_q8_0_key_float_error():
    return 0


def s_ggml_q8_0_key_tile_tokens():
    return 1


def s_ggml_q8_0_conversion_work(int8_token_work, key_width, value_width):
    return int8_token_work*key_width/(key_width + value_width) + int8_token_work*value_width/(key_width + value_width)


def s_ggml_q8_0_encode_work(key_width, value_width):
    return 4*key_width/(key_width + value_width) + 4*value_width/(key_width + value_width)


def s_ggml_q8_0_value_bits():
    return 1


def s_ggml_q8_0_value_metadata():
    return 2/Maximum(32, 1)


def s_ggml_q8_0_value_step_error():
    return (0.16666666666666666)*sqrt(3)*(-0.25*sqrt(2)*(log(log(2*Maximum(32, 8))) + log(4*3.141592653589793))/sqrt(log(2*Maximum(32, 8))) + sqrt(2)*sqrt(log(2*Maximum(32, 8))) + (0.5)*sqrt(2)*0.5772156649015329/sqrt(log(2*Maximum(32, 8))))/Maximum(127, 0.5)


def s_ggml_q8_0_value_float_error():
    return 0


def s_ggml_q8_0_value_tile_tokens():
    return 1


def s_ggml_q8_0_encode_kernels():
    return 0


S_ggml_q8_0 = {
    'key_bits': (s_ggml_q8_0_key_bits, (), ()),
    'key_metadata': (s_ggml_q8_0_key_metadata, (), ()),
    'key_step_error': (s_ggml_q8_0_key_step_error, (), ()),
    'key_float_error': (s_ggml_q8_0_key_float_error, (), ()),
    'key_tile_tokens': (s_ggml_q8_0_key_tile_tokens, (), ()),
    'conversion_work': (s_ggml_q8_0_conversion_work, ('int8_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_ggml_q8_0_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_ggml_q8_0_value_bits, (), ()),
    'value_metadata': (s_ggml_q8_0_value_metadata, (), ()),
    'value_step_error': (s_ggml_q8_0_value_step_error, (), ()),
    'value_float_error': (s_ggml_q8_0_value_float_error, (), ()),
    'value_tile_tokens': (s_ggml_q8_0_value_tile_tokens, (), ()),
    'encode_kernels': (s_ggml_q8_0_encode_kernels, (), ()),
}




S_gqa = {
}


def s_h2o_full_blocks_immutable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_h2o_prefix_cacheable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_h2o_guaranteed_recent_tokens(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))*Minimum(Minimum(context, window), (0.5)*knob0__budget)


def s_h2o_score_selected(compressed_share, context, knob0__budget, window):
    return Maximum(0, Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))


def s_h2o_kept_tokens(compressed_share, context, knob0__budget, window):
    return Minimum(Minimum(context, compressed_share*context + window), knob0__budget)


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


def s_h2o_kept_growth(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_h2o = {
    'full_blocks_immutable': (s_h2o_full_blocks_immutable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'prefix_cacheable': (s_h2o_prefix_cacheable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'guaranteed_recent_tokens': (s_h2o_guaranteed_recent_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'score_selected': (s_h2o_score_selected, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'kept_tokens': (s_h2o_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'sidecar_size': (s_h2o_sidecar_size, (), ()),
    'score_kernels': (s_h2o_score_kernels, (), ()),
    'score_passes': (s_h2o_score_passes, (), ()),
    'moved_tokens': (s_h2o_moved_tokens, (), ()),
    'scored_queries': (s_h2o_scored_queries, ('context',), ()),
    'prompt_passes': (s_h2o_prompt_passes, (), ()),
    'kept_growth': (s_h2o_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
}


def s_hf_quantized_key_bits():
    return 0.500000000000000


def s_hf_quantized_key_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_hf_quantized_key_step_error(knob0__group):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))


def s_hf_quantized_key_float_error():
    return 0


def s_hf_quantized_key_tile_tokens():
    return 1


def s_hf_quantized_conversion_work():
    return 0


def s_hf_quantized_encode_work(key_width, value_width):
    return 6*key_width/(key_width + value_width) + 6*value_width/(key_width + value_width)


def s_hf_quantized_value_bits():
    return 0.500000000000000


def s_hf_quantized_value_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_hf_quantized_value_step_error(knob0__group):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))


def s_hf_quantized_value_float_error():
    return 0


def s_hf_quantized_value_tile_tokens():
    return 1


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


def s_hf_quantized_share_unit(block_size, knob0__residual):
    return Maximum(block_size, knob0__residual)


def s_hf_quantized_residual_window_tokens(knob0__residual):
    return Maximum(Maximum(0, (0.5)*knob0__residual), (0.5)*knob0__residual)


S_hf_quantized = {
    'key_bits': (s_hf_quantized_key_bits, (), ()),
    'key_metadata': (s_hf_quantized_key_metadata, ('knob0__group',), ()),
    'key_step_error': (s_hf_quantized_key_step_error, ('knob0__group',), ()),
    'key_float_error': (s_hf_quantized_key_float_error, (), ()),
    'key_tile_tokens': (s_hf_quantized_key_tile_tokens, (), ()),
    'conversion_work': (s_hf_quantized_conversion_work, (), ()),
    'encode_work': (s_hf_quantized_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_hf_quantized_value_bits, (), ()),
    'value_metadata': (s_hf_quantized_value_metadata, ('knob0__group',), ()),
    'value_step_error': (s_hf_quantized_value_step_error, ('knob0__group',), ()),
    'value_float_error': (s_hf_quantized_value_float_error, (), ()),
    'value_tile_tokens': (s_hf_quantized_value_tile_tokens, (), ()),
    'unfused': (s_hf_quantized_unfused, (), ()),
    'encode_kernels': (s_hf_quantized_encode_kernels, (), ()),
    'precise_key_tokens': (s_hf_quantized_precise_key_tokens, ('knob0__residual',), ()),
    'precise_value_tokens': (s_hf_quantized_precise_value_tokens, ('knob0__residual',), ()),
    'flush_tokens': (s_hf_quantized_flush_tokens, ('knob0__residual',), ()),
    'share_unit': (s_hf_quantized_share_unit, ('block_size', 'knob0__residual'), ()),
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


def s_infinigen_read_tokens(kept_tokens, knob0__budget, selected_tokens):
    return Minimum(Minimum(kept_tokens, selected_tokens), knob0__budget)


def s_infinigen_guaranteed_recent_tokens(context, kept_tokens, knob0__budget, selected_tokens, window):
    return (1 - Indicator(-knob0__budget + Minimum(kept_tokens, selected_tokens)))*Minimum(context, window)


def s_infinigen_score_selected(kept_tokens, knob0__budget, selected_tokens):
    return Maximum(0, Indicator(-knob0__budget + Minimum(kept_tokens, selected_tokens)))


def s_infinigen_index_size(cached_heads, index_width, key_width, knob0__partial):
    return 2*index_width/cached_heads + 2*key_width*knob0__partial


def s_infinigen_select_kernels(index_width):
    return 2*Indicator(index_width) + 2


def s_infinigen_offloaded_size(key_size, value_size):
    return key_size + value_size


def s_infinigen_fetched_size(key_size, value_size):
    return key_size + value_size


S_infinigen = {
    'read_tokens': (s_infinigen_read_tokens, ('kept_tokens', 'knob0__budget', 'selected_tokens'), ()),
    'guaranteed_recent_tokens': (s_infinigen_guaranteed_recent_tokens, ('context', 'kept_tokens', 'knob0__budget', 'selected_tokens', 'window'), ()),
    'score_selected': (s_infinigen_score_selected, ('kept_tokens', 'knob0__budget', 'selected_tokens'), ()),
    'index_size': (s_infinigen_index_size, ('cached_heads', 'index_width', 'key_width', 'knob0__partial'), ()),
    'select_kernels': (s_infinigen_select_kernels, ('index_width',), ()),
    'offloaded_size': (s_infinigen_offloaded_size, ('key_size', 'value_size'), ()),
    'fetched_size': (s_infinigen_fetched_size, ('key_size', 'value_size'), ()),
}


def s_int4_key_bits():
    return 0.500000000000000


def s_int4_key_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_int4_key_step_error(key_width):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(key_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(key_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(key_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(key_width, 8))))


def s_int4_key_float_error():
    return 0


def s_int4_key_tile_tokens():
    return 1


def s_int4_conversion_work(int4_token_work, key_width, value_width):
    return int4_token_work*key_width/(key_width + value_width) + int4_token_work*value_width/(key_width + value_width)


def s_int4_encode_work(key_width, value_width):
    return 6*key_width/(key_width + value_width) + 6*value_width/(key_width + value_width)


def s_int4_value_bits():
    return 0.500000000000000


def s_int4_value_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_int4_value_step_error(key_width):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(key_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(key_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(key_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(key_width, 8))))


def s_int4_value_float_error():
    return 0


def s_int4_value_tile_tokens():
    return 1


def s_int4_encode_kernels():
    return 0


S_int4 = {
    'key_bits': (s_int4_key_bits, (), ()),
    'key_metadata': (s_int4_key_metadata, ('key_width',), ()),
    'key_step_error': (s_int4_key_step_error, ('key_width',), ()),
    'key_float_error': (s_int4_key_float_error, (), ()),
    'key_tile_tokens': (s_int4_key_tile_tokens, (), ()),
    'conversion_work': (s_int4_conversion_work, ('int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_int4_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_int4_value_bits, (), ()),
    'value_metadata': (s_int4_value_metadata, ('key_width',), ()),
    'value_step_error': (s_int4_value_step_error, ('key_width',), ()),
    'value_float_error': (s_int4_value_float_error, (), ()),
    'value_tile_tokens': (s_int4_value_tile_tokens, (), ()),
    'encode_kernels': (s_int4_encode_kernels, (), ()),
}


def s_int8_key_bits():
    return 1


def s_int8_key_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_int8_key_step_error(key_width):
    return (0.00065359477124183)*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(key_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(key_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(key_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(key_width, 8))))


def s_int8_key_float_error():
    return 0


def s_int8_key_tile_tokens():
    return 1


def s_int8_conversion_work(int8_token_work, key_width, value_width):
    return int8_token_work*key_width/(key_width + value_width) + int8_token_work*value_width/(key_width + value_width)


def s_int8_encode_work(key_width, value_width):
    return 4*key_width/(key_width + value_width) + 4*value_width/(key_width + value_width)


def s_int8_value_bits():
    return 1


def s_int8_value_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_int8_value_step_error(key_width):
    return (0.00065359477124183)*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(key_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(key_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(key_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(key_width, 8))))


def s_int8_value_float_error():
    return 0


def s_int8_value_tile_tokens():
    return 1


def s_int8_encode_kernels():
    return 0


S_int8 = {
    'key_bits': (s_int8_key_bits, (), ()),
    'key_metadata': (s_int8_key_metadata, ('key_width',), ()),
    'key_step_error': (s_int8_key_step_error, ('key_width',), ()),
    'key_float_error': (s_int8_key_float_error, (), ()),
    'key_tile_tokens': (s_int8_key_tile_tokens, (), ()),
    'conversion_work': (s_int8_conversion_work, ('int8_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_int8_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_int8_value_bits, (), ()),
    'value_metadata': (s_int8_value_metadata, ('key_width',), ()),
    'value_step_error': (s_int8_value_step_error, ('key_width',), ()),
    'value_float_error': (s_int8_value_float_error, (), ()),
    'value_tile_tokens': (s_int8_value_tile_tokens, (), ()),
    'encode_kernels': (s_int8_encode_kernels, (), ()),
}


def s_int8_tensor_key_bits():
    return 1


def s_int8_tensor_key_metadata():
    return 0


def s_int8_tensor_key_step_error():
    return (0.16666666666666666)*sqrt(3)*(-0.25*sqrt(2)*(log(log(2*Maximum(1000000, 8))) + log(4*3.141592653589793))/sqrt(log(2*Maximum(1000000, 8))) + sqrt(2)*sqrt(log(2*Maximum(1000000, 8))) + (0.5)*sqrt(2)*0.5772156649015329/sqrt(log(2*Maximum(1000000, 8))))/Maximum(127, 0.5)


def s_int8_tensor_key_float_error():
    return 0


def s_int8_tensor_key_tile_tokens():
    return 1


def s_int8_tensor_conversion_work(int8_token_work, key_width, value_width):
    return int8_token_work*key_width/(key_width + value_width) + int8_token_work*value_width/(key_width + value_width)


def s_int8_tensor_encode_work(key_width, value_width):
    return 3*key_width/(key_width + value_width) + 3*value_width/(key_width + value_width)


def s_int8_tensor_value_bits():
    return 1


def s_int8_tensor_value_metadata():
    return 0


def s_int8_tensor_value_step_error():
    return (0.16666666666666666)*sqrt(3)*(-0.25*sqrt(2)*(log(log(2*Maximum(1000000, 8))) + log(4*3.141592653589793))/sqrt(log(2*Maximum(1000000, 8))) + sqrt(2)*sqrt(log(2*Maximum(1000000, 8))) + (0.5)*sqrt(2)*0.5772156649015329/sqrt(log(2*Maximum(1000000, 8))))/Maximum(127, 0.5)


def s_int8_tensor_value_float_error():
    return 0


def s_int8_tensor_value_tile_tokens():
    return 1


def s_int8_tensor_encode_kernels():
    return 0


S_int8_tensor = {
    'key_bits': (s_int8_tensor_key_bits, (), ()),
    'key_metadata': (s_int8_tensor_key_metadata, (), ()),
    'key_step_error': (s_int8_tensor_key_step_error, (), ()),
    'key_float_error': (s_int8_tensor_key_float_error, (), ()),
    'key_tile_tokens': (s_int8_tensor_key_tile_tokens, (), ()),
    'conversion_work': (s_int8_tensor_conversion_work, ('int8_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_int8_tensor_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_int8_tensor_value_bits, (), ()),
    'value_metadata': (s_int8_tensor_value_metadata, (), ()),
    'value_step_error': (s_int8_tensor_value_step_error, (), ()),
    'value_float_error': (s_int8_tensor_value_float_error, (), ()),
    'value_tile_tokens': (s_int8_tensor_value_tile_tokens, (), ()),
    'encode_kernels': (s_int8_tensor_encode_kernels, (), ()),
}


def s_keyformer_sidecar_size():
    return 4


def s_keyformer_score_kernels():
    return 3


def s_keyformer_score_passes():
    return 3


def s_keyformer_scored_queries(context):
    return context


def s_keyformer_prompt_passes():
    return 0


def s_keyformer_full_blocks_immutable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_keyformer_prefix_cacheable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_keyformer_guaranteed_recent_tokens(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))*Minimum(Minimum(context, window), (0.25)*knob0__budget)


def s_keyformer_score_selected(compressed_share, context, knob0__budget, window):
    return Maximum(0, Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))


def s_keyformer_kept_tokens(compressed_share, context, knob0__budget, window):
    return Minimum(Minimum(context, compressed_share*context + window), knob0__budget)


def s_keyformer_moved_tokens():
    return 1


def s_keyformer_kept_growth(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_keyformer = {
    'sidecar_size': (s_keyformer_sidecar_size, (), ()),
    'score_kernels': (s_keyformer_score_kernels, (), ()),
    'score_passes': (s_keyformer_score_passes, (), ()),
    'scored_queries': (s_keyformer_scored_queries, ('context',), ()),
    'prompt_passes': (s_keyformer_prompt_passes, (), ()),
    'full_blocks_immutable': (s_keyformer_full_blocks_immutable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'prefix_cacheable': (s_keyformer_prefix_cacheable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'guaranteed_recent_tokens': (s_keyformer_guaranteed_recent_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'score_selected': (s_keyformer_score_selected, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'kept_tokens': (s_keyformer_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'moved_tokens': (s_keyformer_moved_tokens, (), ()),
    'kept_growth': (s_keyformer_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
}


def s_kivi_2bit_key_bits():
    return 0.250000000000000


def s_kivi_2bit_key_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_kivi_2bit_key_step_error(knob0__group):
    return 0.0555555555555556*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))


def s_kivi_2bit_key_float_error():
    return 0


def s_kivi_2bit_key_tile_tokens(knob0__group):
    return knob0__group


def s_kivi_2bit_conversion_work(int2_channel_work, key_width, value_width):
    return int2_channel_work*key_width/(key_width + value_width) + int2_channel_work*value_width/(key_width + value_width)


def s_kivi_2bit_encode_work(key_width, value_width):
    return 7*key_width/(key_width + value_width) + 7*value_width/(key_width + value_width)


def s_kivi_2bit_share_unit(block_size, knob0__group, knob0__residual):
    return Maximum(Maximum(block_size, knob0__group), knob0__residual)


def s_kivi_2bit_encode_kernels():
    return 2


def s_kivi_2bit_value_bits():
    return 0.250000000000000


def s_kivi_2bit_value_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_kivi_2bit_value_step_error(knob0__group):
    return 0.0555555555555556*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))


def s_kivi_2bit_value_float_error():
    return 0


def s_kivi_2bit_value_tile_tokens():
    return 1


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
    'key_step_error': (s_kivi_2bit_key_step_error, ('knob0__group',), ()),
    'key_float_error': (s_kivi_2bit_key_float_error, (), ()),
    'key_tile_tokens': (s_kivi_2bit_key_tile_tokens, ('knob0__group',), ()),
    'conversion_work': (s_kivi_2bit_conversion_work, ('int2_channel_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_kivi_2bit_encode_work, ('key_width', 'value_width'), ()),
    'share_unit': (s_kivi_2bit_share_unit, ('block_size', 'knob0__group', 'knob0__residual'), ()),
    'encode_kernels': (s_kivi_2bit_encode_kernels, (), ()),
    'value_bits': (s_kivi_2bit_value_bits, (), ()),
    'value_metadata': (s_kivi_2bit_value_metadata, ('knob0__group',), ()),
    'value_step_error': (s_kivi_2bit_value_step_error, ('knob0__group',), ()),
    'value_float_error': (s_kivi_2bit_value_float_error, (), ()),
    'value_tile_tokens': (s_kivi_2bit_value_tile_tokens, (), ()),
    'precise_key_tokens': (s_kivi_2bit_precise_key_tokens, ('knob0__residual',), ()),
    'precise_value_tokens': (s_kivi_2bit_precise_value_tokens, ('knob0__residual',), ()),
    'flush_tokens': (s_kivi_2bit_flush_tokens, ('knob0__residual',), ()),
    'residual_window_tokens': (s_kivi_2bit_residual_window_tokens, ('knob0__residual',), ()),
}


def s_kivi_4bit_key_bits():
    return 0.500000000000000


def s_kivi_4bit_key_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_kivi_4bit_key_step_error(knob0__group):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))


def s_kivi_4bit_key_float_error():
    return 0


def s_kivi_4bit_key_tile_tokens(knob0__group):
    return knob0__group


def s_kivi_4bit_conversion_work(int4_channel_work, key_width, value_width):
    return int4_channel_work*key_width/(key_width + value_width) + int4_channel_work*value_width/(key_width + value_width)


def s_kivi_4bit_encode_work(key_width, value_width):
    return 7*key_width/(key_width + value_width) + 7*value_width/(key_width + value_width)


def s_kivi_4bit_share_unit(block_size, knob0__group, knob0__residual):
    return Maximum(Maximum(block_size, knob0__group), knob0__residual)


def s_kivi_4bit_encode_kernels():
    return 2


def s_kivi_4bit_value_bits():
    return 0.500000000000000


def s_kivi_4bit_value_metadata(knob0__group):
    return 4/Maximum(knob0__group, 1)


def s_kivi_4bit_value_step_error(knob0__group):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))


def s_kivi_4bit_value_float_error():
    return 0


def s_kivi_4bit_value_tile_tokens():
    return 1


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
    'key_step_error': (s_kivi_4bit_key_step_error, ('knob0__group',), ()),
    'key_float_error': (s_kivi_4bit_key_float_error, (), ()),
    'key_tile_tokens': (s_kivi_4bit_key_tile_tokens, ('knob0__group',), ()),
    'conversion_work': (s_kivi_4bit_conversion_work, ('int4_channel_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_kivi_4bit_encode_work, ('key_width', 'value_width'), ()),
    'share_unit': (s_kivi_4bit_share_unit, ('block_size', 'knob0__group', 'knob0__residual'), ()),
    'encode_kernels': (s_kivi_4bit_encode_kernels, (), ()),
    'value_bits': (s_kivi_4bit_value_bits, (), ()),
    'value_metadata': (s_kivi_4bit_value_metadata, ('knob0__group',), ()),
    'value_step_error': (s_kivi_4bit_value_step_error, ('knob0__group',), ()),
    'value_float_error': (s_kivi_4bit_value_float_error, (), ()),
    'value_tile_tokens': (s_kivi_4bit_value_tile_tokens, (), ()),
    'precise_key_tokens': (s_kivi_4bit_precise_key_tokens, ('knob0__residual',), ()),
    'precise_value_tokens': (s_kivi_4bit_precise_value_tokens, ('knob0__residual',), ()),
    'flush_tokens': (s_kivi_4bit_flush_tokens, ('knob0__residual',), ()),
    'residual_window_tokens': (s_kivi_4bit_residual_window_tokens, ('knob0__residual',), ()),
}


def s_knorm_sidecar_size():
    return 0


def s_knorm_score_kernels():
    return 0


def s_knorm_score_passes():
    return 0


def s_knorm_scored_queries():
    return 0


def s_knorm_prompt_passes():
    return 1


def s_knorm_reusable_next_turn(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_knorm_prefix_cacheable(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_knorm_guaranteed_recent_tokens(context, knob0__budget, prompt, window):
    return (1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(prompt, context))*Minimum(Minimum(context, window), PositivePart(context - prompt))


def s_knorm_score_selected(context, knob0__budget, prompt):
    return Maximum(0, Indicator(-knob0__budget + Minimum(prompt, context)))


def s_knorm_kept_tokens(compressed_share, context, knob0__budget, prompt, window):
    return Minimum(Minimum(context, compressed_share*context + window), Minimum(Minimum(prompt, context), knob0__budget) + PositivePart(context - prompt))


def s_knorm_moved_tokens():
    return 0


def s_knorm_kept_growth(compressed_share, context, knob0__budget, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt))


def s_knorm_prompt_growth(compressed_share, context, knob0__budget, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-context + prompt))*(1 - Indicator(-knob0__budget + Minimum(prompt, context))) - Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)) + ((1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt))


S_knorm = {
    'sidecar_size': (s_knorm_sidecar_size, (), ()),
    'score_kernels': (s_knorm_score_kernels, (), ()),
    'score_passes': (s_knorm_score_passes, (), ()),
    'scored_queries': (s_knorm_scored_queries, (), ()),
    'prompt_passes': (s_knorm_prompt_passes, (), ()),
    'reusable_next_turn': (s_knorm_reusable_next_turn, ('context', 'knob0__budget', 'prompt'), ()),
    'prefix_cacheable': (s_knorm_prefix_cacheable, ('context', 'knob0__budget', 'prompt'), ()),
    'guaranteed_recent_tokens': (s_knorm_guaranteed_recent_tokens, ('context', 'knob0__budget', 'prompt', 'window'), ()),
    'score_selected': (s_knorm_score_selected, ('context', 'knob0__budget', 'prompt'), ()),
    'kept_tokens': (s_knorm_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
    'moved_tokens': (s_knorm_moved_tokens, (), ()),
    'kept_growth': (s_knorm_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
    'prompt_growth': (s_knorm_prompt_growth, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
}


def s_kv_compress_sidecar_size():
    return 4.25000000000000


def s_kv_compress_score_kernels():
    return 0.125


def s_kv_compress_score_passes():
    return 0.0625


def s_kv_compress_scored_queries(context):
    return context


def s_kv_compress_prompt_passes():
    return 0


def s_kv_compress_full_blocks_immutable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_kv_compress_prefix_cacheable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_kv_compress_guaranteed_recent_tokens(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))*Minimum(Minimum(context, window), 32)


def s_kv_compress_score_selected(compressed_share, context, knob0__budget, window):
    return Maximum(0, Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))


def s_kv_compress_kept_tokens(compressed_share, context, knob0__budget, window):
    return Minimum(Minimum(context, compressed_share*context + window), knob0__budget)


def s_kv_compress_moved_tokens():
    return 0


def s_kv_compress_constant_size(ranks, state_size):
    return state_size/ranks


def s_kv_compress_kept_growth(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_kv_compress = {
    'sidecar_size': (s_kv_compress_sidecar_size, (), ()),
    'score_kernels': (s_kv_compress_score_kernels, (), ()),
    'score_passes': (s_kv_compress_score_passes, (), ()),
    'scored_queries': (s_kv_compress_scored_queries, ('context',), ()),
    'prompt_passes': (s_kv_compress_prompt_passes, (), ()),
    'full_blocks_immutable': (s_kv_compress_full_blocks_immutable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'prefix_cacheable': (s_kv_compress_prefix_cacheable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'guaranteed_recent_tokens': (s_kv_compress_guaranteed_recent_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'score_selected': (s_kv_compress_score_selected, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'kept_tokens': (s_kv_compress_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'moved_tokens': (s_kv_compress_moved_tokens, (), ()),
    'constant_size': (s_kv_compress_constant_size, ('ranks', 'state_size'), ()),
    'kept_growth': (s_kv_compress_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
}


def s_kvquant_3bit_key_bits():
    return 0.375000000000000


def s_kvquant_3bit_key_metadata():
    return 0


def s_kvquant_3bit_key_step_error():
    return 0


def s_kvquant_3bit_key_float_error():
    return 0.0625*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)


def s_kvquant_3bit_key_tile_tokens():
    return 1


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


def s_kvquant_3bit_value_step_error():
    return 0


def s_kvquant_3bit_value_float_error():
    return 0.0625*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)


def s_kvquant_3bit_value_tile_tokens():
    return 1


def s_kvquant_3bit_sidecar_size(knob0__outliers, kv_heads):
    return 16*knob0__outliers/kv_heads


def s_kvquant_3bit_constant_size(ranks, state_size):
    return state_size/ranks


S_kvquant_3bit = {
    'key_bits': (s_kvquant_3bit_key_bits, (), ()),
    'key_metadata': (s_kvquant_3bit_key_metadata, (), ()),
    'key_step_error': (s_kvquant_3bit_key_step_error, (), ()),
    'key_float_error': (s_kvquant_3bit_key_float_error, (), ()),
    'key_tile_tokens': (s_kvquant_3bit_key_tile_tokens, (), ()),
    'conversion_work': (s_kvquant_3bit_conversion_work, ('int4_channel_work', 'int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_kvquant_3bit_encode_work, ('key_width', 'value_width'), ()),
    'encode_kernels': (s_kvquant_3bit_encode_kernels, (), ()),
    'value_bits': (s_kvquant_3bit_value_bits, (), ()),
    'value_metadata': (s_kvquant_3bit_value_metadata, ('kv_heads', 'value_width'), ()),
    'value_step_error': (s_kvquant_3bit_value_step_error, (), ()),
    'value_float_error': (s_kvquant_3bit_value_float_error, (), ()),
    'value_tile_tokens': (s_kvquant_3bit_value_tile_tokens, (), ()),
    'sidecar_size': (s_kvquant_3bit_sidecar_size, ('knob0__outliers', 'kv_heads'), ()),
    'constant_size': (s_kvquant_3bit_constant_size, ('ranks', 'state_size'), ()),
}


def s_kvquant_4bit_key_bits():
    return 0.500000000000000


def s_kvquant_4bit_key_metadata():
    return 0


def s_kvquant_4bit_key_step_error():
    return 0


def s_kvquant_4bit_key_float_error():
    return 0.03125*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)


def s_kvquant_4bit_key_tile_tokens():
    return 1


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


def s_kvquant_4bit_value_step_error():
    return 0


def s_kvquant_4bit_value_float_error():
    return 0.03125*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)


def s_kvquant_4bit_value_tile_tokens():
    return 1


def s_kvquant_4bit_sidecar_size(knob0__outliers, kv_heads):
    return 16*knob0__outliers/kv_heads


def s_kvquant_4bit_constant_size(ranks, state_size):
    return state_size/ranks


S_kvquant_4bit = {
    'key_bits': (s_kvquant_4bit_key_bits, (), ()),
    'key_metadata': (s_kvquant_4bit_key_metadata, (), ()),
    'key_step_error': (s_kvquant_4bit_key_step_error, (), ()),
    'key_float_error': (s_kvquant_4bit_key_float_error, (), ()),
    'key_tile_tokens': (s_kvquant_4bit_key_tile_tokens, (), ()),
    'conversion_work': (s_kvquant_4bit_conversion_work, ('int4_channel_work', 'int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_kvquant_4bit_encode_work, ('key_width', 'value_width'), ()),
    'encode_kernels': (s_kvquant_4bit_encode_kernels, (), ()),
    'value_bits': (s_kvquant_4bit_value_bits, (), ()),
    'value_metadata': (s_kvquant_4bit_value_metadata, ('kv_heads', 'value_width'), ()),
    'value_step_error': (s_kvquant_4bit_value_step_error, (), ()),
    'value_float_error': (s_kvquant_4bit_value_float_error, (), ()),
    'value_tile_tokens': (s_kvquant_4bit_value_tile_tokens, (), ()),
    'sidecar_size': (s_kvquant_4bit_sidecar_size, ('knob0__outliers', 'kv_heads'), ()),
    'constant_size': (s_kvquant_4bit_constant_size, ('ranks', 'state_size'), ()),
}


def s_kvtc_resting_rate(coded_size, knob0__ratio, size_16bit):
    return size_16bit/(coded_size*knob0__ratio)


def s_kvtc_raw_resting_tokens(knob0__raw):
    return knob0__raw


def s_kvtc_resting_kernels():
    return 2


def s_kvtc_resting_decode_flop():
    return 10000


def s_kvtc_resting_decode_work():
    return 20


def s_kvtc_rests_in_pool():
    return 0


S_kvtc = {
    'resting_rate': (s_kvtc_resting_rate, ('coded_size', 'knob0__ratio', 'size_16bit'), ()),
    'raw_resting_tokens': (s_kvtc_raw_resting_tokens, ('knob0__raw',), ()),
    'resting_kernels': (s_kvtc_resting_kernels, (), ()),
    'resting_decode_flop': (s_kvtc_resting_decode_flop, (), ()),
    'resting_decode_work': (s_kvtc_resting_decode_work, (), ()),
    'rests_in_pool': (s_kvtc_rests_in_pool, (), ()),
}


def s_kvzip_sidecar_size():
    return 0


def s_kvzip_score_kernels():
    return 0


def s_kvzip_score_passes():
    return 0


def s_kvzip_scored_queries(context):
    return context


def s_kvzip_prompt_passes():
    return 1


def s_kvzip_reusable_next_turn(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_kvzip_prefix_cacheable(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_kvzip_guaranteed_recent_tokens(context, knob0__budget, prompt, window):
    return (1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(prompt, context))*Minimum(Minimum(context, window), PositivePart(context - prompt))


def s_kvzip_score_selected(context, knob0__budget, prompt):
    return Maximum(0, Indicator(-knob0__budget + Minimum(prompt, context)))


def s_kvzip_kept_tokens(compressed_share, context, knob0__budget, prompt, window):
    return Minimum(Minimum(context, compressed_share*context + window), Minimum(Minimum(prompt, context), knob0__budget) + PositivePart(context - prompt))


def s_kvzip_moved_tokens():
    return 0


def s_kvzip_kept_growth(compressed_share, context, knob0__budget, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt))


def s_kvzip_prompt_growth(compressed_share, context, knob0__budget, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-context + prompt))*(1 - Indicator(-knob0__budget + Minimum(prompt, context))) - Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)) + ((1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt))


S_kvzip = {
    'sidecar_size': (s_kvzip_sidecar_size, (), ()),
    'score_kernels': (s_kvzip_score_kernels, (), ()),
    'score_passes': (s_kvzip_score_passes, (), ()),
    'scored_queries': (s_kvzip_scored_queries, ('context',), ()),
    'prompt_passes': (s_kvzip_prompt_passes, (), ()),
    'reusable_next_turn': (s_kvzip_reusable_next_turn, ('context', 'knob0__budget', 'prompt'), ()),
    'prefix_cacheable': (s_kvzip_prefix_cacheable, ('context', 'knob0__budget', 'prompt'), ()),
    'guaranteed_recent_tokens': (s_kvzip_guaranteed_recent_tokens, ('context', 'knob0__budget', 'prompt', 'window'), ()),
    'score_selected': (s_kvzip_score_selected, ('context', 'knob0__budget', 'prompt'), ()),
    'kept_tokens': (s_kvzip_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
    'moved_tokens': (s_kvzip_moved_tokens, (), ()),
    'kept_growth': (s_kvzip_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
    'prompt_growth': (s_kvzip_prompt_growth, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
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


def s_minicache_score_kernels():
    return 1


def s_minicache_cached_heads(knob0__from_depth, kv_heads, layer_index, layers):
    return kv_heads*(1 - 0.4749999986875*Indicator(layer_index - layers*knob0__from_depth + 0.5))


def s_minicache_sidecar_size(knob0__from_depth, layer_index, layers):
    return 7.6190476*Indicator(layer_index - layers*knob0__from_depth + 0.5)


S_minicache = {
    'score_kernels': (s_minicache_score_kernels, (), ()),
    'cached_heads': (s_minicache_cached_heads, ('knob0__from_depth', 'kv_heads', 'layer_index', 'layers'), ()),
    'sidecar_size': (s_minicache_sidecar_size, ('knob0__from_depth', 'layer_index', 'layers'), ()),
}


def s_mixed_bit_key_bits(knob0__key_bits, knob0__skip_first, knob0__skip_last, layer_index, layers):
    return (0.125)*knob0__key_bits*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5) - 2*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5) + 2


def s_mixed_bit_key_metadata(knob0__group, knob0__skip_first, knob0__skip_last, layer_index, layers):
    return 4*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5)/Maximum(knob0__group, 1)


def s_mixed_bit_key_step_error(knob0__group, knob0__key_bits, knob0__skip_first, knob0__skip_last, layer_index, layers):
    return (0.16666666666666666)*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5)/(2**knob0__key_bits - 1)


def s_mixed_bit_key_float_error():
    return 0


def s_mixed_bit_key_tile_tokens():
    return 1


def s_mixed_bit_conversion_work(int2_group_work, int4_group_work, int8_token_work, key_width, knob0__key_bits, knob0__skip_first, knob0__skip_last, knob0__value_bits, layer_index, layers, value_width):
    return key_width*(int2_group_work + (-int2_group_work + int4_group_work)*Minimum(1, Maximum(0, knob0__key_bits - 2)) + (-int4_group_work + int8_token_work)*Minimum(1, Maximum(0, knob0__key_bits - 5)))*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5)/(key_width + value_width) + value_width*(int2_group_work + (-int2_group_work + int4_group_work)*Minimum(1, Maximum(0, knob0__value_bits - 2)) + (-int4_group_work + int8_token_work)*Minimum(1, Maximum(0, knob0__value_bits - 5)))*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5)/(key_width + value_width)


def s_mixed_bit_encode_work(key_width, knob0__skip_first, knob0__skip_last, layer_index, layers, value_width):
    return 6*key_width*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5)/(key_width + value_width) + 6*value_width*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5)/(key_width + value_width)


def s_mixed_bit_encode_kernels():
    return 0


def s_mixed_bit_value_bits(knob0__skip_first, knob0__skip_last, knob0__value_bits, layer_index, layers):
    return (0.125)*knob0__value_bits*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5) - 2*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5) + 2


def s_mixed_bit_value_metadata(knob0__group, knob0__skip_first, knob0__skip_last, layer_index, layers):
    return 4*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5)/Maximum(knob0__group, 1)


def s_mixed_bit_value_step_error(knob0__group, knob0__skip_first, knob0__skip_last, knob0__value_bits, layer_index, layers):
    return (0.16666666666666666)*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(knob0__group, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(knob0__group, 8))) + 2*sqrt(2)*sqrt(log(Maximum(knob0__group, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(knob0__group, 8))))*Indicator(layer_index - knob0__skip_first + 0.5)*Indicator(-layer_index + layers - knob0__skip_last - 0.5)/(2**knob0__value_bits - 1)


def s_mixed_bit_value_float_error():
    return 0


def s_mixed_bit_value_tile_tokens():
    return 1


S_mixed_bit = {
    'key_bits': (s_mixed_bit_key_bits, ('knob0__key_bits', 'knob0__skip_first', 'knob0__skip_last', 'layer_index', 'layers'), ()),
    'key_metadata': (s_mixed_bit_key_metadata, ('knob0__group', 'knob0__skip_first', 'knob0__skip_last', 'layer_index', 'layers'), ()),
    'key_step_error': (s_mixed_bit_key_step_error, ('knob0__group', 'knob0__key_bits', 'knob0__skip_first', 'knob0__skip_last', 'layer_index', 'layers'), ()),
    'key_float_error': (s_mixed_bit_key_float_error, (), ()),
    'key_tile_tokens': (s_mixed_bit_key_tile_tokens, (), ()),
    'conversion_work': (s_mixed_bit_conversion_work, ('int2_group_work', 'int4_group_work', 'int8_token_work', 'key_width', 'knob0__key_bits', 'knob0__skip_first', 'knob0__skip_last', 'knob0__value_bits', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_mixed_bit_encode_work, ('key_width', 'knob0__skip_first', 'knob0__skip_last', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_mixed_bit_encode_kernels, (), ()),
    'value_bits': (s_mixed_bit_value_bits, ('knob0__skip_first', 'knob0__skip_last', 'knob0__value_bits', 'layer_index', 'layers'), ()),
    'value_metadata': (s_mixed_bit_value_metadata, ('knob0__group', 'knob0__skip_first', 'knob0__skip_last', 'layer_index', 'layers'), ()),
    'value_step_error': (s_mixed_bit_value_step_error, ('knob0__group', 'knob0__skip_first', 'knob0__skip_last', 'knob0__value_bits', 'layer_index', 'layers'), ()),
    'value_float_error': (s_mixed_bit_value_float_error, (), ()),
    'value_tile_tokens': (s_mixed_bit_value_tile_tokens, (), ()),
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


def s_mla_fp8_cached_heads():
    return 1


def s_mla_fp8_key_elements():
    return 576


def s_mla_fp8_value_elements():
    return 0


def s_mla_fp8_key_bits():
    return 1.1111111111111112


def s_mla_fp8_key_metadata():
    return 16/Maximum(576, 1)


def s_mla_fp8_key_step_error():
    return 0


def s_mla_fp8_key_float_error():
    return (0.000625)*2**(0.05555555555555555)*sqrt(905)


def s_mla_fp8_key_tile_tokens():
    return 1


def s_mla_fp8_conversion_work(fp8_work, key_width, value_width):
    return fp8_work*key_width/(key_width + value_width)


def s_mla_fp8_encode_work(key_width, value_width):
    return 2*key_width/(key_width + value_width)


def s_mla_fp8_encode_kernels():
    return 0


S_mla_fp8 = {
    'cached_heads': (s_mla_fp8_cached_heads, (), ()),
    'key_elements': (s_mla_fp8_key_elements, (), ()),
    'value_elements': (s_mla_fp8_value_elements, (), ()),
    'key_bits': (s_mla_fp8_key_bits, (), ()),
    'key_metadata': (s_mla_fp8_key_metadata, (), ()),
    'key_step_error': (s_mla_fp8_key_step_error, (), ()),
    'key_float_error': (s_mla_fp8_key_float_error, (), ()),
    'key_tile_tokens': (s_mla_fp8_key_tile_tokens, (), ()),
    'conversion_work': (s_mla_fp8_conversion_work, ('fp8_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_mla_fp8_encode_work, ('key_width', 'value_width'), ()),
    'encode_kernels': (s_mla_fp8_encode_kernels, (), ()),
}




S_none = {
}


def s_nvfp4_key_bits():
    return 0.500000000000000


def s_nvfp4_key_metadata(knob0__group):
    return 1/Maximum(knob0__group, 1)


def s_nvfp4_key_step_error():
    return 0


def s_nvfp4_key_float_error():
    return 0.0025*sqrt(1810)


def s_nvfp4_key_tile_tokens():
    return 1


def s_nvfp4_conversion_work(int4_group_work, key_width, value_width):
    return int4_group_work*key_width/(key_width + value_width) + int4_group_work*value_width/(key_width + value_width)


def s_nvfp4_encode_work(key_width, value_width):
    return 4*key_width/(key_width + value_width) + 4*value_width/(key_width + value_width)


def s_nvfp4_value_bits():
    return 0.500000000000000


def s_nvfp4_value_metadata(knob0__group):
    return 1/Maximum(knob0__group, 1)


def s_nvfp4_value_step_error():
    return 0


def s_nvfp4_value_float_error():
    return 0.0025*sqrt(1810)


def s_nvfp4_value_tile_tokens():
    return 1


def s_nvfp4_encode_kernels():
    return 0


S_nvfp4 = {
    'key_bits': (s_nvfp4_key_bits, (), ()),
    'key_metadata': (s_nvfp4_key_metadata, ('knob0__group',), ()),
    'key_step_error': (s_nvfp4_key_step_error, (), ()),
    'key_float_error': (s_nvfp4_key_float_error, (), ()),
    'key_tile_tokens': (s_nvfp4_key_tile_tokens, (), ()),
    'conversion_work': (s_nvfp4_conversion_work, ('int4_group_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_nvfp4_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_nvfp4_value_bits, (), ()),
    'value_metadata': (s_nvfp4_value_metadata, ('knob0__group',), ()),
    'value_step_error': (s_nvfp4_value_step_error, (), ()),
    'value_float_error': (s_nvfp4_value_float_error, (), ()),
    'value_tile_tokens': (s_nvfp4_value_tile_tokens, (), ()),
    'encode_kernels': (s_nvfp4_encode_kernels, (), ()),
}


def s_offload_resting_rate(coded_size, size_16bit):
    return size_16bit/coded_size


def s_offload_raw_resting_tokens():
    return 0


def s_offload_resting_kernels():
    return 0


def s_offload_resting_decode_flop():
    return 0


def s_offload_resting_decode_work():
    return 0


def s_offload_rests_in_pool():
    return 0


S_offload = {
    'resting_rate': (s_offload_resting_rate, ('coded_size', 'size_16bit'), ()),
    'raw_resting_tokens': (s_offload_raw_resting_tokens, (), ()),
    'resting_kernels': (s_offload_resting_kernels, (), ()),
    'resting_decode_flop': (s_offload_resting_decode_flop, (), ()),
    'resting_decode_work': (s_offload_resting_decode_work, (), ()),
    'rests_in_pool': (s_offload_rests_in_pool, (), ()),
}


def s_palu_key_elements(knob0__group, knob0__rank):
    return knob0__rank/knob0__group


def s_palu_reconstruction_work(key_width, knob0__rank):
    return 2*key_width*knob0__rank


def s_palu_value_elements(knob0__group, knob0__rank):
    return knob0__rank/knob0__group


S_palu = {
    'key_elements': (s_palu_key_elements, ('knob0__group', 'knob0__rank'), ()),
    'reconstruction_work': (s_palu_reconstruction_work, ('key_width', 'knob0__rank'), ()),
    'value_elements': (s_palu_value_elements, ('knob0__group', 'knob0__rank'), ()),
}


def s_pyramidkv_reusable_next_turn(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt):
    return 1 - Indicator(-(2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context) - Minimum(knob0__queries, knob0__budget))


def s_pyramidkv_prefix_cacheable(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt):
    return 1 - Indicator(-(2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context) - Minimum(knob0__queries, knob0__budget))


def s_pyramidkv_guaranteed_recent_tokens(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt, window):
    return (1 - Indicator(-(2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context) - Minimum(knob0__queries, knob0__budget)))*Minimum(context, window) + Indicator(-(2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context) - Minimum(knob0__queries, knob0__budget))*Minimum(Minimum(context, window), Minimum(knob0__queries, knob0__budget) + PositivePart(context - prompt))


def s_pyramidkv_score_selected(context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt):
    return Maximum(0, Indicator(-(2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context) - Minimum(knob0__queries, knob0__budget)))


def s_pyramidkv_kept_tokens(compressed_share, context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt, window):
    return Minimum(Minimum(context, compressed_share*context + window), Minimum(Minimum(prompt, context), (2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(knob0__queries, knob0__budget)) + PositivePart(context - prompt))


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


def s_pyramidkv_kept_growth(compressed_share, context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), (2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(knob0__queries, knob0__budget)) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-(2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context) - Minimum(knob0__queries, knob0__budget)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), (2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(knob0__queries, knob0__budget)) - PositivePart(context - prompt))


def s_pyramidkv_prompt_growth(compressed_share, context, knob0__budget, knob0__queries, knob0__slope, layer_index, layers, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), (2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(knob0__queries, knob0__budget)) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-context + prompt))*(1 - Indicator(-(2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context) - Minimum(knob0__queries, knob0__budget))) - Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), (2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(knob0__queries, knob0__budget)) - PositivePart(context - prompt)) + ((1 - Indicator(-(2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(prompt, context) - Minimum(knob0__queries, knob0__budget)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), (2*knob0__budget - 2*Minimum(knob0__queries, knob0__budget))*(layer_index/(layers - 1) + knob0__slope*(-layer_index/(layers - 1) + 1))/(knob0__slope + 1) + Minimum(knob0__queries, knob0__budget)) - PositivePart(context - prompt))


S_pyramidkv = {
    'reusable_next_turn': (s_pyramidkv_reusable_next_turn, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt'), ()),
    'prefix_cacheable': (s_pyramidkv_prefix_cacheable, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt'), ()),
    'guaranteed_recent_tokens': (s_pyramidkv_guaranteed_recent_tokens, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt', 'window'), ()),
    'score_selected': (s_pyramidkv_score_selected, ('context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt'), ()),
    'kept_tokens': (s_pyramidkv_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt', 'window'), ()),
    'sidecar_size': (s_pyramidkv_sidecar_size, (), ()),
    'score_kernels': (s_pyramidkv_score_kernels, (), ()),
    'score_passes': (s_pyramidkv_score_passes, (), ()),
    'moved_tokens': (s_pyramidkv_moved_tokens, (), ()),
    'scored_queries': (s_pyramidkv_scored_queries, ('knob0__queries',), ()),
    'prompt_passes': (s_pyramidkv_prompt_passes, (), ()),
    'kept_growth': (s_pyramidkv_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt', 'window'), ()),
    'prompt_growth': (s_pyramidkv_prompt_growth, ('compressed_share', 'context', 'knob0__budget', 'knob0__queries', 'knob0__slope', 'layer_index', 'layers', 'prompt', 'window'), ()),
}


def s_qserve_kv4_key_bits():
    return 0.500000000000000


def s_qserve_kv4_key_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_qserve_kv4_key_step_error(key_width):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(key_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(key_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(key_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(key_width, 8))))


def s_qserve_kv4_key_float_error():
    return 0


def s_qserve_kv4_key_tile_tokens():
    return 1


def s_qserve_kv4_conversion_work(int4_token_work, key_width, value_width):
    return int4_token_work*key_width/(key_width + value_width) + int4_token_work*value_width/(key_width + value_width)


def s_qserve_kv4_encode_work(key_width, value_width):
    return 6*key_width/(key_width + value_width) + 6*value_width/(key_width + value_width)


def s_qserve_kv4_value_bits():
    return 0.500000000000000


def s_qserve_kv4_value_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_qserve_kv4_value_step_error(key_width):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(key_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(key_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(key_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(key_width, 8))))


def s_qserve_kv4_value_float_error():
    return 0


def s_qserve_kv4_value_tile_tokens():
    return 1


def s_qserve_kv4_encode_kernels():
    return 0


S_qserve_kv4 = {
    'key_bits': (s_qserve_kv4_key_bits, (), ()),
    'key_metadata': (s_qserve_kv4_key_metadata, ('key_width',), ()),
    'key_step_error': (s_qserve_kv4_key_step_error, ('key_width',), ()),
    'key_float_error': (s_qserve_kv4_key_float_error, (), ()),
    'key_tile_tokens': (s_qserve_kv4_key_tile_tokens, (), ()),
    'conversion_work': (s_qserve_kv4_conversion_work, ('int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_qserve_kv4_encode_work, ('key_width', 'value_width'), ()),
    'value_bits': (s_qserve_kv4_value_bits, (), ()),
    'value_metadata': (s_qserve_kv4_value_metadata, ('key_width',), ()),
    'value_step_error': (s_qserve_kv4_value_step_error, ('key_width',), ()),
    'value_float_error': (s_qserve_kv4_value_float_error, (), ()),
    'value_tile_tokens': (s_qserve_kv4_value_tile_tokens, (), ()),
    'encode_kernels': (s_qserve_kv4_encode_kernels, (), ()),
}


def s_quest_read_tokens(kept_tokens, knob0__budget, layer_index, selected_tokens):
    return (1 - Indicator(layer_index - 1.5))*Minimum(kept_tokens, selected_tokens) + Indicator(layer_index - 1.5)*Minimum(Minimum(kept_tokens, selected_tokens), knob0__budget)


def s_quest_guaranteed_recent_tokens(context, kept_tokens, knob0__budget, layer_index, selected_tokens, window):
    return (-Indicator(layer_index - 1.5)*Indicator(-knob0__budget + Minimum(kept_tokens, selected_tokens)) + 1)*Minimum(context, window)


def s_quest_score_selected(kept_tokens, knob0__budget, layer_index, selected_tokens):
    return Maximum(0, Indicator(layer_index - 1.5)*Indicator(-knob0__budget + Minimum(kept_tokens, selected_tokens)))


def s_quest_index_size(cached_heads, index_width, key_width, knob0__page):
    return 2*index_width/cached_heads + 4*key_width/knob0__page


def s_quest_select_kernels(index_width, layer_index):
    return 2*Indicator(index_width) + 2*Indicator(layer_index - 1.5)


S_quest = {
    'read_tokens': (s_quest_read_tokens, ('kept_tokens', 'knob0__budget', 'layer_index', 'selected_tokens'), ()),
    'guaranteed_recent_tokens': (s_quest_guaranteed_recent_tokens, ('context', 'kept_tokens', 'knob0__budget', 'layer_index', 'selected_tokens', 'window'), ()),
    'score_selected': (s_quest_score_selected, ('kept_tokens', 'knob0__budget', 'layer_index', 'selected_tokens'), ()),
    'index_size': (s_quest_index_size, ('cached_heads', 'index_width', 'key_width', 'knob0__page'), ()),
    'select_kernels': (s_quest_select_kernels, ('index_width', 'layer_index'), ()),
}


def s_razorattention_residual_window_tokens(compressed_share, context, knob0__full, knob0__recent, window):
    return Maximum(0, (1 - knob0__full)*(knob0__recent + 4)*Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - 4))


def s_razorattention_full_heads(knob0__full):
    return knob0__full


def s_razorattention_guaranteed_recent_tokens(context, knob0__recent, window):
    return Minimum(Minimum(context, window), knob0__recent)


def s_razorattention_sink_tokens():
    return 4


def s_razorattention_kept_tokens(compressed_share, context, knob0__full, knob0__recent, window):
    return knob0__full*Minimum(context, compressed_share*context + window) + (1 - knob0__full)*Minimum(Minimum(context, compressed_share*context + window), knob0__recent + 4)


def s_razorattention_kept_growth(compressed_share, context, knob0__full, knob0__recent, window):
    return knob0__full*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + (1 - knob0__full)*(1 - Indicator(-knob0__recent + Minimum(context, compressed_share*context + window) - 4))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_razorattention = {
    'residual_window_tokens': (s_razorattention_residual_window_tokens, ('compressed_share', 'context', 'knob0__full', 'knob0__recent', 'window'), ()),
    'full_heads': (s_razorattention_full_heads, ('knob0__full',), ()),
    'guaranteed_recent_tokens': (s_razorattention_guaranteed_recent_tokens, ('context', 'knob0__recent', 'window'), ()),
    'sink_tokens': (s_razorattention_sink_tokens, (), ()),
    'kept_tokens': (s_razorattention_kept_tokens, ('compressed_share', 'context', 'knob0__full', 'knob0__recent', 'window'), ()),
    'kept_growth': (s_razorattention_kept_growth, ('compressed_share', 'context', 'knob0__full', 'knob0__recent', 'window'), ()),
}


def s_scissorhands_full_blocks_immutable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_scissorhands_prefix_cacheable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_scissorhands_guaranteed_recent_tokens(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))*Minimum(Minimum(context, window), 0)


def s_scissorhands_score_selected(compressed_share, context, knob0__budget, window):
    return Maximum(0, Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))


def s_scissorhands_kept_tokens(compressed_share, context, knob0__budget, window):
    return Minimum(Minimum(context, compressed_share*context + window), knob0__budget)


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


def s_scissorhands_kept_growth(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_scissorhands = {
    'full_blocks_immutable': (s_scissorhands_full_blocks_immutable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'prefix_cacheable': (s_scissorhands_prefix_cacheable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'guaranteed_recent_tokens': (s_scissorhands_guaranteed_recent_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'score_selected': (s_scissorhands_score_selected, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'kept_tokens': (s_scissorhands_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'sidecar_size': (s_scissorhands_sidecar_size, (), ()),
    'score_kernels': (s_scissorhands_score_kernels, (), ()),
    'score_passes': (s_scissorhands_score_passes, (), ()),
    'moved_tokens': (s_scissorhands_moved_tokens, (), ()),
    'scored_queries': (s_scissorhands_scored_queries, ('knob0__history',), ()),
    'prompt_passes': (s_scissorhands_prompt_passes, (), ()),
    'kept_growth': (s_scissorhands_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
}


def s_shadowkv_prefix_cacheable():
    return 0


def s_shadowkv_key_elements(kv_heads):
    return 160/kv_heads


def s_shadowkv_reconstruction_work(key_width):
    return 320*key_width


def s_shadowkv_read_tokens(kept_tokens, knob0__budget, selected_tokens):
    return Minimum(Minimum(kept_tokens, selected_tokens), knob0__budget)


def s_shadowkv_guaranteed_recent_tokens(context, kept_tokens, knob0__budget, selected_tokens, window):
    return (1 - Indicator(-knob0__budget + Minimum(kept_tokens, selected_tokens)))*Minimum(context, window)


def s_shadowkv_score_selected(kept_tokens, knob0__budget, selected_tokens):
    return Maximum(0, Indicator(-knob0__budget + Minimum(kept_tokens, selected_tokens)))


def s_shadowkv_index_size(cached_heads, index_width, key_width):
    return 2*index_width/cached_heads + (0.25)*key_width


def s_shadowkv_select_kernels(index_width):
    return 2*Indicator(index_width) + 3


def s_shadowkv_offloaded_size(value_bits, value_elements, value_metadata):
    return value_elements*(value_bits + value_metadata)


def s_shadowkv_fetched_size(value_bits, value_elements, value_metadata):
    return value_elements*(value_bits + value_metadata)


S_shadowkv = {
    'prefix_cacheable': (s_shadowkv_prefix_cacheable, (), ()),
    'key_elements': (s_shadowkv_key_elements, ('kv_heads',), ()),
    'reconstruction_work': (s_shadowkv_reconstruction_work, ('key_width',), ()),
    'read_tokens': (s_shadowkv_read_tokens, ('kept_tokens', 'knob0__budget', 'selected_tokens'), ()),
    'guaranteed_recent_tokens': (s_shadowkv_guaranteed_recent_tokens, ('context', 'kept_tokens', 'knob0__budget', 'selected_tokens', 'window'), ()),
    'score_selected': (s_shadowkv_score_selected, ('kept_tokens', 'knob0__budget', 'selected_tokens'), ()),
    'index_size': (s_shadowkv_index_size, ('cached_heads', 'index_width', 'key_width'), ()),
    'select_kernels': (s_shadowkv_select_kernels, ('index_width',), ()),
    'offloaded_size': (s_shadowkv_offloaded_size, ('value_bits', 'value_elements', 'value_metadata'), ()),
    'fetched_size': (s_shadowkv_fetched_size, ('value_bits', 'value_elements', 'value_metadata'), ()),
}


def s_sliding_window_guaranteed_recent_tokens(context, knob0__recent, window):
    return Minimum(Minimum(context, window), knob0__recent)


def s_sliding_window_sink_tokens():
    return Maximum(0, 0)


def s_sliding_window_full_blocks_immutable(compressed_share, context, knob0__recent, window):
    return 1 - Indicator(-knob0__recent + Minimum(context, compressed_share*context + window))


def s_sliding_window_kept_tokens(compressed_share, context, knob0__recent, window):
    return Minimum(Minimum(context, compressed_share*context + window), knob0__recent)


def s_sliding_window_kept_growth(compressed_share, context, knob0__recent, window):
    return (1 - Indicator(-knob0__recent + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_sliding_window = {
    'guaranteed_recent_tokens': (s_sliding_window_guaranteed_recent_tokens, ('context', 'knob0__recent', 'window'), ()),
    'sink_tokens': (s_sliding_window_sink_tokens, (), ()),
    'full_blocks_immutable': (s_sliding_window_full_blocks_immutable, ('compressed_share', 'context', 'knob0__recent', 'window'), ()),
    'kept_tokens': (s_sliding_window_kept_tokens, ('compressed_share', 'context', 'knob0__recent', 'window'), ()),
    'kept_growth': (s_sliding_window_kept_growth, ('compressed_share', 'context', 'knob0__recent', 'window'), ()),
}


def s_snapkv_reusable_next_turn(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_snapkv_prefix_cacheable(context, knob0__budget, prompt):
    return 1 - Indicator(-knob0__budget + Minimum(prompt, context))


def s_snapkv_guaranteed_recent_tokens(context, knob0__budget, knob0__queries, prompt, window):
    return (1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(prompt, context))*Minimum(Minimum(context, window), knob0__queries + PositivePart(context - prompt))


def s_snapkv_score_selected(context, knob0__budget, prompt):
    return Maximum(0, Indicator(-knob0__budget + Minimum(prompt, context)))


def s_snapkv_kept_tokens(compressed_share, context, knob0__budget, prompt, window):
    return Minimum(Minimum(context, compressed_share*context + window), Minimum(Minimum(prompt, context), knob0__budget) + PositivePart(context - prompt))


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


def s_snapkv_kept_growth(compressed_share, context, knob0__budget, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt))


def s_snapkv_prompt_growth(compressed_share, context, knob0__budget, prompt, window):
    return (1 - Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1) + ((1 - Indicator(-context + prompt))*(1 - Indicator(-knob0__budget + Minimum(prompt, context))) - Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt)) + ((1 - Indicator(-knob0__budget + Minimum(prompt, context)))*Indicator(-context + prompt) + Indicator(context - prompt))*Indicator(Minimum(context, compressed_share*context + window) - Minimum(Minimum(prompt, context), knob0__budget) - PositivePart(context - prompt))


S_snapkv = {
    'reusable_next_turn': (s_snapkv_reusable_next_turn, ('context', 'knob0__budget', 'prompt'), ()),
    'prefix_cacheable': (s_snapkv_prefix_cacheable, ('context', 'knob0__budget', 'prompt'), ()),
    'guaranteed_recent_tokens': (s_snapkv_guaranteed_recent_tokens, ('context', 'knob0__budget', 'knob0__queries', 'prompt', 'window'), ()),
    'score_selected': (s_snapkv_score_selected, ('context', 'knob0__budget', 'prompt'), ()),
    'kept_tokens': (s_snapkv_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
    'sidecar_size': (s_snapkv_sidecar_size, (), ()),
    'score_kernels': (s_snapkv_score_kernels, (), ()),
    'score_passes': (s_snapkv_score_passes, (), ()),
    'moved_tokens': (s_snapkv_moved_tokens, (), ()),
    'scored_queries': (s_snapkv_scored_queries, ('knob0__queries',), ()),
    'prompt_passes': (s_snapkv_prompt_passes, (), ()),
    'kept_growth': (s_snapkv_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
    'prompt_growth': (s_snapkv_prompt_growth, ('compressed_share', 'context', 'knob0__budget', 'prompt', 'window'), ()),
}


def s_streaming_llm_guaranteed_recent_tokens(context, knob0__recent, window):
    return Minimum(Minimum(context, window), knob0__recent)


def s_streaming_llm_sink_tokens(knob0__sinks):
    return Maximum(0, knob0__sinks)


def s_streaming_llm_full_blocks_immutable(compressed_share, context, knob0__recent, knob0__sinks, window):
    return 1 - Indicator(-knob0__recent - knob0__sinks + Minimum(context, compressed_share*context + window))


def s_streaming_llm_kept_tokens(compressed_share, context, knob0__recent, knob0__sinks, window):
    return Minimum(Minimum(context, compressed_share*context + window), knob0__recent + knob0__sinks)


def s_streaming_llm_kept_growth(compressed_share, context, knob0__recent, knob0__sinks, window):
    return (1 - Indicator(-knob0__recent - knob0__sinks + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_streaming_llm = {
    'guaranteed_recent_tokens': (s_streaming_llm_guaranteed_recent_tokens, ('context', 'knob0__recent', 'window'), ()),
    'sink_tokens': (s_streaming_llm_sink_tokens, ('knob0__sinks',), ()),
    'full_blocks_immutable': (s_streaming_llm_full_blocks_immutable, ('compressed_share', 'context', 'knob0__recent', 'knob0__sinks', 'window'), ()),
    'kept_tokens': (s_streaming_llm_kept_tokens, ('compressed_share', 'context', 'knob0__recent', 'knob0__sinks', 'window'), ()),
    'kept_growth': (s_streaming_llm_kept_growth, ('compressed_share', 'context', 'knob0__recent', 'knob0__sinks', 'window'), ()),
}


def s_think_sidecar_size():
    return 0


def s_think_score_kernels():
    return 0


def s_think_score_passes():
    return 0


def s_think_scored_queries():
    return 32


def s_think_prompt_passes():
    return 1


def s_think_key_elements(key_width, knob0__pruned):
    return key_width*(1 - knob0__pruned)


def s_think_prefix_cacheable():
    return 0


def s_think_reusable_next_turn():
    return 0


S_think = {
    'sidecar_size': (s_think_sidecar_size, (), ()),
    'score_kernels': (s_think_score_kernels, (), ()),
    'score_passes': (s_think_score_passes, (), ()),
    'scored_queries': (s_think_scored_queries, (), ()),
    'prompt_passes': (s_think_prompt_passes, (), ()),
    'key_elements': (s_think_key_elements, ('key_width', 'knob0__pruned'), ()),
    'prefix_cacheable': (s_think_prefix_cacheable, (), ()),
    'reusable_next_turn': (s_think_reusable_next_turn, (), ()),
}


def s_tova_sidecar_size():
    return 0


def s_tova_score_kernels():
    return 2


def s_tova_score_passes():
    return 1


def s_tova_scored_queries():
    return 0


def s_tova_prompt_passes():
    return 0


def s_tova_full_blocks_immutable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_tova_prefix_cacheable(compressed_share, context, knob0__budget, window):
    return 1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))


def s_tova_guaranteed_recent_tokens(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*Minimum(context, window) + Indicator(-knob0__budget + Minimum(context, compressed_share*context + window))*Minimum(Minimum(context, window), 0)


def s_tova_score_selected(compressed_share, context, knob0__budget, window):
    return Maximum(0, Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))


def s_tova_kept_tokens(compressed_share, context, knob0__budget, window):
    return Minimum(Minimum(context, compressed_share*context + window), knob0__budget)


def s_tova_moved_tokens():
    return 1


def s_tova_kept_growth(compressed_share, context, knob0__budget, window):
    return (1 - Indicator(-knob0__budget + Minimum(context, compressed_share*context + window)))*(compressed_share*Indicator(-compressed_share*context + context - window) - Indicator(-compressed_share*context + context - window) + 1)


S_tova = {
    'sidecar_size': (s_tova_sidecar_size, (), ()),
    'score_kernels': (s_tova_score_kernels, (), ()),
    'score_passes': (s_tova_score_passes, (), ()),
    'scored_queries': (s_tova_scored_queries, (), ()),
    'prompt_passes': (s_tova_prompt_passes, (), ()),
    'full_blocks_immutable': (s_tova_full_blocks_immutable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'prefix_cacheable': (s_tova_prefix_cacheable, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'guaranteed_recent_tokens': (s_tova_guaranteed_recent_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'score_selected': (s_tova_score_selected, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'kept_tokens': (s_tova_kept_tokens, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
    'moved_tokens': (s_tova_moved_tokens, (), ()),
    'kept_growth': (s_tova_kept_growth, ('compressed_share', 'context', 'knob0__budget', 'window'), ()),
}


def s_turboquant_3bit_key_bits(knob0__skip, layer_index, layers):
    return -1.625*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_3bit_key_metadata(key_width, knob0__skip, layer_index, layers):
    return 2*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(key_width, 1)


def s_turboquant_3bit_key_step_error():
    return 0


def s_turboquant_3bit_key_float_error(knob0__skip, layer_index, layers):
    return 0.0625*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_3bit_key_tile_tokens():
    return 1


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


def s_turboquant_3bit_value_step_error(knob0__skip, layer_index, layers, value_width):
    return 0.0238095238095238*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(value_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(value_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(value_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(value_width, 8))))*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_3bit_value_float_error():
    return 0


def s_turboquant_3bit_value_tile_tokens():
    return 1


S_turboquant_3bit = {
    'key_bits': (s_turboquant_3bit_key_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_metadata': (s_turboquant_3bit_key_metadata, ('key_width', 'knob0__skip', 'layer_index', 'layers'), ()),
    'key_step_error': (s_turboquant_3bit_key_step_error, (), ()),
    'key_float_error': (s_turboquant_3bit_key_float_error, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_tile_tokens': (s_turboquant_3bit_key_tile_tokens, (), ()),
    'conversion_work': (s_turboquant_3bit_conversion_work, ('int4_token_work', 'key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_turboquant_3bit_encode_work, ('key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_turboquant_3bit_encode_kernels, ('knob0__skip', 'layer_index', 'layers'), ()),
    'prompt_passes': (s_turboquant_3bit_prompt_passes, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_bits': (s_turboquant_3bit_value_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_metadata': (s_turboquant_3bit_value_metadata, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'value_step_error': (s_turboquant_3bit_value_step_error, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'value_float_error': (s_turboquant_3bit_value_float_error, (), ()),
    'value_tile_tokens': (s_turboquant_3bit_value_tile_tokens, (), ()),
}


def s_turboquant_4bit_key_bits(knob0__skip, layer_index, layers):
    return -1.5*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_4bit_key_metadata(key_width, knob0__skip, layer_index, layers):
    return 2*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(key_width, 1)


def s_turboquant_4bit_key_step_error():
    return 0


def s_turboquant_4bit_key_float_error(knob0__skip, layer_index, layers):
    return 0.03125*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_4bit_key_tile_tokens():
    return 1


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


def s_turboquant_4bit_value_step_error(knob0__skip, layer_index, layers, value_width):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(value_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(value_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(value_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(value_width, 8))))*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_4bit_value_float_error():
    return 0


def s_turboquant_4bit_value_tile_tokens():
    return 1


S_turboquant_4bit = {
    'key_bits': (s_turboquant_4bit_key_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_metadata': (s_turboquant_4bit_key_metadata, ('key_width', 'knob0__skip', 'layer_index', 'layers'), ()),
    'key_step_error': (s_turboquant_4bit_key_step_error, (), ()),
    'key_float_error': (s_turboquant_4bit_key_float_error, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_tile_tokens': (s_turboquant_4bit_key_tile_tokens, (), ()),
    'conversion_work': (s_turboquant_4bit_conversion_work, ('int4_token_work', 'key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_turboquant_4bit_encode_work, ('key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_turboquant_4bit_encode_kernels, ('knob0__skip', 'layer_index', 'layers'), ()),
    'prompt_passes': (s_turboquant_4bit_prompt_passes, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_bits': (s_turboquant_4bit_value_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_metadata': (s_turboquant_4bit_value_metadata, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'value_step_error': (s_turboquant_4bit_value_step_error, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'value_float_error': (s_turboquant_4bit_value_float_error, (), ()),
    'value_tile_tokens': (s_turboquant_4bit_value_tile_tokens, (), ()),
}


def s_turboquant_k3v4_key_bits(knob0__skip, layer_index, layers):
    return -1.625*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_k3v4_key_metadata(key_width, knob0__skip, layer_index, layers):
    return 2*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)/Maximum(key_width, 1)


def s_turboquant_k3v4_key_step_error():
    return 0


def s_turboquant_k3v4_key_float_error(knob0__skip, layer_index, layers):
    return 0.0625*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_k3v4_key_tile_tokens():
    return 1


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


def s_turboquant_k3v4_value_step_error(knob0__skip, layer_index, layers, value_width):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(value_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(value_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(value_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(value_width, 8))))*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_k3v4_value_float_error():
    return 0


def s_turboquant_k3v4_value_tile_tokens():
    return 1


S_turboquant_k3v4 = {
    'key_bits': (s_turboquant_k3v4_key_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_metadata': (s_turboquant_k3v4_key_metadata, ('key_width', 'knob0__skip', 'layer_index', 'layers'), ()),
    'key_step_error': (s_turboquant_k3v4_key_step_error, (), ()),
    'key_float_error': (s_turboquant_k3v4_key_float_error, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_tile_tokens': (s_turboquant_k3v4_key_tile_tokens, (), ()),
    'conversion_work': (s_turboquant_k3v4_conversion_work, ('int4_token_work', 'key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_turboquant_k3v4_encode_work, ('key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_turboquant_k3v4_encode_kernels, ('knob0__skip', 'layer_index', 'layers'), ()),
    'prompt_passes': (s_turboquant_k3v4_prompt_passes, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_bits': (s_turboquant_k3v4_value_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_metadata': (s_turboquant_k3v4_value_metadata, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'value_step_error': (s_turboquant_k3v4_value_step_error, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'value_float_error': (s_turboquant_k3v4_value_float_error, (), ()),
    'value_tile_tokens': (s_turboquant_k3v4_value_tile_tokens, (), ()),
}


def s_turboquant_k4v2_key_bits():
    return 0.500000000000000


def s_turboquant_k4v2_key_metadata(key_width):
    return 4/Maximum(key_width, 1)


def s_turboquant_k4v2_key_step_error():
    return 0


def s_turboquant_k4v2_key_float_error():
    return 0.03125*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)


def s_turboquant_k4v2_key_tile_tokens():
    return 1


def s_turboquant_k4v2_conversion_work(int2_group_work, int4_token_work, key_width, value_width):
    return int2_group_work*value_width/(key_width + value_width) + int4_token_work*key_width/(key_width + value_width)


def s_turboquant_k4v2_encode_work(key_width, value_width):
    return (key_width*key_width)/(key_width + value_width) + 6*value_width/(key_width + value_width)


def s_turboquant_k4v2_encode_kernels():
    return 1


def s_turboquant_k4v2_value_bits():
    return 0.250000000000000


def s_turboquant_k4v2_value_metadata(value_width):
    return 2/Maximum(value_width, 1)


def s_turboquant_k4v2_value_step_error():
    return 0


def s_turboquant_k4v2_value_float_error():
    return 0.125*sqrt(2)*3**(0.25)*sqrt(3.141592653589793)


def s_turboquant_k4v2_value_tile_tokens():
    return 1


S_turboquant_k4v2 = {
    'key_bits': (s_turboquant_k4v2_key_bits, (), ()),
    'key_metadata': (s_turboquant_k4v2_key_metadata, ('key_width',), ()),
    'key_step_error': (s_turboquant_k4v2_key_step_error, (), ()),
    'key_float_error': (s_turboquant_k4v2_key_float_error, (), ()),
    'key_tile_tokens': (s_turboquant_k4v2_key_tile_tokens, (), ()),
    'conversion_work': (s_turboquant_k4v2_conversion_work, ('int2_group_work', 'int4_token_work', 'key_width', 'value_width'), ()),
    'encode_work': (s_turboquant_k4v2_encode_work, ('key_width', 'value_width'), ()),
    'encode_kernels': (s_turboquant_k4v2_encode_kernels, (), ()),
    'value_bits': (s_turboquant_k4v2_value_bits, (), ()),
    'value_metadata': (s_turboquant_k4v2_value_metadata, ('value_width',), ()),
    'value_step_error': (s_turboquant_k4v2_value_step_error, (), ()),
    'value_float_error': (s_turboquant_k4v2_value_float_error, (), ()),
    'value_tile_tokens': (s_turboquant_k4v2_value_tile_tokens, (), ()),
}


def s_turboquant_k8v4_key_bits(knob0__skip, layer_index, layers):
    return -Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5) + 2


def s_turboquant_k8v4_key_metadata():
    return 0


def s_turboquant_k8v4_key_step_error():
    return 0


def s_turboquant_k8v4_key_float_error(knob0__skip, layer_index, layers):
    return (0.000625)*sqrt(1810)*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_k8v4_key_tile_tokens():
    return 1


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


def s_turboquant_k8v4_value_step_error(knob0__skip, layer_index, layers, value_width):
    return 0.0111111111111111*sqrt(3)*(-0.5*sqrt(2)*(log(log(Maximum(value_width, 8))) + log(4*3.141592653589793))/sqrt(log(Maximum(value_width, 8))) + 2*sqrt(2)*sqrt(log(Maximum(value_width, 8))) + sqrt(2)*0.5772156649015329/sqrt(log(Maximum(value_width, 8))))*Indicator(layer_index - knob0__skip + 0.5)*Indicator(-layer_index + layers - knob0__skip - 0.5)


def s_turboquant_k8v4_value_float_error():
    return 0


def s_turboquant_k8v4_value_tile_tokens():
    return 1


S_turboquant_k8v4 = {
    'key_bits': (s_turboquant_k8v4_key_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_metadata': (s_turboquant_k8v4_key_metadata, (), ()),
    'key_step_error': (s_turboquant_k8v4_key_step_error, (), ()),
    'key_float_error': (s_turboquant_k8v4_key_float_error, ('knob0__skip', 'layer_index', 'layers'), ()),
    'key_tile_tokens': (s_turboquant_k8v4_key_tile_tokens, (), ()),
    'conversion_work': (s_turboquant_k8v4_conversion_work, ('fp8_work', 'int4_token_work', 'key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_work': (s_turboquant_k8v4_encode_work, ('key_width', 'knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'encode_kernels': (s_turboquant_k8v4_encode_kernels, ('knob0__skip', 'layer_index', 'layers'), ()),
    'prompt_passes': (s_turboquant_k8v4_prompt_passes, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_bits': (s_turboquant_k8v4_value_bits, ('knob0__skip', 'layer_index', 'layers'), ()),
    'value_metadata': (s_turboquant_k8v4_value_metadata, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'value_step_error': (s_turboquant_k8v4_value_step_error, ('knob0__skip', 'layer_index', 'layers', 'value_width'), ()),
    'value_float_error': (s_turboquant_k8v4_value_float_error, (), ()),
    'value_tile_tokens': (s_turboquant_k8v4_value_tile_tokens, (), ()),
}


SLOTS = {
    'adakv': S_adakv,
    'cachegen': S_cachegen,
    'cam': S_cam,
    'cla': S_cla,
    'dedup-exact': S_dedup_exact,
    'dedup-similar': S_dedup_similar,
    'deepseek-sparse-attention': S_deepseek_sparse_attention,
    'dms': S_dms,
    'duoattention': S_duoattention,
    'flexkv-ans': S_flexkv_ans,
    'fp8': S_fp8,
    'gear-4bit': S_gear_4bit,
    'ggml-q4-0': S_ggml_q4_0,
    'ggml-q8-0': S_ggml_q8_0,
    'gqa': S_gqa,
    'h2o': S_h2o,
    'hf-quantized': S_hf_quantized,
    'hypothetical': S_hypothetical,
    'infinigen': S_infinigen,
    'int4': S_int4,
    'int8': S_int8,
    'int8-tensor': S_int8_tensor,
    'keyformer': S_keyformer,
    'kivi-2bit': S_kivi_2bit,
    'kivi-4bit': S_kivi_4bit,
    'knorm': S_knorm,
    'kv-compress': S_kv_compress,
    'kvquant-3bit': S_kvquant_3bit,
    'kvquant-4bit': S_kvquant_4bit,
    'kvtc': S_kvtc,
    'kvzip': S_kvzip,
    'mha': S_mha,
    'minicache': S_minicache,
    'mixed-bit': S_mixed_bit,
    'mla': S_mla,
    'mla-fp8': S_mla_fp8,
    'none': S_none,
    'nvfp4': S_nvfp4,
    'offload': S_offload,
    'palu': S_palu,
    'pyramidkv': S_pyramidkv,
    'qserve-kv4': S_qserve_kv4,
    'quest': S_quest,
    'razorattention': S_razorattention,
    'scissorhands': S_scissorhands,
    'shadowkv': S_shadowkv,
    'sliding-window': S_sliding_window,
    'snapkv': S_snapkv,
    'streaming-llm': S_streaming_llm,
    'think': S_think,
    'tova': S_tova,
    'turboquant-3bit': S_turboquant_3bit,
    'turboquant-4bit': S_turboquant_4bit,
    'turboquant-k3v4': S_turboquant_k3v4,
    'turboquant-k4v2': S_turboquant_k4v2,
    'turboquant-k8v4': S_turboquant_k8v4,
}

NATIVE = {'adakv': 'none', 'cachegen': 'none', 'cam': 'none', 'cla': 'none', 'dedup-exact': 'none', 'dedup-similar': 'none', 'deepseek-sparse-attention': 'none', 'dms': 'none', 'duoattention': 'none', 'flexkv-ans': 'none', 'fp8': 'fp8', 'gear-4bit': 'none', 'ggml-q4-0': 'none', 'ggml-q8-0': 'none', 'gqa': 'none', 'h2o': 'none', 'hf-quantized': 'none', 'hypothetical': 'none', 'infinigen': 'none', 'int4': 'none', 'int8': 'none', 'int8-tensor': 'none', 'keyformer': 'none', 'kivi-2bit': 'none', 'kivi-4bit': 'none', 'knorm': 'none', 'kv-compress': 'none', 'kvquant-3bit': 'none', 'kvquant-4bit': 'none', 'kvtc': 'none', 'kvzip': 'none', 'mha': 'none', 'minicache': 'none', 'mixed-bit': 'none', 'mla': 'none', 'mla-fp8': 'none', 'none': 'none', 'nvfp4': 'none', 'offload': 'none', 'palu': 'none', 'pyramidkv': 'none', 'qserve-kv4': 'none', 'quest': 'none', 'razorattention': 'none', 'scissorhands': 'none', 'shadowkv': 'none', 'sliding-window': 'none', 'snapkv': 'none', 'streaming-llm': 'none', 'think': 'none', 'tova': 'none', 'turboquant-3bit': 'none', 'turboquant-4bit': 'none', 'turboquant-k3v4': 'none', 'turboquant-k4v2': 'none', 'turboquant-k8v4': 'none'}

DIGESTS = {'adakv': 'ed85fe3f06b30dbc', 'cachegen': 'b21137c0e2b30867', 'cam': '5e59a74c5b4121f6', 'cla': 'feaadf67bc84ea0f', 'dedup-exact': 'ecea31905fbb10e8', 'dedup-similar': '2832299e396b3cf3', 'deepseek-sparse-attention': 'e3389a829b846614', 'dms': 'eafe756c2447840b', 'duoattention': '4eb0cf62d7317f4b', 'flexkv-ans': 'ac72975fc98ca253', 'fp8': '7b5d9769cff00ad4', 'gear-4bit': '6166ef1387524508', 'ggml-q4-0': '852642cfb0dc7241', 'ggml-q8-0': 'b1a3855a12e69ba6', 'gqa': '1391876e63685b7d', 'h2o': '5cb6f51d52ad0caa', 'hf-quantized': '7611a531583c2894', 'hypothetical': '09dae18a5d36b323', 'infinigen': '1ab644017cf4b268', 'int4': 'bad26c970f26a284', 'int8': '88253752855c57da', 'int8-tensor': 'eb09f4bdfe290f68', 'keyformer': 'a1d9a1181e2a6829', 'kivi-2bit': 'cc2b2d2c4fb0140d', 'kivi-4bit': 'b047861ce08be4be', 'knorm': '3b74f23b6942373e', 'kv-compress': 'ea747a8d7682014e', 'kvquant-3bit': 'a2943bff5a39b741', 'kvquant-4bit': 'ba1934980694f84f', 'kvtc': '5480e89485278373', 'kvzip': '40d814b2792212b0', 'mha': '81468abe158a764e', 'minicache': '811304e68984a55d', 'mixed-bit': '74fe5a2a873b1425', 'mla': '54cfee15a1c785cf', 'mla-fp8': 'e1f68c52a56db7ef', 'none': '1391876e63685b7d', 'nvfp4': '7ef27ae1b794e1ce', 'offload': '544287e86c4e17e6', 'palu': 'd95121804ce7cc8f', 'pyramidkv': 'bf9da3eca6e6ebe9', 'qserve-kv4': 'bad26c970f26a284', 'quest': '1b94804490280e6a', 'razorattention': 'd5be6a0920f111d9', 'scissorhands': 'd1342bb35e463ead', 'shadowkv': '5571e226855534f3', 'sliding-window': 'f0ec8bc20708ae77', 'snapkv': '16c892518f7506da', 'streaming-llm': '09e72afc94ede756', 'think': '8b6fb45e5bacb201', 'tova': '707f102877036a3c', 'turboquant-3bit': 'd59fb7d9f4ae51eb', 'turboquant-4bit': 'bcd2e3330a8e67ed', 'turboquant-k3v4': '19c522b2964ce61b', 'turboquant-k4v2': '887e3cf87ad5e4c7', 'turboquant-k8v4': '790cfebd041cfbc0'}
