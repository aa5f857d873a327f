"""Kernels that see a cache as plain words: the hash of a block, the rotation of a row, streams through memory."""

import triton
import triton.language as tl


@triton.jit
def block_hash(words, hashes, blocks, WORDS: tl.constexpr, BLOCK: tl.constexpr):
    """FNV-1a over the int32 words of every block, a lane a block: [block, WORDS] → int64 [block]."""
    block = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    exists = block < blocks
    digest = tl.full((BLOCK,), -3750763034362895579, tl.int64)
    for offset in range(WORDS):
        word = tl.load(words + block * WORDS + offset, mask=exists, other=0).to(tl.int64) & 0xFFFFFFFF
        digest = (digest ^ word) * 1099511628211
    tl.store(hashes + block, digest, mask=exists)


@triton.jit
def rotate(source, target, rows, WIDTH: tl.constexpr, DOUBLINGS: tl.constexpr, BLOCK: tl.constexpr):
    """Rows times the normalised Hadamard matrix of width 2**DOUBLINGS, as butterflies in registers."""
    row = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    offset = row[:, None] * WIDTH + tl.arange(0, WIDTH)[None, :]
    number = tl.load(source + offset, mask=(row < rows)[:, None], other=0.0).to(tl.float32)
    for step in tl.static_range(DOUBLINGS):
        # written out: under the JIT a name may be bound to a tl.constexpr once, and this loop is unrolled
        pairs = tl.permute(tl.reshape(number, (BLOCK, WIDTH // (2 << step), 2, 1 << step)), (0, 1, 3, 2))
        low, high = tl.split(pairs)
        number = tl.reshape(tl.permute(tl.join(low + high, low - high), (0, 1, 3, 2)), (BLOCK, WIDTH))
    scaled = number * tl.rsqrt(tl.full((1, 1), WIDTH * 1.0, tl.float32))
    tl.store(target + offset, scaled.to(target.dtype.element_ty), mask=(row < rows)[:, None])


@triton.jit
def read(source, target, count, BLOCK: tl.constexpr, STEPS: tl.constexpr):
    """Sum of STEPS blocks by every program: reads count numbers, writes one a program."""
    first = tl.program_id(0).to(tl.int64) * (BLOCK * STEPS) + tl.arange(0, BLOCK)
    accumulated = tl.zeros((BLOCK,), tl.float32)
    for step in range(STEPS):
        offset = first + step * BLOCK
        accumulated += tl.load(source + offset, mask=offset < count, other=0.0).to(tl.float32)
    tl.store(target + tl.program_id(0), tl.sum(accumulated, 0))


@triton.jit
def copy(source, target, count, BLOCK: tl.constexpr):
    """A block copied by every program."""
    offset = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    tl.store(target + offset, tl.load(source + offset, mask=offset < count, other=0), mask=offset < count)


@triton.jit
def empty():
    """Nothing: what a launch costs."""
    return
