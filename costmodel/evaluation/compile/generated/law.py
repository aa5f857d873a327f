"""Written by ``python -m costmodel.evaluation.compile.generate``; never by hand."""

# ruff: noqa
# fmt: off

from numpy import inf, log, sqrt  # noqa: F401

from costmodel.language.kernels import (  # noqa: F401
    Ceil, Floor, Indicator, Maximum, Minimum, PNorm, PNormEntropy, PNormWeight, PositivePart,
)


FINGERPRINT = "452ef3c468054c49"


def law_kept_tokens(context, window):
    return Minimum(context, window)


def law_kept_growth(context, window):
    return Indicator(-context + window)


def law_prompt_growth(kept_growth):
    return kept_growth


def law_read_tokens(kept_tokens):
    return kept_tokens


def law_cached_heads(kv_heads):
    return kv_heads


def law_key_elements(key_width):
    return key_width


def law_value_elements(value_width):
    return value_width


def law_key_bits():
    return 2


def law_value_bits():
    return 2


def law_key_metadata():
    return 0


def law_value_metadata():
    return 0


def law_precise_key_tokens():
    return 0


def law_precise_value_tokens():
    return 0


def law_sidecar_size():
    return 0


def law_index_size():
    return 0


def law_constant_size(state_size):
    return state_size


def law_mean_coded_ratio():
    return 1


def law_worst_coded_ratio():
    return 1


def law_local_cached_heads(cached_heads, ranks):
    return Maximum(cached_heads/ranks, 1)


def law_key_size(key_bits, key_elements, key_metadata):
    return key_elements*(key_bits + key_metadata)


def law_value_size(value_bits, value_elements, value_metadata):
    return value_elements*(value_bits + value_metadata)


def law_coded_size(index_size, key_size, sidecar_size, value_size):
    return key_size + value_size + index_size + sidecar_size


def law_size_16bit(key_elements, value_elements):
    return 2*key_elements + 2*value_elements


def law_size_16bit_excess(kept_tokens, key_elements, key_size, precise_key_tokens, precise_value_tokens, value_elements, value_size):
    return (-key_size + 2*key_elements)*Minimum(precise_key_tokens, kept_tokens) + (-value_size + 2*value_elements)*Minimum(precise_value_tokens, kept_tokens)


def law_read_size(key_elements, key_size, precise_key_tokens, precise_value_tokens, read_tokens, sidecar_size, value_elements, value_size):
    return key_size*PositivePart(-precise_key_tokens + read_tokens) + value_size*PositivePart(-precise_value_tokens + read_tokens) + 2*key_elements*Minimum(read_tokens, precise_key_tokens) + read_tokens*sidecar_size + 2*value_elements*Minimum(read_tokens, precise_value_tokens)


def law_marginal_size(cached_heads, coded_size, kept_growth):
    return coded_size*cached_heads*kept_growth


def law_local_marginal_size(coded_size, kept_growth, local_cached_heads):
    return coded_size*local_cached_heads*kept_growth


def law_tokens_per_block(block_size, coded_size, fixed_byte_blocks, size_16bit):
    return block_size*(fixed_byte_blocks*(-1 + size_16bit/coded_size) + 1)


def law_tail_block_padding(exact_lengths, kept_tokens, tokens_per_block):
    return exact_lengths*(tokens_per_block*Ceil(kept_tokens/tokens_per_block) - kept_tokens) + (0.5)*(1 - exact_lengths)*(tokens_per_block - 1)


def law_reserved_rate(mean_coded_ratio, variable_allocator, worst_coded_ratio):
    return variable_allocator*mean_coded_ratio + worst_coded_ratio*(1 - variable_allocator)


def law_tail_padding_size(attends, coded_size, local_cached_heads, tail_block_padding):
    return coded_size*local_cached_heads*tail_block_padding*attends


def law_sequence_size(coded_size, constant_size, kept_tokens, local_cached_heads, reserved_rate, size_16bit_excess, tail_padding_size):
    return coded_size*local_cached_heads*reserved_rate*kept_tokens + local_cached_heads*size_16bit_excess + tail_padding_size + constant_size


def law_conversion_work():
    return 0


def law_unfused():
    return 0


def law_local_query_heads(query_heads, ranks):
    return query_heads/ranks


def law_work_units(batch, heads_per_work_unit, local_query_heads):
    return local_query_heads*batch/heads_per_work_unit


def law_l2_reread_factor(heads_per_work_unit, local_cached_heads, local_query_heads):
    return local_query_heads/(local_cached_heads*heads_per_work_unit)


def law_windowed(context, window):
    return Indicator(context - window)


def law_attention_traffic(activation_size, batch, local_cached_heads, local_query_heads, output_width, query_width, read_size, read_tokens, size_16bit, unfused):
    return local_cached_heads*batch*(read_size*(1 - unfused) + size_16bit*read_tokens*unfused) + local_query_heads*activation_size*batch*(output_width + query_width)


def law_l2_hit_fraction(attention_traffic, l2_sharpness, l2_size, l2_usable, warm):
    return warm*PNormWeight(l2_usable*l2_size, attention_traffic, l2_sharpness)


def law_attention_memory_time(attention_traffic, hbm_bandwidth, hbm_efficiency, l2_hit_fraction, l2_reread_factor, l2_speedup):
    return attention_traffic*l2_reread_factor/(l2_speedup*hbm_bandwidth) + attention_traffic*(1 - l2_hit_fraction)/(hbm_efficiency*hbm_bandwidth)


def law_wave_count(sms, units_per_sm, work_units):
    return work_units/(units_per_sm*sms)


def law_effective_waves(wave_count, wave_quantization):
    return wave_quantization*Ceil(wave_count) + (1 - wave_quantization)*sqrt(sqrt(1.0 + (wave_count)*(wave_count)*(wave_count)*(wave_count)))


def law_split_units(max_extra_splits, min_split_tokens, read_tokens, work_units):
    return work_units*(((read_tokens/min_split_tokens)*(max_extra_splits)/((read_tokens/min_split_tokens) + (max_extra_splits))) + 1)


def law_active_sms(occupancy_sharpness, sms, split_units):
    return PNorm(split_units, sms, -occupancy_sharpness)


def law_conversion_cost(clock, codec_is_measured, conversion_work, issue_lanes, key_elements, unfused, value_elements):
    return conversion_work*(1 - codec_is_measured)*(1 - unfused)*(key_elements + value_elements)/(clock*issue_lanes)


def law_token_time(conversion_cost, heads_per_work_unit, kernel_width, key_elements, token_cost, token_cost_doubling_heads, value_elements):
    return (0.5)*token_cost*(1 + (heads_per_work_unit - 1)/token_cost_doubling_heads)*(key_elements + value_elements)/kernel_width + conversion_cost


def law_multiprocessor_time(active_sms, effective_waves, heads_per_work_unit, read_tokens, token_time, wave_cost, wave_cost_doubling_heads, window_edge, window_wave, windowed, work_units):
    return wave_cost*(1 + (heads_per_work_unit - 1)/wave_cost_doubling_heads)*(windowed*(window_wave - 1) + 1)*PositivePart(effective_waves - 1) + token_time*work_units*(window_edge*windowed + read_tokens)/active_sms


def law_conversion_time(active_sms, conversion_cost, read_tokens, work_units):
    return conversion_cost*work_units*read_tokens/active_sms


def law_attention_floor(active_sms, attention_launch, batch, batch_cost, combine_cost, window_cost, windowed, work_units):
    return attention_launch + batch_cost*Indicator(batch - 1) + combine_cost*PositivePart(1 - work_units/active_sms) + window_cost*windowed


def law_attention_time(attends, attention_floor, attention_memory_time, multiprocessor_time, overlap):
    return attends*(attention_floor + PNorm(attention_memory_time, multiprocessor_time, overlap))


def law_group_size(local_cached_heads, local_query_heads):
    return local_query_heads/local_cached_heads


def law_kv_units(batch, kept_tokens, local_cached_heads):
    return local_cached_heads*batch*(kept_tokens + PositivePart(128 - kept_tokens))


def law_product_traffic(activation_size, columns, inner, input_size, rows, weight_size):
    return activation_size*columns*rows + columns*inner*weight_size + inner*input_size*rows


def law_product_memory_time(gemm_efficiency, hbm_bandwidth, product_traffic):
    return product_traffic/(gemm_efficiency*hbm_bandwidth)


def law_small_tile_time(columns, gemm_fill_drain, gemm_peak_share, gemm_split, gemm_step_cost, gemm_tile, gemm_wave_quantization, inner, peak, rows, sms):
    return gemm_step_cost*Minimum(inner, Maximum(inner*Ceil((0.0078125)*columns)*Ceil(rows/gemm_tile)/sms, gemm_split)) + 128*gemm_tile*sms*(gemm_fill_drain + Minimum(inner, Maximum(inner*Ceil((0.0078125)*columns)*Ceil(rows/gemm_tile)/sms, gemm_split)))*(2*gemm_wave_quantization*Ceil(Ceil((0.0078125)*columns)*Ceil(rows/gemm_tile)/sms) + 2*(1 - gemm_wave_quantization)*Maximum(Ceil((0.0078125)*columns)*Ceil(rows/gemm_tile)/sms, 1))/(gemm_peak_share*peak)


def law_square_tile_time(columns, gemm_fill_drain, gemm_peak_share, gemm_split, gemm_step_cost, gemm_wave_quantization, inner, peak, rows, sms):
    return gemm_step_cost*Minimum(inner, Maximum(inner*Ceil((0.0078125)*columns)*Ceil((0.0078125)*rows)/sms, gemm_split)) + 16384*sms*(gemm_fill_drain + Minimum(inner, Maximum(inner*Ceil((0.0078125)*columns)*Ceil((0.0078125)*rows)/sms, gemm_split)))*(2*gemm_wave_quantization*Ceil(Ceil((0.0078125)*columns)*Ceil((0.0078125)*rows)/sms) + 2*(1 - gemm_wave_quantization)*Maximum(Ceil((0.0078125)*columns)*Ceil((0.0078125)*rows)/sms, 1))/(gemm_peak_share*peak)


def law_wide_tile_time(columns, gemm_fill_drain, gemm_peak_share, gemm_split, gemm_step_cost, gemm_wave_quantization, inner, peak, rows, sms):
    return gemm_step_cost*Minimum(inner, Maximum(inner*Ceil((0.00390625)*columns)*Ceil((0.0078125)*rows)/sms, gemm_split)) + 32768*sms*(gemm_fill_drain + Minimum(inner, Maximum(inner*Ceil((0.00390625)*columns)*Ceil((0.0078125)*rows)/sms, gemm_split)))*(2*gemm_wave_quantization*Ceil(Ceil((0.00390625)*columns)*Ceil((0.0078125)*rows)/sms) + 2*(1 - gemm_wave_quantization)*Maximum(Ceil((0.00390625)*columns)*Ceil((0.0078125)*rows)/sms, 1))/(gemm_peak_share*peak)


def law_product_compute_time(gemm_unaligned_slowdown, rows, small_tile_time, square_tile_time, wide_tile_time):
    return ((gemm_unaligned_slowdown - 1)*Indicator(-0.0625*rows + Ceil((0.0625)*rows))*Indicator(rows - 16) + 1)*Minimum(Minimum(small_tile_time, square_tile_time), wide_tile_time)


def law_product_floor(activation_size, gemm_input_cast_passes, gemm_launch, gemm_row_cost, hbm_bandwidth, inner, rows):
    return 3*gemm_input_cast_passes*activation_size*inner*rows/hbm_bandwidth + gemm_launch + gemm_row_cost*rows


def law_product_time(gemm_overlap, product_compute_time, product_floor, product_memory_time):
    return product_floor + PNorm(product_memory_time, product_compute_time, gemm_overlap)


def law_local_kv_heads(kv_heads, ranks):
    return Maximum(kv_heads/ranks, 1)


def law_active_experts(experts, experts_per_token, forward_tokens):
    return experts*(1 - (-experts_per_token/Maximum(experts, 1) + 1)**forward_tokens)


def law_reduced_size(activation_size, forward_tokens, hidden_size):
    return activation_size*forward_tokens*hidden_size


def law_all_reduce_time(link_bandwidth, ranks, reduce_efficiency, reduce_hop, reduce_launch, reduce_second_shot, reduced_size):
    return (reduce_hop*log(ranks)/log(2) + reduce_launch + Minimum(reduced_size*(ranks - 1)/(reduce_efficiency*link_bandwidth), reduce_second_shot + 2*reduced_size*(ranks - 1)/(reduce_efficiency*link_bandwidth*ranks)))*Indicator(ranks - 1)


def law_encode_work():
    return 0


def law_encode_kernels():
    return 0


def law_flush_tokens():
    return 1


def law_score_kernels():
    return 0


def law_score_passes():
    return 0


def law_select_kernels():
    return 0


def law_moved_tokens():
    return 0


def law_added_time():
    return 0


def law_decode_pass_time(attends, batch, coded_size, copy_efficiency, hbm_bandwidth, kernel_floor, local_cached_heads, read_tokens, size_16bit, unfused):
    return attends*unfused*(kernel_floor + local_cached_heads*batch*read_tokens*(coded_size + size_16bit)/(copy_efficiency*hbm_bandwidth))


def law_flush_encode_time(attends, batch, clock, coded_size, copy_efficiency, encode_kernels, encode_work, exposed_latency, flush_tokens, hbm_bandwidth, issue_lanes, kernel_floor, key_elements, local_cached_heads, size_16bit, sms, value_elements):
    return attends*encode_kernels*(kernel_floor + local_cached_heads*batch*exposed_latency*encode_work*flush_tokens*(key_elements + value_elements)/(clock*issue_lanes*sms) + local_cached_heads*batch*flush_tokens*(coded_size + size_16bit)/(copy_efficiency*hbm_bandwidth))


def law_encode_time(flush_encode_time, flush_tokens):
    return flush_encode_time/flush_tokens


def law_score_time(attends, batch, copy_efficiency, hbm_bandwidth, kept_tokens, kernel_floor, local_query_heads, score_kernels, score_passes):
    return attends*(kernel_floor*score_kernels + 4*local_query_heads*batch*kept_tokens*score_passes/(copy_efficiency*hbm_bandwidth))


def law_select_time(attends, batch, copy_efficiency, hbm_bandwidth, index_size, kept_tokens, kernel_floor, local_cached_heads, select_kernels):
    return attends*(kernel_floor*select_kernels + local_cached_heads*batch*index_size*kept_tokens/(copy_efficiency*hbm_bandwidth))


def law_query_cast_time(attends, codec_is_measured, kernel_floor, query_cast_kernels):
    return kernel_floor*attends*codec_is_measured*query_cast_kernels


def law_move_time(attends, batch, coded_size, copy_efficiency, hbm_bandwidth, local_cached_heads, moved_tokens):
    return 2*coded_size*local_cached_heads*attends*batch*moved_tokens/(copy_efficiency*hbm_bandwidth)


def law_codec_time(added_time, attends, decode_pass_time, encode_time, move_time, query_cast_time, score_time, select_time):
    return decode_pass_time + encode_time + move_time + query_cast_time + score_time + select_time + attends*added_time


def law_attention_step_time(attention_time, layer_count):
    return attention_time*layer_count


def law_codec_step_time(codec_time, layer_count):
    return codec_time*layer_count


def law_matrix_step_time(product_count, product_time):
    return product_time*product_count


def law_communication_step_time(all_reduce_time, attends, feed_forward, layer_count):
    return all_reduce_time*layer_count*(attends + feed_forward)


def law_small_kernel_time(activation_size, forward_tokens, hbm_bandwidth, hidden_size, layer_kernels, layers, small_efficiency, small_floor):
    return layer_kernels*layers*(small_floor + 4*activation_size*forward_tokens*hidden_size/(small_efficiency*hbm_bandwidth))


def law_state_step_time(batch, hbm_bandwidth, layer_count, small_efficiency, state_size):
    return 2*batch*layer_count*state_size/(small_efficiency*hbm_bandwidth)


def law_step_time(attention_step_time, codec_step_time, communication_step_time, matrix_step_time, small_kernel_time, state_step_time, step_host_time):
    return small_kernel_time + step_host_time + attention_step_time + codec_step_time + communication_step_time + matrix_step_time + state_step_time


def law_hbm_bound_time(attends, attention_memory_time, layer_count, multiprocessor_time, overlap):
    return attends*layer_count*PNorm(attention_memory_time, multiprocessor_time, overlap)*PNormWeight(attention_memory_time, multiprocessor_time, overlap)


def law_sm_bound_time(attends, attention_memory_time, layer_count, multiprocessor_time, overlap):
    return attends*layer_count*PNorm(attention_memory_time, multiprocessor_time, overlap)*PNormWeight(multiprocessor_time, attention_memory_time, overlap)


def law_conversion_bound_time(attends, attention_memory_time, conversion_time, layer_count, multiprocessor_time, overlap):
    return conversion_time*attends*layer_count*PNorm(attention_memory_time, multiprocessor_time, overlap)*PNormWeight(multiprocessor_time, attention_memory_time, overlap)/multiprocessor_time


def law_attention_launch_time(attends, attention_floor, layer_count):
    return attention_floor*attends*layer_count


def law_matrix_launch_time(product_count, product_floor):
    return product_floor*product_count


def law_matrix_memory_bound_time(gemm_overlap, product_compute_time, product_count, product_memory_time):
    return product_count*PNorm(product_memory_time, product_compute_time, gemm_overlap)*PNormWeight(product_memory_time, product_compute_time, gemm_overlap)


def law_matrix_compute_bound_time(matrix_launch_time, matrix_memory_bound_time, matrix_step_time):
    return -matrix_launch_time - matrix_memory_bound_time + matrix_step_time


def law_launch_bound_time(attention_launch_time, matrix_launch_time, small_kernel_time):
    return small_kernel_time + attention_launch_time + matrix_launch_time


def law_encode_step_time(encode_time, layer_count):
    return encode_time*layer_count


def law_flush_step_time(flush_encode_time, layer_count):
    return flush_encode_time*layer_count


def law_codec_share(codec_step_time, conversion_bound_time, step_time):
    return (codec_step_time + conversion_bound_time)/step_time


def law_attention_error(attends, attention_floor, attention_spread_cold, attention_spread_launch, attention_time, layer_count):
    return layer_count*(attention_spread_cold*(-attention_floor*attends + attention_time) + attention_spread_launch*attention_floor*attends)


def law_token_bound_time(attends, attention_memory_time, conversion_time, multiprocessor_time, overlap):
    return attends*(-conversion_time/multiprocessor_time + 1)*PNorm(attention_memory_time, multiprocessor_time, overlap)*PNormWeight(multiprocessor_time, attention_memory_time, overlap)


def law_token_cost_error(layer_count, token_bound_time, token_cost_spread):
    return token_cost_spread*token_bound_time*layer_count


def law_proxy_kernel_error(codec_is_measured, coded_size, layer_count, size_16bit, token_bound_time, token_cost_spread):
    return token_cost_spread*token_bound_time*layer_count*(1 - codec_is_measured)*Indicator(-coded_size + size_16bit)


def law_codec_error(codec_spread, codec_step_time, conversion_bound_time, conversion_spread):
    return sqrt((codec_spread*codec_spread)*(codec_step_time*codec_step_time) + (conversion_spread*conversion_spread)*(conversion_bound_time*conversion_bound_time))


def law_product_error(gemm_spread, matrix_step_time):
    return gemm_spread*matrix_step_time


def law_link_error(communication_step_time, reduce_spread):
    return reduce_spread*communication_step_time


def law_other_error(other_spread, small_kernel_time, state_step_time, step_host_time):
    return other_spread*(small_kernel_time + step_host_time + state_step_time)


def law_shared_error(link_error, other_error, product_error):
    return sqrt((link_error*link_error) + (other_error*other_error) + (product_error*product_error))


def law_step_spread(attention_error, codec_error, proxy_kernel_error, shared_error, step_time):
    return sqrt((codec_error*codec_error) + (shared_error*shared_error) + (attention_error*attention_error) + (proxy_kernel_error*proxy_kernel_error))/step_time


def law_attended_pairs(context, prefill_diagonal, prefill_edge, prefill_unskipped, window, windowed):
    return (0.5)*prefill_unskipped*(context - Minimum(context, window))**2 + context*(prefill_diagonal + prefill_edge*windowed) + context*Minimum(context, window) - 0.5*Minimum(context, window)**2


def law_prefill_fullness(context, local_query_heads, prompts, sms):
    return local_query_heads*prompts*Ceil((0.0078125)*context)/sms


def law_prefill_compute_time(attended_pairs, expanded_key_width, expanded_value_width, local_query_heads, peak_16bit, prefill_fullness, prefill_peak_share, prefill_roundness, prefill_wave, prompts):
    return prefill_wave*PositivePart(prefill_fullness - 1) + 2*attended_pairs*local_query_heads*prompts*(expanded_key_width + expanded_value_width)*(prefill_roundness*Ceil(prefill_fullness) + (1 - prefill_roundness)*Maximum(prefill_fullness, 1))/(prefill_peak_share*prefill_fullness*peak_16bit)


def law_prefill_memory_time(activation_size, context, expanded_key_width, expanded_value_width, hbm_bandwidth, local_cached_heads, local_query_heads, prefill_efficiency, prompts, size_16bit):
    return context*prompts*(local_cached_heads*size_16bit + local_query_heads*activation_size*(expanded_key_width + expanded_value_width))/(prefill_efficiency*hbm_bandwidth)


def law_prefill_write_time(coded_size, context, hbm_bandwidth, local_cached_heads, prefill_write, prompts, size_16bit):
    return local_cached_heads*context*prompts*(coded_size + size_16bit)/(prefill_write*hbm_bandwidth)


def law_prefill_floor(context, prefill_doubling, prefill_launch):
    return prefill_doubling*log(Maximum((0.0078125)*context, 1))/log(2) + prefill_launch


def law_prefill_attention_time(attends, prefill_compute_time, prefill_floor, prefill_memory_time, prefill_overlap, prefill_write_time):
    return attends*(prefill_floor + prefill_write_time + PNorm(prefill_compute_time, prefill_memory_time, prefill_overlap))


def law_prefill_attention_total(layer_count, prefill_attention_time):
    return prefill_attention_time*layer_count


def law_prefill_attention_error(layer_count, prefill_attention_time, prefill_spread):
    return prefill_spread*prefill_attention_time*layer_count


def law_scored_queries():
    return 0


def law_prompt_passes():
    return 0


def law_prefill_codec_time(attends, clock, coded_size, context, copy_efficiency, encode_kernels, encode_work, exposed_latency, hbm_bandwidth, issue_lanes, kernel_floor, key_elements, local_cached_heads, local_query_heads, peak_16bit, prompt_passes, prompts, query_width, scored_queries, size_16bit, sms, value_elements):
    return attends*(local_cached_heads*context*exposed_latency*prompts*encode_kernels*encode_work*(key_elements + value_elements)/(clock*issue_lanes*sms) + local_query_heads*context*prompts*(2*query_width/peak_16bit + 8/(copy_efficiency*hbm_bandwidth))*Minimum(scored_queries, context) + (kernel_floor + local_cached_heads*context*prompts*(coded_size + size_16bit)/(copy_efficiency*hbm_bandwidth))*(encode_kernels + prompt_passes))


def law_prefill_codec_total(layer_count, prefill_codec_time):
    return prefill_codec_time*layer_count


def law_prompt_chunks(context, decode_tokens, max_batched_tokens, prompts):
    return Ceil(context*prompts/Maximum(-decode_tokens + max_batched_tokens, 1))


def law_chunk_tokens(context, decode_tokens, prompt_chunks, prompts):
    return decode_tokens + context*prompts/prompt_chunks


def law_prefill_matrix_total(product_count, product_time):
    return product_time*product_count


def law_prefill_communication_total(all_reduce_time, attends, feed_forward, layer_count):
    return all_reduce_time*layer_count*(attends + feed_forward)


def law_forward_pass_time(prefill_communication_total, prefill_matrix_total, small_kernel_time, step_host_time):
    return small_kernel_time + step_host_time + prefill_communication_total + prefill_matrix_total


def law_passes_time(forward_pass_time, prompt_chunks):
    return forward_pass_time*prompt_chunks


def law_prefill_time(passes_time, prefill_attention_total, prefill_codec_total):
    return passes_time + prefill_attention_total + prefill_codec_total


def law_prefill_time_spread(codec_spread, gemm_spread, other_spread, prefill_attention_error, prefill_codec_total, prefill_communication_total, prefill_matrix_total, prefill_time, prompt_chunks, reduce_spread, small_kernel_time, step_host_time):
    return sqrt((gemm_spread*gemm_spread)*(prompt_chunks*prompt_chunks)*(prefill_matrix_total*prefill_matrix_total) + (reduce_spread*reduce_spread)*(prompt_chunks*prompt_chunks)*(prefill_communication_total*prefill_communication_total) + (prefill_attention_error*prefill_attention_error) + (codec_spread*prefill_codec_total + other_spread*prompt_chunks*(small_kernel_time + step_host_time))**2)/prefill_time


def law_layer_weights_size(stored_weights, weight_size):
    return stored_weights*weight_size


def law_memory_weights(embedding_size, hidden_size, layer_weights_size, other_parameters, ranks, tied_embeddings, vocabulary_size):
    return embedding_size*hidden_size*vocabulary_size*(2 - tied_embeddings)/ranks + embedding_size*other_parameters/ranks + layer_weights_size


def law_memory_activations(activation_size, feed_forward_width, hidden_size, max_batched_tokens, ranks):
    return activation_size*max_batched_tokens*(3*feed_forward_width/ranks + 2*hidden_size)


def law_memory_logits(max_sequences, ranks, vocabulary_size):
    return 8*max_sequences*vocabulary_size/ranks


def law_memory_workspace(workspace_size):
    return workspace_size


def law_memory_used(activations_outside, memory_activations, memory_logits, memory_weights, memory_workspace):
    return memory_weights + memory_workspace + (1 - activations_outside)*Maximum(memory_activations, memory_logits)


def law_pool_room(fraction_of_free, memory_fraction, memory_used, memory_visible):
    return -memory_used*(1 - fraction_of_free) + memory_fraction*(-memory_used*fraction_of_free + memory_visible)


def law_local_token_size(coded_size, grows, layer_count, local_cached_heads, reserved_rate):
    return coded_size*local_cached_heads*reserved_rate*grows*layer_count


def law_pool_block(layer_count, layers, tokens_per_block):
    return tokens_per_block*layer_count/layers


def law_pool_tokens(local_token_size, pool_block, pool_room):
    return pool_block*Floor(PositivePart(pool_room)/(local_token_size*pool_block))


def law_memory_pool(local_token_size, pool_tokens):
    return pool_tokens*local_token_size


def law_memory_reserve(memory_pool, memory_used, memory_visible):
    return -memory_pool - memory_used + memory_visible


def law_generated_so_far(generated, generated_cv):
    return (0.5)*generated*((generated_cv*generated_cv) + 1)


def law_running_context(generated_so_far, prompt):
    return generated_so_far + prompt


def law_resident_generation(generated, generated_so_far, reserve_limit, reserved_generation):
    return Maximum(generated_so_far, reserved_generation*Minimum(generated, reserve_limit))


def law_resident_tokens(prompt, resident_generation):
    return resident_generation + prompt


def law_local_sequence_size(layer_count, sequence_size):
    return sequence_size*layer_count


def law_local_tail_padding_size(layer_count, tail_padding_size):
    return tail_padding_size*layer_count


def law_kv_bytes_per_token(layer_count, marginal_size):
    return marginal_size*layer_count


def law_kv_bytes_per_token_per_gpu(layer_count, local_marginal_size):
    return local_marginal_size*layer_count


def law_max_batch_memory(local_sequence_size, memory_pool):
    return Floor(memory_pool/local_sequence_size)


def law_max_batch(max_batch_memory, max_sequences):
    return Minimum(max_batch_memory, max_sequences)


def law_throughput(batch, step_time):
    return batch/step_time


def law_tpot(step_time):
    return step_time


def law_ttft(prefill_time):
    return prefill_time


def law_interference_time(decode_forward_time, forward_pass_time, mixed_batches, prefill_attention_total, prefill_codec_total, prompt_chunks):
    return prompt_chunks*PositivePart(forward_pass_time - decode_forward_time*mixed_batches) + prefill_attention_total + prefill_codec_total


def law_prompts_per_step(generated, prompts, running):
    return running/(generated*prompts)


def law_lockstep_waves(generated_cv, mixed_batches):
    return (1 - mixed_batches)*(1 - Indicator(generated_cv))


def law_prompt_interference_fraction(lockstep_waves):
    return 1 - 0.5*lockstep_waves


def law_served_step_time(decode_time, interference_time, prompt_interference_fraction, prompts_per_step):
    return interference_time*prompt_interference_fraction*prompts_per_step + decode_time


def law_prompt_load(interference_time, prompt_interference_fraction, prompts_per_step, served_step_time):
    return interference_time*prompt_interference_fraction*prompts_per_step/served_step_time


def law_prompt_wait(decode_time, interference_time, lockstep_waves, prompt_load, prompts, running):
    return (0.5)*interference_time*lockstep_waves*running/prompts + (1 - lockstep_waves)*(interference_time*prompt_load/(2 - 2*prompt_load) + (0.5)*decode_time)


def law_prompts_together(generated_cv, max_batched_tokens, mixed_batches, prompt, prompts, running):
    return Maximum(Minimum(mixed_batches*(1 - Indicator(generated_cv))*Floor(max_batched_tokens/(prompt*prompts)), running/prompts), 1)


def law_served_first_token_time(decode_time, interference_time, mixed_batches, prompt_chunks, prompt_wait, prompts_together):
    return interference_time*prompts_together + prompt_chunks*decode_time*mixed_batches + prompt_wait


def law_residence_time(generated, served_first_token_time, served_step_time):
    return served_first_token_time + served_step_time*PositivePart(generated - 1)


def law_queue_time(concurrency, residence_time, running):
    return residence_time*PositivePart(concurrency - running)/running


def law_served_ttft(queue_time, served_first_token_time):
    return queue_time + served_first_token_time


def law_served_throughput(concurrency, generated, queue_time, residence_time):
    return concurrency*generated/(queue_time + residence_time)


def law_served_attention_error(decode_attention_error, prefill_attention_error, prompts_per_step):
    return prompts_per_step*prefill_attention_error + decode_attention_error


def law_served_codec_error(codec_spread, decode_codec_error, prefill_codec_total, prompts_per_step):
    return codec_spread*prompts_per_step*prefill_codec_total + decode_codec_error


def law_served_shared_error(decode_shared_error, gemm_spread, prefill_communication_total, prefill_matrix_total, prompt_chunks, prompts_per_step, reduce_spread):
    return sqrt((prompt_chunks*prompt_chunks)*(prompts_per_step*prompts_per_step)*((gemm_spread*gemm_spread)*(prefill_matrix_total*prefill_matrix_total) + (reduce_spread*reduce_spread)*(prefill_communication_total*prefill_communication_total)) + (decode_shared_error*decode_shared_error))


def law_served_spread(decode_proxy_error, served_attention_error, served_codec_error, served_shared_error, served_step_time):
    return sqrt((served_attention_error*served_attention_error) + (served_codec_error*served_codec_error) + (served_shared_error*served_shared_error) + (decode_proxy_error*decode_proxy_error))/served_step_time


def law_full_blocks_immutable():
    return 1


def law_prefix_cacheable():
    return 1


def law_reusable_next_turn():
    return 1


def law_residual_window_tokens():
    return 0


def law_history_tokens(context, private_tokens):
    return PositivePart(context - private_tokens)


def law_shared_tokens(across_requests, full_blocks_immutable, kept_tokens, prefix_cacheable, private_tokens, residual_window_tokens, tokens_per_block):
    return tokens_per_block*full_blocks_immutable*(-across_requests*(1 - prefix_cacheable) + 1)*Floor(PositivePart(-private_tokens + kept_tokens - residual_window_tokens)/tokens_per_block)


def law_shared_size(coded_size, local_cached_heads, reserved_rate, shared_tokens):
    return coded_size*local_cached_heads*reserved_rate*shared_tokens


def law_history_size(layer_count, shared_size):
    return shared_size*layer_count


def law_branch_size(history_size, local_sequence_size):
    return -history_size + local_sequence_size


def law_branched_size(branch_size, branches, history_size):
    return branch_size*branches + history_size


def law_sharing_gain(branched_size, branches, local_sequence_size):
    return branches*local_sequence_size/branched_size


def law_stored_ratio(baseline_branch_size, baseline_history_size, branched_size, branches):
    return branched_size/(baseline_branch_size*branches + baseline_history_size)


def law_max_branches(branch_size, history_size, memory_pool):
    return Floor(PositivePart(memory_pool - history_size)/branch_size)


def law_break_even_branches(baseline_branch_size, baseline_history_size, branch_size, history_size):
    return (baseline_history_size - history_size)/(branch_size - baseline_branch_size)


def law_copy_on_write_size(coded_size, constant_size, kept_tokens, local_cached_heads, reserved_rate, shared_tokens, size_16bit_excess):
    return local_cached_heads*(coded_size*reserved_rate*(-shared_tokens + kept_tokens) + size_16bit_excess) + constant_size


def law_local_copy_on_write_size(copy_on_write_size, layer_count):
    return copy_on_write_size*layer_count


def law_copy_on_write_time(attends, copy_efficiency, copy_on_write_size, hbm_bandwidth, kernel_floor, layer_count):
    return attends*layer_count*(kernel_floor + 2*copy_on_write_size/(copy_efficiency*hbm_bandwidth))


def law_uncacheable_layers(attends, layer_count, prefix_cacheable):
    return attends*layer_count*(1 - prefix_cacheable)


def law_single_turn_layers(attends, layer_count, reusable_next_turn):
    return attends*layer_count*(1 - reusable_next_turn)


def law_prefix_hit_tokens(block_size, history_tokens, uncacheable_layers):
    return block_size*(1 - Indicator(uncacheable_layers))*Floor(history_tokens/block_size)


def law_reused_tokens(history_tokens, single_turn_layers):
    return history_tokens*(1 - Indicator(single_turn_layers))


def law_suffix_prefill_time(carried_attention_time, carried_codec_time, new_passes_time, prefill_attention_total, prefill_codec_total):
    return new_passes_time + PositivePart(-carried_attention_time + prefill_attention_total) + PositivePart(-carried_codec_time + prefill_codec_total)


def law_rest_prefill_spread(carried_attention_error, new_prefill_spread, new_prefill_time, prefill_attention_error, suffix_prefill_time):
    return sqrt((new_prefill_spread*new_prefill_spread)*(new_prefill_time*new_prefill_time) + (-carried_attention_error + prefill_attention_error)**2)/suffix_prefill_time


def law_age_spread(generated, generated_cv):
    return (0.16666666666666666)*sqrt(3)*generated*sqrt((generated_cv*generated_cv) + 1)*sqrt(5*(generated_cv*generated_cv) + 1)


def law_prompt_marginal_size(coded_size, local_cached_heads, prompt_growth):
    return coded_size*local_cached_heads*prompt_growth


def law_prompt_token_size(layer_count, prompt_marginal_size):
    return prompt_marginal_size*layer_count


def law_sequence_spread(age_spread, kv_bytes_per_token_per_gpu, prompt, prompt_cv, prompt_token_size):
    return sqrt((age_spread*age_spread)*(kv_bytes_per_token_per_gpu*kv_bytes_per_token_per_gpu) + (prompt*prompt)*(prompt_cv*prompt_cv)*(prompt_token_size*prompt_token_size))


def law_overflow_margin(concurrent_requests, local_sequence_size, memory_pool, sequence_spread):
    return (memory_pool - concurrent_requests*local_sequence_size)/(sequence_spread*sqrt(concurrent_requests))


def law_max_safe_requests(local_sequence_size, memory_pool, risk_quantile, sequence_spread):
    return (0.25)*(-sequence_spread*risk_quantile + sqrt(4*memory_pool*local_sequence_size + (sequence_spread*sequence_spread)*(risk_quantile*risk_quantile)))**2/(local_sequence_size*local_sequence_size)


def law_turn_history(generated, turn, user_tokens):
    return (generated + user_tokens)*(turn - 1)


def law_turn_prompt(turn_history, user_tokens):
    return turn_history + user_tokens


def law_turn_end(generated, turn, user_tokens):
    return turn*(generated + user_tokens)


def law_guaranteed_recent_tokens(context, window):
    return Minimum(context, window)


def law_sink_tokens():
    return 0


def law_score_selected():
    return 0


def law_kept_by_position(context, guaranteed_recent_tokens, needle_depth, sink_tokens):
    return Maximum(Indicator(-needle_depth + guaranteed_recent_tokens), Indicator(needle_depth - PositivePart(context - sink_tokens)))


def law_random_retention(context, guaranteed_recent_tokens, read_tokens, score_selected, sink_tokens):
    return score_selected*Minimum(PositivePart(-guaranteed_recent_tokens + read_tokens - sink_tokens)/Maximum(context - guaranteed_recent_tokens - sink_tokens, 1), 1)


def law_attending_layers(attends, layer_count):
    return attends*layer_count


def law_holding_layers_low(attends, kept_by_position, layer_count, random_retention):
    return attends*layer_count*(kept_by_position + random_retention*(1 - kept_by_position))


def law_holding_layers_high(attends, kept_by_position, layer_count, score_selected):
    return attends*layer_count*(kept_by_position + score_selected*(1 - kept_by_position))


def law_needle_retention_low(attending_layers, holding_layers_low):
    return holding_layers_low/attending_layers


def law_needle_retention_high(attending_layers, holding_layers_high):
    return holding_layers_high/attending_layers


def law_speedup(baseline_step_time, step_time):
    return baseline_step_time/step_time


def law_throughput_ratio(baseline_batch, batch, speedup):
    return speedup*batch/baseline_batch


def law_speedup_spread(attention_error, baseline_attention_error, baseline_codec_error, baseline_shared_error, baseline_step_time, baseline_token_cost_error, codec_error, pair_correlation, proxy_kernel_error, shared_error, step_time):
    return sqrt(-2*pair_correlation*baseline_attention_error*attention_error/(step_time*baseline_step_time) + (codec_error*codec_error)/(step_time*step_time) + (baseline_attention_error*baseline_attention_error)/(baseline_step_time*baseline_step_time) + (baseline_codec_error*baseline_codec_error)/(baseline_step_time*baseline_step_time) + (shared_error/step_time - baseline_shared_error/baseline_step_time)**2 + (-baseline_token_cost_error/baseline_step_time + proxy_kernel_error/step_time)**2*Indicator(proxy_kernel_error) + (attention_error*attention_error)/(step_time*step_time))


def law_memory_slope(batch, coded_size, hbm_bandwidth, hbm_efficiency, l2_reread_factor, l2_speedup, local_cached_heads):
    return coded_size*local_cached_heads*batch*(l2_reread_factor/l2_speedup + 1/hbm_efficiency)/hbm_bandwidth


def law_multiprocessor_slope(batch, heads_per_work_unit, local_query_heads, sms, token_time):
    return local_query_heads*token_time*batch/(heads_per_work_unit*sms)


def law_break_even_context(baseline_fixed_time, baseline_slope, fixed_time, slope):
    return (-baseline_fixed_time + fixed_time)/(baseline_slope - slope)


def law_attention_work(batch, local_query_heads, output_width, query_width, read_tokens):
    return 2*local_query_heads*batch*read_tokens*(output_width + query_width)


def law_attention_step_work(attends, attention_work, layer_count):
    return attention_work*attends*layer_count


def law_attention_step_traffic(attends, attention_traffic, layer_count):
    return attention_traffic*attends*layer_count


def law_attention_intensity(attention_step_traffic, attention_step_work):
    return attention_step_work/attention_step_traffic


def law_attention_rate(attention_step_time, attention_step_work):
    return attention_step_work/attention_step_time


def law_product_step_work(columns, inner, product_count, rows):
    return 2*columns*inner*product_count*rows


def law_product_step_traffic(product_count, product_traffic):
    return product_traffic*product_count


def law_product_step_time(product_count, product_time):
    return product_time*product_count


def law_product_intensity(product_step_traffic, product_step_work):
    return product_step_work/product_step_traffic


def law_product_rate(product_step_time, product_step_work):
    return product_step_work/product_step_time


def law_ridge_intensity(hbm_bandwidth, peak_16bit):
    return peak_16bit/hbm_bandwidth


def law_roof_16bit(hbm_bandwidth, intensity, peak_16bit):
    return Minimum(peak_16bit, hbm_bandwidth*intensity)


def law_roof_weights(hbm_bandwidth, intensity, peak):
    return Minimum(peak, hbm_bandwidth*intensity)


def law_group_attention_time(attention_time, layer_count):
    return attention_time*layer_count


def law_group_codec_time(codec_time, layer_count):
    return codec_time*layer_count


def law_group_product_time(product_count, product_time):
    return product_time*product_count


def law_memory_forward(memory_used, memory_weights, memory_workspace):
    return memory_used - memory_weights - memory_workspace


def law_memory_cache(batch, local_sequence_size):
    return batch*local_sequence_size


def law_memory_free(memory_cache, memory_pool):
    return PositivePart(-memory_cache + memory_pool)


def law_device_time(ranks, throughput):
    return ranks/throughput


LAW = {
    'kept_tokens': (law_kept_tokens, ('context', 'window'), ()),
    'kept_growth': (law_kept_growth, ('context', 'window'), ()),
    'prompt_growth': (law_prompt_growth, ('kept_growth',), ()),
    'read_tokens': (law_read_tokens, ('kept_tokens',), ()),
    'cached_heads': (law_cached_heads, ('kv_heads',), ()),
    'key_elements': (law_key_elements, ('key_width',), ()),
    'value_elements': (law_value_elements, ('value_width',), ()),
    'key_bits': (law_key_bits, (), ()),
    'value_bits': (law_value_bits, (), ()),
    'key_metadata': (law_key_metadata, (), ()),
    'value_metadata': (law_value_metadata, (), ()),
    'precise_key_tokens': (law_precise_key_tokens, (), ()),
    'precise_value_tokens': (law_precise_value_tokens, (), ()),
    'sidecar_size': (law_sidecar_size, (), ()),
    'index_size': (law_index_size, (), ()),
    'constant_size': (law_constant_size, ('state_size',), ()),
    'mean_coded_ratio': (law_mean_coded_ratio, (), ()),
    'worst_coded_ratio': (law_worst_coded_ratio, (), ()),
    'local_cached_heads': (law_local_cached_heads, ('cached_heads', 'ranks'), ()),
    'key_size': (law_key_size, ('key_bits', 'key_elements', 'key_metadata'), ()),
    'value_size': (law_value_size, ('value_bits', 'value_elements', 'value_metadata'), ()),
    'coded_size': (law_coded_size, ('index_size', 'key_size', 'sidecar_size', 'value_size'), ()),
    'size_16bit': (law_size_16bit, ('key_elements', 'value_elements'), ()),
    'size_16bit_excess': (law_size_16bit_excess, ('kept_tokens', 'key_elements', 'key_size', 'precise_key_tokens', 'precise_value_tokens', 'value_elements', 'value_size'), ()),
    'read_size': (law_read_size, ('key_elements', 'key_size', 'precise_key_tokens', 'precise_value_tokens', 'read_tokens', 'sidecar_size', 'value_elements', 'value_size'), ()),
    'marginal_size': (law_marginal_size, ('cached_heads', 'coded_size', 'kept_growth'), ()),
    'local_marginal_size': (law_local_marginal_size, ('coded_size', 'kept_growth', 'local_cached_heads'), ()),
    'tokens_per_block': (law_tokens_per_block, ('block_size', 'coded_size', 'fixed_byte_blocks', 'size_16bit'), ()),
    'tail_block_padding': (law_tail_block_padding, ('exact_lengths', 'kept_tokens', 'tokens_per_block'), ()),
    'reserved_rate': (law_reserved_rate, ('mean_coded_ratio', 'variable_allocator', 'worst_coded_ratio'), ()),
    'tail_padding_size': (law_tail_padding_size, ('attends', 'coded_size', 'local_cached_heads', 'tail_block_padding'), ()),
    'sequence_size': (law_sequence_size, ('coded_size', 'constant_size', 'kept_tokens', 'local_cached_heads', 'reserved_rate', 'size_16bit_excess', 'tail_padding_size'), ()),
    'conversion_work': (law_conversion_work, (), ()),
    'unfused': (law_unfused, (), ()),
    'local_query_heads': (law_local_query_heads, ('query_heads', 'ranks'), ()),
    'work_units': (law_work_units, ('batch', 'heads_per_work_unit', 'local_query_heads'), ()),
    'l2_reread_factor': (law_l2_reread_factor, ('heads_per_work_unit', 'local_cached_heads', 'local_query_heads'), ()),
    'windowed': (law_windowed, ('context', 'window'), ()),
    'attention_traffic': (law_attention_traffic, ('activation_size', 'batch', 'local_cached_heads', 'local_query_heads', 'output_width', 'query_width', 'read_size', 'read_tokens', 'size_16bit', 'unfused'), ()),
    'l2_hit_fraction': (law_l2_hit_fraction, ('attention_traffic', 'l2_sharpness', 'l2_size', 'l2_usable', 'warm'), ()),
    'attention_memory_time': (law_attention_memory_time, ('attention_traffic', 'hbm_bandwidth', 'hbm_efficiency', 'l2_hit_fraction', 'l2_reread_factor', 'l2_speedup'), ()),
    'wave_count': (law_wave_count, ('sms', 'units_per_sm', 'work_units'), ()),
    'effective_waves': (law_effective_waves, ('wave_count', 'wave_quantization'), ()),
    'split_units': (law_split_units, ('max_extra_splits', 'min_split_tokens', 'read_tokens', 'work_units'), ()),
    'active_sms': (law_active_sms, ('occupancy_sharpness', 'sms', 'split_units'), ()),
    'conversion_cost': (law_conversion_cost, ('clock', 'codec_is_measured', 'conversion_work', 'issue_lanes', 'key_elements', 'unfused', 'value_elements'), ()),
    'token_time': (law_token_time, ('conversion_cost', 'heads_per_work_unit', 'kernel_width', 'key_elements', 'token_cost', 'token_cost_doubling_heads', 'value_elements'), ()),
    'multiprocessor_time': (law_multiprocessor_time, ('active_sms', 'effective_waves', 'heads_per_work_unit', 'read_tokens', 'token_time', 'wave_cost', 'wave_cost_doubling_heads', 'window_edge', 'window_wave', 'windowed', 'work_units'), ()),
    'conversion_time': (law_conversion_time, ('active_sms', 'conversion_cost', 'read_tokens', 'work_units'), ()),
    'attention_floor': (law_attention_floor, ('active_sms', 'attention_launch', 'batch', 'batch_cost', 'combine_cost', 'window_cost', 'windowed', 'work_units'), ()),
    'attention_time': (law_attention_time, ('attends', 'attention_floor', 'attention_memory_time', 'multiprocessor_time', 'overlap'), ()),
    'group_size': (law_group_size, ('local_cached_heads', 'local_query_heads'), ()),
    'kv_units': (law_kv_units, ('batch', 'kept_tokens', 'local_cached_heads'), ()),
    'product_traffic': (law_product_traffic, ('activation_size', 'columns', 'inner', 'input_size', 'rows', 'weight_size'), ()),
    'product_memory_time': (law_product_memory_time, ('gemm_efficiency', 'hbm_bandwidth', 'product_traffic'), ()),
    'small_tile_time': (law_small_tile_time, ('columns', 'gemm_fill_drain', 'gemm_peak_share', 'gemm_split', 'gemm_step_cost', 'gemm_tile', 'gemm_wave_quantization', 'inner', 'peak', 'rows', 'sms'), ()),
    'square_tile_time': (law_square_tile_time, ('columns', 'gemm_fill_drain', 'gemm_peak_share', 'gemm_split', 'gemm_step_cost', 'gemm_wave_quantization', 'inner', 'peak', 'rows', 'sms'), ()),
    'wide_tile_time': (law_wide_tile_time, ('columns', 'gemm_fill_drain', 'gemm_peak_share', 'gemm_split', 'gemm_step_cost', 'gemm_wave_quantization', 'inner', 'peak', 'rows', 'sms'), ()),
    'product_compute_time': (law_product_compute_time, ('gemm_unaligned_slowdown', 'rows', 'small_tile_time', 'square_tile_time', 'wide_tile_time'), ()),
    'product_floor': (law_product_floor, ('activation_size', 'gemm_input_cast_passes', 'gemm_launch', 'gemm_row_cost', 'hbm_bandwidth', 'inner', 'rows'), ()),
    'product_time': (law_product_time, ('gemm_overlap', 'product_compute_time', 'product_floor', 'product_memory_time'), ()),
    'local_kv_heads': (law_local_kv_heads, ('kv_heads', 'ranks'), ()),
    'active_experts': (law_active_experts, ('experts', 'experts_per_token', 'forward_tokens'), ()),
    'reduced_size': (law_reduced_size, ('activation_size', 'forward_tokens', 'hidden_size'), ()),
    'all_reduce_time': (law_all_reduce_time, ('link_bandwidth', 'ranks', 'reduce_efficiency', 'reduce_hop', 'reduce_launch', 'reduce_second_shot', 'reduced_size'), ()),
    'encode_work': (law_encode_work, (), ()),
    'encode_kernels': (law_encode_kernels, (), ()),
    'flush_tokens': (law_flush_tokens, (), ()),
    'score_kernels': (law_score_kernels, (), ()),
    'score_passes': (law_score_passes, (), ()),
    'select_kernels': (law_select_kernels, (), ()),
    'moved_tokens': (law_moved_tokens, (), ()),
    'added_time': (law_added_time, (), ()),
    'decode_pass_time': (law_decode_pass_time, ('attends', 'batch', 'coded_size', 'copy_efficiency', 'hbm_bandwidth', 'kernel_floor', 'local_cached_heads', 'read_tokens', 'size_16bit', 'unfused'), ()),
    'flush_encode_time': (law_flush_encode_time, ('attends', 'batch', 'clock', 'coded_size', 'copy_efficiency', 'encode_kernels', 'encode_work', 'exposed_latency', 'flush_tokens', 'hbm_bandwidth', 'issue_lanes', 'kernel_floor', 'key_elements', 'local_cached_heads', 'size_16bit', 'sms', 'value_elements'), ()),
    'encode_time': (law_encode_time, ('flush_encode_time', 'flush_tokens'), ()),
    'score_time': (law_score_time, ('attends', 'batch', 'copy_efficiency', 'hbm_bandwidth', 'kept_tokens', 'kernel_floor', 'local_query_heads', 'score_kernels', 'score_passes'), ()),
    'select_time': (law_select_time, ('attends', 'batch', 'copy_efficiency', 'hbm_bandwidth', 'index_size', 'kept_tokens', 'kernel_floor', 'local_cached_heads', 'select_kernels'), ()),
    'query_cast_time': (law_query_cast_time, ('attends', 'codec_is_measured', 'kernel_floor', 'query_cast_kernels'), ()),
    'move_time': (law_move_time, ('attends', 'batch', 'coded_size', 'copy_efficiency', 'hbm_bandwidth', 'local_cached_heads', 'moved_tokens'), ()),
    'codec_time': (law_codec_time, ('added_time', 'attends', 'decode_pass_time', 'encode_time', 'move_time', 'query_cast_time', 'score_time', 'select_time'), ()),
    'attention_step_time': (law_attention_step_time, ('attention_time', 'layer_count'), ('layer_group',)),
    'codec_step_time': (law_codec_step_time, ('codec_time', 'layer_count'), ('layer_group',)),
    'matrix_step_time': (law_matrix_step_time, ('product_count', 'product_time'), ('layer_group', 'product')),
    'communication_step_time': (law_communication_step_time, ('all_reduce_time', 'attends', 'feed_forward', 'layer_count'), ('layer_group',)),
    'small_kernel_time': (law_small_kernel_time, ('activation_size', 'forward_tokens', 'hbm_bandwidth', 'hidden_size', 'layer_kernels', 'layers', 'small_efficiency', 'small_floor'), ()),
    'state_step_time': (law_state_step_time, ('batch', 'hbm_bandwidth', 'layer_count', 'small_efficiency', 'state_size'), ('layer_group',)),
    'step_time': (law_step_time, ('attention_step_time', 'codec_step_time', 'communication_step_time', 'matrix_step_time', 'small_kernel_time', 'state_step_time', 'step_host_time'), ()),
    'hbm_bound_time': (law_hbm_bound_time, ('attends', 'attention_memory_time', 'layer_count', 'multiprocessor_time', 'overlap'), ('layer_group',)),
    'sm_bound_time': (law_sm_bound_time, ('attends', 'attention_memory_time', 'layer_count', 'multiprocessor_time', 'overlap'), ('layer_group',)),
    'conversion_bound_time': (law_conversion_bound_time, ('attends', 'attention_memory_time', 'conversion_time', 'layer_count', 'multiprocessor_time', 'overlap'), ('layer_group',)),
    'attention_launch_time': (law_attention_launch_time, ('attends', 'attention_floor', 'layer_count'), ('layer_group',)),
    'matrix_launch_time': (law_matrix_launch_time, ('product_count', 'product_floor'), ('layer_group', 'product')),
    'matrix_memory_bound_time': (law_matrix_memory_bound_time, ('gemm_overlap', 'product_compute_time', 'product_count', 'product_memory_time'), ('layer_group', 'product')),
    'matrix_compute_bound_time': (law_matrix_compute_bound_time, ('matrix_launch_time', 'matrix_memory_bound_time', 'matrix_step_time'), ()),
    'launch_bound_time': (law_launch_bound_time, ('attention_launch_time', 'matrix_launch_time', 'small_kernel_time'), ()),
    'encode_step_time': (law_encode_step_time, ('encode_time', 'layer_count'), ('layer_group',)),
    'flush_step_time': (law_flush_step_time, ('flush_encode_time', 'layer_count'), ('layer_group',)),
    'codec_share': (law_codec_share, ('codec_step_time', 'conversion_bound_time', 'step_time'), ()),
    'attention_error': (law_attention_error, ('attends', 'attention_floor', 'attention_spread_cold', 'attention_spread_launch', 'attention_time', 'layer_count'), ('layer_group',)),
    'token_bound_time': (law_token_bound_time, ('attends', 'attention_memory_time', 'conversion_time', 'multiprocessor_time', 'overlap'), ()),
    'token_cost_error': (law_token_cost_error, ('layer_count', 'token_bound_time', 'token_cost_spread'), ('layer_group',)),
    'proxy_kernel_error': (law_proxy_kernel_error, ('codec_is_measured', 'coded_size', 'layer_count', 'size_16bit', 'token_bound_time', 'token_cost_spread'), ('layer_group',)),
    'codec_error': (law_codec_error, ('codec_spread', 'codec_step_time', 'conversion_bound_time', 'conversion_spread'), ()),
    'product_error': (law_product_error, ('gemm_spread', 'matrix_step_time'), ()),
    'link_error': (law_link_error, ('communication_step_time', 'reduce_spread'), ()),
    'other_error': (law_other_error, ('other_spread', 'small_kernel_time', 'state_step_time', 'step_host_time'), ()),
    'shared_error': (law_shared_error, ('link_error', 'other_error', 'product_error'), ()),
    'step_spread': (law_step_spread, ('attention_error', 'codec_error', 'proxy_kernel_error', 'shared_error', 'step_time'), ()),
    'attended_pairs': (law_attended_pairs, ('context', 'prefill_diagonal', 'prefill_edge', 'prefill_unskipped', 'window', 'windowed'), ()),
    'prefill_fullness': (law_prefill_fullness, ('context', 'local_query_heads', 'prompts', 'sms'), ()),
    'prefill_compute_time': (law_prefill_compute_time, ('attended_pairs', 'expanded_key_width', 'expanded_value_width', 'local_query_heads', 'peak_16bit', 'prefill_fullness', 'prefill_peak_share', 'prefill_roundness', 'prefill_wave', 'prompts'), ()),
    'prefill_memory_time': (law_prefill_memory_time, ('activation_size', 'context', 'expanded_key_width', 'expanded_value_width', 'hbm_bandwidth', 'local_cached_heads', 'local_query_heads', 'prefill_efficiency', 'prompts', 'size_16bit'), ()),
    'prefill_write_time': (law_prefill_write_time, ('coded_size', 'context', 'hbm_bandwidth', 'local_cached_heads', 'prefill_write', 'prompts', 'size_16bit'), ()),
    'prefill_floor': (law_prefill_floor, ('context', 'prefill_doubling', 'prefill_launch'), ()),
    'prefill_attention_time': (law_prefill_attention_time, ('attends', 'prefill_compute_time', 'prefill_floor', 'prefill_memory_time', 'prefill_overlap', 'prefill_write_time'), ()),
    'prefill_attention_total': (law_prefill_attention_total, ('layer_count', 'prefill_attention_time'), ('layer_group',)),
    'prefill_attention_error': (law_prefill_attention_error, ('layer_count', 'prefill_attention_time', 'prefill_spread'), ('layer_group',)),
    'scored_queries': (law_scored_queries, (), ()),
    'prompt_passes': (law_prompt_passes, (), ()),
    'prefill_codec_time': (law_prefill_codec_time, ('attends', 'clock', 'coded_size', 'context', 'copy_efficiency', 'encode_kernels', 'encode_work', 'exposed_latency', 'hbm_bandwidth', 'issue_lanes', 'kernel_floor', 'key_elements', 'local_cached_heads', 'local_query_heads', 'peak_16bit', 'prompt_passes', 'prompts', 'query_width', 'scored_queries', 'size_16bit', 'sms', 'value_elements'), ()),
    'prefill_codec_total': (law_prefill_codec_total, ('layer_count', 'prefill_codec_time'), ('layer_group',)),
    'prompt_chunks': (law_prompt_chunks, ('context', 'decode_tokens', 'max_batched_tokens', 'prompts'), ()),
    'chunk_tokens': (law_chunk_tokens, ('context', 'decode_tokens', 'prompt_chunks', 'prompts'), ()),
    'prefill_matrix_total': (law_prefill_matrix_total, ('product_count', 'product_time'), ('layer_group', 'product')),
    'prefill_communication_total': (law_prefill_communication_total, ('all_reduce_time', 'attends', 'feed_forward', 'layer_count'), ('layer_group',)),
    'forward_pass_time': (law_forward_pass_time, ('prefill_communication_total', 'prefill_matrix_total', 'small_kernel_time', 'step_host_time'), ()),
    'passes_time': (law_passes_time, ('forward_pass_time', 'prompt_chunks'), ()),
    'prefill_time': (law_prefill_time, ('passes_time', 'prefill_attention_total', 'prefill_codec_total'), ()),
    'prefill_time_spread': (law_prefill_time_spread, ('codec_spread', 'gemm_spread', 'other_spread', 'prefill_attention_error', 'prefill_codec_total', 'prefill_communication_total', 'prefill_matrix_total', 'prefill_time', 'prompt_chunks', 'reduce_spread', 'small_kernel_time', 'step_host_time'), ()),
    'layer_weights_size': (law_layer_weights_size, ('stored_weights', 'weight_size'), ('layer_group', 'product')),
    'memory_weights': (law_memory_weights, ('embedding_size', 'hidden_size', 'layer_weights_size', 'other_parameters', 'ranks', 'tied_embeddings', 'vocabulary_size'), ()),
    'memory_activations': (law_memory_activations, ('activation_size', 'feed_forward_width', 'hidden_size', 'max_batched_tokens', 'ranks'), ()),
    'memory_logits': (law_memory_logits, ('max_sequences', 'ranks', 'vocabulary_size'), ()),
    'memory_workspace': (law_memory_workspace, ('workspace_size',), ()),
    'memory_used': (law_memory_used, ('activations_outside', 'memory_activations', 'memory_logits', 'memory_weights', 'memory_workspace'), ()),
    'pool_room': (law_pool_room, ('fraction_of_free', 'memory_fraction', 'memory_used', 'memory_visible'), ()),
    'local_token_size': (law_local_token_size, ('coded_size', 'grows', 'layer_count', 'local_cached_heads', 'reserved_rate'), ('layer_group',)),
    'pool_block': (law_pool_block, ('layer_count', 'layers', 'tokens_per_block'), ('layer_group',)),
    'pool_tokens': (law_pool_tokens, ('local_token_size', 'pool_block', 'pool_room'), ()),
    'memory_pool': (law_memory_pool, ('local_token_size', 'pool_tokens'), ()),
    'memory_reserve': (law_memory_reserve, ('memory_pool', 'memory_used', 'memory_visible'), ()),
    'generated_so_far': (law_generated_so_far, ('generated', 'generated_cv'), ()),
    'running_context': (law_running_context, ('generated_so_far', 'prompt'), ()),
    'resident_generation': (law_resident_generation, ('generated', 'generated_so_far', 'reserve_limit', 'reserved_generation'), ()),
    'resident_tokens': (law_resident_tokens, ('prompt', 'resident_generation'), ()),
    'local_sequence_size': (law_local_sequence_size, ('layer_count', 'sequence_size'), ('layer_group',)),
    'local_tail_padding_size': (law_local_tail_padding_size, ('layer_count', 'tail_padding_size'), ('layer_group',)),
    'kv_bytes_per_token': (law_kv_bytes_per_token, ('layer_count', 'marginal_size'), ('layer_group',)),
    'kv_bytes_per_token_per_gpu': (law_kv_bytes_per_token_per_gpu, ('layer_count', 'local_marginal_size'), ('layer_group',)),
    'max_batch_memory': (law_max_batch_memory, ('local_sequence_size', 'memory_pool'), ()),
    'max_batch': (law_max_batch, ('max_batch_memory', 'max_sequences'), ()),
    'throughput': (law_throughput, ('batch', 'step_time'), ()),
    'tpot': (law_tpot, ('step_time',), ()),
    'ttft': (law_ttft, ('prefill_time',), ()),
    'interference_time': (law_interference_time, ('decode_forward_time', 'forward_pass_time', 'mixed_batches', 'prefill_attention_total', 'prefill_codec_total', 'prompt_chunks'), ()),
    'prompts_per_step': (law_prompts_per_step, ('generated', 'prompts', 'running'), ()),
    'lockstep_waves': (law_lockstep_waves, ('generated_cv', 'mixed_batches'), ()),
    'prompt_interference_fraction': (law_prompt_interference_fraction, ('lockstep_waves',), ()),
    'served_step_time': (law_served_step_time, ('decode_time', 'interference_time', 'prompt_interference_fraction', 'prompts_per_step'), ()),
    'prompt_load': (law_prompt_load, ('interference_time', 'prompt_interference_fraction', 'prompts_per_step', 'served_step_time'), ()),
    'prompt_wait': (law_prompt_wait, ('decode_time', 'interference_time', 'lockstep_waves', 'prompt_load', 'prompts', 'running'), ()),
    'prompts_together': (law_prompts_together, ('generated_cv', 'max_batched_tokens', 'mixed_batches', 'prompt', 'prompts', 'running'), ()),
    'served_first_token_time': (law_served_first_token_time, ('decode_time', 'interference_time', 'mixed_batches', 'prompt_chunks', 'prompt_wait', 'prompts_together'), ()),
    'residence_time': (law_residence_time, ('generated', 'served_first_token_time', 'served_step_time'), ()),
    'queue_time': (law_queue_time, ('concurrency', 'residence_time', 'running'), ()),
    'served_ttft': (law_served_ttft, ('queue_time', 'served_first_token_time'), ()),
    'served_throughput': (law_served_throughput, ('concurrency', 'generated', 'queue_time', 'residence_time'), ()),
    'served_attention_error': (law_served_attention_error, ('decode_attention_error', 'prefill_attention_error', 'prompts_per_step'), ()),
    'served_codec_error': (law_served_codec_error, ('codec_spread', 'decode_codec_error', 'prefill_codec_total', 'prompts_per_step'), ()),
    'served_shared_error': (law_served_shared_error, ('decode_shared_error', 'gemm_spread', 'prefill_communication_total', 'prefill_matrix_total', 'prompt_chunks', 'prompts_per_step', 'reduce_spread'), ()),
    'served_spread': (law_served_spread, ('decode_proxy_error', 'served_attention_error', 'served_codec_error', 'served_shared_error', 'served_step_time'), ()),
    'full_blocks_immutable': (law_full_blocks_immutable, (), ()),
    'prefix_cacheable': (law_prefix_cacheable, (), ()),
    'reusable_next_turn': (law_reusable_next_turn, (), ()),
    'residual_window_tokens': (law_residual_window_tokens, (), ()),
    'history_tokens': (law_history_tokens, ('context', 'private_tokens'), ()),
    'shared_tokens': (law_shared_tokens, ('across_requests', 'full_blocks_immutable', 'kept_tokens', 'prefix_cacheable', 'private_tokens', 'residual_window_tokens', 'tokens_per_block'), ()),
    'shared_size': (law_shared_size, ('coded_size', 'local_cached_heads', 'reserved_rate', 'shared_tokens'), ()),
    'history_size': (law_history_size, ('layer_count', 'shared_size'), ('layer_group',)),
    'branch_size': (law_branch_size, ('history_size', 'local_sequence_size'), ()),
    'branched_size': (law_branched_size, ('branch_size', 'branches', 'history_size'), ()),
    'sharing_gain': (law_sharing_gain, ('branched_size', 'branches', 'local_sequence_size'), ()),
    'stored_ratio': (law_stored_ratio, ('baseline_branch_size', 'baseline_history_size', 'branched_size', 'branches'), ()),
    'max_branches': (law_max_branches, ('branch_size', 'history_size', 'memory_pool'), ()),
    'break_even_branches': (law_break_even_branches, ('baseline_branch_size', 'baseline_history_size', 'branch_size', 'history_size'), ()),
    'copy_on_write_size': (law_copy_on_write_size, ('coded_size', 'constant_size', 'kept_tokens', 'local_cached_heads', 'reserved_rate', 'shared_tokens', 'size_16bit_excess'), ()),
    'local_copy_on_write_size': (law_local_copy_on_write_size, ('copy_on_write_size', 'layer_count'), ('layer_group',)),
    'copy_on_write_time': (law_copy_on_write_time, ('attends', 'copy_efficiency', 'copy_on_write_size', 'hbm_bandwidth', 'kernel_floor', 'layer_count'), ('layer_group',)),
    'uncacheable_layers': (law_uncacheable_layers, ('attends', 'layer_count', 'prefix_cacheable'), ('layer_group',)),
    'single_turn_layers': (law_single_turn_layers, ('attends', 'layer_count', 'reusable_next_turn'), ('layer_group',)),
    'prefix_hit_tokens': (law_prefix_hit_tokens, ('block_size', 'history_tokens', 'uncacheable_layers'), ()),
    'reused_tokens': (law_reused_tokens, ('history_tokens', 'single_turn_layers'), ()),
    'suffix_prefill_time': (law_suffix_prefill_time, ('carried_attention_time', 'carried_codec_time', 'new_passes_time', 'prefill_attention_total', 'prefill_codec_total'), ()),
    'rest_prefill_spread': (law_rest_prefill_spread, ('carried_attention_error', 'new_prefill_spread', 'new_prefill_time', 'prefill_attention_error', 'suffix_prefill_time'), ()),
    'age_spread': (law_age_spread, ('generated', 'generated_cv'), ()),
    'prompt_marginal_size': (law_prompt_marginal_size, ('coded_size', 'local_cached_heads', 'prompt_growth'), ()),
    'prompt_token_size': (law_prompt_token_size, ('layer_count', 'prompt_marginal_size'), ('layer_group',)),
    'sequence_spread': (law_sequence_spread, ('age_spread', 'kv_bytes_per_token_per_gpu', 'prompt', 'prompt_cv', 'prompt_token_size'), ()),
    'overflow_margin': (law_overflow_margin, ('concurrent_requests', 'local_sequence_size', 'memory_pool', 'sequence_spread'), ()),
    'max_safe_requests': (law_max_safe_requests, ('local_sequence_size', 'memory_pool', 'risk_quantile', 'sequence_spread'), ()),
    'turn_history': (law_turn_history, ('generated', 'turn', 'user_tokens'), ()),
    'turn_prompt': (law_turn_prompt, ('turn_history', 'user_tokens'), ()),
    'turn_end': (law_turn_end, ('generated', 'turn', 'user_tokens'), ()),
    'guaranteed_recent_tokens': (law_guaranteed_recent_tokens, ('context', 'window'), ()),
    'sink_tokens': (law_sink_tokens, (), ()),
    'score_selected': (law_score_selected, (), ()),
    'kept_by_position': (law_kept_by_position, ('context', 'guaranteed_recent_tokens', 'needle_depth', 'sink_tokens'), ()),
    'random_retention': (law_random_retention, ('context', 'guaranteed_recent_tokens', 'read_tokens', 'score_selected', 'sink_tokens'), ()),
    'attending_layers': (law_attending_layers, ('attends', 'layer_count'), ('layer_group',)),
    'holding_layers_low': (law_holding_layers_low, ('attends', 'kept_by_position', 'layer_count', 'random_retention'), ('layer_group',)),
    'holding_layers_high': (law_holding_layers_high, ('attends', 'kept_by_position', 'layer_count', 'score_selected'), ('layer_group',)),
    'needle_retention_low': (law_needle_retention_low, ('attending_layers', 'holding_layers_low'), ()),
    'needle_retention_high': (law_needle_retention_high, ('attending_layers', 'holding_layers_high'), ()),
    'speedup': (law_speedup, ('baseline_step_time', 'step_time'), ()),
    'throughput_ratio': (law_throughput_ratio, ('baseline_batch', 'batch', 'speedup'), ()),
    'speedup_spread': (law_speedup_spread, ('attention_error', 'baseline_attention_error', 'baseline_codec_error', 'baseline_shared_error', 'baseline_step_time', 'baseline_token_cost_error', 'codec_error', 'pair_correlation', 'proxy_kernel_error', 'shared_error', 'step_time'), ()),
    'memory_slope': (law_memory_slope, ('batch', 'coded_size', 'hbm_bandwidth', 'hbm_efficiency', 'l2_reread_factor', 'l2_speedup', 'local_cached_heads'), ()),
    'multiprocessor_slope': (law_multiprocessor_slope, ('batch', 'heads_per_work_unit', 'local_query_heads', 'sms', 'token_time'), ()),
    'break_even_context': (law_break_even_context, ('baseline_fixed_time', 'baseline_slope', 'fixed_time', 'slope'), ()),
    'attention_work': (law_attention_work, ('batch', 'local_query_heads', 'output_width', 'query_width', 'read_tokens'), ()),
    'attention_step_work': (law_attention_step_work, ('attends', 'attention_work', 'layer_count'), ('layer_group',)),
    'attention_step_traffic': (law_attention_step_traffic, ('attends', 'attention_traffic', 'layer_count'), ('layer_group',)),
    'attention_intensity': (law_attention_intensity, ('attention_step_traffic', 'attention_step_work'), ()),
    'attention_rate': (law_attention_rate, ('attention_step_time', 'attention_step_work'), ()),
    'product_step_work': (law_product_step_work, ('columns', 'inner', 'product_count', 'rows'), ('layer_group',)),
    'product_step_traffic': (law_product_step_traffic, ('product_count', 'product_traffic'), ('layer_group',)),
    'product_step_time': (law_product_step_time, ('product_count', 'product_time'), ('layer_group',)),
    'product_intensity': (law_product_intensity, ('product_step_traffic', 'product_step_work'), ()),
    'product_rate': (law_product_rate, ('product_step_time', 'product_step_work'), ()),
    'ridge_intensity': (law_ridge_intensity, ('hbm_bandwidth', 'peak_16bit'), ()),
    'roof_16bit': (law_roof_16bit, ('hbm_bandwidth', 'intensity', 'peak_16bit'), ()),
    'roof_weights': (law_roof_weights, ('hbm_bandwidth', 'intensity', 'peak'), ()),
    'group_attention_time': (law_group_attention_time, ('attention_time', 'layer_count'), ()),
    'group_codec_time': (law_group_codec_time, ('codec_time', 'layer_count'), ()),
    'group_product_time': (law_group_product_time, ('product_count', 'product_time'), ('product',)),
    'memory_forward': (law_memory_forward, ('memory_used', 'memory_weights', 'memory_workspace'), ()),
    'memory_cache': (law_memory_cache, ('batch', 'local_sequence_size'), ()),
    'memory_free': (law_memory_free, ('memory_cache', 'memory_pool'), ()),
    'device_time': (law_device_time, ('ranks', 'throughput'), ()),
}


def rules_none():
    return False


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
    return absorbed_columns/ranks


def shapes_absorb_inner(latent_rank):
    return latent_rank


def shapes_absorb_times(layer_count):
    return layer_count


def shapes_absorb_stored(absorbed_columns, latent_rank, layer_count, ranks):
    return absorbed_columns*latent_rank*layer_count/ranks


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


def shapes_attention_out_rows(forward_tokens):
    return forward_tokens


def shapes_attention_out_columns(attends, hidden_size):
    return attends*hidden_size


def shapes_attention_out_inner(local_query_heads, output_width):
    return local_query_heads*output_width


def shapes_attention_out_times(layer_count):
    return layer_count


def shapes_attention_out_stored(attends, hidden_size, layer_count, local_query_heads, output_width):
    return local_query_heads*attends*hidden_size*layer_count*output_width


def shapes_mixer_rows(forward_tokens):
    return forward_tokens


def shapes_mixer_columns(hidden_size, mixer_parameters, ranks):
    return mixer_parameters/(hidden_size*ranks)


def shapes_mixer_inner(hidden_size):
    return hidden_size


def shapes_mixer_times(layer_count):
    return layer_count


def shapes_mixer_stored(layer_count, mixer_parameters, ranks):
    return layer_count*mixer_parameters/ranks


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


def shapes_expert_up_rows(active_experts, experts_per_token, forward_tokens):
    return experts_per_token*forward_tokens/Maximum(active_experts, 1)


def shapes_expert_up_columns(active_experts, expert_intermediate_size, feed_forward_matrices, ranks):
    return expert_intermediate_size*(feed_forward_matrices - 1)*Maximum(active_experts, 1)/ranks


def shapes_expert_up_inner(hidden_size):
    return hidden_size


def shapes_expert_up_times(layer_count):
    return layer_count


def shapes_expert_up_stored(expert_intermediate_size, experts, feed_forward_matrices, hidden_size, layer_count, ranks):
    return expert_intermediate_size*experts*hidden_size*layer_count*(feed_forward_matrices - 1)/ranks


def shapes_expert_down_rows(active_experts, experts_per_token, forward_tokens):
    return experts_per_token*forward_tokens/Maximum(active_experts, 1)


def shapes_expert_down_columns(active_experts, hidden_size):
    return hidden_size*Maximum(active_experts, 1)


def shapes_expert_down_inner(expert_intermediate_size, ranks):
    return expert_intermediate_size/ranks


def shapes_expert_down_times(layer_count):
    return layer_count


def shapes_expert_down_stored(expert_intermediate_size, experts, hidden_size, layer_count, ranks):
    return expert_intermediate_size*experts*hidden_size*layer_count/ranks


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
    'latent-rows': (shapes_latent_rows, ('forward_tokens',), ()),
    'latent-columns': (shapes_latent_columns, ('latent_columns',), ()),
    'latent-inner': (shapes_latent_inner, ('hidden_size',), ()),
    'latent-times': (shapes_latent_times, ('layer_count',), ()),
    'latent-stored': (shapes_latent_stored, ('hidden_size', 'latent_columns', 'layer_count'), ()),
    'attention_out-rows': (shapes_attention_out_rows, ('forward_tokens',), ()),
    'attention_out-columns': (shapes_attention_out_columns, ('attends', 'hidden_size'), ()),
    'attention_out-inner': (shapes_attention_out_inner, ('local_query_heads', 'output_width'), ()),
    'attention_out-times': (shapes_attention_out_times, ('layer_count',), ()),
    'attention_out-stored': (shapes_attention_out_stored, ('attends', 'hidden_size', 'layer_count', 'local_query_heads', 'output_width'), ()),
    'mixer-rows': (shapes_mixer_rows, ('forward_tokens',), ()),
    'mixer-columns': (shapes_mixer_columns, ('hidden_size', 'mixer_parameters', 'ranks'), ()),
    'mixer-inner': (shapes_mixer_inner, ('hidden_size',), ()),
    'mixer-times': (shapes_mixer_times, ('layer_count',), ()),
    'mixer-stored': (shapes_mixer_stored, ('layer_count', 'mixer_parameters', 'ranks'), ()),
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
    'expert_up-rows': (shapes_expert_up_rows, ('active_experts', 'experts_per_token', 'forward_tokens'), ()),
    'expert_up-columns': (shapes_expert_up_columns, ('active_experts', 'expert_intermediate_size', 'feed_forward_matrices', 'ranks'), ()),
    'expert_up-inner': (shapes_expert_up_inner, ('hidden_size',), ()),
    'expert_up-times': (shapes_expert_up_times, ('layer_count',), ()),
    'expert_up-stored': (shapes_expert_up_stored, ('expert_intermediate_size', 'experts', 'feed_forward_matrices', 'hidden_size', 'layer_count', 'ranks'), ()),
    'expert_down-rows': (shapes_expert_down_rows, ('active_experts', 'experts_per_token', 'forward_tokens'), ()),
    'expert_down-columns': (shapes_expert_down_columns, ('active_experts', 'hidden_size'), ()),
    'expert_down-inner': (shapes_expert_down_inner, ('expert_intermediate_size', 'ranks'), ()),
    'expert_down-times': (shapes_expert_down_times, ('layer_count',), ()),
    'expert_down-stored': (shapes_expert_down_stored, ('expert_intermediate_size', 'experts', 'hidden_size', 'layer_count', 'ranks'), ()),
    'head-rows': (shapes_head_rows, ('head_rows',), ()),
    'head-columns': (shapes_head_columns, ('ranks', 'vocabulary_size'), ()),
    'head-inner': (shapes_head_inner, ('hidden_size',), ()),
    'head-times': (shapes_head_times, ('layer_groups',), ()),
    'head-stored': (shapes_head_stored, (), ()),
}


PRODUCTS = {name: {field: SHAPES[f"{name}-{field}"] for field in ("rows", "columns", "inner", "times", "stored")} for name in ('qkv', 'query_up', 'absorb', 'latent', 'attention_out', 'mixer', 'up', 'down', 'router', 'expert_up', 'expert_down', 'head')}
