"""Parts of coded rows: which channels share a byte, where a token lies, and the scale that a number takes.

A row of WIDTH channels is stored in WIDTH / SHARES bytes; part i holds the codes at bits i of every byte. Order ``split``
gives part i a run of channels, ``interleaved`` every SHARES-th one; attention takes either at the same cost, because it
permutes the query and the output instead of the cache.
"""

import triton
import triton.language as tl


@triton.jit
def channels(lanes, PLACE: tl.constexpr, WIDTH: tl.constexpr, SHARES: tl.constexpr, ORDER: tl.constexpr):
    """Channels of part PLACE for its lanes 0 … WIDTH / SHARES."""
    if ORDER == "split":
        return PLACE * (WIDTH // SHARES) + lanes
    else:
        return lanes * SHARES + PLACE


@triton.jit
def slots(tokens, exists, table, row, PAGE: tl.constexpr):
    """Slots of tokens: through a block table whose row begins at ``row``, or (PAGE 0) counted from slot ``row``."""
    if PAGE == 0:
        return row + tokens.to(tl.int64)
    else:
        page = tl.load(table + row + tokens // PAGE, mask=exists, other=0)
        return page.to(tl.int64) * PAGE + tokens % PAGE


@triton.jit
def token_records(
    records,
    slot,
    exists,
    head,
    PLACE: tl.constexpr,
    WIDTH: tl.constexpr,
    GROUP: tl.constexpr,
    HEADS: tl.constexpr,
    SHARES: tl.constexpr,
    ORDER: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """[BLOCK, WIDTH / SHARES] records of part PLACE, each loaded once: one for GROUP channels of a token."""
    PART: tl.constexpr = WIDTH // SHARES
    COVERED: tl.constexpr = GROUP if ORDER == "split" else GROUP // SHARES
    FEW: tl.constexpr = PART if COVERED > PART else COVERED
    COUNT: tl.constexpr = PART // FEW
    FIRST: tl.constexpr = PLACE * PART // GROUP if ORDER == "split" else 0
    offset = (slot * HEADS + head)[:, None] * (WIDTH // GROUP) + FIRST + tl.arange(0, COUNT)[None, :]
    values = tl.load(records + offset, mask=exists[:, None], other=0.0).to(tl.float32)
    return tl.reshape(tl.broadcast_to(values[:, :, None], (BLOCK, COUNT, FEW)), (BLOCK, PART))


@triton.jit
def channel_records(
    records,
    start,
    end,
    table,
    row,
    head,
    lanes,
    PLACE: tl.constexpr,
    WIDTH: tl.constexpr,
    GROUP: tl.constexpr,
    HEADS: tl.constexpr,
    SHARES: tl.constexpr,
    ORDER: tl.constexpr,
    BLOCK: tl.constexpr,
    PAGE: tl.constexpr,
):
    """[BLOCK, WIDTH / SHARES] records of part PLACE, each loaded once: one for a channel of GROUP tokens."""
    PART: tl.constexpr = WIDTH // SHARES
    COUNT: tl.constexpr = BLOCK // GROUP
    tokens = start + tl.arange(0, COUNT) * GROUP
    exists = tokens < end
    group = slots(tokens, exists, table, row, PAGE) // GROUP
    channel = channels(lanes, PLACE, WIDTH, SHARES, ORDER)
    offset = (group * HEADS + head)[:, None] * WIDTH + channel[None, :]
    values = tl.load(records + offset, mask=exists[:, None], other=0.0).to(tl.float32)
    return tl.reshape(tl.broadcast_to(values[:, None, :], (COUNT, GROUP, PART)), (BLOCK, PART))


@triton.jit
def small_float(byte, KIND: tl.constexpr):
    """An e4m3 byte as a 16-bit float by moving its bits, for devices without the conversion (NaN is not handled)."""
    wide = byte.to(tl.int16)
    if tl.bfloat16 == KIND:
        moved = ((wide & 0x80) << 8) | ((wide & 0x7F) << 4)
        return moved.to(KIND, bitcast=True) * tl.full((1, 1), 2.0**120, tl.float32).to(KIND)
    else:
        moved = ((wide & 0x80) << 8) | ((wide & 0x7F) << 7)
        return moved.to(KIND, bitcast=True) * tl.full((1, 1), 256.0, tl.float32).to(KIND)


@triton.jit
def exact(code, KIND: tl.constexpr, BITS: tl.constexpr):
    """A code as a 16-bit float: its bits become the mantissa of a power of two, which is then taken off.

    Cheaper than the conversion of integers; 8 bits do not fit the mantissa of bfloat16 and are converted.
    """
    if tl.float16 == KIND:
        return (code | 0x6400).to(tl.int16).to(KIND, bitcast=True) - tl.full((1, 1), 1024.0, tl.float32).to(KIND)
    elif BITS < 8:
        return (code | 0x4300).to(tl.int16).to(KIND, bitcast=True) - tl.full((1, 1), 128.0, tl.float32).to(KIND)
    else:
        return code.to(tl.float32).to(KIND)
