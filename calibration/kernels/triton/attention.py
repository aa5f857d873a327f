"""Flash-decoding over a coded cache: one program a cached head of a sequence and a split of its context.

The query heads of a group share the program (GQA packing), codes become 16-bit numbers in registers, softmax runs online,
and a second kernel combines the splits. Records that cover a whole row leave the product: they scale scores and weights.
"""

import triton
import triton.language as tl

from calibration.kernels.triton.codes import channel_records, channels, slots, small_float, token_records

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
        if AXIS == "token" and GROUP == WIDTH:
            return code.to(tl.float32).to(KIND)
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
    VALUE_WHOLE: tl.constexpr = INTEGER and VALUE_AXIS == "token" and VALUE_GROUP == WIDTH
    rows, lanes = tl.arange(0, ROWS), tl.arange(0, PART)
    real = (rows < PACKED)[:, None]
    base = query + (unit * PACKED + rows)[:, None] * WIDTH
    q0 = tl.load(base + channels(lanes, 0, WIDTH, SHARES, ORDER)[None, :], mask=real, other=0.0)
    KIND: tl.constexpr = q0.dtype
    sums = tl.sum(q0.to(tl.float32), 1)
    o0 = tl.zeros((ROWS, PART), tl.float32)
    if SHARES >= 2:
        q1 = tl.load(base + channels(lanes, 1, WIDTH, SHARES, ORDER)[None, :], mask=real, other=0.0)
        sums += tl.sum(q1.to(tl.float32), 1)
        o1 = tl.zeros((ROWS, PART), tl.float32)
    if SHARES == 4:
        q2 = tl.load(base + channels(lanes, 2, WIDTH, SHARES, ORDER)[None, :], mask=real, other=0.0)
        q3 = tl.load(base + channels(lanes, 3, WIDTH, SHARES, ORDER)[None, :], mask=real, other=0.0)
        sums += tl.sum(q2.to(tl.float32), 1) + tl.sum(q3.to(tl.float32), 1)
        o2 = tl.zeros((ROWS, PART), tl.float32)
        o3 = tl.zeros((ROWS, PART), tl.float32)
    most = tl.full((ROWS,), NOTHING, tl.float32)
    weight = tl.zeros((ROWS,), tl.float32)
    added = tl.zeros((ROWS,), tl.float32)  # what the values' zero points add to every channel
    begin = split * split_tokens
    end = tl.minimum(begin + split_tokens, tl.load(lengths + sequence))
    for start in range(begin, end, BLOCK):
        tokens = start + tl.arange(0, BLOCK)
        exists = tokens < end
        slot = slots(tokens, exists, table, row, PAGE)
        place = (slot * HEADS + head)[:, None] * PART + lanes[None, :]
        k = tl.load(keys + place, mask=exists[:, None], other=ABSENT)
        v = tl.load(values + place, mask=exists[:, None], other=ABSENT)
        k0 = decoded(k, key_scale, key_zero, start, end, slot, exists, table, row, head, lanes, 0, KIND,
                CODEC, KEY_AXIS, KEY_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
        score = tl.dot(q0, tl.trans(k0))
        if SHARES >= 2:
            k1 = decoded(k, key_scale, key_zero, start, end, slot, exists, table, row, head, lanes, 1, KIND,
                CODEC, KEY_AXIS, KEY_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            score += tl.dot(q1, tl.trans(k1))
        if SHARES == 4:
            k2 = decoded(k, key_scale, key_zero, start, end, slot, exists, table, row, head, lanes, 2, KIND,
                CODEC, KEY_AXIS, KEY_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            k3 = decoded(k, key_scale, key_zero, start, end, slot, exists, table, row, head, lanes, 3, KIND,
                CODEC, KEY_AXIS, KEY_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            score += tl.dot(q2, tl.trans(k2))
            score += tl.dot(q3, tl.trans(k3))
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
        o0 = o0 * fade[:, None]
        if SHARES >= 2:
            o1 = o1 * fade[:, None]
        if SHARES == 4:
            o2 = o2 * fade[:, None]
            o3 = o3 * fade[:, None]
        if VALUE_WHOLE:
            s = tl.load(value_scale + slot * HEADS + head, mask=exists, other=0.0).to(tl.float32)
            z = tl.load(value_zero + slot * HEADS + head, mask=exists, other=0.0).to(tl.float32)
            added = added * fade + tl.sum(p * z[None, :], 1)
            p = p * s[None, :]
        narrow = p.to(KIND)
        v0 = decoded(v, value_scale, value_zero, start, end, slot, exists, table, row, head, lanes, 0, KIND,
                CODEC, VALUE_AXIS, VALUE_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
        o0 += tl.dot(narrow, v0)
        if SHARES >= 2:
            v1 = decoded(v, value_scale, value_zero, start, end, slot, exists, table, row, head, lanes, 1, KIND,
                CODEC, VALUE_AXIS, VALUE_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            o1 += tl.dot(narrow, v1)
        if SHARES == 4:
            v2 = decoded(v, value_scale, value_zero, start, end, slot, exists, table, row, head, lanes, 2, KIND,
                CODEC, VALUE_AXIS, VALUE_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            v3 = decoded(v, value_scale, value_zero, start, end, slot, exists, table, row, head, lanes, 3, KIND,
                CODEC, VALUE_AXIS, VALUE_GROUP, WIDTH, HEADS, SHARES, ORDER, BLOCK, PAGE)  # fmt: skip
            o2 += tl.dot(narrow, v2)
            o3 += tl.dot(narrow, v3)
    place = (unit.to(tl.int64) * SPLITS + split) * ROWS + rows
    out = partial + place[:, None] * WIDTH
    tl.store(out + channels(lanes, 0, WIDTH, SHARES, ORDER)[None, :], o0 + added[:, None])
    if SHARES >= 2:
        tl.store(out + channels(lanes, 1, WIDTH, SHARES, ORDER)[None, :], o1 + added[:, None])
    if SHARES == 4:
        tl.store(out + channels(lanes, 2, WIDTH, SHARES, ORDER)[None, :], o2 + added[:, None])
        tl.store(out + channels(lanes, 3, WIDTH, SHARES, ORDER)[None, :], o3 + added[:, None])
    tl.store(top + place, most)
    tl.store(total + place, weight)


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
    place = (unit.to(tl.int64) * SPLITS + split) * ROWS + packed
    most = tl.load(top + place, mask=exists, other=NOTHING)
    share = tl.exp(most - tl.max(most, 0))
    weight = tl.sum(tl.load(total + place, mask=exists, other=0.0) * share, 0)
    part = tl.load(partial + place[:, None] * WIDTH + channel[None, :], mask=exists[:, None], other=0.0)
    found = tl.sum(part * share[:, None], 0) / weight
    tl.store(output + (unit.to(tl.int64) * PACKED + packed) * WIDTH + channel, found)
