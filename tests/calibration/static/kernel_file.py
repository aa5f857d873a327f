"""A user's kernel file: what ``costmodel calibrate --static`` takes."""

import triton
import triton.language as tl


@triton.jit
def summed(cache, scales, out, tokens, BLOCK: tl.constexpr, WIDTH: tl.constexpr):
    channel = tl.arange(0, WIDTH)
    total = tl.zeros((WIDTH,), tl.float32)
    for start in range(0, tokens, BLOCK):
        token = start + tl.arange(0, BLOCK)
        exists = token < tokens
        code = tl.load(cache + token[:, None] * WIDTH + channel[None, :], mask=exists[:, None], other=0)
        scale = tl.load(scales + token, mask=exists, other=0.0).to(tl.float32)
        total += tl.sum(code.to(tl.float32) * scale[:, None], 0)
    tl.store(out + channel, total)


COSTMODEL = [
    {
        "name": "summed",
        "kernel": summed,
        "pointers": {"cache": "i8", "scales": "fp16", "out": "fp32"},
        "constants": {"BLOCK": 32, "WIDTH": 64},
        "tokens": 32,
        "numbers": 64,
    }
]
