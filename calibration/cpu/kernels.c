/* Decode attention of one query token over a cache in fp32, int8 or int4, and two loops that only move bytes.
 *
 * One thread. A work unit is one cached head of one sequence with the query heads that share it: tiles of TILE tokens are
 * decoded to fp32, multiplied, and folded into a running softmax, so that the cache passes through the core once.
 * Codes are asymmetric in groups of GROUP numbers along the head: number = scale * code + zero. int8 keeps one fp32 scale a
 * group (zero 0); int4 keeps scale and zero as the upper halves of fp32, its low nibbles first, then its high ones.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define TILE 32
#define GROUP 32
#define MOST_SHARED 16

/* eight fp32 numbers at any address; the compiler makes of them what the processor has */
typedef float vec __attribute__((vector_size(32), aligned(4)));

static inline float upper_half(uint16_t bits) {
    uint32_t whole = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &whole, 4);
    return value;
}

static inline __attribute__((always_inline)) void plain(const float *cache, const void *unused, long first, long count, long width, float *tile) {
    (void)unused;
    memcpy(tile, cache + first * width, (size_t)(count * width) * sizeof(float));
}

static inline __attribute__((always_inline)) void decode_int8(const int8_t *codes, const float *scales, long first, long count, long width, float *tile) {
    codes += first * width;
    scales += first * width / GROUP;
    for (long g = 0; g < count * width / GROUP; g++)
        for (int i = 0; i < GROUP; i++) tile[g * GROUP + i] = scales[g] * (float)codes[g * GROUP + i];
}

static inline __attribute__((always_inline)) void decode_int4(const uint8_t *codes, const uint16_t *pairs, long first, long count, long width, float *tile) {
    codes += first * width / 2;
    pairs += 2 * (first * width / GROUP);
    for (long g = 0; g < count * width / GROUP; g++) {
        const float scale = upper_half(pairs[2 * g]), zero = upper_half(pairs[2 * g + 1]);
        for (int i = 0; i < GROUP / 2; i++) {
            const uint8_t byte = codes[g * (GROUP / 2) + i];
            tile[g * GROUP + i] = scale * (float)(byte & 15) + zero;
            tile[g * GROUP + GROUP / 2 + i] = scale * (float)(byte >> 4) + zero;
        }
    }
}

/* Scores of one tile, then its values, for all query heads that share the cached head; widths are multiples of GROUP. */
static inline __attribute__((always_inline)) void fold(const float *query, const float *keys, const float *values,
                                                       long count, long shared, const long width, float *highest,
                                                       float *total, float *out) {
    const float root = 1.0f / sqrtf((float)width);
    const long lanes = width / 8;
    for (long h = 0; h < shared; h++) {
        const vec *q = (const vec *)(query + h * width);
        vec *o = (vec *)(out + h * width);
        float score[TILE] = {0}, top = highest[h], sum = 0;
        for (long t = 0; t < count; t++) {
            const vec *k = (const vec *)(keys + t * width);
            vec dot[4] = {{0}};
            for (long i = 0; i < lanes; i += 4)
                for (int j = 0; j < 4; j++) dot[j] += q[i + j] * k[i + j];
            const vec pair = (dot[0] + dot[1]) + (dot[2] + dot[3]);
            float whole = 0;
            for (int j = 0; j < 8; j++) whole += pair[j];
            score[t] = whole * root;
        }
        for (long t = 0; t < count; t++) top = score[t] > top ? score[t] : top;
        const float fade = expf(highest[h] - top);
        highest[h] = top;
        for (long t = 0; t < count; t++) score[t] = expf(score[t] - top);
        for (long t = 0; t < count; t++) sum += score[t];
        total[h] = total[h] * fade + sum;
        for (long i = 0; i < lanes; i += 4) { /* four lanes of the output stay in registers while the tile passes */
            vec part[4];
            for (int j = 0; j < 4; j++) part[j] = o[i + j] * fade;
            for (long t = 0; t < count; t++) {
                const vec *v = (const vec *)(values + t * width);
                for (int j = 0; j < 4; j++) part[j] += score[t] * v[i + j];
            }
            for (int j = 0; j < 4; j++) o[i + j] = part[j];
        }
    }
}

#define ATTEND(name, decode, CODES, EXTRA, NUMBERS, EXTRAS)                                                             \
    static inline __attribute__((always_inline)) void unit_##name(const float *query, const CODES *keys, const EXTRA *key_extra, const CODES *values,  \
                                   const EXTRA *value_extra, long tokens, long shared, const long width, float *out) { \
        __attribute__((aligned(64))) float tile[2 * TILE * 256]; float highest[MOST_SHARED], total[MOST_SHARED];                                          \
        for (long h = 0; h < shared; h++) highest[h] = -1e30f, total[h] = 0;                                           \
        memset(out, 0, (size_t)(shared * width) * sizeof(float));                                                      \
        for (long first = 0; first < tokens; first += TILE) {                                                          \
            const long count = tokens - first < TILE ? tokens - first : TILE;                                          \
            decode(keys, key_extra, first, count, width, tile);                                                        \
            decode(values, value_extra, first, count, width, tile + TILE * 256);                                       \
            fold(query, tile, tile + TILE * 256, count, shared, width, highest, total, out);                           \
        }                                                                                                              \
        for (long h = 0; h < shared; h++)                                                                              \
            for (long i = 0; i < width; i++) out[h * width + i] /= total[h];                                           \
    }                                                                                                                  \
    void attend_##name(long units, long tokens, long shared, long width, const float *query, const CODES *keys,        \
                       const EXTRA *key_extra, const CODES *values, const EXTRA *value_extra, float *out) {            \
        for (long u = 0; u < units; u++) {                                                                             \
            const long numbers = u * tokens * width, q = u * shared * width;                                           \
            const CODES *k = keys + (NUMBERS), *v = values + (NUMBERS);                                                \
            const EXTRA *ke = key_extra + (EXTRAS), *ve = value_extra + (EXTRAS);                                      \
            if (width == 64) unit_##name(query + q, k, ke, v, ve, tokens, shared, 64, out + q);                        \
            else if (width == 128) unit_##name(query + q, k, ke, v, ve, tokens, shared, 128, out + q);                 \
            else unit_##name(query + q, k, ke, v, ve, tokens, shared, width, out + q);                                 \
        }                                                                                                              \
    }

ATTEND(float32, plain, float, char, numbers, 0)
ATTEND(int8, decode_int8, int8_t, float, numbers, numbers / GROUP)
ATTEND(int4, decode_int4, uint8_t, uint16_t, numbers / 2, 2 * (numbers / GROUP))

/* the stream: bytes read, or read and written */
float read_all(const float *numbers, long count) {
    float sum[16] = {0};
    for (long i = 0; i + 16 <= count; i += 16)
        for (int j = 0; j < 16; j++) sum[j] += numbers[i + j];
    float whole = 0;
    for (int j = 0; j < 16; j++) whole += sum[j];
    return whole;
}

void copy_all(const float *from, float *to, long count) { memcpy(to, from, (size_t)count * sizeof(float)); }
