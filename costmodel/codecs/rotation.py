"""The Hadamard rotation that spreads outliers over all channels before rounding: orthogonal, and its own inverse."""

import torch

from costmodel.errors import CostModelError


def rotate(cache: torch.Tensor) -> torch.Tensor:
    """The last axis times the normalised Sylvester-Hadamard matrix, as float32; its length must be a power of two."""
    width = cache.shape[-1]
    if width < 1 or width & (width - 1):
        raise CostModelError(f"channels: expected a power of two, got {width}")
    turned, half = cache.float(), 1
    while half < width:
        pairs = turned.unflatten(-1, (-1, 2, half))
        low, high = pairs.unbind(-2)
        turned = torch.stack((low + high, low - high), -2).flatten(-3)
        half *= 2
    return turned * width**-0.5
