"""Flash-decoding over a cache that is addressed token by token, in the shape that SGLang's Triton backend gives it.

Blocks of 32 tokens and 16 query heads, an index of 64 bits for every token, the products in the query's type for keys and
in the cache's type for values; one query head a program, without tensor cores, where heads do not share. Written anew for
compiling and validation: its published timings are those of SGLang's own kernel.
"""

import triton
import triton.language as tl


@triton.jit
def grouped(
    query,
    keys,
    values,
    starts,
    indices,
    partial,
    weights,
    counts,
    softmax_scale,
    query_row,
    query_head,
    key_row,
    key_head,
    value_row,
    value_head,
    partial_row,
    partial_head,
    partial_split,
    PACKED: tl.constexpr,
    QUERY_HEADS: tl.constexpr,
    WIDTH: tl.constexpr,
    CEILING: tl.constexpr,
    BLOCK: tl.constexpr,
    ROWS: tl.constexpr,
    LEAST: tl.constexpr,
):
    """One sequence, one block of query heads of a cached head, one split: output over its weights, and log of their sum."""
    sequence, part, split = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    cached = part // tl.cdiv(PACKED, ROWS)
    TAKEN: tl.constexpr = PACKED if PACKED < ROWS else ROWS
    head = part * TAKEN + tl.arange(0, ROWS)
    own = (head < (part + 1) * TAKEN) & (head < QUERY_HEADS)
    channel = tl.arange(0, CEILING)
    real = channel < WIDTH
    first = tl.load(starts + sequence)
    length = tl.load(starts + sequence + 1) - first
    run = tl.cdiv(tl.cdiv(length, tl.load(counts + sequence)), LEAST) * LEAST
    begin = run * split
    end = tl.minimum(begin + run, length)
    most = tl.zeros((ROWS,), tl.float32) - float("inf")
    total = tl.zeros((ROWS,), tl.float32)
    accumulated = tl.zeros((ROWS, CEILING), tl.float32)
    if end > begin:
        offset = sequence * query_row + head[:, None] * query_head + channel[None, :]
        q = tl.load(query + offset, mask=own[:, None] & real[None, :], other=0.0)
        for start in range(begin, end, BLOCK):
            token = start + tl.arange(0, BLOCK)
            exists = token < end
            slot = tl.load(indices + first + token, mask=exists, other=0)
            row_offset = slot[None, :] * key_row + cached * key_head + channel[:, None]
            k = tl.load(keys + row_offset, mask=exists[None, :] & real[:, None], other=0.0)
            score = tl.dot(q, k.to(q.dtype)) * softmax_scale
            score = tl.where(own[:, None] & exists[None, :], score, float("-inf"))
            row_offset = slot[:, None] * value_row + cached * value_head + channel[None, :]
            v = tl.load(values + row_offset, mask=exists[:, None] & real[None, :], other=0.0)
            higher = tl.maximum(tl.max(score, 1), most)
            fade = tl.exp(most - higher)
            p = tl.exp(score - higher[:, None])
            accumulated *= fade[:, None]
            accumulated += tl.dot(p.to(v.dtype), v)
            total = total * fade + tl.sum(p, 1)
            most = higher
        offset = sequence * partial_row + head * partial_head + split * partial_split
        out = partial + offset[:, None] + channel[None, :]
        tl.store(out, accumulated / total[:, None], mask=own[:, None] & real[None, :])
        tl.store(weights + offset // WIDTH, most + tl.log(total), mask=own)


@triton.jit
def single(
    query,
    keys,
    values,
    starts,
    indices,
    partial,
    weights,
    counts,
    softmax_scale,
    query_row,
    query_head,
    key_row,
    key_head,
    value_row,
    value_head,
    partial_row,
    partial_head,
    partial_split,
    PACKED: tl.constexpr,
    WIDTH: tl.constexpr,
    CEILING: tl.constexpr,
    BLOCK: tl.constexpr,
    LEAST: tl.constexpr,
):
    """One sequence, one query head, one split, without tensor cores."""
    sequence, head, split = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    cached = head // PACKED
    channel = tl.arange(0, CEILING)
    real = channel < WIDTH
    first = tl.load(starts + sequence)
    length = tl.load(starts + sequence + 1) - first
    run = tl.cdiv(tl.cdiv(length, tl.load(counts + sequence)), LEAST) * LEAST
    begin = run * split
    end = tl.minimum(begin + run, length)
    most = -float("inf")
    total = 0.0
    accumulated = tl.zeros((CEILING,), tl.float32)
    if end > begin:
        q = tl.load(query + sequence * query_row + head * query_head + channel, mask=real, other=0.0)
        for start in range(begin, end, BLOCK):
            token = start + tl.arange(0, BLOCK)
            exists = token < end
            slot = tl.load(indices + first + token, mask=exists, other=0)
            exists_and_real = exists[:, None] & real[None, :]
            row_offset = slot[:, None] * key_row + cached * key_head + channel[None, :]
            k = tl.load(keys + row_offset, mask=exists_and_real, other=0.0)
            score = tl.sum(q[None, :] * k, 1) * softmax_scale
            score = tl.where(exists, score, float("-inf"))
            row_offset = slot[:, None] * value_row + cached * value_head + channel[None, :]
            v = tl.load(values + row_offset, mask=exists_and_real, other=0.0)
            higher = tl.maximum(tl.max(score, 0), most)
            fade = tl.exp(most - higher)
            p = tl.exp(score - higher)
            accumulated *= fade
            accumulated += tl.sum(p[:, None] * v, 0)
            total = total * fade + tl.sum(p, 0)
            most = higher
        offset = sequence * partial_row + head * partial_head + split * partial_split
        tl.store(partial + offset + channel, accumulated / total, mask=real)
        tl.store(weights + offset // WIDTH, most + tl.log(total))
