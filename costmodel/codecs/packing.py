"""Codes of 2, 4 or 8 bits in bytes, along the last axis.

``split`` puts channel j and its partners j + D/2 (4 bit) or j + D/4, j + D/2, j + 3D/4 (2 bit) into byte j, low bits first;
``interleaved`` puts neighbouring channels into one byte. Only the order of channels differs.
"""

import torch

from costmodel.errors import CostModelError

ORDERS = ("split", "interleaved")


def codes_in_byte(bits: int) -> int:
    """Codes that share a byte: 1, 2 or 4 for 8, 4 or 2 bits. Raises CostModelError for another width."""
    if bits not in (2, 4, 8):
        raise CostModelError(f"bits: expected 2, 4 or 8, got {bits}")
    return 8 // bits


def pack(codes: torch.Tensor, bits: int, order: str = "split") -> torch.Tensor:
    """Unsigned codes ``[..., D]`` below 2**bits as bytes ``[..., D · bits / 8]`` (uint8)."""
    shares = codes_in_byte(bits)
    if codes.shape[-1] % shares:
        raise CostModelError(f"channels: expected a multiple of {shares} for {bits}-bit codes, got {codes.shape[-1]}")
    parts = _parts(codes.to(torch.int32), shares, order)
    return sum(parts[index] << (bits * index) for index in range(shares)).to(torch.uint8)


def unpack(packed: torch.Tensor, bits: int, order: str = "split") -> torch.Tensor:
    """The inverse of ``pack``: codes ``[..., D]`` (int32)."""
    shares = codes_in_byte(bits)
    parts = [(packed.to(torch.int32) >> (bits * index)) & (2**bits - 1) for index in range(shares)]
    _check(order)
    return torch.cat(parts, -1) if order == "split" else torch.stack(parts, -1).flatten(-2)


def _parts(codes, shares, order):
    _check(order)
    if order == "split":
        return codes.chunk(shares, -1)
    return codes.unflatten(-1, (-1, shares)).unbind(-1)


def _check(order):
    if order not in ORDERS:
        raise CostModelError(f"order: expected one of {', '.join(ORDERS)}, got {order!r}")
