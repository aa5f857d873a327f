"""What eviction adds to a step: scores from attention weights, the best tokens of every head, and the moves.

The best are found by bisection over the bits of the scores, 32 passes over a row that lies in L2, then one pass that
writes them in order; equal scores keep the earlier token.
"""

import triton
import triton.language as tl


@triton.jit
def score(weights, scores, tokens, decay, PACKED: tl.constexpr, BLOCK: tl.constexpr):
    """Scores [head, token] in offset: earlier ones times ``decay`` plus weights [head, PACKED, token]."""
    head = tl.program_id(1)
    token = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    exists = token < tokens
    offset = scores + head.to(tl.int64) * tokens + token
    updated = tl.load(offset, mask=exists, other=0.0) * decay
    for packed in range(PACKED):
        row = weights + (head.to(tl.int64) * PACKED + packed) * tokens
        updated += tl.load(row + token, mask=exists, other=0.0).to(tl.float32)
    tl.store(offset, updated, mask=exists)


@triton.jit
def _order(number):
    """A 32-bit float as an integer whose order is the float's."""
    bits = number.to(tl.int32, bitcast=True)
    return tl.where(bits < 0, -2147483648 - bits, bits).to(tl.int64)


@triton.jit
def best(scores, selected, tokens, keep, BLOCK: tl.constexpr):
    """Tokens [head, keep] of the largest scores of every head (one program), in order of the token."""
    head = tl.program_id(0).to(tl.int64)
    row = scores + head * tokens
    low = tl.full((), -2147483649, tl.int64)  # at least ``keep`` scores lie above low, fewer than that above high
    high = tl.full((), 2147483648, tl.int64)
    for _ in range(33):
        middle = (low + high) >> 1
        count = tl.zeros((), tl.int32)
        for start in range(0, tokens, BLOCK):
            token = start + tl.arange(0, BLOCK)
            rank = _order(tl.load(row + token, mask=token < tokens, other=0.0))
            count += tl.sum(((rank > middle) & (token < tokens)).to(tl.int32), 0)
        enough = count >= keep
        low = tl.where(enough, middle, low)
        high = tl.where(enough, high, middle)
    above = tl.zeros((), tl.int32)
    for start in range(0, tokens, BLOCK):
        token = start + tl.arange(0, BLOCK)
        rank = _order(tl.load(row + token, mask=token < tokens, other=0.0))
        above += tl.sum(((rank > high) & (token < tokens)).to(tl.int32), 0)
    equal, written = tl.zeros((), tl.int32), tl.zeros((), tl.int32)
    for start in range(0, tokens, BLOCK):
        token = start + tl.arange(0, BLOCK)
        exists = token < tokens
        rank = _order(tl.load(row + token, mask=exists, other=0.0))
        tie = ((rank == high) & exists).to(tl.int32)
        offset = equal + tl.cumsum(tie, 0)
        take = ((rank > high) & exists) | ((tie > 0) & (offset <= keep - above))
        spot = written + tl.cumsum(take.to(tl.int32), 0) - 1
        tl.store(selected + head * keep + spot, token, mask=take)
        equal += tl.sum(tie, 0)
        written += tl.sum(take.to(tl.int32), 0)


@triton.jit
def gather(source, slots, target, count, WIDTH: tl.constexpr, CEILING: tl.constexpr, BLOCK: tl.constexpr):
    """Rows of WIDTH words at those slots, in that order; CEILING is the power of two at or above WIDTH."""
    offset = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    word = tl.arange(0, CEILING)
    exists = (offset < count)[:, None] & (word < WIDTH)[None, :]
    slot = tl.load(slots + offset, mask=offset < count, other=0).to(tl.int64)
    row = tl.load(source + slot[:, None] * WIDTH + word[None, :], mask=exists, other=0)
    tl.store(target + offset[:, None] * WIDTH + word[None, :], row, mask=exists)
