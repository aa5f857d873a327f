"""Quantise and pack, and the separate pass that undoes it: one program a block of rows of a cache [slot, head, channel].

Rounding is to the nearest code, even at ties, as the reference does it.
"""

import triton
import triton.language as tl

NEAREST = tl.constexpr(12582912.0)  # 1.5 · 2**23: adding it leaves no fraction of a 32-bit float below 2**22


@triton.jit
def cast(source, target, count, BLOCK: tl.constexpr):
    """Numbers cast to the target's type, saturating at e4m3's largest finite number."""
    offset = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    number = tl.load(source + offset, mask=offset < count, other=0.0).to(tl.float32)
    tl.store(
        target + offset, tl.minimum(tl.maximum(number, -448.0), 448.0).to(target.dtype.element_ty), mask=offset < count
    )


@triton.jit
def _packed(code, BITS: tl.constexpr, ORDER: tl.constexpr, ROWS: tl.constexpr, WIDTH: tl.constexpr):
    """Codes [ROWS, WIDTH] as bytes [ROWS, WIDTH · BITS / 8]."""
    SHARES: tl.constexpr = 8 // BITS
    PART: tl.constexpr = WIDTH // SHARES
    shift = tl.arange(0, SHARES) * BITS
    if ORDER == "split":
        return tl.sum(tl.reshape(code, (ROWS, SHARES, PART)) << shift[None, :, None], 1).to(tl.uint8)
    else:
        return tl.sum(tl.reshape(code, (ROWS, PART, SHARES)) << shift[None, None, :], 2).to(tl.uint8)


@triton.jit
def quantise(
    source,
    codes,
    scale,
    zero,
    slots,
    BITS: tl.constexpr,
    AXIS: tl.constexpr,
    GROUP: tl.constexpr,
    ORDER: tl.constexpr,
    WIDTH: tl.constexpr,
    HEADS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """BLOCK slots of one head: asymmetric codes, float16 scale and zero. On axis ``channel`` BLOCK is the group."""
    head = tl.program_id(1)
    slot = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    exists, channel = slot < slots, tl.arange(0, WIDTH)
    offset = (slot * HEADS + head)[:, None] * WIDTH + channel[None, :]
    number = tl.load(source + offset, mask=exists[:, None], other=0.0).to(tl.float32)
    MOST: tl.constexpr = (1 << BITS) - 1
    AROUND: tl.constexpr = 2 if AXIS == "token" else 1
    if AXIS == "token":
        COUNT: tl.constexpr = WIDTH // GROUP
        grouped = tl.reshape(number, (BLOCK, COUNT, GROUP))
        record = (slot * HEADS + head)[:, None] * COUNT + tl.arange(0, COUNT)[None, :]
        record_exists = exists[:, None]
    else:
        GROUPS: tl.constexpr = BLOCK // GROUP
        grouped = tl.reshape(number, (GROUPS, GROUP, WIDTH))
        first = tl.program_id(0).to(tl.int64) * GROUPS + tl.arange(0, GROUPS)
        record = (first * HEADS + head)[:, None] * WIDTH + channel[None, :]
        record_exists = (first * GROUP < slots)[:, None]
    low = tl.min(grouped, AROUND).to(tl.float16)
    step = tl.maximum((tl.max(grouped, AROUND) - low.to(tl.float32)) / MOST, 2.0**-24).to(tl.float16)
    moved = (grouped - tl.expand_dims(low.to(tl.float32), AROUND)) / tl.expand_dims(step.to(tl.float32), AROUND)
    nearest = (moved + NEAREST) - NEAREST
    code = tl.minimum(tl.maximum(nearest, 0.0), MOST * 1.0).to(tl.int32)
    bytes_ = _packed(tl.reshape(code, (BLOCK, WIDTH)), BITS, ORDER, BLOCK, WIDTH)
    lanes = tl.arange(0, WIDTH * BITS // 8)
    row = (slot * HEADS + head)[:, None] * (WIDTH * BITS // 8) + lanes[None, :]
    tl.store(codes + row, bytes_, mask=exists[:, None])
    tl.store(scale + record, step, mask=record_exists)
    tl.store(zero + record, low, mask=record_exists)


@triton.jit
def dequantise(
    codes,
    scale,
    zero,
    target,
    slots,
    BITS: tl.constexpr,
    AXIS: tl.constexpr,
    GROUP: tl.constexpr,
    ORDER: tl.constexpr,
    WIDTH: tl.constexpr,
    HEADS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """BLOCK slots of one head back to the target's type, in a pass of its own."""
    SHARES: tl.constexpr = 8 // BITS
    PART: tl.constexpr = WIDTH // SHARES
    head = tl.program_id(1)
    slot = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    exists, channel = slot < slots, tl.arange(0, WIDTH)
    row = (slot * HEADS + head)[:, None] * PART + tl.arange(0, PART)[None, :]
    packed = tl.load(codes + row, mask=exists[:, None], other=0).to(tl.int32)
    shift = tl.arange(0, SHARES) * BITS
    if ORDER == "split":
        parts = tl.expand_dims(packed, 1) >> shift[None, :, None]
    else:
        parts = tl.expand_dims(packed, 2) >> shift[None, None, :]
    code = tl.reshape(parts & ((1 << BITS) - 1), (BLOCK, WIDTH)).to(tl.float32)
    if AXIS == "token":
        record = (slot * HEADS + head)[:, None] * (WIDTH // GROUP) + (channel // GROUP)[None, :]
    else:
        record = (slot // GROUP * HEADS + head)[:, None] * WIDTH + channel[None, :]
    s = tl.load(scale + record, mask=exists[:, None], other=0.0).to(tl.float32)
    z = tl.load(zero + record, mask=exists[:, None], other=0.0).to(tl.float32)
    offset = (slot * HEADS + head)[:, None] * WIDTH + channel[None, :]
    tl.store(target + offset, (code * s + z).to(target.dtype.element_ty), mask=exists[:, None])
