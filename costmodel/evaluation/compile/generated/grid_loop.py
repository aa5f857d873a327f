"""Written by ``python -m costmodel.evaluation.compile.generate``; never by hand."""

# ruff: noqa
# fmt: off

INPUTS = {
    'activation_size': (),
    'added_time': ('context', 'layer_group'),
    'attends': ('layer_group',),
    'attention_launch': ('layer_group',),
    'attention_spread_cold': ('layer_group',),
    'attention_spread_launch': ('layer_group',),
    'batch': ('batch',),
    'batch_cost': ('layer_group',),
    'clock': (),
    'codec_is_measured': ('layer_group',),
    'codec_spread': (),
    'coded_size': ('context', 'layer_group'),
    'combine_cost': ('layer_group',),
    'communication_step_time': ('batch',),
    'compared_blocks': ('context', 'layer_group'),
    'conversion_cost': ('context', 'layer_group'),
    'conversion_spread': (),
    'copy_efficiency': (),
    'decoded_apart': ('context', 'layer_group'),
    'decoded_size': ('context', 'layer_group'),
    'effective_waves': ('batch', 'layer_group'),
    'encode_kernels': ('context', 'layer_group'),
    'encode_work': ('context', 'layer_group'),
    'expert_step_time': ('batch',),
    'exposed_latency': (),
    'fetched_size': ('context', 'layer_group'),
    'fingerprint_kernels': ('context', 'layer_group'),
    'floor_in_step': ('layer_group',),
    'flush_tokens': ('context', 'layer_group'),
    'hbm_bandwidth': (),
    'hbm_efficiency': ('layer_group',),
    'heads_per_work_unit': ('layer_group',),
    'host_link_rate': (),
    'index_size': ('context', 'layer_group'),
    'issue_lanes': (),
    'kept_tokens': ('context', 'layer_group'),
    'kernel_floor': (),
    'kernel_gap_time': (),
    'kernel_is_ideal': (),
    'key_elements': ('context', 'layer_group'),
    'l2_reread_factor': ('context', 'layer_group'),
    'l2_speedup': ('layer_group',),
    'layer_count': ('layer_group',),
    'local_cached_heads': ('context', 'layer_group'),
    'local_query_heads': ('layer_group',),
    'matrix_compute_bound_time': ('batch',),
    'matrix_launch_time': ('batch',),
    'matrix_memory_bound_time': ('batch',),
    'max_extra_splits': ('layer_group',),
    'min_split_tokens': ('layer_group',),
    'moved_tokens': ('context', 'layer_group'),
    'occupancy_sharpness': ('layer_group',),
    'output_width': ('layer_group',),
    'overlap': ('layer_group',),
    'owns_cache': ('layer_group',),
    'query_cast_time': ('layer_group',),
    'query_width': ('layer_group',),
    'read_size': ('context', 'layer_group'),
    'read_tokens': ('context', 'layer_group'),
    'reconstruction_time': ('context', 'layer_group'),
    'sampling_time': ('batch',),
    'score_kernels': ('context', 'layer_group'),
    'score_passes': ('context', 'layer_group'),
    'select_kernels': ('context', 'layer_group'),
    'shared_error': ('batch',),
    'signature_size': ('context', 'layer_group'),
    'size_16bit': ('context', 'layer_group'),
    'small_kernel_time': ('batch',),
    'sms': (),
    'split_slowdown': ('layer_group',),
    'splits': ('batch', 'layer_group'),
    'state_launch_time': (),
    'state_step_time': ('batch',),
    'step_host_time': (),
    'streaming_in_step': ('layer_group',),
    'token_cost_spread': ('layer_group',),
    'token_time': ('context', 'layer_group'),
    'units_to_fill': ('layer_group',),
    'value_elements': ('context', 'layer_group'),
    'version_spread': (),
    'wave_cost': ('layer_group',),
    'wave_cost_doubling_heads': ('layer_group',),
    'window_cost': ('layer_group',),
    'window_edge': ('layer_group',),
    'window_wave': ('layer_group',),
    'windowed': ('context', 'layer_group'),
    'work_units': ('batch', 'layer_group'),
}

OUTPUTS = ('step_time', 'attention_step_time', 'codec_step_time', 'encode_step_time', 'flush_step_time', 'hbm_bound_time', 'sm_bound_time', 'conversion_bound_time', 'attention_launch_time', 'attention_error', 'codec_error', 'token_cost_error', 'proxy_kernel_error', 'step_spread')

CONDITIONS = {'warm': 0.0}

SCRATCH = (5632, 0)

SOURCE = r"""#include <math.h>
#define TILE 512
#define Minimum fmin
#define Maximum fmax
#define PositivePart(x) fmax(0.0, (x))
#define Indicator(x) ((x) > 0.0 ? 1.0 : 0.0)
#define HarmonicSum(a, b) ((a) * (b) / ((a) + (b)))
static inline double PNorm(double a, double b, double p) {
    double z = p * log(b / a);
    return (z > 0.0 ? b : a) * exp(log(1.0 + exp(-fabs(z))) / p);
}
static inline double PNormWeight(double a, double b, double p) {
    double z = p * log(b / a), e = exp(-fabs(z));
    return (z > 0.0 ? e : 1.0) / (1.0 + e);
}
void run(long batches, long contexts, long groups, long row, const double *const *in, double *const *out, double *work) {
    const double *restrict x_activation_size = in[0];
    const double *restrict x_added_time = in[1];
    const double *restrict x_attends = in[2];
    const double *restrict x_attention_launch = in[3];
    const double *restrict x_attention_spread_cold = in[4];
    const double *restrict x_attention_spread_launch = in[5];
    const double *restrict x_batch = in[6];
    const double *restrict x_batch_cost = in[7];
    const double *restrict x_clock = in[8];
    const double *restrict x_codec_is_measured = in[9];
    const double *restrict x_codec_spread = in[10];
    const double *restrict x_coded_size = in[11];
    const double *restrict x_combine_cost = in[12];
    const double *restrict x_communication_step_time = in[13];
    const double *restrict x_compared_blocks = in[14];
    const double *restrict x_conversion_cost = in[15];
    const double *restrict x_conversion_spread = in[16];
    const double *restrict x_copy_efficiency = in[17];
    const double *restrict x_decoded_apart = in[18];
    const double *restrict x_decoded_size = in[19];
    const double *restrict x_effective_waves = in[20];
    const double *restrict x_encode_kernels = in[21];
    const double *restrict x_encode_work = in[22];
    const double *restrict x_expert_step_time = in[23];
    const double *restrict x_exposed_latency = in[24];
    const double *restrict x_fetched_size = in[25];
    const double *restrict x_fingerprint_kernels = in[26];
    const double *restrict x_floor_in_step = in[27];
    const double *restrict x_flush_tokens = in[28];
    const double *restrict x_hbm_bandwidth = in[29];
    const double *restrict x_hbm_efficiency = in[30];
    const double *restrict x_heads_per_work_unit = in[31];
    const double *restrict x_host_link_rate = in[32];
    const double *restrict x_index_size = in[33];
    const double *restrict x_issue_lanes = in[34];
    const double *restrict x_kept_tokens = in[35];
    const double *restrict x_kernel_floor = in[36];
    const double *restrict x_kernel_gap_time = in[37];
    const double *restrict x_kernel_is_ideal = in[38];
    const double *restrict x_key_elements = in[39];
    const double *restrict x_l2_reread_factor = in[40];
    const double *restrict x_l2_speedup = in[41];
    const double *restrict x_layer_count = in[42];
    const double *restrict x_local_cached_heads = in[43];
    const double *restrict x_local_query_heads = in[44];
    const double *restrict x_matrix_compute_bound_time = in[45];
    const double *restrict x_matrix_launch_time = in[46];
    const double *restrict x_matrix_memory_bound_time = in[47];
    const double *restrict x_max_extra_splits = in[48];
    const double *restrict x_min_split_tokens = in[49];
    const double *restrict x_moved_tokens = in[50];
    const double *restrict x_occupancy_sharpness = in[51];
    const double *restrict x_output_width = in[52];
    const double *restrict x_overlap = in[53];
    const double *restrict x_owns_cache = in[54];
    const double *restrict x_query_cast_time = in[55];
    const double *restrict x_query_width = in[56];
    const double *restrict x_read_size = in[57];
    const double *restrict x_read_tokens = in[58];
    const double *restrict x_reconstruction_time = in[59];
    const double *restrict x_sampling_time = in[60];
    const double *restrict x_score_kernels = in[61];
    const double *restrict x_score_passes = in[62];
    const double *restrict x_select_kernels = in[63];
    const double *restrict x_shared_error = in[64];
    const double *restrict x_signature_size = in[65];
    const double *restrict x_size_16bit = in[66];
    const double *restrict x_small_kernel_time = in[67];
    const double *restrict x_sms = in[68];
    const double *restrict x_split_slowdown = in[69];
    const double *restrict x_splits = in[70];
    const double *restrict x_state_launch_time = in[71];
    const double *restrict x_state_step_time = in[72];
    const double *restrict x_step_host_time = in[73];
    const double *restrict x_streaming_in_step = in[74];
    const double *restrict x_token_cost_spread = in[75];
    const double *restrict x_token_time = in[76];
    const double *restrict x_units_to_fill = in[77];
    const double *restrict x_value_elements = in[78];
    const double *restrict x_version_spread = in[79];
    const double *restrict x_wave_cost = in[80];
    const double *restrict x_wave_cost_doubling_heads = in[81];
    const double *restrict x_window_cost = in[82];
    const double *restrict x_window_edge = in[83];
    const double *restrict x_window_wave = in[84];
    const double *restrict x_windowed = in[85];
    const double *restrict x_work_units = in[86];
    double *restrict s_attention_launch_time = work + 0;
    double *restrict s_codec_step_time = work + 0 + TILE;
    double *restrict s_conversion_bound_time = work + 0 + TILE + TILE;
    double *restrict s_hbm_bound_time = work + 0 + TILE + TILE + TILE;
    double *restrict s_sm_bound_time = work + 0 + TILE + TILE + TILE + TILE;
    double *restrict s_attention_step_time = work + 0 + TILE + TILE + TILE + TILE + TILE;
    double *restrict s_encode_step_time = work + 0 + TILE + TILE + TILE + TILE + TILE + TILE;
    double *restrict s_flush_step_time = work + 0 + TILE + TILE + TILE + TILE + TILE + TILE + TILE;
    double *restrict s_attention_error = work + 0 + TILE + TILE + TILE + TILE + TILE + TILE + TILE + TILE;
    double *restrict s_token_cost_error = work + 0 + TILE + TILE + TILE + TILE + TILE + TILE + TILE + TILE + TILE;
    double *restrict s_proxy_kernel_error = work + 0 + TILE + TILE + TILE + TILE + TILE + TILE + TILE + TILE + TILE + TILE;
    double *const y_step_time = out[0];
    double *const y_attention_step_time = out[1];
    double *const y_codec_step_time = out[2];
    double *const y_encode_step_time = out[3];
    double *const y_flush_step_time = out[4];
    double *const y_hbm_bound_time = out[5];
    double *const y_sm_bound_time = out[6];
    double *const y_conversion_bound_time = out[7];
    double *const y_attention_launch_time = out[8];
    double *const y_attention_error = out[9];
    double *const y_codec_error = out[10];
    double *const y_token_cost_error = out[11];
    double *const y_proxy_kernel_error = out[12];
    double *const y_step_spread = out[13];
    for (long b = 0; b < batches; b++) for (long first = 0; first < contexts; first += TILE) {
        const long count = contexts - first < TILE ? contexts - first : TILE;
        for (long c = 0; c < count; c++) s_attention_launch_time[c] = 0.0;
        for (long c = 0; c < count; c++) s_codec_step_time[c] = 0.0;
        for (long c = 0; c < count; c++) s_conversion_bound_time[c] = 0.0;
        for (long c = 0; c < count; c++) s_hbm_bound_time[c] = 0.0;
        for (long c = 0; c < count; c++) s_sm_bound_time[c] = 0.0;
        for (long c = 0; c < count; c++) s_attention_step_time[c] = 0.0;
        for (long c = 0; c < count; c++) s_encode_step_time[c] = 0.0;
        for (long c = 0; c < count; c++) s_flush_step_time[c] = 0.0;
        for (long c = 0; c < count; c++) s_attention_error[c] = 0.0;
        for (long c = 0; c < count; c++) s_token_cost_error[c] = 0.0;
        for (long c = 0; c < count; c++) s_proxy_kernel_error[c] = 0.0;
        for (long g = 0; g < groups; g++) {
            const double f_activation_size = x_activation_size[0];
            const double f_attends = x_attends[g];
            const double f_attention_launch = x_attention_launch[g];
            const double f_attention_spread_cold = x_attention_spread_cold[g];
            const double f_attention_spread_launch = x_attention_spread_launch[g];
            const double f_batch = x_batch[b];
            const double f_batch_cost = x_batch_cost[g];
            const double f_clock = x_clock[0];
            const double f_codec_is_measured = x_codec_is_measured[g];
            const double f_combine_cost = x_combine_cost[g];
            const double f_copy_efficiency = x_copy_efficiency[0];
            const double f_effective_waves = x_effective_waves[(b) * groups + g];
            const double f_exposed_latency = x_exposed_latency[0];
            const double f_floor_in_step = x_floor_in_step[g];
            const double f_hbm_bandwidth = x_hbm_bandwidth[0];
            const double f_hbm_efficiency = x_hbm_efficiency[g];
            const double f_heads_per_work_unit = x_heads_per_work_unit[g];
            const double f_host_link_rate = x_host_link_rate[0];
            const double f_issue_lanes = x_issue_lanes[0];
            const double f_kernel_floor = x_kernel_floor[0];
            const double f_kernel_is_ideal = x_kernel_is_ideal[0];
            const double f_l2_speedup = x_l2_speedup[g];
            const double f_layer_count = x_layer_count[g];
            const double f_local_query_heads = x_local_query_heads[g];
            const double f_max_extra_splits = x_max_extra_splits[g];
            const double f_min_split_tokens = x_min_split_tokens[g];
            const double f_occupancy_sharpness = x_occupancy_sharpness[g];
            const double f_output_width = x_output_width[g];
            const double f_overlap = x_overlap[g];
            const double f_owns_cache = x_owns_cache[g];
            const double f_query_cast_time = x_query_cast_time[g];
            const double f_query_width = x_query_width[g];
            const double f_sms = x_sms[0];
            const double f_split_slowdown = x_split_slowdown[g];
            const double f_splits = x_splits[(b) * groups + g];
            const double f_streaming_in_step = x_streaming_in_step[g];
            const double f_token_cost_spread = x_token_cost_spread[g];
            const double f_units_to_fill = x_units_to_fill[g];
            const double f_wave_cost = x_wave_cost[g];
            const double f_wave_cost_doubling_heads = x_wave_cost_doubling_heads[g];
            const double f_window_cost = x_window_cost[g];
            const double f_window_edge = x_window_edge[g];
            const double f_window_wave = x_window_wave[g];
            const double f_work_units = x_work_units[(b) * groups + g];
            #pragma GCC ivdep
            for (long c = 0; c < count; c++) {
            const double v_split_units = f_work_units*(f_splits*HarmonicSum(x_read_tokens[(g) * contexts + (first + c)]/f_min_split_tokens, f_max_extra_splits) + 1.0)/f_units_to_fill;
            const double v_active_sms = PNorm(v_split_units, f_sms, -f_occupancy_sharpness);
            const double v_attention_floor = f_floor_in_step*(f_attention_launch + f_batch_cost*Indicator(f_batch - 1.0) + f_combine_cost*PositivePart(1.0 - f_work_units/v_active_sms) + f_window_cost*x_windowed[(g) * contexts + (first + c)]);
            s_attention_launch_time[c] += v_attention_floor*f_attends*f_layer_count;
            const double v_decode_pass_time = x_decoded_apart[(g) * contexts + (first + c)]*f_attends*(f_kernel_floor + x_local_cached_heads[(g) * contexts + (first + c)]*x_reconstruction_time[(g) * contexts + (first + c)]*f_batch*x_read_tokens[(g) * contexts + (first + c)] + x_local_cached_heads[(g) * contexts + (first + c)]*f_batch*x_read_tokens[(g) * contexts + (first + c)]*(x_coded_size[(g) * contexts + (first + c)] + x_decoded_size[(g) * contexts + (first + c)])/(f_copy_efficiency*f_hbm_bandwidth));
            const double v_deduplication_time = f_attends*(1.0 - f_kernel_is_ideal)*(f_kernel_floor*x_fingerprint_kernels[(g) * contexts + (first + c)] + x_local_cached_heads[(g) * contexts + (first + c)]*f_batch*(x_coded_size[(g) * contexts + (first + c)] + x_compared_blocks[(g) * contexts + (first + c)]*x_signature_size[(g) * contexts + (first + c)])*Indicator(x_fingerprint_kernels[(g) * contexts + (first + c)])/(f_copy_efficiency*f_hbm_bandwidth));
            const double v_flush_encode_time = f_attends*f_owns_cache*x_encode_kernels[(g) * contexts + (first + c)]*(1.0 - f_kernel_is_ideal)*(f_kernel_floor + x_local_cached_heads[(g) * contexts + (first + c)]*f_batch*f_exposed_latency*x_encode_work[(g) * contexts + (first + c)]*x_flush_tokens[(g) * contexts + (first + c)]*(x_key_elements[(g) * contexts + (first + c)] + x_value_elements[(g) * contexts + (first + c)])/(f_clock*f_issue_lanes*f_sms) + x_local_cached_heads[(g) * contexts + (first + c)]*f_batch*x_flush_tokens[(g) * contexts + (first + c)]*(x_coded_size[(g) * contexts + (first + c)] + x_size_16bit[(g) * contexts + (first + c)])/(f_copy_efficiency*f_hbm_bandwidth));
            const double v_encode_time = v_flush_encode_time/x_flush_tokens[(g) * contexts + (first + c)];
            const double v_fetch_time = x_local_cached_heads[(g) * contexts + (first + c)]*f_attends*f_batch*x_fetched_size[(g) * contexts + (first + c)]*x_read_tokens[(g) * contexts + (first + c)]/f_host_link_rate;
            const double v_move_time = 2.0*x_coded_size[(g) * contexts + (first + c)]*x_local_cached_heads[(g) * contexts + (first + c)]*f_attends*f_batch*x_moved_tokens[(g) * contexts + (first + c)]*(1.0 - f_kernel_is_ideal)/(f_copy_efficiency*f_hbm_bandwidth);
            const double v_score_time = f_attends*(1.0 - f_kernel_is_ideal)*(f_kernel_floor*x_score_kernels[(g) * contexts + (first + c)] + 4.0*f_local_query_heads*f_batch*x_kept_tokens[(g) * contexts + (first + c)]*x_score_passes[(g) * contexts + (first + c)]/(f_copy_efficiency*f_hbm_bandwidth));
            const double v_select_time = f_attends*(f_kernel_floor*x_select_kernels[(g) * contexts + (first + c)]*(1.0 - f_kernel_is_ideal) + x_local_cached_heads[(g) * contexts + (first + c)]*f_batch*x_index_size[(g) * contexts + (first + c)]*x_kept_tokens[(g) * contexts + (first + c)]/(f_copy_efficiency*f_hbm_bandwidth));
            const double v_codec_time = v_decode_pass_time + v_deduplication_time + v_encode_time + v_fetch_time + v_move_time + f_query_cast_time + v_score_time + v_select_time + f_attends*x_added_time[(g) * contexts + (first + c)];
            s_codec_step_time[c] += v_codec_time*f_layer_count;
            const double v_attention_traffic = x_local_cached_heads[(g) * contexts + (first + c)]*f_batch*(x_decoded_apart[(g) * contexts + (first + c)]*x_decoded_size[(g) * contexts + (first + c)]*x_read_tokens[(g) * contexts + (first + c)] + x_read_size[(g) * contexts + (first + c)]*(1.0 - x_decoded_apart[(g) * contexts + (first + c)])) + f_local_query_heads*f_activation_size*f_batch*(f_output_width + f_query_width);
            const double v_attention_memory_time = f_streaming_in_step*(v_attention_traffic*x_l2_reread_factor[(g) * contexts + (first + c)]/(f_l2_speedup*f_hbm_bandwidth) + v_attention_traffic/(f_hbm_efficiency*f_hbm_bandwidth));
            const double v_conversion_time = f_streaming_in_step*x_conversion_cost[(g) * contexts + (first + c)]*f_work_units*x_read_tokens[(g) * contexts + (first + c)]/v_active_sms;
            const double v_multiprocessor_time = f_streaming_in_step*(f_wave_cost*(1.0 + (f_heads_per_work_unit - 1.0)/f_wave_cost_doubling_heads)*(x_windowed[(g) * contexts + (first + c)]*(f_window_wave - 1.0) + 1.0)*PositivePart(f_effective_waves - 1.0) + x_token_time[(g) * contexts + (first + c)]*f_work_units*(f_window_edge*x_windowed[(g) * contexts + (first + c)] + x_read_tokens[(g) * contexts + (first + c)])*(f_splits*(f_split_slowdown - 1.0) + 1.0)/v_active_sms);
            s_conversion_bound_time[c] += v_conversion_time*f_attends*f_layer_count*PNorm(v_attention_memory_time, v_multiprocessor_time, f_overlap)*PNormWeight(v_multiprocessor_time, v_attention_memory_time, f_overlap)/v_multiprocessor_time;
            s_hbm_bound_time[c] += f_attends*f_layer_count*PNorm(v_attention_memory_time, v_multiprocessor_time, f_overlap)*PNormWeight(v_attention_memory_time, v_multiprocessor_time, f_overlap);
            s_sm_bound_time[c] += f_attends*f_layer_count*PNorm(v_attention_memory_time, v_multiprocessor_time, f_overlap)*PNormWeight(v_multiprocessor_time, v_attention_memory_time, f_overlap);
            const double v_attention_time = f_attends*(v_attention_floor + PNorm(v_attention_memory_time, v_multiprocessor_time, f_overlap));
            s_attention_step_time[c] += v_attention_time*f_layer_count;
            s_encode_step_time[c] += v_encode_time*f_layer_count;
            s_flush_step_time[c] += v_flush_encode_time*f_layer_count;
            s_attention_error[c] += f_layer_count*(f_attention_spread_cold*(-v_attention_floor*f_attends + v_attention_time) + f_attention_spread_launch*v_attention_floor*f_attends);
            const double v_token_bound_time = f_attends*(-v_conversion_time/v_multiprocessor_time + 1.0)*PNorm(v_attention_memory_time, v_multiprocessor_time, f_overlap)*PNormWeight(v_multiprocessor_time, v_attention_memory_time, f_overlap);
            s_token_cost_error[c] += f_token_cost_spread*v_token_bound_time*f_layer_count;
            s_proxy_kernel_error[c] += f_token_cost_spread*v_token_bound_time*f_layer_count*(1.0 - f_codec_is_measured)*(1.0 - f_kernel_is_ideal)*Indicator(-x_coded_size[(g) * contexts + (first + c)] + x_size_16bit[(g) * contexts + (first + c)]);
            }
            }
        for (long c = 0; c < count; c++) y_attention_launch_time[b * row + first + c] = s_attention_launch_time[c];
        for (long c = 0; c < count; c++) y_codec_step_time[b * row + first + c] = s_codec_step_time[c];
        for (long c = 0; c < count; c++) y_conversion_bound_time[b * row + first + c] = s_conversion_bound_time[c];
        for (long c = 0; c < count; c++) y_hbm_bound_time[b * row + first + c] = s_hbm_bound_time[c];
        for (long c = 0; c < count; c++) y_sm_bound_time[b * row + first + c] = s_sm_bound_time[c];
        for (long c = 0; c < count; c++) y_attention_step_time[b * row + first + c] = s_attention_step_time[c];
        for (long c = 0; c < count; c++) y_encode_step_time[b * row + first + c] = s_encode_step_time[c];
        for (long c = 0; c < count; c++) y_flush_step_time[b * row + first + c] = s_flush_step_time[c];
        for (long c = 0; c < count; c++) y_attention_error[b * row + first + c] = s_attention_error[c];
        for (long c = 0; c < count; c++) y_token_cost_error[b * row + first + c] = s_token_cost_error[c];
        for (long c = 0; c < count; c++) y_proxy_kernel_error[b * row + first + c] = s_proxy_kernel_error[c];
        {
            const double f_codec_spread = x_codec_spread[0];
            const double f_communication_step_time = x_communication_step_time[b];
            const double f_conversion_spread = x_conversion_spread[0];
            const double f_expert_step_time = x_expert_step_time[b];
            const double f_kernel_gap_time = x_kernel_gap_time[0];
            const double f_matrix_compute_bound_time = x_matrix_compute_bound_time[b];
            const double f_matrix_launch_time = x_matrix_launch_time[b];
            const double f_matrix_memory_bound_time = x_matrix_memory_bound_time[b];
            const double f_sampling_time = x_sampling_time[b];
            const double f_shared_error = x_shared_error[b];
            const double f_small_kernel_time = x_small_kernel_time[b];
            const double f_state_launch_time = x_state_launch_time[0];
            const double f_state_step_time = x_state_step_time[b];
            const double f_step_host_time = x_step_host_time[0];
            const double f_version_spread = x_version_spread[0];
            #pragma GCC ivdep
            for (long c = 0; c < count; c++) {
            const double v_streaming_bound_time = -s_conversion_bound_time[c] + s_sm_bound_time[c];
            const double v_step_time = f_kernel_gap_time + f_matrix_compute_bound_time + f_sampling_time + f_small_kernel_time + v_streaming_bound_time + f_step_host_time + s_attention_launch_time[c] + s_codec_step_time[c] + f_communication_step_time + s_conversion_bound_time[c] + f_expert_step_time + s_hbm_bound_time[c] + f_matrix_launch_time + f_matrix_memory_bound_time + f_state_launch_time + f_state_step_time;
            y_step_time[b * row + first + c] = v_step_time;
            const double v_codec_error = sqrt(pow(f_codec_spread, 2.0)*pow(s_codec_step_time[c], 2.0) + pow(f_conversion_spread, 2.0)*pow(s_conversion_bound_time[c], 2.0));
            y_codec_error[b * row + first + c] = v_codec_error;
            const double v_step_spread = sqrt(pow(f_version_spread, 2.0) + (pow(v_codec_error, 2.0) + pow(f_shared_error, 2.0) + pow(s_attention_error[c], 2.0) + pow(s_proxy_kernel_error[c], 2.0))/pow(v_step_time, 2.0));
            y_step_spread[b * row + first + c] = v_step_spread;
            }
            }
    }
}
"""
