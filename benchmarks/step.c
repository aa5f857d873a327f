/* The yardstick of speed: step time, batch that fits and throughput of one scheme over a grid, written by hand.
 *
 * The same arithmetic as costmodel/formulas for one kind of layer on the main path of a cold kernel, as a person would
 * write it who knows which terms vary: those of the batch alone come as arrays, those of the context leave the inner loop.
 */
#include <math.h>

struct model {
    double budget, window, key_elements, value_elements, key_size, value_size, precise_keys, precise_values, sidecar;
    double index, coded_size, block, cached_heads, query_heads, layer_count, pool, max_sequences, constant_size, heads_per_work_unit;
    double activation_size, query_width, output_width, hbm, efficiency, l2_speedup, l2_reread_factor, sms, occupancy_sharpness, min_split_tokens;
    double max_extra_splits, overlap, wave_cost, wave_cost_doubling_heads, token_time, window_edge, window_wave, window_cost, batch_cost;
    double combine_cost, attention_launch, copy_efficiency, kernel_floor, score_kernels, score_passes, select_kernels;
    double floor_in_step, streaming_in_step;
};

static inline double larger(double a, double b, double p) { /* (a^p + b^p)^(1/p) */
    double z = p * log(b / a);
    return (z > 0 ? b : a) * exp(log(1 + exp(-fabs(z))) / p);
}

void grid(long batches, long contexts, const double *restrict batch, const double *restrict context,
          const double *restrict rest, const double *restrict waves, struct model m, double *restrict step,
          double *restrict fits, double *restrict throughput) {
    const double heads = m.query_heads / m.heads_per_work_unit, bandwidth = m.copy_efficiency * m.hbm;
    const double wave = m.wave_cost * (1 + (m.heads_per_work_unit - 1) / m.wave_cost_doubling_heads);
    const double plain = 2 * m.key_elements, plain_value = 2 * m.value_elements;
    for (long c = 0; c < contexts; c++) {
        const double kept = fmin(fmin(context[c], m.window), m.budget), cut = context[c] > m.window;
        const double keys = fmin(kept, m.precise_keys), values = fmin(kept, m.precise_values);
        const double stored = kept * m.coded_size + keys * (plain - m.key_size) + values * (plain_value - m.value_size);
        const double waste = (ceil(kept / m.block) * m.block - kept) * m.coded_size;
        const double sequence = m.layer_count * (m.cached_heads * (stored + waste) + m.constant_size);
        fits[c] = fmin(floor(m.pool / sequence), m.max_sequences);
        const double read = m.cached_heads * (kept * m.sidecar + (kept - keys) * m.key_size + keys * plain
                                              + (kept - values) * m.value_size + values * plain_value);
        const double traffic = read + m.query_heads * m.activation_size * (m.query_width + m.output_width);
        const double memory = traffic * (1 / (m.efficiency * m.hbm) + m.l2_reread_factor / (m.l2_speedup * m.hbm));
        const double pieces = kept / m.min_split_tokens, splits = 1 + pieces * m.max_extra_splits / (pieces + m.max_extra_splits);
        const double stream = m.token_time * (kept + cut * m.window_edge), one_wave = wave * (1 + cut * (m.window_wave - 1));
        const double each = 4 * m.query_heads * kept * m.score_passes + m.cached_heads * kept * m.index;
        const double floors = m.kernel_floor * (m.score_kernels + m.select_kernels);
        for (long b = 0; b < batches; b++) {
            const double units = batch[b] * heads, busy = larger(units * splits, m.sms, -m.occupancy_sharpness);
            const double fixed = m.floor_in_step * (m.attention_launch + cut * m.window_cost + (batch[b] > 1 ? m.batch_cost : 0)
                                                    + m.combine_cost * fmax(0, 1 - units / busy));
            const double sm = one_wave * fmax(0, waves[b] - 1) + stream * units / busy;
            const double attention = fixed + m.streaming_in_step * larger(batch[b] * memory, sm, m.overlap);
            const double time = rest[b] + m.layer_count * (attention + floors + batch[b] * each / bandwidth);
            step[c * batches + b] = time;
            throughput[c * batches + b] = batch[b] / time;
        }
    }
}
