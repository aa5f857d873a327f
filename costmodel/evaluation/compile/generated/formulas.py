"""Written by ``python -m costmodel.evaluation.compile.generate``; never by hand."""

# ruff: noqa
# fmt: off

from numpy import exp, inf, log, sqrt  # noqa: F401

from costmodel.language.kernels import (  # noqa: F401
    Ceil, Floor, Indicator, Maximum, Minimum, PNorm, PNormEntropy, PNormWeight, PositivePart,
)


def formulas_kept_tokens(compressed_share, context, window):
    return Minimum(context, compressed_share*context + window)


def formulas_kept_growth(compressed_share, context, window):
    return compressed_share*(1 - Indicator(compressed_share*context - context + window)) + Indicator(compressed_share*context - context + window)


def formulas_prompt_growth(kept_growth):
    return kept_growth


def formulas_read_tokens(kept_tokens, selected_tokens):
    return Minimum(kept_tokens, selected_tokens)


def formulas_cached_heads(kv_heads):
    return kv_heads


def formulas_key_elements(key_width):
    return key_width


def formulas_value_elements(value_width):
    return value_width


def formulas_key_bits():
    return 2


def formulas_value_bits():
    return 2


def formulas_key_metadata():
    return 0


def formulas_value_metadata():
    return 0


def formulas_precise_key_tokens():
    return 0


def formulas_precise_value_tokens():
    return 0


def formulas_sidecar_size():
    return 0


def formulas_index_size(cached_heads, index_width):
    return 2*index_width/cached_heads


def formulas_signature_size():
    return 0


def formulas_constant_size(ranks, state_size):
    return state_size/ranks


def formulas_read_rate():
    return 1


def formulas_local_cached_heads(cached_heads, ranks):
    return Maximum(cached_heads/ranks, 1)


def formulas_key_size(key_bits, key_elements, key_metadata):
    return key_elements*(key_bits + key_metadata)


def formulas_value_size(value_bits, value_elements, value_metadata):
    return value_elements*(value_bits + value_metadata)


def formulas_coded_size(index_size, key_size, sidecar_size, signature_size, value_size):
    return key_size + value_size + index_size + sidecar_size + signature_size


def formulas_size_16bit(key_elements, value_elements):
    return 2*key_elements + 2*value_elements


def formulas_decoded_size(key_width, size_16bit, value_width):
    return Maximum(size_16bit, 2*key_width + 2*value_width)


def formulas_size_16bit_excess(kept_tokens, key_elements, key_size, precise_key_tokens, precise_value_tokens, value_elements, value_size):
    return (-key_size + 2*key_elements)*Minimum(precise_key_tokens, kept_tokens) + (-value_size + 2*value_elements)*Minimum(precise_value_tokens, kept_tokens)


def formulas_read_size(key_elements, key_size, precise_key_tokens, precise_value_tokens, read_rate, read_tokens, sidecar_size, value_elements, value_size):
    return 2*key_elements*Minimum(read_tokens, precise_key_tokens) + read_rate*(key_size*PositivePart(-precise_key_tokens + read_tokens) + value_size*PositivePart(-precise_value_tokens + read_tokens)) + read_tokens*sidecar_size + 2*value_elements*Minimum(read_tokens, precise_value_tokens)


def formulas_mean_coded_ratio():
    return 1


def formulas_worst_coded_ratio():
    return 1


def formulas_size_classes():
    return 0


def formulas_duplicate_share():
    return 0


def formulas_offloaded_size():
    return 0


def formulas_reserved_rate(mean_coded_ratio, size_classes, variable_allocator, worst_coded_ratio):
    return mean_coded_ratio*Maximum(variable_allocator, size_classes) + worst_coded_ratio*(1 - Maximum(variable_allocator, size_classes))


def formulas_slot_size(coded_size, key_size, offloaded_size, reserved_rate, value_size):
    return coded_size - key_size + reserved_rate*(key_size + value_size - offloaded_size) - value_size


def formulas_pooled_size(duplicate_share, slot_size):
    return slot_size*(1 - duplicate_share)


def formulas_marginal_size(cached_heads, kept_growth, owns_cache, pooled_size):
    return pooled_size*owns_cache*cached_heads*kept_growth


def formulas_local_marginal_size(kept_growth, local_cached_heads, owns_cache, pooled_size):
    return local_cached_heads*pooled_size*owns_cache*kept_growth


def formulas_tokens_per_block(block_size, fixed_byte_blocks, size_16bit, slot_size):
    return block_size*(fixed_byte_blocks*(size_16bit/slot_size - 1) + 1)


def formulas_tail_block_padding(exact_lengths, kept_tokens, tokens_per_block):
    return exact_lengths*(tokens_per_block*Ceil(kept_tokens/tokens_per_block) - kept_tokens) + (0.5)*(1 - exact_lengths)*(tokens_per_block - 1)


def formulas_tail_padding_size(attends, local_cached_heads, owns_cache, slot_size, tail_block_padding):
    return local_cached_heads*slot_size*tail_block_padding*attends*owns_cache


def formulas_sequence_size(constant_size, kept_tokens, local_cached_heads, owns_cache, pooled_size, size_16bit_excess, tail_padding_size):
    return local_cached_heads*owns_cache*(pooled_size*kept_tokens + size_16bit_excess) + tail_padding_size + constant_size


def formulas_reconstruction_work():
    return 0


def formulas_reconstruction_time(codec_is_measured, fused_product_share, kernel_is_ideal, peak_16bit, reconstruction_work):
    return reconstruction_work*(1 - codec_is_measured)/(peak_16bit*(fused_product_share + kernel_is_ideal*(1 - fused_product_share)))


def formulas_reconstruction_cost(reconstruction_time, sms):
    return reconstruction_time*sms


def formulas_attention_groups(expert_gpus, ranks):
    return expert_gpus/ranks


def formulas_busy_groups(expert_tokens, forward_tokens):
    return expert_tokens/forward_tokens


def formulas_batch_of_groups(batch, busy_groups):
    return busy_groups*batch


def formulas_conversion_work():
    return 0


def formulas_unfused():
    return 0


def formulas_local_query_heads(query_heads, ranks):
    return query_heads/ranks


def formulas_work_units(batch, heads_per_work_unit, local_query_heads):
    return local_query_heads*batch/heads_per_work_unit


def formulas_l2_reread_factor(heads_per_work_unit, local_cached_heads, local_query_heads):
    return local_query_heads/(local_cached_heads*heads_per_work_unit)


def formulas_windowed(context, window):
    return Indicator(context - window)


def formulas_decoded_apart(kernel_is_ideal, unfused):
    return unfused*(1 - kernel_is_ideal)


def formulas_attention_traffic(activation_size, batch, decoded_apart, decoded_size, local_cached_heads, local_query_heads, output_width, query_width, read_size, read_tokens):
    return local_cached_heads*batch*(decoded_apart*decoded_size*read_tokens + read_size*(1 - decoded_apart)) + local_query_heads*activation_size*batch*(output_width + query_width)


def formulas_l2_hit_fraction(attention_traffic, l2_sharpness, l2_size, l2_usable, warm):
    return warm*PNormWeight(l2_usable*l2_size, attention_traffic, l2_sharpness)


def formulas_attention_memory_time(attention_traffic, hbm_bandwidth, hbm_efficiency, l2_hit_fraction, l2_reread_factor, l2_speedup, streaming_in_step):
    return streaming_in_step*(attention_traffic*l2_reread_factor/(l2_speedup*hbm_bandwidth) + attention_traffic*(1 - l2_hit_fraction)/(hbm_efficiency*hbm_bandwidth))


def formulas_wave_count(sms, units_per_sm, work_units):
    return work_units/(units_per_sm*sms)


def formulas_effective_waves(wave_count, wave_quantization):
    return wave_quantization*Ceil(wave_count) + (1 - wave_quantization)*sqrt(sqrt(1.0 + (wave_count)*(wave_count)*(wave_count)*(wave_count)))


def formulas_splits(split_limit, work_units):
    return Indicator(split_limit - work_units)


def formulas_split_units(max_extra_splits, min_split_tokens, read_tokens, splits, units_to_fill, work_units):
    return work_units*(splits*((read_tokens/min_split_tokens)*(max_extra_splits)/((read_tokens/min_split_tokens) + (max_extra_splits))) + 1)/units_to_fill


def formulas_active_sms(occupancy_sharpness, sms, split_units):
    return PNorm(split_units, sms, -occupancy_sharpness)


def formulas_conversion_cost(clock, codec_is_measured, conversion_work, decoded_apart, issue_lanes, kernel_is_ideal, key_elements, reconstruction_cost, unfused, value_elements):
    return reconstruction_cost*(1 - decoded_apart) + conversion_work*(1 - codec_is_measured)*(1 - kernel_is_ideal)*(1 - unfused)*(key_elements + value_elements)/(clock*issue_lanes)


def formulas_streamed_elements(kernel_is_ideal, key_elements, key_size, sidecar_size, value_elements, value_size):
    return kernel_is_ideal*Minimum(key_elements + value_elements, (0.5)*key_size + (0.5)*value_size + (0.5)*sidecar_size) + (1 - kernel_is_ideal)*(key_elements + value_elements)


def formulas_token_time(conversion_cost, heads_per_work_unit, kernel_width, streamed_elements, token_cost, token_cost_doubling_heads):
    return (0.5)*token_cost*streamed_elements*(1 + (heads_per_work_unit - 1)/token_cost_doubling_heads)/kernel_width + conversion_cost


def formulas_multiprocessor_time(active_sms, effective_waves, heads_per_work_unit, read_tokens, split_slowdown, splits, streaming_in_step, token_time, wave_cost, wave_cost_doubling_heads, window_edge, window_wave, windowed, work_units):
    return streaming_in_step*(wave_cost*(1 + (heads_per_work_unit - 1)/wave_cost_doubling_heads)*(windowed*(window_wave - 1) + 1)*PositivePart(effective_waves - 1) + token_time*work_units*(window_edge*windowed + read_tokens)*(splits*(split_slowdown - 1) + 1)/active_sms)


def formulas_conversion_time(active_sms, conversion_cost, read_tokens, streaming_in_step, work_units):
    return streaming_in_step*conversion_cost*work_units*read_tokens/active_sms


def formulas_attention_floor(active_sms, attention_launch, batch, batch_cost, combine_cost, floor_in_step, window_cost, windowed, work_units):
    return floor_in_step*(attention_launch + batch_cost*Indicator(batch - 1) + combine_cost*PositivePart(1 - work_units/active_sms) + window_cost*windowed)


def formulas_attention_time(attends, attention_floor, attention_memory_time, multiprocessor_time, overlap):
    return attends*(attention_floor + PNorm(attention_memory_time, multiprocessor_time, overlap))


def formulas_group_size(local_cached_heads, local_query_heads):
    return local_query_heads/local_cached_heads


def formulas_kv_units(batch, kept_tokens, local_cached_heads):
    return local_cached_heads*batch*(kept_tokens + PositivePart(128 - kept_tokens))


def formulas_product_traffic(activation_size, columns, inner, input_size, rows, weight_size):
    return activation_size*columns*rows + columns*inner*weight_size + inner*input_size*rows


def formulas_product_memory_time(gemm_efficiency, hbm_bandwidth, product_traffic, products_in_step):
    return products_in_step*product_traffic/(gemm_efficiency*hbm_bandwidth)


def formulas_small_tile_time(columns, gemm_fill_drain, gemm_peak_share, gemm_split, gemm_step_cost, gemm_tile, gemm_wave_quantization, inner, peak, rows, sms):
    return gemm_step_cost*Minimum(inner, Maximum(inner*Ceil((0.0078125)*columns)*Ceil(rows/gemm_tile)/sms, gemm_split)) + 128*gemm_tile*sms*(gemm_fill_drain + Minimum(inner, Maximum(inner*Ceil((0.0078125)*columns)*Ceil(rows/gemm_tile)/sms, gemm_split)))*(2*gemm_wave_quantization*Ceil(Ceil((0.0078125)*columns)*Ceil(rows/gemm_tile)/sms) + 2*(1 - gemm_wave_quantization)*Maximum(Ceil((0.0078125)*columns)*Ceil(rows/gemm_tile)/sms, 1))/(gemm_peak_share*peak)


def formulas_square_tile_time(columns, gemm_fill_drain, gemm_peak_share, gemm_split, gemm_step_cost, gemm_wave_quantization, inner, peak, rows, sms):
    return gemm_step_cost*Minimum(inner, Maximum(inner*Ceil((0.0078125)*columns)*Ceil((0.0078125)*rows)/sms, gemm_split)) + 16384*sms*(gemm_fill_drain + Minimum(inner, Maximum(inner*Ceil((0.0078125)*columns)*Ceil((0.0078125)*rows)/sms, gemm_split)))*(2*gemm_wave_quantization*Ceil(Ceil((0.0078125)*columns)*Ceil((0.0078125)*rows)/sms) + 2*(1 - gemm_wave_quantization)*Maximum(Ceil((0.0078125)*columns)*Ceil((0.0078125)*rows)/sms, 1))/(gemm_peak_share*peak)


def formulas_wide_tile_time(columns, gemm_fill_drain, gemm_peak_share, gemm_split, gemm_step_cost, gemm_wave_quantization, inner, peak, rows, sms):
    return gemm_step_cost*Minimum(inner, Maximum(inner*Ceil((0.00390625)*columns)*Ceil((0.0078125)*rows)/sms, gemm_split)) + 32768*sms*(gemm_fill_drain + Minimum(inner, Maximum(inner*Ceil((0.00390625)*columns)*Ceil((0.0078125)*rows)/sms, gemm_split)))*(2*gemm_wave_quantization*Ceil(Ceil((0.00390625)*columns)*Ceil((0.0078125)*rows)/sms) + 2*(1 - gemm_wave_quantization)*Maximum(Ceil((0.00390625)*columns)*Ceil((0.0078125)*rows)/sms, 1))/(gemm_peak_share*peak)


def formulas_product_compute_time(gemm_unaligned_slowdown, products_in_step, rows, small_tile_time, square_tile_time, wide_tile_time):
    return products_in_step*((gemm_unaligned_slowdown - 1)*Indicator(-0.0625*rows + Ceil((0.0625)*rows))*Indicator(rows - 16) + 1)*Minimum(Minimum(small_tile_time, square_tile_time), wide_tile_time)


def formulas_product_floor(activation_size, gemm_input_cast_passes, gemm_launch, gemm_row_cost, hbm_bandwidth, inner, products_in_step, rows):
    return products_in_step*(3*gemm_input_cast_passes*activation_size*inner*rows/hbm_bandwidth + gemm_launch + gemm_row_cost*rows)


def formulas_timed_count(law_of_one_product, product_count):
    return law_of_one_product*product_count


def formulas_product_time(gemm_overlap, product_compute_time, product_floor, product_memory_time):
    return product_floor + PNorm(product_memory_time, product_compute_time, gemm_overlap)


def formulas_expert_choices(expert_tokens, experts_per_token):
    return expert_tokens*experts_per_token


def formulas_held_experts(expert_ranks, experts):
    return Maximum(experts/expert_ranks, 1)


def formulas_independent_share(expert_tokens, experts, experts_per_token):
    return 1 - PositivePart(-experts_per_token/Maximum(experts, 1) + 1)**expert_tokens


def formulas_independent_variation(expert_tokens, experts, experts_per_token):
    return sqrt(PositivePart(Maximum(experts, 1)/Maximum(experts_per_token, 1) - 1))/sqrt(expert_tokens)


def formulas_touched_share(expert_tokens, experts, experts_per_token, router_variation):
    return 1 - (-log(Maximum(PositivePart(-experts_per_token/Maximum(experts, 1) + 1), 1e-09))*Maximum(router_variation, 0.01)**2*PositivePart(expert_tokens - 1) + 1)**(-1/Maximum(router_variation, 0.01)**2)*PositivePart(-experts_per_token/Maximum(experts, 1) + 1)


def formulas_router_sensitivity(expert_tokens, experts, experts_per_token, router_variation, touched_share):
    return 2*(log(-log(Maximum(PositivePart(-experts_per_token/Maximum(experts, 1) + 1), 1e-09))*Maximum(router_variation, 0.01)**2*PositivePart(expert_tokens - 1) + 1)/Maximum(router_variation, 0.01)**2 + log(Maximum(PositivePart(-experts_per_token/Maximum(experts, 1) + 1), 1e-09))*PositivePart(expert_tokens - 1)/(-log(Maximum(PositivePart(-experts_per_token/Maximum(experts, 1) + 1), 1e-09))*Maximum(router_variation, 0.01)**2*PositivePart(expert_tokens - 1) + 1))*(-log(Maximum(PositivePart(-experts_per_token/Maximum(experts, 1) + 1), 1e-09))*Maximum(router_variation, 0.01)**2*PositivePart(expert_tokens - 1) + 1)**(-1/Maximum(router_variation, 0.01)**2)*PositivePart(-experts_per_token/Maximum(experts, 1) + 1)/Maximum(touched_share, 1e-09)


def formulas_load_variation(expert_tokens, independent_variation, router_variation):
    return sqrt((independent_variation*independent_variation) + (router_variation*router_variation)*PositivePart(1 - 1/expert_tokens))


def formulas_active_experts(experts, touched_share):
    return touched_share*experts


def formulas_busiest_load(expert_ranks, held_experts, load_variation):
    return 1 + load_variation*(3.9 - 3.9*expert_ranks**(-0.23))/sqrt(held_experts)


def formulas_busiest_rows(busiest_load, expert_choices, expert_ranks, expert_tokens, experts_per_token, held_experts):
    return Maximum(Minimum(busiest_load*expert_choices/expert_ranks, Minimum(expert_tokens*Minimum(held_experts, experts_per_token), expert_choices)), 1)


def formulas_touched_experts(busiest_load, busiest_rows, held_experts, touched_share):
    return Maximum(Minimum(held_experts*(1 - PositivePart(1 - touched_share)**busiest_load), busiest_rows), 1)


def formulas_even_share(expert_choices, experts):
    return Minimum(expert_choices, Maximum(experts, 1))/Maximum(experts, 1)


def formulas_cut_ratio(expert_choices, expert_tokens, experts):
    return (0.8)*expert_tokens*Indicator(expert_choices - Maximum(experts, 1)) - 200*Indicator(expert_choices - Maximum(experts, 1)) + 200


def formulas_mean_load(cut_ratio, routing_exponent):
    return (1 - routing_exponent)*(cut_ratio**(2 - routing_exponent) - 1)/((2 - routing_exponent)*(cut_ratio**(1 - routing_exponent) - 1))


def formulas_idle_load(cut_ratio, expert_choices, experts, mean_load):
    return Minimum(Maximum((0.5)*mean_load*Maximum(experts, 1)/expert_choices, 1), cut_ratio)


def formulas_whole_load(cut_ratio, expert_choices, experts, mean_load):
    return Minimum(Maximum(mean_load*Maximum(experts, 1)/expert_choices, 1), cut_ratio)


def formulas_skewed_share(cut_ratio, even_share, expert_choices, experts, idle_load, routing_exponent, whole_load):
    return Minimum(1 + PositivePart(expert_choices*(whole_load**(2 - routing_exponent) - 1)/(cut_ratio**(2 - routing_exponent) - 1) - (1 - routing_exponent)*(-(idle_load**(1 - routing_exponent) - 1)/(1 - routing_exponent) + (whole_load**(1 - routing_exponent) - 1)/(1 - routing_exponent))*Maximum(experts, 1)/(cut_ratio**(1 - routing_exponent) - 1))/Maximum(experts, 1) - (idle_load**(1 - routing_exponent) - 1)/(cut_ratio**(1 - routing_exponent) - 1), even_share)


def formulas_skewed_variation(cut_ratio, mean_load, routing_exponent):
    return sqrt(PositivePart(-1 + (1 - routing_exponent)*(cut_ratio**(3 - routing_exponent) - 1)/((mean_load*mean_load)*(3 - routing_exponent)*(cut_ratio**(1 - routing_exponent) - 1))))


def formulas_expert_width(expert_gpus, expert_intermediate_size, expert_ranks):
    return expert_intermediate_size*expert_ranks/expert_gpus


def formulas_expert_weights(expert_weight_size, expert_width, feed_forward_matrices, hidden_size, touched_experts):
    return expert_width*touched_experts*expert_weight_size*feed_forward_matrices*hidden_size


def formulas_expert_rows_traffic(activation_size, busiest_rows, expert_choices, expert_input_size, expert_tokens, expert_width, feed_forward_matrices, grouped_foreign_rows, hidden_size):
    return busiest_rows*expert_input_size*hidden_size + activation_size*expert_tokens*hidden_size + activation_size*(grouped_foreign_rows*PositivePart(-busiest_rows + expert_choices) + busiest_rows)*(expert_width*(2*feed_forward_matrices - 1) + 2*hidden_size)


def formulas_expert_hit_fraction(expert_weights, grouped_l2_usable, l2_size, warm):
    return warm*PNormWeight(grouped_l2_usable*l2_size, expert_weights, 8)


def formulas_grouped_memory_time(expert_hit_fraction, expert_rows_traffic, expert_weights, grouped_efficiency, grouped_l2_speedup, grouped_row_efficiency, hbm_bandwidth):
    return expert_rows_traffic/(grouped_row_efficiency*hbm_bandwidth) + expert_weights*(-expert_hit_fraction + 1 + expert_hit_fraction/grouped_l2_speedup)/(grouped_efficiency*hbm_bandwidth)


def formulas_small_tiles_time(busiest_rows, evenly_routed, expert_peak, expert_width, feed_forward_matrices, grouped_fill_drain, grouped_peak_share, grouped_tile, hidden_size, sms, touched_experts):
    return 256*grouped_tile*sms*(grouped_fill_drain + expert_width)*Maximum(touched_experts*(evenly_routed*Ceil(busiest_rows/(grouped_tile*touched_experts)) + (1 - evenly_routed)*Maximum(0.5 + busiest_rows/(grouped_tile*touched_experts), 1))*Maximum((0.0078125)*hidden_size, 1)/sms, 1)/(grouped_peak_share*expert_peak) + 256*grouped_tile*sms*(grouped_fill_drain + hidden_size)*Maximum(touched_experts*(evenly_routed*Ceil(busiest_rows/(grouped_tile*touched_experts)) + (1 - evenly_routed)*Maximum(0.5 + busiest_rows/(grouped_tile*touched_experts), 1))*Maximum((0.0078125)*expert_width*(feed_forward_matrices - 1), 1)/sms, 1)/(grouped_peak_share*expert_peak)


def formulas_middle_tiles_time(busiest_rows, evenly_routed, expert_peak, expert_width, feed_forward_matrices, grouped_fill_drain, grouped_peak_share, hidden_size, sms, touched_experts):
    return 16384*sms*(grouped_fill_drain + expert_width)*Maximum(touched_experts*(evenly_routed*Ceil((0.015625)*busiest_rows/touched_experts) + (1 - evenly_routed)*Maximum((0.015625)*busiest_rows/touched_experts + 0.5, 1))*Maximum((0.0078125)*hidden_size, 1)/sms, 1)/(grouped_peak_share*expert_peak) + 16384*sms*(grouped_fill_drain + hidden_size)*Maximum(touched_experts*(evenly_routed*Ceil((0.015625)*busiest_rows/touched_experts) + (1 - evenly_routed)*Maximum((0.015625)*busiest_rows/touched_experts + 0.5, 1))*Maximum((0.0078125)*expert_width*(feed_forward_matrices - 1), 1)/sms, 1)/(grouped_peak_share*expert_peak)


def formulas_large_tiles_time(busiest_rows, evenly_routed, expert_peak, expert_width, feed_forward_matrices, grouped_fill_drain, grouped_peak_share, hidden_size, sms, touched_experts):
    return 32768*sms*(grouped_fill_drain + expert_width)*Maximum(touched_experts*(evenly_routed*Ceil((0.0078125)*busiest_rows/touched_experts) + (1 - evenly_routed)*Maximum((0.0078125)*busiest_rows/touched_experts + 0.5, 1))*Maximum((0.0078125)*hidden_size, 1)/sms, 1)/(grouped_peak_share*expert_peak) + 32768*sms*(grouped_fill_drain + hidden_size)*Maximum(touched_experts*(evenly_routed*Ceil((0.0078125)*busiest_rows/touched_experts) + (1 - evenly_routed)*Maximum((0.0078125)*busiest_rows/touched_experts + 0.5, 1))*Maximum((0.0078125)*expert_width*(feed_forward_matrices - 1), 1)/sms, 1)/(grouped_peak_share*expert_peak)


def formulas_grouped_compute_time(expert_width, grouped_step_cost, hidden_size, large_tiles_time, middle_tiles_time, small_tiles_time):
    return grouped_step_cost*(expert_width + hidden_size) + Minimum(Minimum(small_tiles_time, middle_tiles_time), large_tiles_time)


def formulas_grouped_floor(expert_ranks, experts, grouped_held_cost, grouped_launch, grouped_touched_cost, held_experts, touched_experts):
    return grouped_held_cost*held_experts + grouped_launch + grouped_touched_cost*Maximum(Minimum(touched_experts*expert_ranks, experts), touched_experts)


def formulas_grouped_time(expert_width, grouped_compute_time, grouped_floor, grouped_memory_time, grouped_overlap, grouped_unaligned_slowdown):
    return grouped_floor + ((grouped_unaligned_slowdown - 1)*Indicator(-0.0625*expert_width + Ceil((0.0625)*expert_width)) + 1)*PNorm(grouped_memory_time, grouped_compute_time, grouped_overlap)


def formulas_local_kv_heads(kv_heads, ranks):
    return Maximum(kv_heads/ranks, 1)


def formulas_reduced_size(activation_size, forward_tokens, hidden_size):
    return activation_size*forward_tokens*hidden_size


def formulas_ring_rate(link_bandwidth, ring_efficiency, ring_limit):
    return Minimum(link_bandwidth*ring_efficiency, ring_limit)


def formulas_peer_reduce_time(link_bandwidth, ranks, reduce_efficiency, reduce_hop, reduce_launch, reduce_second_shot, reduced_size):
    return (reduce_hop*log(ranks)/log(2) + reduce_launch + Minimum(reduced_size*(ranks - 1)/(reduce_efficiency*link_bandwidth), reduce_second_shot + 2*reduced_size*(ranks - 1)/(reduce_efficiency*link_bandwidth*ranks)))*Indicator(ranks - 1)


def formulas_ring_reduce_time(ranks, reduced_size, ring_hop, ring_launch, ring_phase, ring_rate):
    return (ring_hop*(2*ranks - 2) + ring_launch + Minimum(4*reduced_size*(ranks - 1)/(ring_rate*ranks), 2*reduced_size*(ranks - 1)/(ring_rate*ranks) + ring_phase))*Indicator(ranks - 1)


def formulas_all_reduce_time(peer_reduce_time, reduces_in_ring, ring_reduce_time):
    return peer_reduce_time*(1 - reduces_in_ring) + ring_reduce_time*reduces_in_ring


def formulas_norm_reduce_time(forward_tokens, link_bandwidth, ranks, reduce_efficiency, reduce_hop, reduce_launch, reduce_second_shot, reduces_in_ring, ring_hop, ring_launch, ring_phase, ring_rate):
    return reduces_in_ring*(ring_hop*(2*ranks - 2) + ring_launch + Minimum(32*forward_tokens*(ranks - 1)/(ring_rate*ranks), ring_phase + 16*forward_tokens*(ranks - 1)/(ring_rate*ranks)))*Indicator(ranks - 1) + (1 - reduces_in_ring)*(reduce_hop*log(ranks)/log(2) + reduce_launch + Minimum(8*forward_tokens*(ranks - 1)/(reduce_efficiency*link_bandwidth), reduce_second_shot + 16*forward_tokens*(ranks - 1)/(reduce_efficiency*link_bandwidth*ranks)))*Indicator(ranks - 1)


def formulas_exchange_time(attention_groups, busy_groups, expert_gpus, link_bandwidth, reduce_efficiency, reduce_hop, reduce_launch, reduced_size, reduces_in_ring, ring_hop, ring_launch, ring_phase, ring_rate):
    return (reduces_in_ring*(2*ring_hop*(expert_gpus - 1) + 2*ring_launch + Minimum(4*busy_groups*reduced_size*(expert_gpus - 1)/(ring_rate*expert_gpus), 2*busy_groups*reduced_size*(expert_gpus - 1)/(ring_rate*expert_gpus) + ring_phase)) + (1 - reduces_in_ring)*(2*reduce_hop*log(expert_gpus)/log(2) + 2*reduce_launch + 2*busy_groups*reduced_size*(expert_gpus - 1)/(reduce_efficiency*expert_gpus*link_bandwidth)))*Indicator(attention_groups - 1)


def formulas_layer_communication_time(all_reduce_time, attends, exchange_time, experts, feed_forward, norm_reduce_time, norms_over_heads):
    return all_reduce_time*(attends + feed_forward) + exchange_time*Indicator(experts) + norm_reduce_time*norms_over_heads


def formulas_encode_work():
    return 0


def formulas_encode_kernels():
    return 0


def formulas_flush_tokens():
    return 1


def formulas_score_kernels():
    return 0


def formulas_score_passes():
    return 0


def formulas_select_kernels(index_width):
    return 2*Indicator(index_width)


def formulas_moved_tokens():
    return 0


def formulas_added_time():
    return 0


def formulas_decode_pass_time(attends, batch, coded_size, copy_efficiency, decoded_apart, decoded_size, hbm_bandwidth, kernel_floor, local_cached_heads, read_tokens, reconstruction_time):
    return decoded_apart*attends*(kernel_floor + local_cached_heads*reconstruction_time*batch*read_tokens + local_cached_heads*batch*read_tokens*(coded_size + decoded_size)/(copy_efficiency*hbm_bandwidth))


def formulas_flush_encode_time(attends, batch, clock, coded_size, copy_efficiency, encode_kernels, encode_work, exposed_latency, flush_tokens, hbm_bandwidth, issue_lanes, kernel_floor, kernel_is_ideal, key_elements, local_cached_heads, owns_cache, size_16bit, sms, value_elements):
    return attends*owns_cache*encode_kernels*(1 - kernel_is_ideal)*(kernel_floor + local_cached_heads*batch*exposed_latency*encode_work*flush_tokens*(key_elements + value_elements)/(clock*issue_lanes*sms) + local_cached_heads*batch*flush_tokens*(coded_size + size_16bit)/(copy_efficiency*hbm_bandwidth))


def formulas_encode_time(flush_encode_time, flush_tokens):
    return flush_encode_time/flush_tokens


def formulas_score_time(attends, batch, copy_efficiency, hbm_bandwidth, kept_tokens, kernel_floor, kernel_is_ideal, local_query_heads, score_kernels, score_passes):
    return attends*(1 - kernel_is_ideal)*(kernel_floor*score_kernels + 4*local_query_heads*batch*kept_tokens*score_passes/(copy_efficiency*hbm_bandwidth))


def formulas_select_time(attends, batch, copy_efficiency, hbm_bandwidth, index_size, kept_tokens, kernel_floor, kernel_is_ideal, local_cached_heads, select_kernels):
    return attends*(kernel_floor*select_kernels*(1 - kernel_is_ideal) + local_cached_heads*batch*index_size*kept_tokens/(copy_efficiency*hbm_bandwidth))


def formulas_query_cast_time(attends, codec_is_measured, kernel_floor, query_cast_kernels):
    return kernel_floor*attends*codec_is_measured*query_cast_kernels


def formulas_move_time(attends, batch, coded_size, copy_efficiency, hbm_bandwidth, kernel_is_ideal, local_cached_heads, moved_tokens):
    return 2*coded_size*local_cached_heads*attends*batch*moved_tokens*(1 - kernel_is_ideal)/(copy_efficiency*hbm_bandwidth)


def formulas_fingerprint_kernels():
    return 0


def formulas_compared_blocks():
    return 0


def formulas_deduplication_time(attends, batch, coded_size, compared_blocks, copy_efficiency, fingerprint_kernels, hbm_bandwidth, kernel_floor, kernel_is_ideal, local_cached_heads, signature_size):
    return attends*(1 - kernel_is_ideal)*(kernel_floor*fingerprint_kernels + local_cached_heads*batch*(coded_size + compared_blocks*signature_size)*Indicator(fingerprint_kernels)/(copy_efficiency*hbm_bandwidth))


def formulas_fetched_size():
    return 0


def formulas_host_link_rate(host_bandwidth, host_link_efficiency):
    return host_bandwidth*host_link_efficiency


def formulas_fetch_time(attends, batch, fetched_size, host_link_rate, local_cached_heads, read_tokens):
    return local_cached_heads*attends*batch*fetched_size*read_tokens/host_link_rate


def formulas_codec_time(added_time, attends, decode_pass_time, deduplication_time, encode_time, fetch_time, move_time, query_cast_time, score_time, select_time):
    return decode_pass_time + deduplication_time + encode_time + fetch_time + move_time + query_cast_time + score_time + select_time + attends*added_time


def formulas_attention_step_time(attention_time, layer_count):
    return attention_time*layer_count


def formulas_codec_step_time(codec_time, layer_count):
    return codec_time*layer_count


def formulas_matrix_step_time(product_time, timed_count):
    return product_time*timed_count


def formulas_shared_expert_time(beside_experts, product_count, product_time):
    return product_time*beside_experts*Indicator(product_count)


def formulas_hidden_expert_time(forward_tokens, grouped_time, shared_expert_time, shared_stream_tokens):
    return Indicator(-forward_tokens + shared_stream_tokens)*Minimum(shared_expert_time, grouped_time)


def formulas_group_expert_time(experts, grouped_is_measured, grouped_time, hidden_expert_time, layer_count):
    return grouped_is_measured*layer_count*(grouped_time - hidden_expert_time)*Indicator(experts)


def formulas_expert_step_time(group_expert_time):
    return group_expert_time


def formulas_communication_step_time(layer_communication_time, layer_count):
    return layer_communication_time*layer_count


def formulas_small_kernel_count(experts, grouped_is_measured, intermediate_size, layer_count, layer_kernels, norms_over_heads):
    return layer_count*(-grouped_is_measured*(1 - Indicator(intermediate_size))*Indicator(experts) + layer_kernels + 2*norms_over_heads)


def formulas_small_kernel_time(activation_size, forward_tokens, hbm_bandwidth, hidden_size, small_efficiency, small_floor, small_kernel_count):
    return small_kernel_count*(small_floor + 4*activation_size*forward_tokens*hidden_size/(small_efficiency*hbm_bandwidth))


def formulas_kernel_gap_time(kernel_gap, layers, small_kernel_count):
    return kernel_gap*(7*layers + small_kernel_count)


def formulas_sampling_time(hbm_bandwidth, head_rows, sampling_efficiency, sampling_floor, vocabulary_size):
    return sampling_floor + 10*head_rows*vocabulary_size/(sampling_efficiency*hbm_bandwidth)


def formulas_encode_step_time(encode_time, layer_count):
    return encode_time*layer_count


def formulas_flush_step_time(flush_encode_time, layer_count):
    return flush_encode_time*layer_count


def formulas_state_step_time(batch, hbm_bandwidth, layer_count, ranks, small_efficiency, state_size):
    return 2*batch*layer_count*state_size/(small_efficiency*hbm_bandwidth*ranks)


def formulas_state_launch_time(layer_count, state_size):
    return 6.3e-6*layer_count*Indicator(state_size)


def formulas_scan_time(context, state_size):
    return (4.5e-8*context + 3.5e-5)*Indicator(state_size)


def formulas_hbm_bound_time(attends, attention_memory_time, layer_count, multiprocessor_time, overlap):
    return attends*layer_count*PNorm(attention_memory_time, multiprocessor_time, overlap)*PNormWeight(attention_memory_time, multiprocessor_time, overlap)


def formulas_sm_bound_time(attends, attention_memory_time, layer_count, multiprocessor_time, overlap):
    return attends*layer_count*PNorm(attention_memory_time, multiprocessor_time, overlap)*PNormWeight(multiprocessor_time, attention_memory_time, overlap)


def formulas_conversion_bound_time(attends, attention_memory_time, conversion_time, layer_count, multiprocessor_time, overlap):
    return conversion_time*attends*layer_count*PNorm(attention_memory_time, multiprocessor_time, overlap)*PNormWeight(multiprocessor_time, attention_memory_time, overlap)/multiprocessor_time


def formulas_streaming_bound_time(conversion_bound_time, sm_bound_time):
    return -conversion_bound_time + sm_bound_time


def formulas_attention_launch_time(attends, attention_floor, layer_count):
    return attention_floor*attends*layer_count


def formulas_matrix_launch_time(product_floor, timed_count):
    return product_floor*timed_count


def formulas_matrix_memory_bound_time(gemm_overlap, product_compute_time, product_memory_time, timed_count):
    return timed_count*PNorm(product_memory_time, product_compute_time, gemm_overlap)*PNormWeight(product_memory_time, product_compute_time, gemm_overlap)


def formulas_matrix_compute_bound_time(matrix_launch_time, matrix_memory_bound_time, matrix_step_time):
    return -matrix_launch_time - matrix_memory_bound_time + matrix_step_time


def formulas_launch_bound_time(attention_launch_time, kernel_gap_time, matrix_launch_time, sampling_time, small_kernel_time, state_launch_time):
    return kernel_gap_time + sampling_time + small_kernel_time + attention_launch_time + matrix_launch_time + state_launch_time


def formulas_communication_spread(reduce_spread, reduces_in_ring, ring_spread):
    return reduce_spread*(1 - reduces_in_ring) + reduces_in_ring*ring_spread


def formulas_routed_time(group_expert_time, router_sensitivity):
    return group_expert_time*router_sensitivity


def formulas_experts_spread(expert_step_time, grouped_spread, routed_time, router_spread):
    return sqrt((grouped_spread*grouped_spread) + (router_spread*router_spread)*(routed_time*routed_time)/Maximum(expert_step_time, 1e-15)**2)


def formulas_attention_error(attends, attention_floor, attention_spread_cold, attention_spread_launch, attention_time, layer_count):
    return layer_count*(attention_spread_cold*(-attention_floor*attends + attention_time) + attention_spread_launch*attention_floor*attends)


def formulas_token_bound_time(attends, attention_memory_time, conversion_time, multiprocessor_time, overlap):
    return attends*(-conversion_time/multiprocessor_time + 1)*PNorm(attention_memory_time, multiprocessor_time, overlap)*PNormWeight(multiprocessor_time, attention_memory_time, overlap)


def formulas_token_cost_error(layer_count, token_bound_time, token_cost_spread):
    return token_cost_spread*token_bound_time*layer_count


def formulas_proxy_kernel_error(codec_is_measured, coded_size, kernel_is_ideal, layer_count, size_16bit, token_bound_time, token_cost_spread):
    return token_cost_spread*token_bound_time*layer_count*(1 - codec_is_measured)*(1 - kernel_is_ideal)*Indicator(-coded_size + size_16bit)


def formulas_codec_error(codec_spread, codec_step_time, conversion_bound_time, conversion_spread):
    return sqrt((codec_spread*codec_spread)*(codec_step_time*codec_step_time) + (conversion_spread*conversion_spread)*(conversion_bound_time*conversion_bound_time))


def formulas_step_time(attention_launch_time, codec_step_time, communication_step_time, conversion_bound_time, expert_step_time, hbm_bound_time, kernel_gap_time, matrix_compute_bound_time, matrix_launch_time, matrix_memory_bound_time, sampling_time, small_kernel_time, state_launch_time, state_step_time, step_host_time, streaming_bound_time):
    return kernel_gap_time + matrix_compute_bound_time + sampling_time + small_kernel_time + streaming_bound_time + step_host_time + attention_launch_time + codec_step_time + communication_step_time + conversion_bound_time + expert_step_time + hbm_bound_time + matrix_launch_time + matrix_memory_bound_time + state_launch_time + state_step_time


def formulas_forward_pass_time(communication_step_time, expert_step_time, kernel_gap_time, matrix_compute_bound_time, matrix_launch_time, matrix_memory_bound_time, sampling_time, small_kernel_time, state_launch_time, step_host_time):
    return kernel_gap_time + matrix_compute_bound_time + sampling_time + small_kernel_time + step_host_time + communication_step_time + expert_step_time + matrix_launch_time + matrix_memory_bound_time + state_launch_time


def formulas_codec_share(codec_step_time, conversion_bound_time, step_time):
    return (codec_step_time + conversion_bound_time)/step_time


def formulas_product_error(gemm_spread, matrix_compute_bound_time, matrix_launch_time, matrix_memory_bound_time):
    return gemm_spread*(matrix_compute_bound_time + matrix_launch_time + matrix_memory_bound_time)


def formulas_link_error(communication_spread, communication_step_time):
    return communication_spread*communication_step_time


def formulas_other_error(kernel_gap_time, other_spread, sampling_time, small_kernel_time, state_launch_time, state_step_time, step_host_time):
    return other_spread*(kernel_gap_time + sampling_time + small_kernel_time + step_host_time + state_launch_time + state_step_time)


def formulas_shared_error(expert_step_time, experts_spread, link_error, other_error, product_error):
    return sqrt((experts_spread*experts_spread)*(expert_step_time*expert_step_time) + (link_error*link_error) + (other_error*other_error) + (product_error*product_error))


def formulas_step_spread(attention_error, codec_error, proxy_kernel_error, shared_error, step_time, version_spread):
    return sqrt((version_spread*version_spread) + ((codec_error*codec_error) + (shared_error*shared_error) + (attention_error*attention_error) + (proxy_kernel_error*proxy_kernel_error))/(step_time*step_time))


def formulas_attended_pairs(compressed_share, context, prefill_diagonal, prefill_edge, prefill_unskipped, selected_tokens, window, windowed):
    return (0.5)*prefill_unskipped*(context - Minimum(context, window))**2 + context*(prefill_diagonal + prefill_edge*windowed) + context*Minimum((0.5)*compressed_share*context, selected_tokens) + context*Minimum(Minimum(context, window), selected_tokens) - 0.5*Minimum(Minimum(context, window), selected_tokens)**2


def formulas_prefill_fullness(context, local_query_heads, prompts, sms):
    return local_query_heads*prompts*Ceil((0.0078125)*context)/sms


def formulas_prefill_compute_time(attended_pairs, compressed_share, context, expanded_key_width, expanded_value_width, index_columns, local_query_heads, peak_16bit, prefill_fullness, prefill_peak_share, prefill_roundness, prefill_wave, prompts, windowed):
    return prefill_wave*PositivePart(prefill_fullness - 1) + 2*prompts*(prefill_roundness*Ceil(prefill_fullness) + (1 - prefill_roundness)*Maximum(prefill_fullness, 1))*(attended_pairs*local_query_heads*(expanded_key_width + expanded_value_width) + (0.5)*context*index_columns*Minimum(context, context*(-windowed + compressed_share + 1)))/(prefill_peak_share*prefill_fullness*peak_16bit)


def formulas_prefill_memory_time(activation_size, context, expanded_key_width, expanded_value_width, hbm_bandwidth, local_cached_heads, local_query_heads, prefill_efficiency, prompts, size_16bit):
    return context*prompts*(local_cached_heads*size_16bit + local_query_heads*activation_size*(expanded_key_width + expanded_value_width))/(prefill_efficiency*hbm_bandwidth)


def formulas_prefill_write_time(coded_size, context, hbm_bandwidth, local_cached_heads, owns_cache, prefill_write, prompts, size_16bit):
    return local_cached_heads*context*owns_cache*prompts*(coded_size + size_16bit)/(prefill_write*hbm_bandwidth)


def formulas_prefill_floor(context, prefill_doubling, prefill_launch):
    return prefill_doubling*log(Maximum((0.0078125)*context, 1))/log(2) + prefill_launch


def formulas_prefill_attention_time(attends, prefill_compute_time, prefill_floor, prefill_memory_time, prefill_overlap, prefill_write_time):
    return attends*(prefill_floor + prefill_write_time + PNorm(prefill_compute_time, prefill_memory_time, prefill_overlap))


def formulas_prefill_attention_total(layer_count, prefill_attention_time, scan_time):
    return layer_count*(prefill_attention_time + scan_time)


def formulas_prefill_attention_error(layer_count, other_spread, prefill_attention_time, prefill_spread, scan_time):
    return layer_count*(other_spread*scan_time + prefill_spread*prefill_attention_time)


def formulas_scored_queries():
    return 0


def formulas_prompt_passes():
    return 0


def formulas_prefill_codec_time(attends, clock, coded_size, context, copy_efficiency, encode_kernels, encode_work, exposed_latency, hbm_bandwidth, issue_lanes, kernel_floor, kernel_is_ideal, key_elements, local_cached_heads, local_query_heads, owns_cache, peak_16bit, prompt_passes, prompts, query_width, scored_queries, size_16bit, sms, value_elements):
    return attends*owns_cache*(1 - kernel_is_ideal)*(local_cached_heads*context*exposed_latency*prompts*encode_kernels*encode_work*(key_elements + value_elements)/(clock*issue_lanes*sms) + local_query_heads*context*prompts*(2*query_width/peak_16bit + 8/(copy_efficiency*hbm_bandwidth))*Minimum(scored_queries, context) + (kernel_floor + local_cached_heads*context*prompts*(coded_size + size_16bit)/(copy_efficiency*hbm_bandwidth))*(encode_kernels + prompt_passes))


def formulas_prefill_codec_total(layer_count, prefill_codec_time):
    return prefill_codec_time*layer_count


def formulas_prompt_chunks(context, decode_tokens, max_batched_tokens, prompts):
    return Ceil(context*prompts/Maximum(-decode_tokens + max_batched_tokens, 1))


def formulas_chunk_tokens(context, decode_tokens, prompt_chunks, prompts):
    return 16*Ceil((0.0625)*decode_tokens + (0.0625)*context*prompts/prompt_chunks)


def formulas_prefill_matrix_total(product_time, timed_count):
    return product_time*timed_count


def formulas_prefill_expert_total(group_expert_time):
    return group_expert_time


def formulas_prefill_communication_total(layer_communication_time, layer_count):
    return layer_communication_time*layer_count


def formulas_slowed_products_time(prefill_expert_total, prefill_matrix_total, prompt_slowdown):
    return (prompt_slowdown - 1)*(prefill_expert_total + prefill_matrix_total)


def formulas_passes_time(forward_pass_time, prompt_chunks, slowed_products_time):
    return prompt_chunks*(forward_pass_time + slowed_products_time)


def formulas_prefill_device_time(passes_time, prefill_attention_total, prefill_codec_total):
    return passes_time + prefill_attention_total + prefill_codec_total


def formulas_prefill_host_time(layers, prompt_chunks, prompt_layer_time):
    return prompt_chunks*layers*prompt_layer_time


def formulas_prefill_time(prefill_device_time, prefill_host_time):
    return Maximum(prefill_device_time, prefill_host_time)


def formulas_prefill_time_spread(codec_spread, communication_spread, communication_step_time, expert_step_time, experts_spread, gemm_spread, kernel_gap_time, matrix_compute_bound_time, matrix_launch_time, matrix_memory_bound_time, other_spread, prefill_attention_error, prefill_codec_total, prefill_device_time, prefill_host_time, prefill_time, prompt_chunks, prompt_slowdown, sampling_time, small_kernel_time, state_launch_time, step_host_time, version_spread):
    return sqrt((version_spread*version_spread) + ((gemm_spread*gemm_spread)*(prompt_chunks*prompt_chunks)*(prompt_slowdown*prompt_slowdown)*(matrix_compute_bound_time + matrix_launch_time + matrix_memory_bound_time)**2 + (communication_spread*communication_spread)*(prompt_chunks*prompt_chunks)*(communication_step_time*communication_step_time) + (experts_spread*experts_spread)*(prompt_chunks*prompt_chunks)*(prompt_slowdown*prompt_slowdown)*(expert_step_time*expert_step_time) + (prefill_attention_error*prefill_attention_error) + (codec_spread*prefill_codec_total + other_spread*prompt_chunks*(kernel_gap_time + sampling_time + small_kernel_time + step_host_time + state_launch_time) + other_spread*PositivePart(-prefill_device_time + prefill_host_time))**2)/(prefill_time*prefill_time))


def formulas_pass_tokens(max_batched_tokens, max_model_length, one_pass_context):
    return Maximum(max_batched_tokens, max_model_length*Indicator(-max_model_length + one_pass_context + 1))


def formulas_memory_activations(activation_size, hidden_size, inner_width, pass_tokens, ranks, residual_copies):
    return pass_tokens*activation_size*(hidden_size*residual_copies + inner_width/ranks)


def formulas_memory_logits(activation_size, hidden_size, logits_copies, logits_of_pass, max_sequences, pass_tokens, vocabulary_size):
    return activation_size*hidden_size*(pass_tokens*logits_of_pass + pass_tokens + (1 - logits_of_pass)*Minimum(max_sequences, pass_tokens)) + 4*logits_copies*vocabulary_size*(pass_tokens*logits_of_pass + (1 - logits_of_pass)*Minimum(max_sequences, pass_tokens))


def formulas_memory_experts(activation_size, hidden_size, holds_expert_workspace, pass_tokens, workspace_expert_width, workspace_experts):
    return pass_tokens*activation_size*holds_expert_workspace*workspace_experts*(Maximum(workspace_expert_width, hidden_size) + Maximum(2*workspace_expert_width, hidden_size))


def formulas_memory_encoder(activation_size, vision_intermediate_size, vision_patches, vision_width):
    return activation_size*vision_patches*(vision_intermediate_size + 4*vision_width)


def formulas_memory_image_embeddings(activation_size, hidden_size, pass_tokens, vision_width):
    return pass_tokens*activation_size*hidden_size*Indicator(vision_width)


def formulas_memory_peak(memory_activations, memory_encoder, memory_experts, memory_image_embeddings, memory_logits):
    return Maximum(memory_encoder, memory_experts + memory_image_embeddings + Maximum(memory_activations, memory_logits))


def formulas_captured_graphs(largest_graph, max_sequences):
    return (0.125)*Minimum(Minimum(max_sequences, largest_graph), 256) + (0.125)*Minimum(Minimum(2*max_sequences, largest_graph), 256) + (0.0625)*PositivePart(Minimum(max_sequences, largest_graph) - 256) + (0.0625)*PositivePart(Minimum(2*max_sequences, largest_graph) - 256) + 6


def formulas_memory_graphs(captured_graphs, graph_size, graphs_with_hybrids_only, layers, table_layers):
    return captured_graphs*graph_size*layers*(-graphs_with_hybrids_only*(1 - Indicator(layers - table_layers)) + 1)


def formulas_memory_positions(activation_size, rotary_positions, rotary_width):
    return activation_size*rotary_positions*rotary_width


def formulas_memory_workspace(communication_size, expert_gpus, largest_state, memory_graphs, memory_positions, state_workspace_size, workspace_size):
    return memory_graphs + memory_positions + communication_size*Indicator(expert_gpus - 1) + state_workspace_size*Indicator(largest_state) + workspace_size


def formulas_local_token_size(layer_count, local_cached_heads, pool_share, pooled_size):
    return local_cached_heads*pooled_size*layer_count*pool_share


def formulas_pooled_layers(layer_count, pool_share):
    return layer_count*pool_share


def formulas_pooled_page_ratio(layer_count, page_ratio, pool_share):
    return layer_count*page_ratio*pool_share


def formulas_pooled_block(layer_count, page_ratio, pool_share, tokens_per_block):
    return tokens_per_block*layer_count*pool_share/page_ratio


def formulas_state_block(block_size, largest_state, local_token_size, pooled_layers, ranks, unified_pages):
    return block_size*unified_pages*Ceil(largest_state*pooled_layers/(block_size*ranks*local_token_size))


def formulas_pool_block(pooled_block, pooled_layers, state_block):
    return Maximum(pooled_block/pooled_layers, state_block)


def formulas_page_size(local_token_size, pool_block, pooled_layers):
    return pool_block*local_token_size/pooled_layers


def formulas_block_tables(layer_count, table_share):
    return layer_count*table_share


def formulas_table_block(page_ratio, pool_block, pooled_layers, pooled_page_ratio):
    return pool_block*pooled_page_ratio/(page_ratio*pooled_layers)


def formulas_request_pages(attends, max_model_length, pass_tokens, pool_share, state_pages, table_block, window):
    return attends*((1 - Indicator(pool_share))*(Ceil(Minimum(pass_tokens + window - 1, max_model_length)/table_block) + 1) + Ceil(max_model_length/table_block)*Indicator(pool_share)) + state_pages*(1 - attends)


def formulas_request_blocks(layer_count, request_pages, table_share):
    return request_pages*layer_count*table_share


def formulas_growing_request_blocks(attends, layer_count, max_model_length, pool_share, table_block, table_share):
    return attends*layer_count*table_share*Ceil(max_model_length/table_block)*Indicator(pool_share)


def formulas_table_padding(table_layers, table_share, unified_pages):
    return unified_pages*(table_layers*table_share - 1) + 1


def formulas_held_size(attends, page_size, ranks, sequence_size, state_pages, state_size, table_layers, table_padding, table_share, unified_pages):
    return page_size*state_pages*table_layers*table_share*unified_pages*(1 - attends) + sequence_size*(table_padding*attends - attends + 1) - state_size*unified_pages*(1 - attends)/ranks


def formulas_local_held_size(held_size, layer_count):
    return held_size*layer_count


def formulas_layer_weights_size(stored_weights, weight_size):
    return stored_weights*weight_size


def formulas_memory_weights(embedding_size, hidden_size, layer_weights_size, other_parameters, ranks, tied_embeddings, vision_parameters, vocabulary_size):
    return embedding_size*hidden_size*vocabulary_size*(2 - tied_embeddings)/ranks + embedding_size*(other_parameters + vision_parameters)/ranks + layer_weights_size


def formulas_memory_used(activations_outside, memory_peak, memory_weights, memory_workspace):
    return memory_peak*(1 - activations_outside) + memory_weights + memory_workspace


def formulas_pool_room(fraction_of_free, memory_fraction, memory_used, memory_visible):
    return -memory_used*(1 - fraction_of_free) + memory_fraction*(-memory_used*fraction_of_free + memory_visible)


def formulas_pool_blocks(largest_state, local_token_size, pool_block, pool_room, state_pool_ratio):
    return Floor(PositivePart(pool_room)/(pool_block*local_token_size*(state_pool_ratio*Indicator(largest_state) + 1)))


def formulas_pool_tokens(attention_groups, block_tables, max_model_length, pool_block, pool_blocks, prints_concurrency, request_blocks):
    return attention_groups*(pool_block*(1 - prints_concurrency)*Floor(pool_blocks/block_tables) + prints_concurrency*Floor(pool_blocks*max_model_length/request_blocks))


def formulas_startable_length(growing_request_blocks, max_model_length, pool_blocks, request_blocks):
    return Floor(max_model_length*PositivePart(pool_blocks + growing_request_blocks - request_blocks)/Maximum(growing_request_blocks, 1))


def formulas_refuses_to_start(pool_blocks, request_blocks, requires_full_length, states_length):
    return requires_full_length*states_length*Indicator(-pool_blocks + request_blocks)


def formulas_memory_pool(local_token_size, pool_block, pool_blocks):
    return pool_block*pool_blocks*local_token_size


def formulas_memory_reserve(memory_pool, memory_used, memory_visible):
    return -memory_pool - memory_used + memory_visible


def formulas_generated_so_far(generated, generated_cv):
    return (0.5)*generated*((generated_cv*generated_cv) + 1)


def formulas_running_context(generated_so_far, prompt):
    return generated_so_far + prompt


def formulas_resident_generation(generated, generated_so_far, reserve_limit, reserved_generation):
    return Maximum(generated_so_far, reserved_generation*Minimum(generated, reserve_limit))


def formulas_resident_tokens(prompt, resident_generation):
    return resident_generation + prompt


def formulas_local_sequence_size(layer_count, sequence_size):
    return sequence_size*layer_count


def formulas_local_tail_padding_size(layer_count, tail_padding_size):
    return tail_padding_size*layer_count


def formulas_kv_bytes_per_token(layer_count, marginal_size):
    return marginal_size*layer_count


def formulas_kv_bytes_per_token_per_gpu(layer_count, local_marginal_size):
    return local_marginal_size*layer_count


def formulas_max_batch_memory(attention_groups, local_held_size, memory_pool):
    return attention_groups*Floor(memory_pool/local_held_size)


def formulas_max_batch(attention_groups, max_batch_memory, max_sequences):
    return Minimum(max_batch_memory, attention_groups*max_sequences)


def formulas_pool_tokens_low(attention_groups, block_tables, largest_state, local_token_size, max_model_length, pool_block, pool_room, prints_concurrency, request_blocks, state_pool_ratio, taken_error):
    return attention_groups*(pool_block*(1 - prints_concurrency)*Floor(Floor(PositivePart(pool_room - 1.64485362695147*taken_error)/(pool_block*local_token_size*(state_pool_ratio*Indicator(largest_state) + 1)))/block_tables) + prints_concurrency*Floor(max_model_length*Floor(PositivePart(pool_room - 1.64485362695147*taken_error)/(pool_block*local_token_size*(state_pool_ratio*Indicator(largest_state) + 1)))/request_blocks))


def formulas_pool_tokens_high(attention_groups, block_tables, largest_state, local_token_size, max_model_length, pool_block, pool_room, prints_concurrency, request_blocks, state_pool_ratio, taken_error):
    return attention_groups*(pool_block*(1 - prints_concurrency)*Floor(Floor(PositivePart(pool_room + 1.64485362695147*taken_error)/(pool_block*local_token_size*(state_pool_ratio*Indicator(largest_state) + 1)))/block_tables) + prints_concurrency*Floor(max_model_length*Floor(PositivePart(pool_room + 1.64485362695147*taken_error)/(pool_block*local_token_size*(state_pool_ratio*Indicator(largest_state) + 1)))/request_blocks))


def formulas_sequences_host_time(batch, sequence_host_time):
    return batch*sequence_host_time


def formulas_server_step_time(sequences_host_time, step_time):
    return sequences_host_time + step_time


def formulas_throughput(batch_of_groups, step_time):
    return batch_of_groups/step_time


def formulas_tpot(step_time):
    return step_time


def formulas_ttft(prefill_time):
    return prefill_time


def formulas_interference_device_time(decode_forward_time, forward_pass_time, mixed_batches, prefill_attention_total, prefill_codec_total, prompt_chunks, slowed_products_time):
    return prompt_chunks*(slowed_products_time + PositivePart(forward_pass_time - decode_forward_time*mixed_batches)) + prefill_attention_total + prefill_codec_total


def formulas_host_gap_time(decode_time, layers, mixed_batches, prompt_layer_time):
    return PositivePart(-decode_time*mixed_batches + layers*prompt_layer_time)


def formulas_interference_time(host_gap_time, interference_device_time, prompt_chunks):
    return Maximum(interference_device_time, host_gap_time*prompt_chunks)


def formulas_prompts_per_step(attention_groups, generated, groups_in_step, prompts, running):
    return Maximum(running/(attention_groups*generated*prompts), (1 - groups_in_step)*(1 - PositivePart(1 - running/(attention_groups*generated*prompts))**attention_groups))


def formulas_prompts_of_all_time(attention_groups, interference_device_time, prompts, running):
    return interference_device_time*running/(attention_groups*prompts)


def formulas_drift_of_ends(generated, generated_cv, waves):
    return 2*sqrt(3)*generated*generated_cv*sqrt(waves)


def formulas_lockstep(closed_loop, decode_time, drift_of_ends, mixed_batches, prompts_of_all_time):
    return closed_loop*(1 - mixed_batches)*(-0.6666666666666666*Minimum(drift_of_ends*decode_time/prompts_of_all_time, 1) + 0.6666666666666666 + (0.3333333333333333)/Maximum(drift_of_ends*decode_time/prompts_of_all_time, 1)**2)


def formulas_convoy(attention_groups, closed_loop, drift_of_ends, mixed_batches, prompts, running):
    return closed_loop*mixed_batches*(-0.6666666666666666*Minimum(attention_groups*drift_of_ends*prompts/running, 1) + 0.6666666666666666 + (0.3333333333333333)/Maximum(attention_groups*drift_of_ends*prompts/running, 1)**2)


def formulas_prompt_interference_fraction(lockstep, prompts, running):
    return (1 - 0.5*lockstep)*(-prompts/running + 1)


def formulas_prompts_of_others_time(host_gap_time, interference_device_time, prompt_chunks, prompt_interference_fraction, prompts_per_step):
    return Maximum(interference_device_time*prompt_interference_fraction*prompts_per_step, host_gap_time*(1 - exp(-prompt_chunks*prompt_interference_fraction*prompts_per_step)))


def formulas_served_step_time(decode_time, prompts_of_others_time):
    return prompts_of_others_time + decode_time


def formulas_prompt_load(prompts_of_others_time, served_step_time):
    return prompts_of_others_time/served_step_time


def formulas_opening_passes(attention_groups, context, decode_tokens, max_batched_tokens, running):
    return Maximum(context*running/(attention_groups*Maximum(-decode_tokens + max_batched_tokens, 1)), 1)


def formulas_opening_time(decode_forward_time, decode_time, layers, mixed_batches, opening_passes, prompt_layer_time, prompts_of_all_time):
    return Maximum((0.5)*opening_passes*mixed_batches*(decode_forward_time + decode_time) + prompts_of_all_time, opening_passes*layers*mixed_batches*prompt_layer_time)


def formulas_prompts_before_time(attention_groups, opening_time, prompts, running):
    return (0.5)*opening_time*PositivePart(-attention_groups*prompts/running + 1)


def formulas_prompt_passes_time(decode_time, interference_time, mixed_batches, prompt_chunks):
    return interference_time + prompt_chunks*decode_time*mixed_batches


def formulas_prompt_wait(convoy, decode_time, interference_time, lockstep, prompt_load, prompt_passes_time, prompts, prompts_ahead, prompts_before_time, running):
    return lockstep*prompts_before_time + (1 - lockstep)*(convoy*prompt_passes_time*prompts_ahead*(-prompts/running + 1) + interference_time*prompt_load*(1 - convoy)/(2 - 2*prompt_load) + (0.5)*decode_time)


def formulas_served_first_token_time(prompt_passes_time, prompt_wait, prompts_before_time, request_overhead, waves):
    return prompt_passes_time + prompt_wait*(1 - 1/waves) + prompts_before_time/waves + request_overhead


def formulas_residence_time(generated, served_first_token_time, served_step_time):
    return served_first_token_time + served_step_time*PositivePart(generated - 1)


def formulas_queue_time(concurrency, residence_time, running):
    return residence_time*PositivePart(concurrency - running)/running


def formulas_served_ttft(admission_steps, queue_time, served_first_token_time, served_step_time):
    return queue_time + served_first_token_time + served_step_time*admission_steps


def formulas_served_throughput(concurrency, generated, queue_time, residence_time):
    return concurrency*generated/(queue_time + residence_time)


def formulas_served_attention_error(decode_attention_error, prefill_attention_error, prompts_per_step):
    return prompts_per_step*prefill_attention_error + decode_attention_error


def formulas_served_codec_error(codec_spread, decode_codec_error, prefill_codec_total, prompts_per_step):
    return codec_spread*prompts_per_step*prefill_codec_total + decode_codec_error


def formulas_served_shared_error(communication_spread, communication_step_time, decode_shared_error, expert_step_time, experts_spread, gemm_spread, matrix_compute_bound_time, matrix_launch_time, matrix_memory_bound_time, prompt_chunks, prompt_slowdown, prompts_per_step):
    return sqrt((prompt_chunks*prompt_chunks)*(prompts_per_step*prompts_per_step)*((gemm_spread*gemm_spread)*(prompt_slowdown*prompt_slowdown)*(matrix_compute_bound_time + matrix_launch_time + matrix_memory_bound_time)**2 + (communication_spread*communication_spread)*(communication_step_time*communication_step_time) + (experts_spread*experts_spread)*(prompt_slowdown*prompt_slowdown)*(expert_step_time*expert_step_time)) + (decode_shared_error*decode_shared_error))


def formulas_served_spread(decode_proxy_error, served_attention_error, served_codec_error, served_shared_error, served_step_time, version_spread):
    return sqrt((version_spread*version_spread) + ((served_attention_error*served_attention_error) + (served_codec_error*served_codec_error) + (served_shared_error*served_shared_error) + (decode_proxy_error*decode_proxy_error))/(served_step_time*served_step_time))


def formulas_served_tpot_spread(load_spread, served_spread):
    return sqrt((served_spread*served_spread) + (load_spread*load_spread))


def formulas_served_ttft_spread(first_token_spread, served_spread):
    return sqrt((served_spread*served_spread) + (first_token_spread*first_token_spread))


def formulas_guaranteed_recent_tokens(context, window):
    return Minimum(context, window)


def formulas_sink_tokens():
    return 0


def formulas_score_selected():
    return 0


def formulas_full_heads():
    return 0


def formulas_kept_by_position(context, guaranteed_recent_tokens, needle_depth, sink_tokens):
    return Maximum(Indicator(-needle_depth + guaranteed_recent_tokens), Indicator(needle_depth - PositivePart(context - sink_tokens)))


def formulas_random_retention(context, guaranteed_recent_tokens, read_tokens, score_selected, sink_tokens):
    return score_selected*Minimum(PositivePart(-guaranteed_recent_tokens + read_tokens - sink_tokens)/Maximum(context - guaranteed_recent_tokens - sink_tokens, 1), 1)


def formulas_attending_layers(attends, layer_count):
    return attends*layer_count


def formulas_scored_retention(random_retention, salience_odds):
    return random_retention*salience_odds/(random_retention*salience_odds - random_retention + 1)


def formulas_head_retention(full_heads, kept_by_position, scored_retention):
    return full_heads + (1 - full_heads)*(kept_by_position + scored_retention*(1 - kept_by_position))


def formulas_holding_layers(attends, head_retention, layer_count):
    return head_retention*attends*layer_count


def formulas_layers_with_a_holder(attends, cached_heads, head_retention, layer_count, needles):
    return attends*layer_count*PositivePart(1 - PositivePart(1 - head_retention)**cached_heads)**needles


def formulas_needle_retention(attending_layers, holding_layers):
    return holding_layers/attending_layers


def formulas_needle_layer_retention(attending_layers, layers_with_a_holder):
    return layers_with_a_holder/attending_layers


def formulas_full_blocks_immutable():
    return 1


def formulas_prefix_cacheable():
    return 1


def formulas_reusable_next_turn():
    return 1


def formulas_residual_window_tokens():
    return 0


def formulas_share_unit(block_size):
    return block_size


def formulas_history_tokens(context, private_tokens):
    return PositivePart(context - private_tokens)


def formulas_shared_tokens(across_requests, full_blocks_immutable, full_heads, kept_tokens, prefix_cacheable, private_tokens, residual_window_tokens, tokens_per_block):
    return tokens_per_block*full_blocks_immutable*(-across_requests*(1 - prefix_cacheable) + 1)*Floor(PositivePart(-private_tokens*(full_heads - Indicator(full_heads) + 1) + kept_tokens - residual_window_tokens)/tokens_per_block)


def formulas_shared_size(local_cached_heads, owns_cache, pooled_size, shared_tokens):
    return local_cached_heads*pooled_size*shared_tokens*owns_cache


def formulas_history_size(layer_count, shared_size):
    return shared_size*layer_count


def formulas_branch_size(history_size, local_sequence_size):
    return -history_size + local_sequence_size


def formulas_branched_size(branch_size, branches, history_size):
    return branch_size*branches + history_size


def formulas_sharing_gain(branched_size, branches, local_sequence_size):
    return branches*local_sequence_size/branched_size


def formulas_stored_ratio(baseline_branch_size, baseline_history_size, branched_size, branches):
    return branched_size/(baseline_branch_size*branches + baseline_history_size)


def formulas_max_branches(branch_size, history_size, memory_pool):
    return Floor(PositivePart(memory_pool - history_size)/branch_size)


def formulas_break_even_branches(baseline_branch_size, baseline_history_size, branch_size, history_size):
    return (baseline_history_size - history_size)/(branch_size - baseline_branch_size)


def formulas_copy_on_write_size(constant_size, kept_tokens, local_cached_heads, shared_tokens, size_16bit_excess, slot_size):
    return local_cached_heads*(size_16bit_excess + slot_size*(-shared_tokens + kept_tokens)) + constant_size


def formulas_local_copy_on_write_size(copy_on_write_size, layer_count):
    return copy_on_write_size*layer_count


def formulas_copy_on_write_time(attends, copy_efficiency, copy_on_write_size, hbm_bandwidth, kernel_floor, layer_count):
    return attends*layer_count*(kernel_floor + 2*copy_on_write_size/(copy_efficiency*hbm_bandwidth))*Indicator(copy_on_write_size)


def formulas_uncacheable_layers(attends, layer_count, prefix_cacheable):
    return attends*layer_count*(1 - prefix_cacheable)


def formulas_single_turn_layers(attends, layer_count, reusable_next_turn):
    return attends*layer_count*(1 - reusable_next_turn)


def formulas_prefix_unit(layer_count, layers, share_unit):
    return layer_count*share_unit/layers


def formulas_prefix_hit_tokens(history_tokens, prefix_unit, uncacheable_layers):
    return prefix_unit*(1 - Indicator(uncacheable_layers))*Floor(history_tokens/prefix_unit)


def formulas_reused_tokens(history_tokens, single_turn_layers):
    return history_tokens*(1 - Indicator(single_turn_layers))


def formulas_meeting_tokens(beam_width, fork_rate):
    return 2*beam_width/fork_rate


def formulas_meeting_share(beam_depth, meeting_tokens):
    return exp(-beam_depth/meeting_tokens)


def formulas_distinct_tokens(beam_depth, beam_width, meeting_share, meeting_tokens):
    return meeting_tokens*log(PositivePart(1 - meeting_share)*PositivePart(beam_width - 1) + 1) + beam_depth


def formulas_beam_tail_tokens(kept_growth, residual_window_tokens, tokens_per_block):
    return (0.5)*kept_growth*(tokens_per_block + 1) + residual_window_tokens


def formulas_beams_tokens(beam_depth, beam_tail_tokens, beam_width, distinct_tokens, full_blocks_immutable, kept_growth, kept_tokens):
    return beam_width*kept_tokens*(1 - full_blocks_immutable) + full_blocks_immutable*Minimum(beam_tail_tokens*(beam_width - 1) + distinct_tokens*kept_growth - beam_depth*kept_growth + kept_tokens, beam_width*kept_tokens)


def formulas_beams_size(beam_width, beams_tokens, constant_size, layer_count, local_cached_heads, owns_cache, size_16bit_excess, slot_size):
    return layer_count*owns_cache*(beams_tokens*local_cached_heads*slot_size + beam_width*(local_cached_heads*size_16bit_excess + constant_size))


def formulas_beams_apart_size(beam_width, constant_size, kept_tokens, layer_count, local_cached_heads, owns_cache, size_16bit_excess, slot_size):
    return beam_width*layer_count*owns_cache*(local_cached_heads*size_16bit_excess + local_cached_heads*slot_size*kept_tokens + constant_size)


def formulas_beam_saving(beams_apart_size, beams_size):
    return 1 - beams_size/beams_apart_size


def formulas_copied_beams(beam_width, fork_rate):
    return beam_width*fork_rate*(1 - 1/beam_width)**beam_width


def formulas_beam_copy_size(constant_size, copied_beams, full_blocks_immutable, kept_tokens, local_cached_heads, owns_cache, residual_window_tokens, size_16bit_excess, slot_size, tokens_per_block):
    return copied_beams*owns_cache*(local_cached_heads*(size_16bit_excess*(1 - full_blocks_immutable) + slot_size*(full_blocks_immutable*Minimum((0.5)*tokens_per_block + residual_window_tokens - 0.5, kept_tokens) + kept_tokens*(1 - full_blocks_immutable))) + constant_size)


def formulas_beam_copy_time(attends, beam_copy_size, copy_efficiency, hbm_bandwidth, kernel_floor, layer_count):
    return attends*layer_count*(kernel_floor + 2*beam_copy_size/(copy_efficiency*hbm_bandwidth))*Indicator(beam_copy_size)


def formulas_beam_copy_share(beam_copy_time, step_time):
    return beam_copy_time/step_time


def formulas_shared_prompt_tokens(beam_depth, full_blocks_immutable, kept_growth, kept_tokens, residual_window_tokens, tokens_per_block):
    return full_blocks_immutable*PositivePart(-0.5*tokens_per_block - beam_depth*kept_growth + kept_tokens - residual_window_tokens + 0.5)


def formulas_parallel_saving(beam_width, kept_tokens, shared_prompt_tokens, tokens_per_block):
    return shared_prompt_tokens*(beam_width - 1)/(beam_width*((0.5)*tokens_per_block + kept_tokens - 0.5))


def formulas_suffix_attention_time(carried_attention_time, prefill_attention_total):
    return PositivePart(-carried_attention_time + prefill_attention_total)


def formulas_suffix_attention_error(carried_attention_error, prefill_attention_error):
    return PositivePart(-carried_attention_error + prefill_attention_error)


def formulas_suffix_codec_time(carried_codec_time, prefill_codec_total):
    return PositivePart(-carried_codec_time + prefill_codec_total)


def formulas_suffix_device_time(new_passes_time, suffix_attention_time, suffix_codec_time):
    return suffix_attention_time + suffix_codec_time + new_passes_time


def formulas_suffix_prefill_time(new_host_time, suffix_device_time):
    return Maximum(suffix_device_time, new_host_time)


def formulas_rest_prefill_spread(new_prefill_spread, new_prefill_time, suffix_attention_error, suffix_prefill_time):
    return sqrt((suffix_attention_error*suffix_attention_error) + (new_prefill_spread*new_prefill_spread)*(new_prefill_time*new_prefill_time))/suffix_prefill_time


def formulas_age_spread(generated, generated_cv):
    return (0.16666666666666666)*sqrt(3)*generated*sqrt((generated_cv*generated_cv) + 1)*sqrt(5*(generated_cv*generated_cv) + 1)


def formulas_prompt_marginal_size(local_cached_heads, owns_cache, pooled_size, prompt_growth):
    return local_cached_heads*pooled_size*owns_cache*prompt_growth


def formulas_prompt_token_size(layer_count, prompt_marginal_size):
    return prompt_marginal_size*layer_count


def formulas_sequence_spread(age_spread, kv_bytes_per_token_per_gpu, prompt, prompt_cv, prompt_token_size):
    return sqrt((age_spread*age_spread)*(kv_bytes_per_token_per_gpu*kv_bytes_per_token_per_gpu) + (prompt*prompt)*(prompt_cv*prompt_cv)*(prompt_token_size*prompt_token_size))


def formulas_overflow_margin(concurrent_requests, local_sequence_size, memory_pool, sequence_spread):
    return (memory_pool - concurrent_requests*local_sequence_size)/(sequence_spread*sqrt(concurrent_requests))


def formulas_max_safe_requests(local_sequence_size, memory_pool, risk_quantile, sequence_spread):
    return (0.25)*(-sequence_spread*risk_quantile + sqrt(4*memory_pool*local_sequence_size + (sequence_spread*sequence_spread)*(risk_quantile*risk_quantile)))**2/(local_sequence_size*local_sequence_size)


def formulas_held_generation(generated, generated_cv, running_reserve):
    return (0.5)*generated*((generated_cv*generated_cv) + 1)*(running_reserve + 1)


def formulas_held_spread(generated, generated_cv, running_reserve):
    return generated*sqrt((generated_cv*generated_cv) + 1)*sqrt(-0.25*((generated_cv*generated_cv) + 1)*(running_reserve + 1)**2 + (0.3333333333333333)*(2*(generated_cv*generated_cv) + 1)*((running_reserve*running_reserve) + running_reserve + 1))


def formulas_held_third(generated_cv, running_reserve):
    return ((generated_cv*generated_cv) + 1)*((0.25)*((generated_cv*generated_cv) + 1)**2*(running_reserve + 1)**3 - 0.5*((generated_cv*generated_cv) + 1)*(2*(generated_cv*generated_cv) + 1)*(running_reserve + 1)*((running_reserve*running_reserve) + running_reserve + 1) + (0.25)*(2*(generated_cv*generated_cv) + 1)*(3*(generated_cv*generated_cv) + 1)*((running_reserve*running_reserve*running_reserve) + (running_reserve*running_reserve) + running_reserve + 1))


def formulas_demand_spread(held_spread, kv_bytes_per_token_per_gpu, prompt, prompt_cv, prompt_token_size):
    return sqrt((held_spread*held_spread)*(kv_bytes_per_token_per_gpu*kv_bytes_per_token_per_gpu) + (prompt*prompt)*(prompt_cv*prompt_cv)*(prompt_token_size*prompt_token_size))


def formulas_demand_skew(demand_spread, generated, held_third, kv_bytes_per_token_per_gpu, prompt, prompt_cv, prompt_token_size):
    return (held_third*(generated*generated*generated)*(kv_bytes_per_token_per_gpu*kv_bytes_per_token_per_gpu*kv_bytes_per_token_per_gpu) + 2*(prompt*prompt*prompt)*(prompt_cv*prompt_cv*prompt_cv*prompt_cv)*(prompt_token_size*prompt_token_size*prompt_token_size))/(demand_spread*demand_spread*demand_spread)


def formulas_decoding_requests(arrival_rate, decode_stay_time):
    return arrival_rate*decode_stay_time


def formulas_seen_dispersion(arrival_dispersion, decoding_requests):
    return decoding_requests*(arrival_dispersion - 1)/(decoding_requests + (0.16666666666666666)*arrival_dispersion + 0.16666666666666666) + 1


def formulas_interrupted_dispersion(prompt_share, prompt_time_variation, seen_dispersion):
    return (seen_dispersion + (prompt_share*prompt_share)*prompt_time_variation)/(1 - prompt_share)**2


def formulas_interrupted_third(interrupted_dispersion, prompt_share, prompt_time_variation, seen_dispersion):
    return 3*interrupted_dispersion*(prompt_share*prompt_share)*prompt_time_variation/(1 - prompt_share)**2 + (seen_dispersion*seen_dispersion)/(1 - prompt_share)**3 + 3*seen_dispersion*(interrupted_dispersion*prompt_share/(1 - prompt_share) + (prompt_share*prompt_share)*prompt_time_variation/(1 - prompt_share)**2)/(1 - prompt_share) + 2*(prompt_share*prompt_share*prompt_share)*(prompt_time_variation*prompt_time_variation)/(1 - prompt_share)**3


def formulas_arrival_pairs(interrupted_dispersion):
    return interrupted_dispersion - 1


def formulas_arrival_triples(interrupted_dispersion, interrupted_third):
    return -3*interrupted_dispersion + interrupted_third + 2


def formulas_queue_dispersion(generated_cv, prompt_share, prompt_time_variation, seen_dispersion):
    return (0.5)*seen_dispersion + (0.5)*(generated_cv*generated_cv)*(1 - prompt_share)**2 + (0.5)*(prompt_share*prompt_share)*prompt_time_variation


def formulas_leaving_square(generated, generated_cv, kv_bytes_per_token_per_gpu, prompt, prompt_cv, prompt_size, prompt_token_size):
    return (generated*generated)*(generated_cv*generated_cv)*(kv_bytes_per_token_per_gpu*kv_bytes_per_token_per_gpu) + (prompt*prompt)*(prompt_cv*prompt_cv)*(prompt_token_size*prompt_token_size) + (generated*kv_bytes_per_token_per_gpu + prompt_size)**2


def formulas_victim_size(generated, kv_bytes_per_token_per_gpu, leaving_square, pool_slots, prompt_size):
    return (0.1111111111111111)*(prompt_size*prompt_size)/((0.25)*leaving_square*generated*kv_bytes_per_token_per_gpu/pool_slots + (0.037037037037037035)*(prompt_size*prompt_size*prompt_size) + sqrt((0.0625)*(leaving_square*leaving_square)*(generated*generated)*(kv_bytes_per_token_per_gpu*kv_bytes_per_token_per_gpu)/(pool_slots*pool_slots) + (0.018518518518518517)*leaving_square*generated*(prompt_size*prompt_size*prompt_size)*kv_bytes_per_token_per_gpu/pool_slots))**(0.3333333333333333) + (0.3333333333333333)*prompt_size + ((0.25)*leaving_square*generated*kv_bytes_per_token_per_gpu/pool_slots + (0.037037037037037035)*(prompt_size*prompt_size*prompt_size) + sqrt((0.0625)*(leaving_square*leaving_square)*(generated*generated)*(kv_bytes_per_token_per_gpu*kv_bytes_per_token_per_gpu)/(pool_slots*pool_slots) + (0.018518518518518517)*leaving_square*generated*(prompt_size*prompt_size*prompt_size)*kv_bytes_per_token_per_gpu/pool_slots))**(0.3333333333333333)


def formulas_full_preemptions(generated, kv_bytes_per_token_per_gpu, victim_size):
    return generated*kv_bytes_per_token_per_gpu/victim_size


def formulas_swap_time(host_link_rate, local_sequence_size):
    return 2*local_sequence_size/host_link_rate


def formulas_gathered_prompts(arrival_dispersion, prompt_share, prompt_time_variation):
    return 0.5 + (0.5)*((0.5)*arrival_dispersion*(arrival_dispersion - 1)/((1 - prompt_share)**2*((0.16666666666666666)*arrival_dispersion + (0.5)*arrival_dispersion/(1 - prompt_share)**2 + 0.16666666666666666)) + prompt_share*prompt_time_variation + 1)/(1 - prompt_share)**2


def formulas_gathered_variance(gathered_prompts, pass_share):
    return (gathered_prompts*gathered_prompts)*pass_share*(2 - pass_share)


def formulas_gathered_third(gathered_prompts, pass_share):
    return 2*(gathered_prompts*gathered_prompts*gathered_prompts)*pass_share*((pass_share*pass_share) - 3*pass_share + 3)


def formulas_occupancy_variance(arrival_pairs, decoding_requests, gathered_variance, number_overlap):
    return decoding_requests*(arrival_pairs*number_overlap + 1) + gathered_variance


def formulas_occupancy_third(arrival_pairs, arrival_triples, decoding_requests, gathered_third, number_overlap, number_overlap_third):
    return decoding_requests*(3*arrival_pairs*number_overlap + arrival_triples*number_overlap_third + 1) + gathered_third


def formulas_demand_mean(decoding_requests, gathered_prompts, pass_share, prompt_part):
    return decoding_requests + gathered_prompts*pass_share*prompt_part


def formulas_occupancy_covariance(arrival_pairs, decoding_requests, gathered_variance, mixed_overlap, prompt_part):
    return decoding_requests*(arrival_pairs*mixed_overlap + 1) + gathered_variance*prompt_part


def formulas_demand_variance(arrival_pairs, burst_overlap, decoding_requests, gathered_prompts, gathered_variance, pass_share, prompt_cv, prompt_part, size_variance):
    return decoding_requests*(arrival_pairs*burst_overlap + size_variance + 1) + (prompt_part*prompt_part)*(gathered_prompts*pass_share*(prompt_cv*prompt_cv) + gathered_variance)


def formulas_demand_third(arrival_pairs, arrival_triples, burst_overlap_third, decoding_requests, gathered_prompts, gathered_third, gathered_variance, pass_share, prompt_cv, prompt_part, size_third, size_variance, squared_overlap):
    return decoding_requests*(3*arrival_pairs*squared_overlap*(size_variance + 1) + arrival_triples*burst_overlap_third + size_third + 3*size_variance + 1) + (prompt_part*prompt_part*prompt_part)*(2*gathered_prompts*pass_share*(prompt_cv*prompt_cv*prompt_cv*prompt_cv) + gathered_third + 3*gathered_variance*(prompt_cv*prompt_cv))


def formulas_size_residual(demand_variance, occupancy_covariance, occupancy_variance):
    return demand_variance - (occupancy_covariance*occupancy_covariance)/occupancy_variance


def formulas_following_variance(size_residual, step_feedback):
    return size_residual*(step_feedback*step_feedback)/(2 - step_feedback)


def formulas_occupancy_peakedness(decoding_requests, following_variance, gathered_prompts, occupancy_variance, pass_share):
    return (following_variance + occupancy_variance)/(decoding_requests + gathered_prompts*pass_share)


def formulas_arrival_peakedness(number_overlap, prompt_share, prompt_time_variation, seen_dispersion):
    return number_overlap*(seen_dispersion + (prompt_share*prompt_share)*prompt_time_variation - 1) + 1


def formulas_occupancy_skew(occupancy_third, occupancy_variance):
    return occupancy_third/occupancy_variance


def formulas_prompt_hold_time(arrival_rate, gathered_prompts, pass_share):
    return gathered_prompts*pass_share/arrival_rate


def formulas_deciding_step_time(layer_count, move_time, score_time, select_time):
    return layer_count*(move_time + score_time + select_time)


def formulas_deciding_rate(batch, deciding_step_time):
    return batch/deciding_step_time


def formulas_encoding_rate(batch, encode_step_time):
    return batch/encode_step_time


def formulas_bare_step_time(codec_step_time, step_time):
    return step_time - codec_step_time


def formulas_arriving_tokens(bare_step_time, batch):
    return batch/bare_step_time


def formulas_deciding_load(bare_step_time, deciding_step_time):
    return deciding_step_time/bare_step_time


def formulas_encoding_load(bare_step_time, encode_step_time):
    return encode_step_time/bare_step_time


def formulas_side_load(deciding_load, encoding_load):
    return deciding_load + encoding_load


def formulas_deciding_backlog(arriving_tokens, deciding_rate):
    return PositivePart(arriving_tokens - deciding_rate)


def formulas_encoding_backlog(arriving_tokens, encoding_rate):
    return PositivePart(arriving_tokens - encoding_rate)


def formulas_flush_share(flush_step_time, step_time):
    return flush_step_time/step_time


def formulas_side_load_spread(attention_error, bare_step_time, codec_spread, conversion_bound_time, conversion_spread, proxy_kernel_error, shared_error, version_spread):
    return sqrt((codec_spread*codec_spread) + (version_spread*version_spread) + ((shared_error*shared_error) + (conversion_spread*conversion_spread)*(conversion_bound_time*conversion_bound_time) + (attention_error*attention_error) + (proxy_kernel_error*proxy_kernel_error))/(bare_step_time*bare_step_time))


def formulas_step_share_spread(codec_spread, step_spread):
    return sqrt((codec_spread*codec_spread) + (step_spread*step_spread))


def formulas_serial_step_time(bare_step_time, deciding_step_time, encode_step_time):
    return bare_step_time + deciding_step_time + encode_step_time


def formulas_deciding_wait(deciding_load, deciding_step_time):
    return (0.5)*deciding_load*deciding_step_time/Maximum(PositivePart(1 - deciding_load), 1.0e-6)


def formulas_encoding_wait(encoding_load, flush_step_time):
    return (0.5)*encoding_load*flush_step_time/Maximum(PositivePart(1 - encoding_load), 1.0e-6)


def formulas_side_wait(deciding_load, deciding_step_time, encoding_load, flush_step_time, side_load):
    return (0.5)*(deciding_load*deciding_step_time + encoding_load*flush_step_time)/Maximum(PositivePart(1 - side_load), 1.0e-6)


def formulas_turn_history(generated, turn, user_tokens):
    return (generated + user_tokens)*(turn - 1)


def formulas_turn_prompt(turn_history, user_tokens):
    return turn_history + user_tokens


def formulas_turn_end(generated, turn, user_tokens):
    return turn*(generated + user_tokens)


def formulas_resting_rate():
    return 1


def formulas_raw_resting_tokens():
    return 0


def formulas_resting_kernels():
    return 0


def formulas_resting_decode_flop():
    return 0


def formulas_resting_decode_work():
    return 0


def formulas_rests_in_pool():
    return 0


def formulas_resting_size(coded_size, resting_rate):
    return coded_size*resting_rate


def formulas_coded_resting_tokens(kept_tokens, raw_resting_tokens):
    return PositivePart(kept_tokens - raw_resting_tokens)


def formulas_resting_sequence_size(attends, coded_resting_tokens, coded_size, kept_tokens, layer_count, local_cached_heads, owns_cache, resting_size):
    return local_cached_heads*attends*layer_count*owns_cache*(coded_resting_tokens*resting_size + coded_size*(-coded_resting_tokens + kept_tokens))


def formulas_plain_resting_size(attends, coded_size, kept_tokens, layer_count, local_cached_heads, owns_cache):
    return coded_size*local_cached_heads*attends*layer_count*owns_cache*kept_tokens


def formulas_plain_fetch_time(host_link_rate, plain_resting_size):
    return plain_resting_size/host_link_rate


def formulas_resting_fetch_time(host_link_rate, resting_sequence_size, rests_in_pool):
    return resting_sequence_size*(1 - rests_in_pool)/host_link_rate


def formulas_resting_decode_time(attends, clock, coded_resting_tokens, copy_efficiency, exposed_latency, fused_product_share, hbm_bandwidth, issue_lanes, kernel_floor, key_elements, layer_count, local_cached_heads, peak_16bit, resting_decode_flop, resting_decode_work, resting_kernels, resting_size, size_16bit, sms, value_elements):
    return attends*layer_count*(coded_resting_tokens*local_cached_heads*resting_decode_flop*(key_elements + value_elements)/(fused_product_share*peak_16bit) + coded_resting_tokens*local_cached_heads*exposed_latency*resting_decode_work*(key_elements + value_elements)/(clock*issue_lanes*sms) + resting_kernels*(kernel_floor + coded_resting_tokens*local_cached_heads*(resting_size + size_16bit)/(copy_efficiency*hbm_bandwidth)))


def formulas_resume_time(resting_decode_time, resting_fetch_time):
    return resting_fetch_time + resting_decode_time


def formulas_resume_spread(codec_spread, host_link_spread, resting_decode_time, resting_fetch_time, resume_time):
    return sqrt((codec_spread*codec_spread)*(resting_decode_time*resting_decode_time) + (resting_fetch_time*resting_fetch_time)*(host_link_spread*host_link_spread))/resume_time


def formulas_break_even_link(plain_resting_size, resting_decode_time, resting_sequence_size):
    return (plain_resting_size - resting_sequence_size)/resting_decode_time


def formulas_resting_ratio(local_sequence_size, resting_sequence_size):
    return local_sequence_size/resting_sequence_size


def formulas_resting_sequences(resting_sequence_size, resting_store):
    return Floor(resting_store/resting_sequence_size)


def formulas_covered_pause(resting_sequences, returning_rate):
    return resting_sequences/returning_rate


def formulas_written_tokens(generated, generated_cv, prompt):
    return (0.5)*generated*((generated_cv*generated_cv) + 1) + prompt


def formulas_final_tokens(generated, generated_cv, prompt):
    return generated*((generated_cv*generated_cv) + 1) + prompt


def formulas_block_use(pool_block, written_tokens):
    return written_tokens/((0.5)*pool_block + written_tokens - 0.5)


def formulas_segment_use(final_tokens, written_tokens):
    return written_tokens/final_tokens


def formulas_slot_use(class_ratio, segment_use):
    return segment_use*(1 - 1/class_ratio)/log(class_ratio)


def formulas_unusable_share(hole_ratio):
    return (0.5)*hole_ratio/((0.5)*hole_ratio + 1)


def formulas_freed_by_head(kept_share, layer_count, layers, tokens_per_block):
    return layer_count*PositivePart(1 - kept_share)**tokens_per_block/layers


def formulas_freed_by_layer(kept_share, kv_heads, layer_count, layers, ranks, tokens_per_block):
    return layer_count*PositivePart(1 - kept_share)**(tokens_per_block*Maximum(kv_heads/ranks, 1))/layers


def formulas_compaction_time(attends, copy_efficiency, hbm_bandwidth, kept_share, kept_tokens, kernel_floor, layer_count, local_cached_heads, slot_size):
    return attends*layer_count*(kernel_floor + 2*local_cached_heads*slot_size*kept_share*kept_tokens/(copy_efficiency*hbm_bandwidth))


def formulas_tail_share(local_sequence_size, local_tail_padding_size):
    return local_tail_padding_size/local_sequence_size


def formulas_key_step_error():
    return 0


def formulas_value_step_error():
    return 0


def formulas_key_float_error():
    return 0


def formulas_value_float_error():
    return 0


def formulas_key_tile_tokens():
    return 1


def formulas_value_tile_tokens():
    return 1


def formulas_key_even_error(key_step_error, key_tile_tokens, key_token_spread):
    return key_token_spread*key_step_error*(1 - Indicator(key_tile_tokens - 1))


def formulas_key_scaled_error(key_channel_spread, key_float_error, key_step_error, key_tile_tokens):
    return sqrt((key_channel_spread*key_channel_spread)*(key_step_error*key_step_error)*Indicator(key_tile_tokens - 1)**2 + (key_float_error*key_float_error))


def formulas_key_rounding_error(key_even_error, key_scaled_error):
    return sqrt((key_even_error*key_even_error) + (key_scaled_error*key_scaled_error))


def formulas_value_rounding_error(value_float_error, value_spread, value_step_error):
    return sqrt((value_spread*value_spread)*(value_step_error*value_step_error) + (value_float_error*value_float_error))


def formulas_key_regrowth(key_tile_tokens, precise_key_tokens):
    return (1 - Indicator(precise_key_tokens))*((1 - 1/(log(Maximum(key_tile_tokens, 16)) - 0.8))*(-(2*log(Maximum(key_tile_tokens, 16)) + 2*0.5772156649015329)/Maximum(key_tile_tokens, 16) + 3) - 1)*Indicator(key_tile_tokens - 1) + 1


def formulas_value_regrowth(precise_value_tokens, value_tile_tokens):
    return (1 - Indicator(precise_value_tokens))*((1 - 1/(log(Maximum(value_tile_tokens, 16)) - 0.8))*(-(2*log(Maximum(value_tile_tokens, 16)) + 2*0.5772156649015329)/Maximum(value_tile_tokens, 16) + 3) - 1)*Indicator(value_tile_tokens - 1) + 1


def formulas_key_square_errors(attends, kept_tokens, key_regrowth, key_rounding_error, layer_count, precise_key_tokens):
    return key_regrowth*(key_rounding_error*key_rounding_error)*attends*layer_count*PositivePart(kept_tokens - precise_key_tokens)/kept_tokens


def formulas_value_square_errors(attends, kept_tokens, layer_count, precise_value_tokens, value_regrowth, value_rounding_error):
    return value_regrowth*(value_rounding_error*value_rounding_error)*attends*layer_count*PositivePart(kept_tokens - precise_value_tokens)/kept_tokens


def formulas_stored_key_error(attending_layers, key_square_errors):
    return sqrt(key_square_errors)/sqrt(attending_layers)


def formulas_stored_value_error(attending_layers, value_square_errors):
    return sqrt(value_square_errors)/sqrt(attending_layers)


def formulas_attention_square_errors(attends, flush_tokens, kept_tokens, key_even_error, key_even_gain, key_recency, key_regrowth, key_scaled_error, key_scaled_gain, layer_count, precise_key_tokens, precise_value_tokens, value_error_gain, value_recency, value_regrowth, value_rounding_error):
    return attends*layer_count*(key_regrowth*((key_even_error*key_even_error)*(key_even_gain*key_even_gain) + (key_scaled_error*key_scaled_error)*(key_scaled_gain*key_scaled_gain))*(-(PositivePart(-0.5*flush_tokens + precise_key_tokens) + 1)**(1 - key_recency) + ((0.5)*flush_tokens + precise_key_tokens + 1)**(1 - key_recency))*Indicator(kept_tokens - precise_key_tokens)/((1 - key_recency)*((0.5)*flush_tokens + precise_key_tokens - PositivePart(-0.5*flush_tokens + precise_key_tokens))) + value_regrowth*(value_rounding_error*value_rounding_error)*(value_error_gain*value_error_gain)*(-(PositivePart(-0.5*flush_tokens + precise_value_tokens) + 1)**(1 - value_recency) + ((0.5)*flush_tokens + precise_value_tokens + 1)**(1 - value_recency))*Indicator(kept_tokens - precise_value_tokens)/((1 - value_recency)*((0.5)*flush_tokens + precise_value_tokens - PositivePart(-0.5*flush_tokens + precise_value_tokens))))


def formulas_attention_output_error(attending_layers, attention_square_errors):
    return sqrt(attention_square_errors)/sqrt(attending_layers)


def formulas_answer_divergence(attention_output_error, divergence_gain):
    return (0.5)*(attention_output_error*attention_output_error)*(divergence_gain*divergence_gain)


def formulas_dropped_tokens(attends, context, kept_tokens, layer_count, window):
    return attends*layer_count*PositivePart(-kept_tokens + Minimum(context, window))


def formulas_speedup(baseline_step_time, step_time):
    return baseline_step_time/step_time


def formulas_throughput_ratio(baseline_batch, batch, speedup):
    return speedup*batch/baseline_batch


def formulas_speedup_spread(attention_error, baseline_attention_error, baseline_codec_error, baseline_shared_error, baseline_step_time, baseline_token_cost_error, codec_error, pair_correlation, proxy_kernel_error, shared_error, step_time):
    return sqrt(-2*pair_correlation*baseline_attention_error*attention_error/(step_time*baseline_step_time) + (codec_error*codec_error)/(step_time*step_time) + (baseline_attention_error*baseline_attention_error)/(baseline_step_time*baseline_step_time) + (baseline_codec_error*baseline_codec_error)/(baseline_step_time*baseline_step_time) + (shared_error/step_time - baseline_shared_error/baseline_step_time)**2 + (-baseline_token_cost_error/baseline_step_time + proxy_kernel_error/step_time)**2*Indicator(proxy_kernel_error) + (attention_error*attention_error)/(step_time*step_time))


def formulas_cached_work(attends, batch, context, grows, kv_heads, layer_count, ranks):
    return attends*batch*context*grows*layer_count*Maximum(kv_heads/ranks, 1)


def formulas_rest_time(attention_step_time, step_time):
    return step_time - attention_step_time


def formulas_kernel_time(attention_step_time, cached_work):
    return attention_step_time/cached_work


def formulas_kernel_budget(baseline_batch, baseline_step_time, batch, cached_work, rest_time):
    return (-rest_time*baseline_batch + baseline_step_time*batch)/(baseline_batch*cached_work)


def formulas_slow_step_time(attention_launch_time, attention_step_time, slow_end, step_time):
    return step_time + (slow_end - 1)*(-attention_launch_time + attention_step_time)


def formulas_memory_slope(batch, coded_size, hbm_bandwidth, hbm_efficiency, l2_reread_factor, l2_speedup, local_cached_heads):
    return coded_size*local_cached_heads*batch*(l2_reread_factor/l2_speedup + 1/hbm_efficiency)/hbm_bandwidth


def formulas_multiprocessor_slope(batch, heads_per_work_unit, local_query_heads, sms, token_time):
    return local_query_heads*token_time*batch/(heads_per_work_unit*sms)


def formulas_break_even_context(baseline_fixed_time, baseline_slope, fixed_time, slope):
    return (-baseline_fixed_time + fixed_time)/(baseline_slope - slope)


def formulas_attention_work(batch, local_query_heads, output_width, query_width, read_tokens):
    return 2*local_query_heads*batch*read_tokens*(output_width + query_width)


def formulas_attention_step_work(attends, attention_work, layer_count):
    return attention_work*attends*layer_count


def formulas_attention_step_traffic(attends, attention_traffic, layer_count):
    return attention_traffic*attends*layer_count


def formulas_attention_intensity(attention_step_traffic, attention_step_work):
    return attention_step_work/attention_step_traffic


def formulas_attention_rate(attention_step_time, attention_step_work):
    return attention_step_work/attention_step_time


def formulas_product_step_work(columns, inner, product_count, rows):
    return 2*columns*inner*product_count*rows


def formulas_product_step_traffic(product_count, product_traffic):
    return product_traffic*product_count


def formulas_expert_product_share(active_experts, columns, expert_gpus, expert_intermediate_size, experts, feed_forward_matrices, hidden_size, inner, law_of_one_product):
    return columns*inner*(1 - law_of_one_product)*Indicator(experts)/Maximum(expert_intermediate_size*feed_forward_matrices*hidden_size*Maximum(active_experts, 1)/expert_gpus, 1)


def formulas_product_step_time(expert_product_share, group_expert_time, product_time, timed_count):
    return expert_product_share*group_expert_time + product_time*timed_count


def formulas_product_intensity(product_step_traffic, product_step_work):
    return product_step_work/product_step_traffic


def formulas_product_rate(product_step_time, product_step_work):
    return product_step_work/product_step_time


def formulas_ridge_intensity(hbm_bandwidth, peak_16bit):
    return peak_16bit/hbm_bandwidth


def formulas_roof_16bit(hbm_bandwidth, intensity, peak_16bit):
    return Minimum(peak_16bit, hbm_bandwidth*intensity)


def formulas_roof_weights(hbm_bandwidth, intensity, peak):
    return Minimum(peak, hbm_bandwidth*intensity)


def formulas_group_attention_time(attention_time, layer_count):
    return attention_time*layer_count


def formulas_group_codec_time(codec_time, layer_count):
    return codec_time*layer_count


def formulas_group_product_time(product_time, timed_count):
    return product_time*timed_count


def formulas_group_weight_time(group_expert_time, group_product_time):
    return group_expert_time + group_product_time


def formulas_memory_forward(memory_used, memory_weights, memory_workspace):
    return memory_used - memory_weights - memory_workspace


def formulas_memory_cache(batch, local_sequence_size):
    return batch*local_sequence_size


def formulas_memory_free(memory_cache, memory_pool):
    return PositivePart(-memory_cache + memory_pool)


def formulas_device_time(expert_gpus, throughput):
    return expert_gpus/throughput


def formulas_products_traffic(product_count, product_traffic):
    return product_traffic*product_count


def formulas_products_work(columns, inner, product_count, rows):
    return 2*columns*inner*product_count*rows


def formulas_bandwidth_use(attention_step_traffic, hbm_bandwidth, products_traffic, step_time):
    return (attention_step_traffic + products_traffic)/(step_time*hbm_bandwidth)


def formulas_arithmetic_use(attention_step_work, peak, products_work, step_time):
    return (attention_step_work + products_work)/(step_time*peak)


FORMULAS = {
    'kept_tokens': (formulas_kept_tokens, ('compressed_share', 'context', 'window'), ()),
    'kept_growth': (formulas_kept_growth, ('compressed_share', 'context', 'window'), ()),
    'prompt_growth': (formulas_prompt_growth, ('kept_growth',), ()),
    'read_tokens': (formulas_read_tokens, ('kept_tokens', 'selected_tokens'), ()),
    'cached_heads': (formulas_cached_heads, ('kv_heads',), ()),
    'key_elements': (formulas_key_elements, ('key_width',), ()),
    'value_elements': (formulas_value_elements, ('value_width',), ()),
    'key_bits': (formulas_key_bits, (), ()),
    'value_bits': (formulas_value_bits, (), ()),
    'key_metadata': (formulas_key_metadata, (), ()),
    'value_metadata': (formulas_value_metadata, (), ()),
    'precise_key_tokens': (formulas_precise_key_tokens, (), ()),
    'precise_value_tokens': (formulas_precise_value_tokens, (), ()),
    'sidecar_size': (formulas_sidecar_size, (), ()),
    'index_size': (formulas_index_size, ('cached_heads', 'index_width'), ()),
    'signature_size': (formulas_signature_size, (), ()),
    'constant_size': (formulas_constant_size, ('ranks', 'state_size'), ()),
    'read_rate': (formulas_read_rate, (), ()),
    'local_cached_heads': (formulas_local_cached_heads, ('cached_heads', 'ranks'), ()),
    'key_size': (formulas_key_size, ('key_bits', 'key_elements', 'key_metadata'), ()),
    'value_size': (formulas_value_size, ('value_bits', 'value_elements', 'value_metadata'), ()),
    'coded_size': (formulas_coded_size, ('index_size', 'key_size', 'sidecar_size', 'signature_size', 'value_size'), ()),
    'size_16bit': (formulas_size_16bit, ('key_elements', 'value_elements'), ()),
    'decoded_size': (formulas_decoded_size, ('key_width', 'size_16bit', 'value_width'), ()),
    'size_16bit_excess': (formulas_size_16bit_excess, ('kept_tokens', 'key_elements', 'key_size', 'precise_key_tokens', 'precise_value_tokens', 'value_elements', 'value_size'), ()),
    'read_size': (formulas_read_size, ('key_elements', 'key_size', 'precise_key_tokens', 'precise_value_tokens', 'read_rate', 'read_tokens', 'sidecar_size', 'value_elements', 'value_size'), ()),
    'mean_coded_ratio': (formulas_mean_coded_ratio, (), ()),
    'worst_coded_ratio': (formulas_worst_coded_ratio, (), ()),
    'size_classes': (formulas_size_classes, (), ()),
    'duplicate_share': (formulas_duplicate_share, (), ()),
    'offloaded_size': (formulas_offloaded_size, (), ()),
    'reserved_rate': (formulas_reserved_rate, ('mean_coded_ratio', 'size_classes', 'variable_allocator', 'worst_coded_ratio'), ()),
    'slot_size': (formulas_slot_size, ('coded_size', 'key_size', 'offloaded_size', 'reserved_rate', 'value_size'), ()),
    'pooled_size': (formulas_pooled_size, ('duplicate_share', 'slot_size'), ()),
    'marginal_size': (formulas_marginal_size, ('cached_heads', 'kept_growth', 'owns_cache', 'pooled_size'), ()),
    'local_marginal_size': (formulas_local_marginal_size, ('kept_growth', 'local_cached_heads', 'owns_cache', 'pooled_size'), ()),
    'tokens_per_block': (formulas_tokens_per_block, ('block_size', 'fixed_byte_blocks', 'size_16bit', 'slot_size'), ()),
    'tail_block_padding': (formulas_tail_block_padding, ('exact_lengths', 'kept_tokens', 'tokens_per_block'), ()),
    'tail_padding_size': (formulas_tail_padding_size, ('attends', 'local_cached_heads', 'owns_cache', 'slot_size', 'tail_block_padding'), ()),
    'sequence_size': (formulas_sequence_size, ('constant_size', 'kept_tokens', 'local_cached_heads', 'owns_cache', 'pooled_size', 'size_16bit_excess', 'tail_padding_size'), ()),
    'reconstruction_work': (formulas_reconstruction_work, (), ()),
    'reconstruction_time': (formulas_reconstruction_time, ('codec_is_measured', 'fused_product_share', 'kernel_is_ideal', 'peak_16bit', 'reconstruction_work'), ()),
    'reconstruction_cost': (formulas_reconstruction_cost, ('reconstruction_time', 'sms'), ()),
    'attention_groups': (formulas_attention_groups, ('expert_gpus', 'ranks'), ()),
    'busy_groups': (formulas_busy_groups, ('expert_tokens', 'forward_tokens'), ()),
    'batch_of_groups': (formulas_batch_of_groups, ('batch', 'busy_groups'), ()),
    'conversion_work': (formulas_conversion_work, (), ()),
    'unfused': (formulas_unfused, (), ()),
    'local_query_heads': (formulas_local_query_heads, ('query_heads', 'ranks'), ()),
    'work_units': (formulas_work_units, ('batch', 'heads_per_work_unit', 'local_query_heads'), ()),
    'l2_reread_factor': (formulas_l2_reread_factor, ('heads_per_work_unit', 'local_cached_heads', 'local_query_heads'), ()),
    'windowed': (formulas_windowed, ('context', 'window'), ()),
    'decoded_apart': (formulas_decoded_apart, ('kernel_is_ideal', 'unfused'), ()),
    'attention_traffic': (formulas_attention_traffic, ('activation_size', 'batch', 'decoded_apart', 'decoded_size', 'local_cached_heads', 'local_query_heads', 'output_width', 'query_width', 'read_size', 'read_tokens'), ()),
    'l2_hit_fraction': (formulas_l2_hit_fraction, ('attention_traffic', 'l2_sharpness', 'l2_size', 'l2_usable', 'warm'), ()),
    'attention_memory_time': (formulas_attention_memory_time, ('attention_traffic', 'hbm_bandwidth', 'hbm_efficiency', 'l2_hit_fraction', 'l2_reread_factor', 'l2_speedup', 'streaming_in_step'), ()),
    'wave_count': (formulas_wave_count, ('sms', 'units_per_sm', 'work_units'), ()),
    'effective_waves': (formulas_effective_waves, ('wave_count', 'wave_quantization'), ()),
    'splits': (formulas_splits, ('split_limit', 'work_units'), ()),
    'split_units': (formulas_split_units, ('max_extra_splits', 'min_split_tokens', 'read_tokens', 'splits', 'units_to_fill', 'work_units'), ()),
    'active_sms': (formulas_active_sms, ('occupancy_sharpness', 'sms', 'split_units'), ()),
    'conversion_cost': (formulas_conversion_cost, ('clock', 'codec_is_measured', 'conversion_work', 'decoded_apart', 'issue_lanes', 'kernel_is_ideal', 'key_elements', 'reconstruction_cost', 'unfused', 'value_elements'), ()),
    'streamed_elements': (formulas_streamed_elements, ('kernel_is_ideal', 'key_elements', 'key_size', 'sidecar_size', 'value_elements', 'value_size'), ()),
    'token_time': (formulas_token_time, ('conversion_cost', 'heads_per_work_unit', 'kernel_width', 'streamed_elements', 'token_cost', 'token_cost_doubling_heads'), ()),
    'multiprocessor_time': (formulas_multiprocessor_time, ('active_sms', 'effective_waves', 'heads_per_work_unit', 'read_tokens', 'split_slowdown', 'splits', 'streaming_in_step', 'token_time', 'wave_cost', 'wave_cost_doubling_heads', 'window_edge', 'window_wave', 'windowed', 'work_units'), ()),
    'conversion_time': (formulas_conversion_time, ('active_sms', 'conversion_cost', 'read_tokens', 'streaming_in_step', 'work_units'), ()),
    'attention_floor': (formulas_attention_floor, ('active_sms', 'attention_launch', 'batch', 'batch_cost', 'combine_cost', 'floor_in_step', 'window_cost', 'windowed', 'work_units'), ()),
    'attention_time': (formulas_attention_time, ('attends', 'attention_floor', 'attention_memory_time', 'multiprocessor_time', 'overlap'), ()),
    'group_size': (formulas_group_size, ('local_cached_heads', 'local_query_heads'), ()),
    'kv_units': (formulas_kv_units, ('batch', 'kept_tokens', 'local_cached_heads'), ()),
    'product_traffic': (formulas_product_traffic, ('activation_size', 'columns', 'inner', 'input_size', 'rows', 'weight_size'), ()),
    'product_memory_time': (formulas_product_memory_time, ('gemm_efficiency', 'hbm_bandwidth', 'product_traffic', 'products_in_step'), ()),
    'small_tile_time': (formulas_small_tile_time, ('columns', 'gemm_fill_drain', 'gemm_peak_share', 'gemm_split', 'gemm_step_cost', 'gemm_tile', 'gemm_wave_quantization', 'inner', 'peak', 'rows', 'sms'), ()),
    'square_tile_time': (formulas_square_tile_time, ('columns', 'gemm_fill_drain', 'gemm_peak_share', 'gemm_split', 'gemm_step_cost', 'gemm_wave_quantization', 'inner', 'peak', 'rows', 'sms'), ()),
    'wide_tile_time': (formulas_wide_tile_time, ('columns', 'gemm_fill_drain', 'gemm_peak_share', 'gemm_split', 'gemm_step_cost', 'gemm_wave_quantization', 'inner', 'peak', 'rows', 'sms'), ()),
    'product_compute_time': (formulas_product_compute_time, ('gemm_unaligned_slowdown', 'products_in_step', 'rows', 'small_tile_time', 'square_tile_time', 'wide_tile_time'), ()),
    'product_floor': (formulas_product_floor, ('activation_size', 'gemm_input_cast_passes', 'gemm_launch', 'gemm_row_cost', 'hbm_bandwidth', 'inner', 'products_in_step', 'rows'), ()),
    'timed_count': (formulas_timed_count, ('law_of_one_product', 'product_count'), ()),
    'product_time': (formulas_product_time, ('gemm_overlap', 'product_compute_time', 'product_floor', 'product_memory_time'), ()),
    'expert_choices': (formulas_expert_choices, ('expert_tokens', 'experts_per_token'), ()),
    'held_experts': (formulas_held_experts, ('expert_ranks', 'experts'), ()),
    'independent_share': (formulas_independent_share, ('expert_tokens', 'experts', 'experts_per_token'), ()),
    'independent_variation': (formulas_independent_variation, ('expert_tokens', 'experts', 'experts_per_token'), ()),
    'touched_share': (formulas_touched_share, ('expert_tokens', 'experts', 'experts_per_token', 'router_variation'), ()),
    'router_sensitivity': (formulas_router_sensitivity, ('expert_tokens', 'experts', 'experts_per_token', 'router_variation', 'touched_share'), ()),
    'load_variation': (formulas_load_variation, ('expert_tokens', 'independent_variation', 'router_variation'), ()),
    'active_experts': (formulas_active_experts, ('experts', 'touched_share'), ()),
    'busiest_load': (formulas_busiest_load, ('expert_ranks', 'held_experts', 'load_variation'), ()),
    'busiest_rows': (formulas_busiest_rows, ('busiest_load', 'expert_choices', 'expert_ranks', 'expert_tokens', 'experts_per_token', 'held_experts'), ()),
    'touched_experts': (formulas_touched_experts, ('busiest_load', 'busiest_rows', 'held_experts', 'touched_share'), ()),
    'even_share': (formulas_even_share, ('expert_choices', 'experts'), ()),
    'cut_ratio': (formulas_cut_ratio, ('expert_choices', 'expert_tokens', 'experts'), ()),
    'mean_load': (formulas_mean_load, ('cut_ratio', 'routing_exponent'), ()),
    'idle_load': (formulas_idle_load, ('cut_ratio', 'expert_choices', 'experts', 'mean_load'), ()),
    'whole_load': (formulas_whole_load, ('cut_ratio', 'expert_choices', 'experts', 'mean_load'), ()),
    'skewed_share': (formulas_skewed_share, ('cut_ratio', 'even_share', 'expert_choices', 'experts', 'idle_load', 'routing_exponent', 'whole_load'), ()),
    'skewed_variation': (formulas_skewed_variation, ('cut_ratio', 'mean_load', 'routing_exponent'), ()),
    'expert_width': (formulas_expert_width, ('expert_gpus', 'expert_intermediate_size', 'expert_ranks'), ()),
    'expert_weights': (formulas_expert_weights, ('expert_weight_size', 'expert_width', 'feed_forward_matrices', 'hidden_size', 'touched_experts'), ()),
    'expert_rows_traffic': (formulas_expert_rows_traffic, ('activation_size', 'busiest_rows', 'expert_choices', 'expert_input_size', 'expert_tokens', 'expert_width', 'feed_forward_matrices', 'grouped_foreign_rows', 'hidden_size'), ()),
    'expert_hit_fraction': (formulas_expert_hit_fraction, ('expert_weights', 'grouped_l2_usable', 'l2_size', 'warm'), ()),
    'grouped_memory_time': (formulas_grouped_memory_time, ('expert_hit_fraction', 'expert_rows_traffic', 'expert_weights', 'grouped_efficiency', 'grouped_l2_speedup', 'grouped_row_efficiency', 'hbm_bandwidth'), ()),
    'small_tiles_time': (formulas_small_tiles_time, ('busiest_rows', 'evenly_routed', 'expert_peak', 'expert_width', 'feed_forward_matrices', 'grouped_fill_drain', 'grouped_peak_share', 'grouped_tile', 'hidden_size', 'sms', 'touched_experts'), ()),
    'middle_tiles_time': (formulas_middle_tiles_time, ('busiest_rows', 'evenly_routed', 'expert_peak', 'expert_width', 'feed_forward_matrices', 'grouped_fill_drain', 'grouped_peak_share', 'hidden_size', 'sms', 'touched_experts'), ()),
    'large_tiles_time': (formulas_large_tiles_time, ('busiest_rows', 'evenly_routed', 'expert_peak', 'expert_width', 'feed_forward_matrices', 'grouped_fill_drain', 'grouped_peak_share', 'hidden_size', 'sms', 'touched_experts'), ()),
    'grouped_compute_time': (formulas_grouped_compute_time, ('expert_width', 'grouped_step_cost', 'hidden_size', 'large_tiles_time', 'middle_tiles_time', 'small_tiles_time'), ()),
    'grouped_floor': (formulas_grouped_floor, ('expert_ranks', 'experts', 'grouped_held_cost', 'grouped_launch', 'grouped_touched_cost', 'held_experts', 'touched_experts'), ()),
    'grouped_time': (formulas_grouped_time, ('expert_width', 'grouped_compute_time', 'grouped_floor', 'grouped_memory_time', 'grouped_overlap', 'grouped_unaligned_slowdown'), ()),
    'local_kv_heads': (formulas_local_kv_heads, ('kv_heads', 'ranks'), ()),
    'reduced_size': (formulas_reduced_size, ('activation_size', 'forward_tokens', 'hidden_size'), ()),
    'ring_rate': (formulas_ring_rate, ('link_bandwidth', 'ring_efficiency', 'ring_limit'), ()),
    'peer_reduce_time': (formulas_peer_reduce_time, ('link_bandwidth', 'ranks', 'reduce_efficiency', 'reduce_hop', 'reduce_launch', 'reduce_second_shot', 'reduced_size'), ()),
    'ring_reduce_time': (formulas_ring_reduce_time, ('ranks', 'reduced_size', 'ring_hop', 'ring_launch', 'ring_phase', 'ring_rate'), ()),
    'all_reduce_time': (formulas_all_reduce_time, ('peer_reduce_time', 'reduces_in_ring', 'ring_reduce_time'), ()),
    'norm_reduce_time': (formulas_norm_reduce_time, ('forward_tokens', 'link_bandwidth', 'ranks', 'reduce_efficiency', 'reduce_hop', 'reduce_launch', 'reduce_second_shot', 'reduces_in_ring', 'ring_hop', 'ring_launch', 'ring_phase', 'ring_rate'), ()),
    'exchange_time': (formulas_exchange_time, ('attention_groups', 'busy_groups', 'expert_gpus', 'link_bandwidth', 'reduce_efficiency', 'reduce_hop', 'reduce_launch', 'reduced_size', 'reduces_in_ring', 'ring_hop', 'ring_launch', 'ring_phase', 'ring_rate'), ()),
    'layer_communication_time': (formulas_layer_communication_time, ('all_reduce_time', 'attends', 'exchange_time', 'experts', 'feed_forward', 'norm_reduce_time', 'norms_over_heads'), ()),
    'encode_work': (formulas_encode_work, (), ()),
    'encode_kernels': (formulas_encode_kernels, (), ()),
    'flush_tokens': (formulas_flush_tokens, (), ()),
    'score_kernels': (formulas_score_kernels, (), ()),
    'score_passes': (formulas_score_passes, (), ()),
    'select_kernels': (formulas_select_kernels, ('index_width',), ()),
    'moved_tokens': (formulas_moved_tokens, (), ()),
    'added_time': (formulas_added_time, (), ()),
    'decode_pass_time': (formulas_decode_pass_time, ('attends', 'batch', 'coded_size', 'copy_efficiency', 'decoded_apart', 'decoded_size', 'hbm_bandwidth', 'kernel_floor', 'local_cached_heads', 'read_tokens', 'reconstruction_time'), ()),
    'flush_encode_time': (formulas_flush_encode_time, ('attends', 'batch', 'clock', 'coded_size', 'copy_efficiency', 'encode_kernels', 'encode_work', 'exposed_latency', 'flush_tokens', 'hbm_bandwidth', 'issue_lanes', 'kernel_floor', 'kernel_is_ideal', 'key_elements', 'local_cached_heads', 'owns_cache', 'size_16bit', 'sms', 'value_elements'), ()),
    'encode_time': (formulas_encode_time, ('flush_encode_time', 'flush_tokens'), ()),
    'score_time': (formulas_score_time, ('attends', 'batch', 'copy_efficiency', 'hbm_bandwidth', 'kept_tokens', 'kernel_floor', 'kernel_is_ideal', 'local_query_heads', 'score_kernels', 'score_passes'), ()),
    'select_time': (formulas_select_time, ('attends', 'batch', 'copy_efficiency', 'hbm_bandwidth', 'index_size', 'kept_tokens', 'kernel_floor', 'kernel_is_ideal', 'local_cached_heads', 'select_kernels'), ()),
    'query_cast_time': (formulas_query_cast_time, ('attends', 'codec_is_measured', 'kernel_floor', 'query_cast_kernels'), ()),
    'move_time': (formulas_move_time, ('attends', 'batch', 'coded_size', 'copy_efficiency', 'hbm_bandwidth', 'kernel_is_ideal', 'local_cached_heads', 'moved_tokens'), ()),
    'fingerprint_kernels': (formulas_fingerprint_kernels, (), ()),
    'compared_blocks': (formulas_compared_blocks, (), ()),
    'deduplication_time': (formulas_deduplication_time, ('attends', 'batch', 'coded_size', 'compared_blocks', 'copy_efficiency', 'fingerprint_kernels', 'hbm_bandwidth', 'kernel_floor', 'kernel_is_ideal', 'local_cached_heads', 'signature_size'), ()),
    'fetched_size': (formulas_fetched_size, (), ()),
    'host_link_rate': (formulas_host_link_rate, ('host_bandwidth', 'host_link_efficiency'), ()),
    'fetch_time': (formulas_fetch_time, ('attends', 'batch', 'fetched_size', 'host_link_rate', 'local_cached_heads', 'read_tokens'), ()),
    'codec_time': (formulas_codec_time, ('added_time', 'attends', 'decode_pass_time', 'deduplication_time', 'encode_time', 'fetch_time', 'move_time', 'query_cast_time', 'score_time', 'select_time'), ()),
    'attention_step_time': (formulas_attention_step_time, ('attention_time', 'layer_count'), ('layer_group',)),
    'codec_step_time': (formulas_codec_step_time, ('codec_time', 'layer_count'), ('layer_group',)),
    'matrix_step_time': (formulas_matrix_step_time, ('product_time', 'timed_count'), ('layer_group', 'product')),
    'shared_expert_time': (formulas_shared_expert_time, ('beside_experts', 'product_count', 'product_time'), ('product',)),
    'hidden_expert_time': (formulas_hidden_expert_time, ('forward_tokens', 'grouped_time', 'shared_expert_time', 'shared_stream_tokens'), ()),
    'group_expert_time': (formulas_group_expert_time, ('experts', 'grouped_is_measured', 'grouped_time', 'hidden_expert_time', 'layer_count'), ()),
    'expert_step_time': (formulas_expert_step_time, ('group_expert_time',), ('layer_group',)),
    'communication_step_time': (formulas_communication_step_time, ('layer_communication_time', 'layer_count'), ('layer_group',)),
    'small_kernel_count': (formulas_small_kernel_count, ('experts', 'grouped_is_measured', 'intermediate_size', 'layer_count', 'layer_kernels', 'norms_over_heads'), ('layer_group',)),
    'small_kernel_time': (formulas_small_kernel_time, ('activation_size', 'forward_tokens', 'hbm_bandwidth', 'hidden_size', 'small_efficiency', 'small_floor', 'small_kernel_count'), ()),
    'kernel_gap_time': (formulas_kernel_gap_time, ('kernel_gap', 'layers', 'small_kernel_count'), ()),
    'sampling_time': (formulas_sampling_time, ('hbm_bandwidth', 'head_rows', 'sampling_efficiency', 'sampling_floor', 'vocabulary_size'), ()),
    'encode_step_time': (formulas_encode_step_time, ('encode_time', 'layer_count'), ('layer_group',)),
    'flush_step_time': (formulas_flush_step_time, ('flush_encode_time', 'layer_count'), ('layer_group',)),
    'state_step_time': (formulas_state_step_time, ('batch', 'hbm_bandwidth', 'layer_count', 'ranks', 'small_efficiency', 'state_size'), ('layer_group',)),
    'state_launch_time': (formulas_state_launch_time, ('layer_count', 'state_size'), ('layer_group',)),
    'scan_time': (formulas_scan_time, ('context', 'state_size'), ()),
    'hbm_bound_time': (formulas_hbm_bound_time, ('attends', 'attention_memory_time', 'layer_count', 'multiprocessor_time', 'overlap'), ('layer_group',)),
    'sm_bound_time': (formulas_sm_bound_time, ('attends', 'attention_memory_time', 'layer_count', 'multiprocessor_time', 'overlap'), ('layer_group',)),
    'conversion_bound_time': (formulas_conversion_bound_time, ('attends', 'attention_memory_time', 'conversion_time', 'layer_count', 'multiprocessor_time', 'overlap'), ('layer_group',)),
    'streaming_bound_time': (formulas_streaming_bound_time, ('conversion_bound_time', 'sm_bound_time'), ()),
    'attention_launch_time': (formulas_attention_launch_time, ('attends', 'attention_floor', 'layer_count'), ('layer_group',)),
    'matrix_launch_time': (formulas_matrix_launch_time, ('product_floor', 'timed_count'), ('layer_group', 'product')),
    'matrix_memory_bound_time': (formulas_matrix_memory_bound_time, ('gemm_overlap', 'product_compute_time', 'product_memory_time', 'timed_count'), ('layer_group', 'product')),
    'matrix_compute_bound_time': (formulas_matrix_compute_bound_time, ('matrix_launch_time', 'matrix_memory_bound_time', 'matrix_step_time'), ()),
    'launch_bound_time': (formulas_launch_bound_time, ('attention_launch_time', 'kernel_gap_time', 'matrix_launch_time', 'sampling_time', 'small_kernel_time', 'state_launch_time'), ()),
    'communication_spread': (formulas_communication_spread, ('reduce_spread', 'reduces_in_ring', 'ring_spread'), ()),
    'routed_time': (formulas_routed_time, ('group_expert_time', 'router_sensitivity'), ('layer_group',)),
    'experts_spread': (formulas_experts_spread, ('expert_step_time', 'grouped_spread', 'routed_time', 'router_spread'), ()),
    'attention_error': (formulas_attention_error, ('attends', 'attention_floor', 'attention_spread_cold', 'attention_spread_launch', 'attention_time', 'layer_count'), ('layer_group',)),
    'token_bound_time': (formulas_token_bound_time, ('attends', 'attention_memory_time', 'conversion_time', 'multiprocessor_time', 'overlap'), ()),
    'token_cost_error': (formulas_token_cost_error, ('layer_count', 'token_bound_time', 'token_cost_spread'), ('layer_group',)),
    'proxy_kernel_error': (formulas_proxy_kernel_error, ('codec_is_measured', 'coded_size', 'kernel_is_ideal', 'layer_count', 'size_16bit', 'token_bound_time', 'token_cost_spread'), ('layer_group',)),
    'codec_error': (formulas_codec_error, ('codec_spread', 'codec_step_time', 'conversion_bound_time', 'conversion_spread'), ()),
    'step_time': (formulas_step_time, ('attention_launch_time', 'codec_step_time', 'communication_step_time', 'conversion_bound_time', 'expert_step_time', 'hbm_bound_time', 'kernel_gap_time', 'matrix_compute_bound_time', 'matrix_launch_time', 'matrix_memory_bound_time', 'sampling_time', 'small_kernel_time', 'state_launch_time', 'state_step_time', 'step_host_time', 'streaming_bound_time'), ()),
    'forward_pass_time': (formulas_forward_pass_time, ('communication_step_time', 'expert_step_time', 'kernel_gap_time', 'matrix_compute_bound_time', 'matrix_launch_time', 'matrix_memory_bound_time', 'sampling_time', 'small_kernel_time', 'state_launch_time', 'step_host_time'), ()),
    'codec_share': (formulas_codec_share, ('codec_step_time', 'conversion_bound_time', 'step_time'), ()),
    'product_error': (formulas_product_error, ('gemm_spread', 'matrix_compute_bound_time', 'matrix_launch_time', 'matrix_memory_bound_time'), ()),
    'link_error': (formulas_link_error, ('communication_spread', 'communication_step_time'), ()),
    'other_error': (formulas_other_error, ('kernel_gap_time', 'other_spread', 'sampling_time', 'small_kernel_time', 'state_launch_time', 'state_step_time', 'step_host_time'), ()),
    'shared_error': (formulas_shared_error, ('expert_step_time', 'experts_spread', 'link_error', 'other_error', 'product_error'), ()),
    'step_spread': (formulas_step_spread, ('attention_error', 'codec_error', 'proxy_kernel_error', 'shared_error', 'step_time', 'version_spread'), ()),
    'attended_pairs': (formulas_attended_pairs, ('compressed_share', 'context', 'prefill_diagonal', 'prefill_edge', 'prefill_unskipped', 'selected_tokens', 'window', 'windowed'), ()),
    'prefill_fullness': (formulas_prefill_fullness, ('context', 'local_query_heads', 'prompts', 'sms'), ()),
    'prefill_compute_time': (formulas_prefill_compute_time, ('attended_pairs', 'compressed_share', 'context', 'expanded_key_width', 'expanded_value_width', 'index_columns', 'local_query_heads', 'peak_16bit', 'prefill_fullness', 'prefill_peak_share', 'prefill_roundness', 'prefill_wave', 'prompts', 'windowed'), ()),
    'prefill_memory_time': (formulas_prefill_memory_time, ('activation_size', 'context', 'expanded_key_width', 'expanded_value_width', 'hbm_bandwidth', 'local_cached_heads', 'local_query_heads', 'prefill_efficiency', 'prompts', 'size_16bit'), ()),
    'prefill_write_time': (formulas_prefill_write_time, ('coded_size', 'context', 'hbm_bandwidth', 'local_cached_heads', 'owns_cache', 'prefill_write', 'prompts', 'size_16bit'), ()),
    'prefill_floor': (formulas_prefill_floor, ('context', 'prefill_doubling', 'prefill_launch'), ()),
    'prefill_attention_time': (formulas_prefill_attention_time, ('attends', 'prefill_compute_time', 'prefill_floor', 'prefill_memory_time', 'prefill_overlap', 'prefill_write_time'), ()),
    'prefill_attention_total': (formulas_prefill_attention_total, ('layer_count', 'prefill_attention_time', 'scan_time'), ('layer_group',)),
    'prefill_attention_error': (formulas_prefill_attention_error, ('layer_count', 'other_spread', 'prefill_attention_time', 'prefill_spread', 'scan_time'), ('layer_group',)),
    'scored_queries': (formulas_scored_queries, (), ()),
    'prompt_passes': (formulas_prompt_passes, (), ()),
    'prefill_codec_time': (formulas_prefill_codec_time, ('attends', 'clock', 'coded_size', 'context', 'copy_efficiency', 'encode_kernels', 'encode_work', 'exposed_latency', 'hbm_bandwidth', 'issue_lanes', 'kernel_floor', 'kernel_is_ideal', 'key_elements', 'local_cached_heads', 'local_query_heads', 'owns_cache', 'peak_16bit', 'prompt_passes', 'prompts', 'query_width', 'scored_queries', 'size_16bit', 'sms', 'value_elements'), ()),
    'prefill_codec_total': (formulas_prefill_codec_total, ('layer_count', 'prefill_codec_time'), ('layer_group',)),
    'prompt_chunks': (formulas_prompt_chunks, ('context', 'decode_tokens', 'max_batched_tokens', 'prompts'), ()),
    'chunk_tokens': (formulas_chunk_tokens, ('context', 'decode_tokens', 'prompt_chunks', 'prompts'), ()),
    'prefill_matrix_total': (formulas_prefill_matrix_total, ('product_time', 'timed_count'), ('layer_group', 'product')),
    'prefill_expert_total': (formulas_prefill_expert_total, ('group_expert_time',), ('layer_group',)),
    'prefill_communication_total': (formulas_prefill_communication_total, ('layer_communication_time', 'layer_count'), ('layer_group',)),
    'slowed_products_time': (formulas_slowed_products_time, ('prefill_expert_total', 'prefill_matrix_total', 'prompt_slowdown'), ()),
    'passes_time': (formulas_passes_time, ('forward_pass_time', 'prompt_chunks', 'slowed_products_time'), ()),
    'prefill_device_time': (formulas_prefill_device_time, ('passes_time', 'prefill_attention_total', 'prefill_codec_total'), ()),
    'prefill_host_time': (formulas_prefill_host_time, ('layers', 'prompt_chunks', 'prompt_layer_time'), ()),
    'prefill_time': (formulas_prefill_time, ('prefill_device_time', 'prefill_host_time'), ()),
    'prefill_time_spread': (formulas_prefill_time_spread, ('codec_spread', 'communication_spread', 'communication_step_time', 'expert_step_time', 'experts_spread', 'gemm_spread', 'kernel_gap_time', 'matrix_compute_bound_time', 'matrix_launch_time', 'matrix_memory_bound_time', 'other_spread', 'prefill_attention_error', 'prefill_codec_total', 'prefill_device_time', 'prefill_host_time', 'prefill_time', 'prompt_chunks', 'prompt_slowdown', 'sampling_time', 'small_kernel_time', 'state_launch_time', 'step_host_time', 'version_spread'), ()),
    'pass_tokens': (formulas_pass_tokens, ('max_batched_tokens', 'max_model_length', 'one_pass_context'), ()),
    'memory_activations': (formulas_memory_activations, ('activation_size', 'hidden_size', 'inner_width', 'pass_tokens', 'ranks', 'residual_copies'), ()),
    'memory_logits': (formulas_memory_logits, ('activation_size', 'hidden_size', 'logits_copies', 'logits_of_pass', 'max_sequences', 'pass_tokens', 'vocabulary_size'), ()),
    'memory_experts': (formulas_memory_experts, ('activation_size', 'hidden_size', 'holds_expert_workspace', 'pass_tokens', 'workspace_expert_width', 'workspace_experts'), ()),
    'memory_encoder': (formulas_memory_encoder, ('activation_size', 'vision_intermediate_size', 'vision_patches', 'vision_width'), ()),
    'memory_image_embeddings': (formulas_memory_image_embeddings, ('activation_size', 'hidden_size', 'pass_tokens', 'vision_width'), ()),
    'memory_peak': (formulas_memory_peak, ('memory_activations', 'memory_encoder', 'memory_experts', 'memory_image_embeddings', 'memory_logits'), ()),
    'captured_graphs': (formulas_captured_graphs, ('largest_graph', 'max_sequences'), ()),
    'memory_graphs': (formulas_memory_graphs, ('captured_graphs', 'graph_size', 'graphs_with_hybrids_only', 'layers', 'table_layers'), ()),
    'memory_positions': (formulas_memory_positions, ('activation_size', 'rotary_positions', 'rotary_width'), ()),
    'memory_workspace': (formulas_memory_workspace, ('communication_size', 'expert_gpus', 'largest_state', 'memory_graphs', 'memory_positions', 'state_workspace_size', 'workspace_size'), ()),
    'local_token_size': (formulas_local_token_size, ('layer_count', 'local_cached_heads', 'pool_share', 'pooled_size'), ('layer_group',)),
    'pooled_layers': (formulas_pooled_layers, ('layer_count', 'pool_share'), ('layer_group',)),
    'pooled_page_ratio': (formulas_pooled_page_ratio, ('layer_count', 'page_ratio', 'pool_share'), ('layer_group',)),
    'pooled_block': (formulas_pooled_block, ('layer_count', 'page_ratio', 'pool_share', 'tokens_per_block'), ('layer_group',)),
    'state_block': (formulas_state_block, ('block_size', 'largest_state', 'local_token_size', 'pooled_layers', 'ranks', 'unified_pages'), ()),
    'pool_block': (formulas_pool_block, ('pooled_block', 'pooled_layers', 'state_block'), ()),
    'page_size': (formulas_page_size, ('local_token_size', 'pool_block', 'pooled_layers'), ()),
    'block_tables': (formulas_block_tables, ('layer_count', 'table_share'), ('layer_group',)),
    'table_block': (formulas_table_block, ('page_ratio', 'pool_block', 'pooled_layers', 'pooled_page_ratio'), ()),
    'request_pages': (formulas_request_pages, ('attends', 'max_model_length', 'pass_tokens', 'pool_share', 'state_pages', 'table_block', 'window'), ()),
    'request_blocks': (formulas_request_blocks, ('layer_count', 'request_pages', 'table_share'), ('layer_group',)),
    'growing_request_blocks': (formulas_growing_request_blocks, ('attends', 'layer_count', 'max_model_length', 'pool_share', 'table_block', 'table_share'), ('layer_group',)),
    'table_padding': (formulas_table_padding, ('table_layers', 'table_share', 'unified_pages'), ()),
    'held_size': (formulas_held_size, ('attends', 'page_size', 'ranks', 'sequence_size', 'state_pages', 'state_size', 'table_layers', 'table_padding', 'table_share', 'unified_pages'), ()),
    'local_held_size': (formulas_local_held_size, ('held_size', 'layer_count'), ('layer_group',)),
    'layer_weights_size': (formulas_layer_weights_size, ('stored_weights', 'weight_size'), ('layer_group', 'product')),
    'memory_weights': (formulas_memory_weights, ('embedding_size', 'hidden_size', 'layer_weights_size', 'other_parameters', 'ranks', 'tied_embeddings', 'vision_parameters', 'vocabulary_size'), ()),
    'memory_used': (formulas_memory_used, ('activations_outside', 'memory_peak', 'memory_weights', 'memory_workspace'), ()),
    'pool_room': (formulas_pool_room, ('fraction_of_free', 'memory_fraction', 'memory_used', 'memory_visible'), ()),
    'pool_blocks': (formulas_pool_blocks, ('largest_state', 'local_token_size', 'pool_block', 'pool_room', 'state_pool_ratio'), ()),
    'pool_tokens': (formulas_pool_tokens, ('attention_groups', 'block_tables', 'max_model_length', 'pool_block', 'pool_blocks', 'prints_concurrency', 'request_blocks'), ()),
    'startable_length': (formulas_startable_length, ('growing_request_blocks', 'max_model_length', 'pool_blocks', 'request_blocks'), ()),
    'refuses_to_start': (formulas_refuses_to_start, ('pool_blocks', 'request_blocks', 'requires_full_length', 'states_length'), ()),
    'memory_pool': (formulas_memory_pool, ('local_token_size', 'pool_block', 'pool_blocks'), ()),
    'memory_reserve': (formulas_memory_reserve, ('memory_pool', 'memory_used', 'memory_visible'), ()),
    'generated_so_far': (formulas_generated_so_far, ('generated', 'generated_cv'), ()),
    'running_context': (formulas_running_context, ('generated_so_far', 'prompt'), ()),
    'resident_generation': (formulas_resident_generation, ('generated', 'generated_so_far', 'reserve_limit', 'reserved_generation'), ()),
    'resident_tokens': (formulas_resident_tokens, ('prompt', 'resident_generation'), ()),
    'local_sequence_size': (formulas_local_sequence_size, ('layer_count', 'sequence_size'), ('layer_group',)),
    'local_tail_padding_size': (formulas_local_tail_padding_size, ('layer_count', 'tail_padding_size'), ('layer_group',)),
    'kv_bytes_per_token': (formulas_kv_bytes_per_token, ('layer_count', 'marginal_size'), ('layer_group',)),
    'kv_bytes_per_token_per_gpu': (formulas_kv_bytes_per_token_per_gpu, ('layer_count', 'local_marginal_size'), ('layer_group',)),
    'max_batch_memory': (formulas_max_batch_memory, ('attention_groups', 'local_held_size', 'memory_pool'), ()),
    'max_batch': (formulas_max_batch, ('attention_groups', 'max_batch_memory', 'max_sequences'), ()),
    'pool_tokens_low': (formulas_pool_tokens_low, ('attention_groups', 'block_tables', 'largest_state', 'local_token_size', 'max_model_length', 'pool_block', 'pool_room', 'prints_concurrency', 'request_blocks', 'state_pool_ratio', 'taken_error'), ()),
    'pool_tokens_high': (formulas_pool_tokens_high, ('attention_groups', 'block_tables', 'largest_state', 'local_token_size', 'max_model_length', 'pool_block', 'pool_room', 'prints_concurrency', 'request_blocks', 'state_pool_ratio', 'taken_error'), ()),
    'sequences_host_time': (formulas_sequences_host_time, ('batch', 'sequence_host_time'), ()),
    'server_step_time': (formulas_server_step_time, ('sequences_host_time', 'step_time'), ()),
    'throughput': (formulas_throughput, ('batch_of_groups', 'step_time'), ()),
    'tpot': (formulas_tpot, ('step_time',), ()),
    'ttft': (formulas_ttft, ('prefill_time',), ()),
    'interference_device_time': (formulas_interference_device_time, ('decode_forward_time', 'forward_pass_time', 'mixed_batches', 'prefill_attention_total', 'prefill_codec_total', 'prompt_chunks', 'slowed_products_time'), ()),
    'host_gap_time': (formulas_host_gap_time, ('decode_time', 'layers', 'mixed_batches', 'prompt_layer_time'), ()),
    'interference_time': (formulas_interference_time, ('host_gap_time', 'interference_device_time', 'prompt_chunks'), ()),
    'prompts_per_step': (formulas_prompts_per_step, ('attention_groups', 'generated', 'groups_in_step', 'prompts', 'running'), ()),
    'prompts_of_all_time': (formulas_prompts_of_all_time, ('attention_groups', 'interference_device_time', 'prompts', 'running'), ()),
    'drift_of_ends': (formulas_drift_of_ends, ('generated', 'generated_cv', 'waves'), ()),
    'lockstep': (formulas_lockstep, ('closed_loop', 'decode_time', 'drift_of_ends', 'mixed_batches', 'prompts_of_all_time'), ()),
    'convoy': (formulas_convoy, ('attention_groups', 'closed_loop', 'drift_of_ends', 'mixed_batches', 'prompts', 'running'), ()),
    'prompt_interference_fraction': (formulas_prompt_interference_fraction, ('lockstep', 'prompts', 'running'), ()),
    'prompts_of_others_time': (formulas_prompts_of_others_time, ('host_gap_time', 'interference_device_time', 'prompt_chunks', 'prompt_interference_fraction', 'prompts_per_step'), ()),
    'served_step_time': (formulas_served_step_time, ('decode_time', 'prompts_of_others_time'), ()),
    'prompt_load': (formulas_prompt_load, ('prompts_of_others_time', 'served_step_time'), ()),
    'opening_passes': (formulas_opening_passes, ('attention_groups', 'context', 'decode_tokens', 'max_batched_tokens', 'running'), ()),
    'opening_time': (formulas_opening_time, ('decode_forward_time', 'decode_time', 'layers', 'mixed_batches', 'opening_passes', 'prompt_layer_time', 'prompts_of_all_time'), ()),
    'prompts_before_time': (formulas_prompts_before_time, ('attention_groups', 'opening_time', 'prompts', 'running'), ()),
    'prompt_passes_time': (formulas_prompt_passes_time, ('decode_time', 'interference_time', 'mixed_batches', 'prompt_chunks'), ()),
    'prompt_wait': (formulas_prompt_wait, ('convoy', 'decode_time', 'interference_time', 'lockstep', 'prompt_load', 'prompt_passes_time', 'prompts', 'prompts_ahead', 'prompts_before_time', 'running'), ()),
    'served_first_token_time': (formulas_served_first_token_time, ('prompt_passes_time', 'prompt_wait', 'prompts_before_time', 'request_overhead', 'waves'), ()),
    'residence_time': (formulas_residence_time, ('generated', 'served_first_token_time', 'served_step_time'), ()),
    'queue_time': (formulas_queue_time, ('concurrency', 'residence_time', 'running'), ()),
    'served_ttft': (formulas_served_ttft, ('admission_steps', 'queue_time', 'served_first_token_time', 'served_step_time'), ()),
    'served_throughput': (formulas_served_throughput, ('concurrency', 'generated', 'queue_time', 'residence_time'), ()),
    'served_attention_error': (formulas_served_attention_error, ('decode_attention_error', 'prefill_attention_error', 'prompts_per_step'), ()),
    'served_codec_error': (formulas_served_codec_error, ('codec_spread', 'decode_codec_error', 'prefill_codec_total', 'prompts_per_step'), ()),
    'served_shared_error': (formulas_served_shared_error, ('communication_spread', 'communication_step_time', 'decode_shared_error', 'expert_step_time', 'experts_spread', 'gemm_spread', 'matrix_compute_bound_time', 'matrix_launch_time', 'matrix_memory_bound_time', 'prompt_chunks', 'prompt_slowdown', 'prompts_per_step'), ()),
    'served_spread': (formulas_served_spread, ('decode_proxy_error', 'served_attention_error', 'served_codec_error', 'served_shared_error', 'served_step_time', 'version_spread'), ()),
    'served_tpot_spread': (formulas_served_tpot_spread, ('load_spread', 'served_spread'), ()),
    'served_ttft_spread': (formulas_served_ttft_spread, ('first_token_spread', 'served_spread'), ()),
    'guaranteed_recent_tokens': (formulas_guaranteed_recent_tokens, ('context', 'window'), ()),
    'sink_tokens': (formulas_sink_tokens, (), ()),
    'score_selected': (formulas_score_selected, (), ()),
    'full_heads': (formulas_full_heads, (), ()),
    'kept_by_position': (formulas_kept_by_position, ('context', 'guaranteed_recent_tokens', 'needle_depth', 'sink_tokens'), ()),
    'random_retention': (formulas_random_retention, ('context', 'guaranteed_recent_tokens', 'read_tokens', 'score_selected', 'sink_tokens'), ()),
    'attending_layers': (formulas_attending_layers, ('attends', 'layer_count'), ('layer_group',)),
    'scored_retention': (formulas_scored_retention, ('random_retention', 'salience_odds'), ()),
    'head_retention': (formulas_head_retention, ('full_heads', 'kept_by_position', 'scored_retention'), ()),
    'holding_layers': (formulas_holding_layers, ('attends', 'head_retention', 'layer_count'), ('layer_group',)),
    'layers_with_a_holder': (formulas_layers_with_a_holder, ('attends', 'cached_heads', 'head_retention', 'layer_count', 'needles'), ('layer_group',)),
    'needle_retention': (formulas_needle_retention, ('attending_layers', 'holding_layers'), ()),
    'needle_layer_retention': (formulas_needle_layer_retention, ('attending_layers', 'layers_with_a_holder'), ()),
    'full_blocks_immutable': (formulas_full_blocks_immutable, (), ()),
    'prefix_cacheable': (formulas_prefix_cacheable, (), ()),
    'reusable_next_turn': (formulas_reusable_next_turn, (), ()),
    'residual_window_tokens': (formulas_residual_window_tokens, (), ()),
    'share_unit': (formulas_share_unit, ('block_size',), ()),
    'history_tokens': (formulas_history_tokens, ('context', 'private_tokens'), ()),
    'shared_tokens': (formulas_shared_tokens, ('across_requests', 'full_blocks_immutable', 'full_heads', 'kept_tokens', 'prefix_cacheable', 'private_tokens', 'residual_window_tokens', 'tokens_per_block'), ()),
    'shared_size': (formulas_shared_size, ('local_cached_heads', 'owns_cache', 'pooled_size', 'shared_tokens'), ()),
    'history_size': (formulas_history_size, ('layer_count', 'shared_size'), ('layer_group',)),
    'branch_size': (formulas_branch_size, ('history_size', 'local_sequence_size'), ()),
    'branched_size': (formulas_branched_size, ('branch_size', 'branches', 'history_size'), ()),
    'sharing_gain': (formulas_sharing_gain, ('branched_size', 'branches', 'local_sequence_size'), ()),
    'stored_ratio': (formulas_stored_ratio, ('baseline_branch_size', 'baseline_history_size', 'branched_size', 'branches'), ()),
    'max_branches': (formulas_max_branches, ('branch_size', 'history_size', 'memory_pool'), ()),
    'break_even_branches': (formulas_break_even_branches, ('baseline_branch_size', 'baseline_history_size', 'branch_size', 'history_size'), ()),
    'copy_on_write_size': (formulas_copy_on_write_size, ('constant_size', 'kept_tokens', 'local_cached_heads', 'shared_tokens', 'size_16bit_excess', 'slot_size'), ()),
    'local_copy_on_write_size': (formulas_local_copy_on_write_size, ('copy_on_write_size', 'layer_count'), ('layer_group',)),
    'copy_on_write_time': (formulas_copy_on_write_time, ('attends', 'copy_efficiency', 'copy_on_write_size', 'hbm_bandwidth', 'kernel_floor', 'layer_count'), ('layer_group',)),
    'uncacheable_layers': (formulas_uncacheable_layers, ('attends', 'layer_count', 'prefix_cacheable'), ('layer_group',)),
    'single_turn_layers': (formulas_single_turn_layers, ('attends', 'layer_count', 'reusable_next_turn'), ('layer_group',)),
    'prefix_unit': (formulas_prefix_unit, ('layer_count', 'layers', 'share_unit'), ('layer_group',)),
    'prefix_hit_tokens': (formulas_prefix_hit_tokens, ('history_tokens', 'prefix_unit', 'uncacheable_layers'), ()),
    'reused_tokens': (formulas_reused_tokens, ('history_tokens', 'single_turn_layers'), ()),
    'meeting_tokens': (formulas_meeting_tokens, ('beam_width', 'fork_rate'), ()),
    'meeting_share': (formulas_meeting_share, ('beam_depth', 'meeting_tokens'), ()),
    'distinct_tokens': (formulas_distinct_tokens, ('beam_depth', 'beam_width', 'meeting_share', 'meeting_tokens'), ()),
    'beam_tail_tokens': (formulas_beam_tail_tokens, ('kept_growth', 'residual_window_tokens', 'tokens_per_block'), ()),
    'beams_tokens': (formulas_beams_tokens, ('beam_depth', 'beam_tail_tokens', 'beam_width', 'distinct_tokens', 'full_blocks_immutable', 'kept_growth', 'kept_tokens'), ()),
    'beams_size': (formulas_beams_size, ('beam_width', 'beams_tokens', 'constant_size', 'layer_count', 'local_cached_heads', 'owns_cache', 'size_16bit_excess', 'slot_size'), ('layer_group',)),
    'beams_apart_size': (formulas_beams_apart_size, ('beam_width', 'constant_size', 'kept_tokens', 'layer_count', 'local_cached_heads', 'owns_cache', 'size_16bit_excess', 'slot_size'), ('layer_group',)),
    'beam_saving': (formulas_beam_saving, ('beams_apart_size', 'beams_size'), ()),
    'copied_beams': (formulas_copied_beams, ('beam_width', 'fork_rate'), ()),
    'beam_copy_size': (formulas_beam_copy_size, ('constant_size', 'copied_beams', 'full_blocks_immutable', 'kept_tokens', 'local_cached_heads', 'owns_cache', 'residual_window_tokens', 'size_16bit_excess', 'slot_size', 'tokens_per_block'), ()),
    'beam_copy_time': (formulas_beam_copy_time, ('attends', 'beam_copy_size', 'copy_efficiency', 'hbm_bandwidth', 'kernel_floor', 'layer_count'), ('layer_group',)),
    'beam_copy_share': (formulas_beam_copy_share, ('beam_copy_time', 'step_time'), ()),
    'shared_prompt_tokens': (formulas_shared_prompt_tokens, ('beam_depth', 'full_blocks_immutable', 'kept_growth', 'kept_tokens', 'residual_window_tokens', 'tokens_per_block'), ()),
    'parallel_saving': (formulas_parallel_saving, ('beam_width', 'kept_tokens', 'shared_prompt_tokens', 'tokens_per_block'), ()),
    'suffix_attention_time': (formulas_suffix_attention_time, ('carried_attention_time', 'prefill_attention_total'), ()),
    'suffix_attention_error': (formulas_suffix_attention_error, ('carried_attention_error', 'prefill_attention_error'), ()),
    'suffix_codec_time': (formulas_suffix_codec_time, ('carried_codec_time', 'prefill_codec_total'), ()),
    'suffix_device_time': (formulas_suffix_device_time, ('new_passes_time', 'suffix_attention_time', 'suffix_codec_time'), ()),
    'suffix_prefill_time': (formulas_suffix_prefill_time, ('new_host_time', 'suffix_device_time'), ()),
    'rest_prefill_spread': (formulas_rest_prefill_spread, ('new_prefill_spread', 'new_prefill_time', 'suffix_attention_error', 'suffix_prefill_time'), ()),
    'age_spread': (formulas_age_spread, ('generated', 'generated_cv'), ()),
    'prompt_marginal_size': (formulas_prompt_marginal_size, ('local_cached_heads', 'owns_cache', 'pooled_size', 'prompt_growth'), ()),
    'prompt_token_size': (formulas_prompt_token_size, ('layer_count', 'prompt_marginal_size'), ('layer_group',)),
    'sequence_spread': (formulas_sequence_spread, ('age_spread', 'kv_bytes_per_token_per_gpu', 'prompt', 'prompt_cv', 'prompt_token_size'), ()),
    'overflow_margin': (formulas_overflow_margin, ('concurrent_requests', 'local_sequence_size', 'memory_pool', 'sequence_spread'), ()),
    'max_safe_requests': (formulas_max_safe_requests, ('local_sequence_size', 'memory_pool', 'risk_quantile', 'sequence_spread'), ()),
    'held_generation': (formulas_held_generation, ('generated', 'generated_cv', 'running_reserve'), ()),
    'held_spread': (formulas_held_spread, ('generated', 'generated_cv', 'running_reserve'), ()),
    'held_third': (formulas_held_third, ('generated_cv', 'running_reserve'), ()),
    'demand_spread': (formulas_demand_spread, ('held_spread', 'kv_bytes_per_token_per_gpu', 'prompt', 'prompt_cv', 'prompt_token_size'), ()),
    'demand_skew': (formulas_demand_skew, ('demand_spread', 'generated', 'held_third', 'kv_bytes_per_token_per_gpu', 'prompt', 'prompt_cv', 'prompt_token_size'), ()),
    'decoding_requests': (formulas_decoding_requests, ('arrival_rate', 'decode_stay_time'), ()),
    'seen_dispersion': (formulas_seen_dispersion, ('arrival_dispersion', 'decoding_requests'), ()),
    'interrupted_dispersion': (formulas_interrupted_dispersion, ('prompt_share', 'prompt_time_variation', 'seen_dispersion'), ()),
    'interrupted_third': (formulas_interrupted_third, ('interrupted_dispersion', 'prompt_share', 'prompt_time_variation', 'seen_dispersion'), ()),
    'arrival_pairs': (formulas_arrival_pairs, ('interrupted_dispersion',), ()),
    'arrival_triples': (formulas_arrival_triples, ('interrupted_dispersion', 'interrupted_third'), ()),
    'queue_dispersion': (formulas_queue_dispersion, ('generated_cv', 'prompt_share', 'prompt_time_variation', 'seen_dispersion'), ()),
    'leaving_square': (formulas_leaving_square, ('generated', 'generated_cv', 'kv_bytes_per_token_per_gpu', 'prompt', 'prompt_cv', 'prompt_size', 'prompt_token_size'), ()),
    'victim_size': (formulas_victim_size, ('generated', 'kv_bytes_per_token_per_gpu', 'leaving_square', 'pool_slots', 'prompt_size'), ()),
    'full_preemptions': (formulas_full_preemptions, ('generated', 'kv_bytes_per_token_per_gpu', 'victim_size'), ()),
    'swap_time': (formulas_swap_time, ('host_link_rate', 'local_sequence_size'), ()),
    'gathered_prompts': (formulas_gathered_prompts, ('arrival_dispersion', 'prompt_share', 'prompt_time_variation'), ()),
    'gathered_variance': (formulas_gathered_variance, ('gathered_prompts', 'pass_share'), ()),
    'gathered_third': (formulas_gathered_third, ('gathered_prompts', 'pass_share'), ()),
    'occupancy_variance': (formulas_occupancy_variance, ('arrival_pairs', 'decoding_requests', 'gathered_variance', 'number_overlap'), ()),
    'occupancy_third': (formulas_occupancy_third, ('arrival_pairs', 'arrival_triples', 'decoding_requests', 'gathered_third', 'number_overlap', 'number_overlap_third'), ()),
    'demand_mean': (formulas_demand_mean, ('decoding_requests', 'gathered_prompts', 'pass_share', 'prompt_part'), ()),
    'occupancy_covariance': (formulas_occupancy_covariance, ('arrival_pairs', 'decoding_requests', 'gathered_variance', 'mixed_overlap', 'prompt_part'), ()),
    'demand_variance': (formulas_demand_variance, ('arrival_pairs', 'burst_overlap', 'decoding_requests', 'gathered_prompts', 'gathered_variance', 'pass_share', 'prompt_cv', 'prompt_part', 'size_variance'), ()),
    'demand_third': (formulas_demand_third, ('arrival_pairs', 'arrival_triples', 'burst_overlap_third', 'decoding_requests', 'gathered_prompts', 'gathered_third', 'gathered_variance', 'pass_share', 'prompt_cv', 'prompt_part', 'size_third', 'size_variance', 'squared_overlap'), ()),
    'size_residual': (formulas_size_residual, ('demand_variance', 'occupancy_covariance', 'occupancy_variance'), ()),
    'following_variance': (formulas_following_variance, ('size_residual', 'step_feedback'), ()),
    'occupancy_peakedness': (formulas_occupancy_peakedness, ('decoding_requests', 'following_variance', 'gathered_prompts', 'occupancy_variance', 'pass_share'), ()),
    'arrival_peakedness': (formulas_arrival_peakedness, ('number_overlap', 'prompt_share', 'prompt_time_variation', 'seen_dispersion'), ()),
    'occupancy_skew': (formulas_occupancy_skew, ('occupancy_third', 'occupancy_variance'), ()),
    'prompt_hold_time': (formulas_prompt_hold_time, ('arrival_rate', 'gathered_prompts', 'pass_share'), ()),
    'deciding_step_time': (formulas_deciding_step_time, ('layer_count', 'move_time', 'score_time', 'select_time'), ('layer_group',)),
    'deciding_rate': (formulas_deciding_rate, ('batch', 'deciding_step_time'), ()),
    'encoding_rate': (formulas_encoding_rate, ('batch', 'encode_step_time'), ()),
    'bare_step_time': (formulas_bare_step_time, ('codec_step_time', 'step_time'), ()),
    'arriving_tokens': (formulas_arriving_tokens, ('bare_step_time', 'batch'), ()),
    'deciding_load': (formulas_deciding_load, ('bare_step_time', 'deciding_step_time'), ()),
    'encoding_load': (formulas_encoding_load, ('bare_step_time', 'encode_step_time'), ()),
    'side_load': (formulas_side_load, ('deciding_load', 'encoding_load'), ()),
    'deciding_backlog': (formulas_deciding_backlog, ('arriving_tokens', 'deciding_rate'), ()),
    'encoding_backlog': (formulas_encoding_backlog, ('arriving_tokens', 'encoding_rate'), ()),
    'flush_share': (formulas_flush_share, ('flush_step_time', 'step_time'), ()),
    'side_load_spread': (formulas_side_load_spread, ('attention_error', 'bare_step_time', 'codec_spread', 'conversion_bound_time', 'conversion_spread', 'proxy_kernel_error', 'shared_error', 'version_spread'), ()),
    'step_share_spread': (formulas_step_share_spread, ('codec_spread', 'step_spread'), ()),
    'serial_step_time': (formulas_serial_step_time, ('bare_step_time', 'deciding_step_time', 'encode_step_time'), ()),
    'deciding_wait': (formulas_deciding_wait, ('deciding_load', 'deciding_step_time'), ()),
    'encoding_wait': (formulas_encoding_wait, ('encoding_load', 'flush_step_time'), ()),
    'side_wait': (formulas_side_wait, ('deciding_load', 'deciding_step_time', 'encoding_load', 'flush_step_time', 'side_load'), ()),
    'turn_history': (formulas_turn_history, ('generated', 'turn', 'user_tokens'), ()),
    'turn_prompt': (formulas_turn_prompt, ('turn_history', 'user_tokens'), ()),
    'turn_end': (formulas_turn_end, ('generated', 'turn', 'user_tokens'), ()),
    'resting_rate': (formulas_resting_rate, (), ()),
    'raw_resting_tokens': (formulas_raw_resting_tokens, (), ()),
    'resting_kernels': (formulas_resting_kernels, (), ()),
    'resting_decode_flop': (formulas_resting_decode_flop, (), ()),
    'resting_decode_work': (formulas_resting_decode_work, (), ()),
    'rests_in_pool': (formulas_rests_in_pool, (), ()),
    'resting_size': (formulas_resting_size, ('coded_size', 'resting_rate'), ()),
    'coded_resting_tokens': (formulas_coded_resting_tokens, ('kept_tokens', 'raw_resting_tokens'), ()),
    'resting_sequence_size': (formulas_resting_sequence_size, ('attends', 'coded_resting_tokens', 'coded_size', 'kept_tokens', 'layer_count', 'local_cached_heads', 'owns_cache', 'resting_size'), ('layer_group',)),
    'plain_resting_size': (formulas_plain_resting_size, ('attends', 'coded_size', 'kept_tokens', 'layer_count', 'local_cached_heads', 'owns_cache'), ('layer_group',)),
    'plain_fetch_time': (formulas_plain_fetch_time, ('host_link_rate', 'plain_resting_size'), ()),
    'resting_fetch_time': (formulas_resting_fetch_time, ('host_link_rate', 'resting_sequence_size', 'rests_in_pool'), ()),
    'resting_decode_time': (formulas_resting_decode_time, ('attends', 'clock', 'coded_resting_tokens', 'copy_efficiency', 'exposed_latency', 'fused_product_share', 'hbm_bandwidth', 'issue_lanes', 'kernel_floor', 'key_elements', 'layer_count', 'local_cached_heads', 'peak_16bit', 'resting_decode_flop', 'resting_decode_work', 'resting_kernels', 'resting_size', 'size_16bit', 'sms', 'value_elements'), ('layer_group',)),
    'resume_time': (formulas_resume_time, ('resting_decode_time', 'resting_fetch_time'), ()),
    'resume_spread': (formulas_resume_spread, ('codec_spread', 'host_link_spread', 'resting_decode_time', 'resting_fetch_time', 'resume_time'), ()),
    'break_even_link': (formulas_break_even_link, ('plain_resting_size', 'resting_decode_time', 'resting_sequence_size'), ()),
    'resting_ratio': (formulas_resting_ratio, ('local_sequence_size', 'resting_sequence_size'), ()),
    'resting_sequences': (formulas_resting_sequences, ('resting_sequence_size', 'resting_store'), ()),
    'covered_pause': (formulas_covered_pause, ('resting_sequences', 'returning_rate'), ()),
    'written_tokens': (formulas_written_tokens, ('generated', 'generated_cv', 'prompt'), ()),
    'final_tokens': (formulas_final_tokens, ('generated', 'generated_cv', 'prompt'), ()),
    'block_use': (formulas_block_use, ('pool_block', 'written_tokens'), ()),
    'segment_use': (formulas_segment_use, ('final_tokens', 'written_tokens'), ()),
    'slot_use': (formulas_slot_use, ('class_ratio', 'segment_use'), ()),
    'unusable_share': (formulas_unusable_share, ('hole_ratio',), ()),
    'freed_by_head': (formulas_freed_by_head, ('kept_share', 'layer_count', 'layers', 'tokens_per_block'), ('layer_group',)),
    'freed_by_layer': (formulas_freed_by_layer, ('kept_share', 'kv_heads', 'layer_count', 'layers', 'ranks', 'tokens_per_block'), ('layer_group',)),
    'compaction_time': (formulas_compaction_time, ('attends', 'copy_efficiency', 'hbm_bandwidth', 'kept_share', 'kept_tokens', 'kernel_floor', 'layer_count', 'local_cached_heads', 'slot_size'), ('layer_group',)),
    'tail_share': (formulas_tail_share, ('local_sequence_size', 'local_tail_padding_size'), ()),
    'key_step_error': (formulas_key_step_error, (), ()),
    'value_step_error': (formulas_value_step_error, (), ()),
    'key_float_error': (formulas_key_float_error, (), ()),
    'value_float_error': (formulas_value_float_error, (), ()),
    'key_tile_tokens': (formulas_key_tile_tokens, (), ()),
    'value_tile_tokens': (formulas_value_tile_tokens, (), ()),
    'key_even_error': (formulas_key_even_error, ('key_step_error', 'key_tile_tokens', 'key_token_spread'), ()),
    'key_scaled_error': (formulas_key_scaled_error, ('key_channel_spread', 'key_float_error', 'key_step_error', 'key_tile_tokens'), ()),
    'key_rounding_error': (formulas_key_rounding_error, ('key_even_error', 'key_scaled_error'), ()),
    'value_rounding_error': (formulas_value_rounding_error, ('value_float_error', 'value_spread', 'value_step_error'), ()),
    'key_regrowth': (formulas_key_regrowth, ('key_tile_tokens', 'precise_key_tokens'), ()),
    'value_regrowth': (formulas_value_regrowth, ('precise_value_tokens', 'value_tile_tokens'), ()),
    'key_square_errors': (formulas_key_square_errors, ('attends', 'kept_tokens', 'key_regrowth', 'key_rounding_error', 'layer_count', 'precise_key_tokens'), ('layer_group',)),
    'value_square_errors': (formulas_value_square_errors, ('attends', 'kept_tokens', 'layer_count', 'precise_value_tokens', 'value_regrowth', 'value_rounding_error'), ('layer_group',)),
    'stored_key_error': (formulas_stored_key_error, ('attending_layers', 'key_square_errors'), ()),
    'stored_value_error': (formulas_stored_value_error, ('attending_layers', 'value_square_errors'), ()),
    'attention_square_errors': (formulas_attention_square_errors, ('attends', 'flush_tokens', 'kept_tokens', 'key_even_error', 'key_even_gain', 'key_recency', 'key_regrowth', 'key_scaled_error', 'key_scaled_gain', 'layer_count', 'precise_key_tokens', 'precise_value_tokens', 'value_error_gain', 'value_recency', 'value_regrowth', 'value_rounding_error'), ('layer_group',)),
    'attention_output_error': (formulas_attention_output_error, ('attending_layers', 'attention_square_errors'), ()),
    'answer_divergence': (formulas_answer_divergence, ('attention_output_error', 'divergence_gain'), ()),
    'dropped_tokens': (formulas_dropped_tokens, ('attends', 'context', 'kept_tokens', 'layer_count', 'window'), ('layer_group',)),
    'speedup': (formulas_speedup, ('baseline_step_time', 'step_time'), ()),
    'throughput_ratio': (formulas_throughput_ratio, ('baseline_batch', 'batch', 'speedup'), ()),
    'speedup_spread': (formulas_speedup_spread, ('attention_error', 'baseline_attention_error', 'baseline_codec_error', 'baseline_shared_error', 'baseline_step_time', 'baseline_token_cost_error', 'codec_error', 'pair_correlation', 'proxy_kernel_error', 'shared_error', 'step_time'), ()),
    'cached_work': (formulas_cached_work, ('attends', 'batch', 'context', 'grows', 'kv_heads', 'layer_count', 'ranks'), ('layer_group',)),
    'rest_time': (formulas_rest_time, ('attention_step_time', 'step_time'), ()),
    'kernel_time': (formulas_kernel_time, ('attention_step_time', 'cached_work'), ()),
    'kernel_budget': (formulas_kernel_budget, ('baseline_batch', 'baseline_step_time', 'batch', 'cached_work', 'rest_time'), ()),
    'slow_step_time': (formulas_slow_step_time, ('attention_launch_time', 'attention_step_time', 'slow_end', 'step_time'), ()),
    'memory_slope': (formulas_memory_slope, ('batch', 'coded_size', 'hbm_bandwidth', 'hbm_efficiency', 'l2_reread_factor', 'l2_speedup', 'local_cached_heads'), ()),
    'multiprocessor_slope': (formulas_multiprocessor_slope, ('batch', 'heads_per_work_unit', 'local_query_heads', 'sms', 'token_time'), ()),
    'break_even_context': (formulas_break_even_context, ('baseline_fixed_time', 'baseline_slope', 'fixed_time', 'slope'), ()),
    'attention_work': (formulas_attention_work, ('batch', 'local_query_heads', 'output_width', 'query_width', 'read_tokens'), ()),
    'attention_step_work': (formulas_attention_step_work, ('attends', 'attention_work', 'layer_count'), ('layer_group',)),
    'attention_step_traffic': (formulas_attention_step_traffic, ('attends', 'attention_traffic', 'layer_count'), ('layer_group',)),
    'attention_intensity': (formulas_attention_intensity, ('attention_step_traffic', 'attention_step_work'), ()),
    'attention_rate': (formulas_attention_rate, ('attention_step_time', 'attention_step_work'), ()),
    'product_step_work': (formulas_product_step_work, ('columns', 'inner', 'product_count', 'rows'), ('layer_group',)),
    'product_step_traffic': (formulas_product_step_traffic, ('product_count', 'product_traffic'), ('layer_group',)),
    'expert_product_share': (formulas_expert_product_share, ('active_experts', 'columns', 'expert_gpus', 'expert_intermediate_size', 'experts', 'feed_forward_matrices', 'hidden_size', 'inner', 'law_of_one_product'), ()),
    'product_step_time': (formulas_product_step_time, ('expert_product_share', 'group_expert_time', 'product_time', 'timed_count'), ('layer_group',)),
    'product_intensity': (formulas_product_intensity, ('product_step_traffic', 'product_step_work'), ()),
    'product_rate': (formulas_product_rate, ('product_step_time', 'product_step_work'), ()),
    'ridge_intensity': (formulas_ridge_intensity, ('hbm_bandwidth', 'peak_16bit'), ()),
    'roof_16bit': (formulas_roof_16bit, ('hbm_bandwidth', 'intensity', 'peak_16bit'), ()),
    'roof_weights': (formulas_roof_weights, ('hbm_bandwidth', 'intensity', 'peak'), ()),
    'group_attention_time': (formulas_group_attention_time, ('attention_time', 'layer_count'), ()),
    'group_codec_time': (formulas_group_codec_time, ('codec_time', 'layer_count'), ()),
    'group_product_time': (formulas_group_product_time, ('product_time', 'timed_count'), ('product',)),
    'group_weight_time': (formulas_group_weight_time, ('group_expert_time', 'group_product_time'), ()),
    'memory_forward': (formulas_memory_forward, ('memory_used', 'memory_weights', 'memory_workspace'), ()),
    'memory_cache': (formulas_memory_cache, ('batch', 'local_sequence_size'), ()),
    'memory_free': (formulas_memory_free, ('memory_cache', 'memory_pool'), ()),
    'device_time': (formulas_device_time, ('expert_gpus', 'throughput'), ()),
    'products_traffic': (formulas_products_traffic, ('product_count', 'product_traffic'), ('layer_group', 'product')),
    'products_work': (formulas_products_work, ('columns', 'inner', 'product_count', 'rows'), ('layer_group', 'product')),
    'bandwidth_use': (formulas_bandwidth_use, ('attention_step_traffic', 'hbm_bandwidth', 'products_traffic', 'step_time'), ()),
    'arithmetic_use': (formulas_arithmetic_use, ('attention_step_work', 'peak', 'products_work', 'step_time'), ()),
}


def rules_none():
    return False


def rules_all():
    return True


def rules_window(window):
    return (window < 1000000000000000)


def rules_group_above_16(group_size):
    return (group_size > 16)


def rules_group_above_32(group_size):
    return (group_size > 32)


def rules_group_above_32_or_single(group_size):
    return ((group_size == 1)) | ((group_size > 32))


def rules_single(group_size):
    return (group_size == 1)


def rules_window_or_single(group_size, window):
    return ((group_size == 1)) | ((window < 1000000000000000))


def rules_group_above_32_or_plain_single(group_size, key_bits):
    return ((group_size > 32)) | (((group_size == 1)) & ((key_bits > 1.5)))


def rules_masked_or_grouped(group_size, key_bits, kv_units):
    return ((group_size > 32)) | (((key_bits > 1.5)) & (((group_size == 1)) | ((kv_units < 8192))))


def rules_group_above_32_or_single_or_plain_small(group_size, key_bits, kv_units):
    return ((group_size == 1)) | ((group_size > 32)) | (((key_bits > 1.5)) & ((kv_units < 8192)))


RULES = {
    'none': (rules_none, (), ()),
    'all': (rules_all, (), ()),
    'window': (rules_window, ('window',), ()),
    'group-above-16': (rules_group_above_16, ('group_size',), ()),
    'group-above-32': (rules_group_above_32, ('group_size',), ()),
    'group-above-32-or-single': (rules_group_above_32_or_single, ('group_size',), ()),
    'single': (rules_single, ('group_size',), ()),
    'window-or-single': (rules_window_or_single, ('group_size', 'window'), ()),
    'group-above-32-or-plain-single': (rules_group_above_32_or_plain_single, ('group_size', 'key_bits'), ()),
    'masked-or-grouped': (rules_masked_or_grouped, ('group_size', 'key_bits', 'kv_units'), ()),
    'group-above-32-or-single-or-plain-small': (rules_group_above_32_or_single_or_plain_small, ('group_size', 'key_bits', 'kv_units'), ()),
}


def shapes_qkv_rows(forward_tokens):
    return forward_tokens


def shapes_qkv_columns(kv_columns, local_kv_heads, query_columns, ranks):
    return local_kv_heads*kv_columns + query_columns/ranks


def shapes_qkv_inner(hidden_size):
    return hidden_size


def shapes_qkv_times(layer_count):
    return layer_count


def shapes_qkv_stored(hidden_size, kv_columns, layer_count, local_kv_heads, query_columns, ranks):
    return hidden_size*layer_count*(local_kv_heads*kv_columns + query_columns/ranks)


def shapes_query_up_rows(forward_tokens):
    return forward_tokens


def shapes_query_up_columns(query_up_columns, ranks):
    return query_up_columns/ranks


def shapes_query_up_inner(query_rank):
    return query_rank


def shapes_query_up_times(layer_count):
    return layer_count


def shapes_query_up_stored(layer_count, query_rank, query_up_columns, ranks):
    return layer_count*query_rank*query_up_columns/ranks


def shapes_absorb_rows(forward_tokens):
    return forward_tokens


def shapes_absorb_columns(absorbed_columns, ranks):
    return (0.5)*absorbed_columns/ranks


def shapes_absorb_inner(latent_rank):
    return latent_rank


def shapes_absorb_times(layer_count):
    return 2*layer_count


def shapes_absorb_stored(absorbed_columns, latent_rank, layer_count, ranks):
    return absorbed_columns*latent_rank*layer_count/ranks


def shapes_index_rows(forward_tokens):
    return forward_tokens


def shapes_index_columns(index_columns, query_rank):
    return index_columns*Indicator(query_rank)


def shapes_index_inner(query_rank):
    return query_rank


def shapes_index_times(layer_count):
    return layer_count


def shapes_index_stored(index_columns, layer_count, query_rank):
    return index_columns*layer_count*query_rank*Indicator(query_rank)


def shapes_latent_rows(forward_tokens):
    return forward_tokens


def shapes_latent_columns(latent_columns):
    return latent_columns


def shapes_latent_inner(hidden_size):
    return hidden_size


def shapes_latent_times(layer_count):
    return layer_count


def shapes_latent_stored(hidden_size, latent_columns, layer_count):
    return hidden_size*latent_columns*layer_count


def shapes_attention_latent_rows(forward_tokens):
    return forward_tokens


def shapes_attention_latent_columns(output_columns, ranks):
    return output_columns/ranks


def shapes_attention_latent_inner(output_group_width):
    return output_group_width


def shapes_attention_latent_times(layer_count):
    return layer_count


def shapes_attention_latent_stored(layer_count, output_columns, output_group_width, ranks):
    return layer_count*output_columns*output_group_width/ranks


def shapes_attention_out_rows(forward_tokens):
    return forward_tokens


def shapes_attention_out_columns(attends, hidden_size):
    return attends*hidden_size


def shapes_attention_out_inner(output_columns, ranks):
    return output_columns/ranks


def shapes_attention_out_times(layer_count):
    return layer_count


def shapes_attention_out_stored(attends, hidden_size, layer_count, output_columns, ranks):
    return attends*hidden_size*layer_count*output_columns/ranks


def shapes_mixer_rows(forward_tokens):
    return forward_tokens


def shapes_mixer_columns(hidden_size, mixer_output_width, mixer_parameters, ranks):
    return (-mixer_output_width + mixer_parameters/hidden_size)/ranks


def shapes_mixer_inner(hidden_size):
    return hidden_size


def shapes_mixer_times(layer_count):
    return layer_count


def shapes_mixer_stored(hidden_size, layer_count, mixer_output_width, mixer_parameters, ranks):
    return hidden_size*layer_count*(-mixer_output_width + mixer_parameters/hidden_size)/ranks


def shapes_mixer_out_rows(forward_tokens):
    return forward_tokens


def shapes_mixer_out_columns(hidden_size):
    return hidden_size


def shapes_mixer_out_inner(mixer_output_width, ranks):
    return mixer_output_width/ranks


def shapes_mixer_out_times(layer_count):
    return layer_count


def shapes_mixer_out_stored(hidden_size, layer_count, mixer_output_width, ranks):
    return hidden_size*layer_count*mixer_output_width/ranks


def shapes_up_rows(forward_tokens):
    return forward_tokens


def shapes_up_columns(feed_forward_matrices, intermediate_size, ranks):
    return intermediate_size*(feed_forward_matrices - 1)/ranks


def shapes_up_inner(hidden_size):
    return hidden_size


def shapes_up_times(layer_count):
    return layer_count


def shapes_up_stored(feed_forward_matrices, hidden_size, intermediate_size, layer_count, ranks):
    return hidden_size*intermediate_size*layer_count*(feed_forward_matrices - 1)/ranks


def shapes_down_rows(forward_tokens):
    return forward_tokens


def shapes_down_columns(feed_forward, hidden_size):
    return feed_forward*hidden_size


def shapes_down_inner(intermediate_size, ranks):
    return intermediate_size/ranks


def shapes_down_times(layer_count):
    return layer_count


def shapes_down_stored(feed_forward, hidden_size, intermediate_size, layer_count, ranks):
    return feed_forward*hidden_size*intermediate_size*layer_count/ranks


def shapes_router_rows(forward_tokens):
    return forward_tokens


def shapes_router_columns(experts):
    return experts


def shapes_router_inner(hidden_size):
    return hidden_size


def shapes_router_times(layer_count):
    return layer_count


def shapes_router_stored(experts, hidden_size, layer_count):
    return experts*hidden_size*layer_count


def shapes_expert_up_rows(active_experts, expert_tokens, experts_per_token):
    return expert_tokens*experts_per_token/Maximum(active_experts, 1)


def shapes_expert_up_columns(active_experts, expert_gpus, expert_intermediate_size, feed_forward_matrices):
    return expert_intermediate_size*(feed_forward_matrices - 1)*Maximum(active_experts, 1)/expert_gpus


def shapes_expert_up_inner(hidden_size):
    return hidden_size


def shapes_expert_up_times(layer_count):
    return layer_count


def shapes_expert_up_stored(expert_gpus, expert_intermediate_size, expert_padding, experts, feed_forward_matrices, hidden_size, layer_count):
    return expert_intermediate_size*expert_padding*experts*hidden_size*layer_count*(feed_forward_matrices - 1)/expert_gpus


def shapes_expert_down_rows(active_experts, expert_tokens, experts_per_token):
    return expert_tokens*experts_per_token/Maximum(active_experts, 1)


def shapes_expert_down_columns(active_experts, hidden_size):
    return hidden_size*Maximum(active_experts, 1)


def shapes_expert_down_inner(expert_gpus, expert_intermediate_size):
    return expert_intermediate_size/expert_gpus


def shapes_expert_down_times(layer_count):
    return layer_count


def shapes_expert_down_stored(expert_gpus, expert_intermediate_size, expert_padding, experts, hidden_size, layer_count):
    return expert_intermediate_size*expert_padding*experts*hidden_size*layer_count/expert_gpus


def shapes_head_rows(head_rows):
    return head_rows


def shapes_head_columns(ranks, vocabulary_size):
    return vocabulary_size/ranks


def shapes_head_inner(hidden_size):
    return hidden_size


def shapes_head_times(layer_groups):
    return 1/layer_groups


def shapes_head_stored():
    return 0


SHAPES = {
    'qkv-rows': (shapes_qkv_rows, ('forward_tokens',), ()),
    'qkv-columns': (shapes_qkv_columns, ('kv_columns', 'local_kv_heads', 'query_columns', 'ranks'), ()),
    'qkv-inner': (shapes_qkv_inner, ('hidden_size',), ()),
    'qkv-times': (shapes_qkv_times, ('layer_count',), ()),
    'qkv-stored': (shapes_qkv_stored, ('hidden_size', 'kv_columns', 'layer_count', 'local_kv_heads', 'query_columns', 'ranks'), ()),
    'query_up-rows': (shapes_query_up_rows, ('forward_tokens',), ()),
    'query_up-columns': (shapes_query_up_columns, ('query_up_columns', 'ranks'), ()),
    'query_up-inner': (shapes_query_up_inner, ('query_rank',), ()),
    'query_up-times': (shapes_query_up_times, ('layer_count',), ()),
    'query_up-stored': (shapes_query_up_stored, ('layer_count', 'query_rank', 'query_up_columns', 'ranks'), ()),
    'absorb-rows': (shapes_absorb_rows, ('forward_tokens',), ()),
    'absorb-columns': (shapes_absorb_columns, ('absorbed_columns', 'ranks'), ()),
    'absorb-inner': (shapes_absorb_inner, ('latent_rank',), ()),
    'absorb-times': (shapes_absorb_times, ('layer_count',), ()),
    'absorb-stored': (shapes_absorb_stored, ('absorbed_columns', 'latent_rank', 'layer_count', 'ranks'), ()),
    'index-rows': (shapes_index_rows, ('forward_tokens',), ()),
    'index-columns': (shapes_index_columns, ('index_columns', 'query_rank'), ()),
    'index-inner': (shapes_index_inner, ('query_rank',), ()),
    'index-times': (shapes_index_times, ('layer_count',), ()),
    'index-stored': (shapes_index_stored, ('index_columns', 'layer_count', 'query_rank'), ()),
    'latent-rows': (shapes_latent_rows, ('forward_tokens',), ()),
    'latent-columns': (shapes_latent_columns, ('latent_columns',), ()),
    'latent-inner': (shapes_latent_inner, ('hidden_size',), ()),
    'latent-times': (shapes_latent_times, ('layer_count',), ()),
    'latent-stored': (shapes_latent_stored, ('hidden_size', 'latent_columns', 'layer_count'), ()),
    'attention_latent-rows': (shapes_attention_latent_rows, ('forward_tokens',), ()),
    'attention_latent-columns': (shapes_attention_latent_columns, ('output_columns', 'ranks'), ()),
    'attention_latent-inner': (shapes_attention_latent_inner, ('output_group_width',), ()),
    'attention_latent-times': (shapes_attention_latent_times, ('layer_count',), ()),
    'attention_latent-stored': (shapes_attention_latent_stored, ('layer_count', 'output_columns', 'output_group_width', 'ranks'), ()),
    'attention_out-rows': (shapes_attention_out_rows, ('forward_tokens',), ()),
    'attention_out-columns': (shapes_attention_out_columns, ('attends', 'hidden_size'), ()),
    'attention_out-inner': (shapes_attention_out_inner, ('output_columns', 'ranks'), ()),
    'attention_out-times': (shapes_attention_out_times, ('layer_count',), ()),
    'attention_out-stored': (shapes_attention_out_stored, ('attends', 'hidden_size', 'layer_count', 'output_columns', 'ranks'), ()),
    'mixer-rows': (shapes_mixer_rows, ('forward_tokens',), ()),
    'mixer-columns': (shapes_mixer_columns, ('hidden_size', 'mixer_output_width', 'mixer_parameters', 'ranks'), ()),
    'mixer-inner': (shapes_mixer_inner, ('hidden_size',), ()),
    'mixer-times': (shapes_mixer_times, ('layer_count',), ()),
    'mixer-stored': (shapes_mixer_stored, ('hidden_size', 'layer_count', 'mixer_output_width', 'mixer_parameters', 'ranks'), ()),
    'mixer_out-rows': (shapes_mixer_out_rows, ('forward_tokens',), ()),
    'mixer_out-columns': (shapes_mixer_out_columns, ('hidden_size',), ()),
    'mixer_out-inner': (shapes_mixer_out_inner, ('mixer_output_width', 'ranks'), ()),
    'mixer_out-times': (shapes_mixer_out_times, ('layer_count',), ()),
    'mixer_out-stored': (shapes_mixer_out_stored, ('hidden_size', 'layer_count', 'mixer_output_width', 'ranks'), ()),
    'up-rows': (shapes_up_rows, ('forward_tokens',), ()),
    'up-columns': (shapes_up_columns, ('feed_forward_matrices', 'intermediate_size', 'ranks'), ()),
    'up-inner': (shapes_up_inner, ('hidden_size',), ()),
    'up-times': (shapes_up_times, ('layer_count',), ()),
    'up-stored': (shapes_up_stored, ('feed_forward_matrices', 'hidden_size', 'intermediate_size', 'layer_count', 'ranks'), ()),
    'down-rows': (shapes_down_rows, ('forward_tokens',), ()),
    'down-columns': (shapes_down_columns, ('feed_forward', 'hidden_size'), ()),
    'down-inner': (shapes_down_inner, ('intermediate_size', 'ranks'), ()),
    'down-times': (shapes_down_times, ('layer_count',), ()),
    'down-stored': (shapes_down_stored, ('feed_forward', 'hidden_size', 'intermediate_size', 'layer_count', 'ranks'), ()),
    'router-rows': (shapes_router_rows, ('forward_tokens',), ()),
    'router-columns': (shapes_router_columns, ('experts',), ()),
    'router-inner': (shapes_router_inner, ('hidden_size',), ()),
    'router-times': (shapes_router_times, ('layer_count',), ()),
    'router-stored': (shapes_router_stored, ('experts', 'hidden_size', 'layer_count'), ()),
    'expert_up-rows': (shapes_expert_up_rows, ('active_experts', 'expert_tokens', 'experts_per_token'), ()),
    'expert_up-columns': (shapes_expert_up_columns, ('active_experts', 'expert_gpus', 'expert_intermediate_size', 'feed_forward_matrices'), ()),
    'expert_up-inner': (shapes_expert_up_inner, ('hidden_size',), ()),
    'expert_up-times': (shapes_expert_up_times, ('layer_count',), ()),
    'expert_up-stored': (shapes_expert_up_stored, ('expert_gpus', 'expert_intermediate_size', 'expert_padding', 'experts', 'feed_forward_matrices', 'hidden_size', 'layer_count'), ()),
    'expert_down-rows': (shapes_expert_down_rows, ('active_experts', 'expert_tokens', 'experts_per_token'), ()),
    'expert_down-columns': (shapes_expert_down_columns, ('active_experts', 'hidden_size'), ()),
    'expert_down-inner': (shapes_expert_down_inner, ('expert_gpus', 'expert_intermediate_size'), ()),
    'expert_down-times': (shapes_expert_down_times, ('layer_count',), ()),
    'expert_down-stored': (shapes_expert_down_stored, ('expert_gpus', 'expert_intermediate_size', 'expert_padding', 'experts', 'hidden_size', 'layer_count'), ()),
    'head-rows': (shapes_head_rows, ('head_rows',), ()),
    'head-columns': (shapes_head_columns, ('ranks', 'vocabulary_size'), ()),
    'head-inner': (shapes_head_inner, ('hidden_size',), ()),
    'head-times': (shapes_head_times, ('layer_groups',), ()),
    'head-stored': (shapes_head_stored, (), ()),
}


PRODUCTS = {name: {field: SHAPES[f"{name}-{field}"] for field in ("rows", "columns", "inner", "times", "stored")} for name in ('qkv', 'query_up', 'absorb', 'index', 'latent', 'attention_latent', 'attention_out', 'mixer', 'mixer_out', 'up', 'down', 'router', 'expert_up', 'expert_down', 'head')}


TERMS = (
    {'name': 'hbm', 'letter': 'h', 'colour': '#0072b2', 'meaning': 'Attention waiting for memory, and the state of recurrent layers.', 'decided_by': ('hbm_efficiency', 'hbm_bandwidth'), 'quantities': ('hbm_bound_time', 'state_step_time')},
    {'name': 'sm', 'letter': 's', 'colour': '#44aa99', 'meaning': 'Attention waiting for the multiprocessors to stream and multiply tokens.', 'decided_by': ('token_cost', 'sms'), 'quantities': ('streaming_bound_time',)},
    {'name': 'conversion', 'letter': 'v', 'colour': '#cc6677', 'meaning': 'Attention waiting for the multiprocessors to convert the cache.', 'decided_by': ('conversion_spread', 'clock'), 'quantities': ('conversion_bound_time',)},
    {'name': 'launch', 'letter': 'l', 'colour': '#ddcc77', 'meaning': 'Floors of all kernels.', 'decided_by': ('attention_launch', 'gemm_launch', 'small_floor', 'kernel_gap', 'layer_kernels'), 'quantities': ('attention_launch_time', 'matrix_launch_time', 'small_kernel_time', 'kernel_gap_time', 'sampling_time', 'state_launch_time')},
    {'name': 'matrix-memory', 'letter': 'm', 'colour': '#88ccee', 'meaning': 'Matrix products waiting for memory.', 'decided_by': ('gemm_efficiency', 'hbm_bandwidth'), 'quantities': ('matrix_memory_bound_time',)},
    {'name': 'matrix-compute', 'letter': 'c', 'colour': '#332288', 'meaning': 'Matrix products waiting for the tensor cores.', 'decided_by': ('gemm_peak_share', 'peak'), 'quantities': ('matrix_compute_bound_time',)},
    {'name': 'experts', 'letter': 'e', 'colour': '#661100', 'meaning': 'The grouped product of experts: routing, their weights, their rows.', 'decided_by': ('grouped_launch', 'grouped_efficiency', 'hbm_bandwidth'), 'quantities': ('expert_step_time',)},
    {'name': 'communication', 'letter': 'n', 'colour': '#aa4499', 'meaning': 'All-reduces between the GPUs of a replica.', 'decided_by': ('reduce_launch', 'link_bandwidth'), 'quantities': ('communication_step_time',)},
    {'name': 'host', 'letter': 'o', 'colour': '#999933', 'meaning': 'Host time that the device waits for.', 'decided_by': ('step_host_time',), 'quantities': ('step_host_time',)},
    {'name': 'codec', 'letter': 'k', 'colour': '#882255', 'meaning': 'Codec work outside the attention kernel.', 'decided_by': ('kernel_floor', 'exposed_latency'), 'quantities': ('codec_step_time',)},
)
