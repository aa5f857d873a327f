"""Flash-decoding over a coded cache: one program a cached head of a sequence and a split of its context.

The query heads of a group share the program (GQA packing), codes become 16-bit numbers in registers, softmax runs online,
and a second kernel combines the splits. Records that cover a whole row leave the product: they scale scores and weights.
"""

import triton
import triton.language as tl

from calibration.kernels.triton.codes import channel_records, channels, exact, slots, small_float, token_records

NOTHING = tl.constexpr(-1e30)  # below every score, and finite, so that an empty split weighs exp(-1e30) = 0


@triton.jit
def decoded(
    codes,
    scale,
    zero,
    start,
    end,
    slot,
    exists,
    table,
    row,
    head,
    lanes,
    PLACE: tl.constexpr,
    KIND: tl.constexpr,
    CODEC: tl.constexpr,
    AXIS: tl.constexpr,
    GROUP: tl.constexpr,
    WIDTH: tl.constexpr,
    HEADS: tl.constexpr,
    SHARES: tl.constexpr,
    ORDER: tl.constexpr,
    BLOCK: tl.constexpr,
    PAGE: tl.constexpr,
):
    """[BLOCK, WIDTH / SHARES] numbers of part PLACE as KIND; without their record where it covers the row."""
    if CODEC == "bf16" or CODEC == "fp8":
        return codes.to(KIND)
    elif CODEC == "fp8-bits":
        return small_float(codes, KIND)
    else:
        BITS: tl.constexpr = 8 // SHARES
        code = (codes.to(tl.int32) >> (BITS * PLACE)) & ((1 << BITS) - 1)
        if AXIS == "token" and (GROUP == WIDTH or (ORDER == "split" and GROUP % (WIDTH // SHARES) == 0)):
            return exact(code, KIND, BITS)
        elif AXIS == "token":
            s = token_records(scale, slot, exists, head, PLACE, WIDTH, GROUP, HEADS, SHARES, ORDER, BLOCK)
            z = token_records(zero, slot, exists, head, PLACE, WIDTH, GROUP, HEADS, SHARES, ORDER, BLOCK)
            return (code.to(tl.float32) * s + z).to(KIND)
        else:
            s = channel_records(
                scale, start, end, table, row, head, lanes, PLACE, WIDTH, GROUP, HEADS, SHARES, ORDER, BLOCK, PAGE
            )
            z = channel_records(
                zero, start, end, table, row, head, lanes, PLACE, WIDTH, GROUP, HEADS, SHARES, ORDER, BLOCK, PAGE
            )
            return (code.to(tl.float32) * s + z).to(KIND)


@triton.jit
def scored(
    q,
    sums,
    k,
    scale,
    zero,
    slot,
    exists,
    head,
    PLACE: tl.constexpr,
    FOLD: tl.constexpr,
    WIDTH: tl.constexpr,
    GROUP: tl.constexpr,
    HEADS: tl.constexpr,
    SHARES: tl.constexpr,
):
    """Scores [ROWS, BLOCK] of one part; where a record covers the part (FOLD), it scales the scores, not the keys."""
    score = tl.dot(q, tl.trans(k))
    if FOLD:
        offset = (slot * HEADS + head) * (WIDTH // GROUP) + PLACE * (WIDTH // SHARES) // GROUP
        s = tl.load(scale + offset, mask=exists, other=0.0).to(tl.float32)
        z = tl.load(zero + offset, mask=exists, other=0.0).to(tl.float32)
        score = score * s[None, :] + sums[:, None] * z[None, :]
    return score


@triton.jit
def weighted(
    p,
    v,
    output,
    added,
    fade,
    scale,
    zero,
    slot,
    exists,
    head,
    PLACE: tl.constexpr,
    KIND: tl.constexpr,
    FOLD: tl.constexpr,
    WIDTH: tl.constexpr,
    GROUP: tl.constexpr,
    HEADS: tl.constexpr,
    SHARES: tl.constexpr,
):
    """Output of one part and what zero points add to it; where a record covers the part, it scales the weights."""
    if FOLD:
        offset = (slot * HEADS + head) * (WIDTH // GROUP) + PLACE * (WIDTH // SHARES) // GROUP
        s = tl.load(scale + offset, mask=exists, other=0.0).to(tl.float32)
        z = tl.load(zero + offset, mask=exists, other=0.0).to(tl.float32)
        added = added * fade + tl.sum(p * z[None, :], 1)
        p = p * s[None, :]
    return output * fade[:, None] + tl.dot(p.to(KIND), v), added


@triton.jit
def attend(
    query,
    keys,
    key_scale,
    key_zero,
    values,
    value_scale,
    value_zero,
    table,
    lengths,
    partial,
    top,
    total,
    softmax_scale,
    row_stride,
    split_tokens,
    CODEC: tl.constexpr,
    KEY_AXIS: tl.constexpr,
    KEY_GROUP: tl.constexpr,
    VALUE_AXIS: tl.constexpr,
    VALUE_GROUP: tl.constexpr,
    ORDER: tl.constexpr,
    WIDTH: tl.constexpr,
    HEADS: tl.constexpr,
    PACKED: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
    PAGE: tl.constexpr,
    SPLITS: tl.constexpr,
):
    """Unnormalised output, largest score and sum of weights of one split of one cached head.

    ``query`` [sequence, HEADS · PACKED, WIDTH]; caches [slot, HEADS, row]; ``partial`` [sequence · HEADS, SPLITS, ROWS,
    WIDTH], ``top`` and ``total`` without the last axis. ROWS is at least 16 (the tensor core's tile) and at least PACKED;
    ``split_tokens`` is a multiple of BLOCK.
    """
    unit, split = tl.program_id(0), tl.program_id(1)
    sequence, head = unit // HEADS, unit % HEADS
    row = sequence.to(tl.int64) * row_stride
    SHARES: tl.constexpr = 4 if CODEC == "int2" else (2 if CODEC == "int4" else 1)
    PART: tl.constexpr = WIDTH // SHARES
    INTEGER: tl.constexpr = CODEC == "int8" or CODEC == "int4" or CODEC == "int2"
    ABSENT: tl.constexpr = 0.0 if CODEC == "bf16" or CODEC == "fp8" else 0
    KEY_WHOLE: tl.constexpr = INTEGER and KEY_AXIS == "token" and KEY_GROUP == WIDTH
    KEY_FOLD: tl.constexpr = (
        INTEGER and not KEY_WHOLE and KEY_AXIS == "token" and ORDER == "split" and KEY_GROUP % PART == 0
    )
    VALUE_WHOLE: tl.constexpr = INTEGER and VALUE_AXIS == "token" and VALUE_GROUP == WIDTH
    VALUE_FOLD: tl.constexpr = (
        INTEGER and not VALUE_WHOLE and VALUE_AXIS == "token" and ORDER == "split" and VALUE_GROUP % PART == 0
    )
    rows, lanes = tl.arange(0, ROWS), tl.arange(0, PART)
    real = (rows < PACKED)[:, None]
    base = query + (unit * PACKED + rows)[:, None] * WIDTH
    q0 = tl.load(base + channels(lanes, 0, WIDTH, SHARES, ORDER)[None, :], mask=real, other=0.0)
    KIND: tl.constexpr = q0.dtype
    sum0 = tl.sum(q0.to(tl.float32), 1)
    sums = sum0
    o0 = tl.zeros((ROWS, PART), tl.float32)
    if SHARES >= 2:
        q1 = tl.load(base + channels(lanes, 1, WIDTH, SHARES, ORDER)[None, :], mask=real, other=0.0)
        sum1 = tl.sum(q1.to(tl.float32), 1)
        sums += sum1
        o1 = tl.zeros((ROWS, PART), tl.float32)
    if SHARES == 4:
        q2 = tl.load(base + channels(lanes, 2, WIDTH, SHARES, ORDER)[None, :], mask=real, other=0.0)
        q3 = tl.load(base + channels(lanes, 3, WIDTH, SHARES, ORDER)[None, :], mask=real, other=0.0)
        sum2 = tl.sum(q2.to(tl.float32), 1)
        sum3 = tl.sum(q3.to(tl.float32), 1)
        sums += sum2 + sum3
        o2 = tl.zeros((ROWS, PART), tl.float32)
        o3 = tl.zeros((ROWS, PART), tl.float32)
    most = tl.full((ROWS,), NOTHING, tl.float32)
    weight = tl.zeros((ROWS,), tl.float32)
    added = tl.zeros((ROWS,), tl.float32)  # what the values' zero points add to every channel, or to those of a part
    added0 = tl.zeros((ROWS,), tl.float32)
    if SHARES >= 2:
        added1 = tl.zeros((ROWS,), tl.float32)
    if SHARES == 4:
        added2 = tl.zeros((ROWS,), tl.float32)
        added3 = tl.zeros((ROWS,), tl.float32)
    begin = split * split_tokens
    end = tl.minimum(begin + split_tokens, tl.load(lengths + sequence))
    for start in range(begin, end, BLOCK):
        tokens = start + tl.arange(0, BLOCK)
        exists = tokens < end
        slot = slots(tokens, exists, table, row, PAGE)
        offset = (slot * HEADS + head)[:, None] * PART + lanes[None, :]
        k = tl.load(keys + offset, mask=exists[:, None], other=ABSENT)
        v = tl.load(values + offset, mask=exists[:, None], other=ABSENT)
        k0 = decoded(k, key_scale, key_zero, start, end, slot, exists, table, row, head, lanes, 0, KIND,
                CODEC, KEY_AXIS, KEY_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
        score = scored(q0, sum0, k0, key_scale, key_zero, slot, exists, head, 0,
                KEY_FOLD, WIDTH, KEY_GROUP, HEADS, SHARES)  # fmt: skip
        if SHARES >= 2:
            k1 = decoded(k, key_scale, key_zero, start, end, slot, exists, table, row, head, lanes, 1, KIND,
                CODEC, KEY_AXIS, KEY_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            score += scored(q1, sum1, k1, key_scale, key_zero, slot, exists, head, 1,
                KEY_FOLD, WIDTH, KEY_GROUP, HEADS, SHARES)  # fmt: skip
        if SHARES == 4:
            k2 = decoded(k, key_scale, key_zero, start, end, slot, exists, table, row, head, lanes, 2, KIND,
                CODEC, KEY_AXIS, KEY_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            k3 = decoded(k, key_scale, key_zero, start, end, slot, exists, table, row, head, lanes, 3, KIND,
                CODEC, KEY_AXIS, KEY_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            score += scored(q2, sum2, k2, key_scale, key_zero, slot, exists, head, 2,
                KEY_FOLD, WIDTH, KEY_GROUP, HEADS, SHARES)  # fmt: skip
            score += scored(q3, sum3, k3, key_scale, key_zero, slot, exists, head, 3,
                KEY_FOLD, WIDTH, KEY_GROUP, HEADS, SHARES)  # fmt: skip
        if KEY_WHOLE:
            s = tl.load(key_scale + slot * HEADS + head, mask=exists, other=0.0).to(tl.float32)
            z = tl.load(key_zero + slot * HEADS + head, mask=exists, other=0.0).to(tl.float32)
            score = score * s[None, :] + sums[:, None] * z[None, :]
        score = tl.where(exists[None, :], score * softmax_scale, NOTHING)
        higher = tl.maximum(most, tl.max(score, 1))
        fade = tl.exp(most - higher)
        p = tl.exp(score - higher[:, None])
        weight = weight * fade + tl.sum(p, 1)
        most = higher
        if VALUE_WHOLE:
            s = tl.load(value_scale + slot * HEADS + head, mask=exists, other=0.0).to(tl.float32)
            z = tl.load(value_zero + slot * HEADS + head, mask=exists, other=0.0).to(tl.float32)
            added = added * fade + tl.sum(p * z[None, :], 1)
            p = p * s[None, :]
        v0 = decoded(v, value_scale, value_zero, start, end, slot, exists, table, row, head, lanes, 0, KIND,
                CODEC, VALUE_AXIS, VALUE_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
        o0, added0 = weighted(p, v0, o0, added0, fade, value_scale, value_zero, slot, exists, head, 0, KIND,
                VALUE_FOLD, WIDTH, VALUE_GROUP, HEADS, SHARES)  # fmt: skip
        if SHARES >= 2:
            v1 = decoded(v, value_scale, value_zero, start, end, slot, exists, table, row, head, lanes, 1, KIND,
                CODEC, VALUE_AXIS, VALUE_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            o1, added1 = weighted(p, v1, o1, added1, fade, value_scale, value_zero, slot, exists, head, 1, KIND,
                VALUE_FOLD, WIDTH, VALUE_GROUP, HEADS, SHARES)  # fmt: skip
        if SHARES == 4:
            v2 = decoded(v, value_scale, value_zero, start, end, slot, exists, table, row, head, lanes, 2, KIND,
                CODEC, VALUE_AXIS, VALUE_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            v3 = decoded(v, value_scale, value_zero, start, end, slot, exists, table, row, head, lanes, 3, KIND,
                CODEC, VALUE_AXIS, VALUE_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            o2, added2 = weighted(p, v2, o2, added2, fade, value_scale, value_zero, slot, exists, head, 2, KIND,
                VALUE_FOLD, WIDTH, VALUE_GROUP, HEADS, SHARES)  # fmt: skip
            o3, added3 = weighted(p, v3, o3, added3, fade, value_scale, value_zero, slot, exists, head, 3, KIND,
                VALUE_FOLD, WIDTH, VALUE_GROUP, HEADS, SHARES)  # fmt: skip
    offset = (unit.to(tl.int64) * SPLITS + split) * ROWS + rows
    out = partial + offset[:, None] * WIDTH
    tl.store(out + channels(lanes, 0, WIDTH, SHARES, ORDER)[None, :], o0 + (added + added0)[:, None])
    if SHARES >= 2:
        tl.store(out + channels(lanes, 1, WIDTH, SHARES, ORDER)[None, :], o1 + (added + added1)[:, None])
    if SHARES == 4:
        tl.store(out + channels(lanes, 2, WIDTH, SHARES, ORDER)[None, :], o2 + (added + added2)[:, None])
        tl.store(out + channels(lanes, 3, WIDTH, SHARES, ORDER)[None, :], o3 + (added + added3)[:, None])
    tl.store(top + offset, most)
    tl.store(total + offset, weight)


@triton.jit
def combine(
    partial,
    top,
    total,
    output,
    PACKED: tl.constexpr,
    ROWS: tl.constexpr,
    WIDTH: tl.constexpr,
    SPLITS: tl.constexpr,
    CEILING: tl.constexpr,
):
    """Output [sequence · HEADS · PACKED, WIDTH] of the splits; CEILING is the power of two at or above SPLITS."""
    unit, packed = tl.program_id(0), tl.program_id(1)
    split, channel = tl.arange(0, CEILING), tl.arange(0, WIDTH)
    exists = split < SPLITS
    offset = (unit.to(tl.int64) * SPLITS + split) * ROWS + packed
    most = tl.load(top + offset, mask=exists, other=NOTHING)
    share = tl.exp(most - tl.max(most, 0))
    weight = tl.sum(tl.load(total + offset, mask=exists, other=0.0) * share, 0)
    part = tl.load(partial + offset[:, None] * WIDTH + channel[None, :], mask=exists[:, None], other=0.0)
    merged = tl.sum(part * share[:, None], 0) / weight
    tl.store(output + (unit.to(tl.int64) * PACKED + packed) * WIDTH + channel, merged)
