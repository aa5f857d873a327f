"""Round a cache to fewer bits: what is stored, and what comes back.

A record of scale and zero point covers a group of channels of one token (axis ``token``), or one channel of a group of
tokens (axis ``channel``, as KIVI's keys). Integers are asymmetric: x ≈ code · scale + zero, both stored at 16 bit, so that
an error is at most half a scale and the rounding of the record. fp8 is e4m3 with one static scale of 1.
"""

from dataclasses import dataclass

import torch

from costmodel.codecs.packing import codes_in_byte, pack, unpack
from costmodel.errors import CostModelError

AXES = ("token", "channel")
FP8_MOST = 448.0  # largest finite e4m3 number
SMALLEST_SCALE = 2.0**-24  # smallest positive float16


@dataclass(frozen=True)
class Format:
    """How a cache is coded: ``name`` bf16, fp8, int8, int4 or int2; numbers in a group; axis that shares a record; order."""

    name: str
    group: int = 0
    axis: str = "token"
    order: str = "split"

    def __post_init__(self):
        if self.name not in WIDTHS:
            raise CostModelError(f"codec: expected one of {', '.join(WIDTHS)}, got {self.name!r}")
        if self.axis not in AXES:
            raise CostModelError(f"axis: expected token or channel, got {self.axis!r}")
        if self.integer and self.group < 1:
            raise CostModelError(f"group: expected the numbers that share a record, at least 1, got {self.group}")

    @property
    def bits(self) -> int:
        """Width of one code."""
        return WIDTHS[self.name]

    @property
    def integer(self) -> bool:
        """Whether codes are integers with scale and zero point."""
        return self.name.startswith("int")

    @property
    def bits_used(self) -> float:
        """Bits of one number, its share of the record included."""
        return self.bits + (32 / self.group if self.integer else 0)


WIDTHS = {"bf16": 16, "fp8": 8, "int8": 8, "int4": 4, "int2": 2}


@dataclass(frozen=True)
class Coded:
    """A coded cache: ``codes`` [slot, head, row], ``scale`` and ``zero`` (float16; empty for floats), and its format.

    Records are [slot, head, channel / group] on axis ``token``, [slot / group, head, channel] on axis ``channel``.
    """

    codes: torch.Tensor
    scale: torch.Tensor
    zero: torch.Tensor
    form: Format

    @property
    def size(self) -> int:
        """Bytes stored."""
        return sum(tensor.numel() * tensor.element_size() for tensor in (self.codes, self.scale, self.zero))


def encode(cache: torch.Tensor, form: Format) -> Coded:
    """Code a cache [slot, head, channel]. Raises CostModelError where groups do not divide what they share."""
    none = torch.empty(0, dtype=torch.float16)
    if form.name == "bf16":
        return Coded(cache.to(torch.bfloat16), none, none, form)
    if form.name == "fp8":
        return Coded(round_to_fp8(cache), none, none, form)
    grouped, along = _grouped(cache.float(), form)
    codes, scale, zero = round_to_integers(grouped, (along,), form.bits)
    packed = pack(codes.reshape(cache.shape), form.bits, form.order)
    return Coded(packed, scale.squeeze(along), zero.squeeze(along), form)


def decode(coded: Coded) -> torch.Tensor:
    """The cache [slot, head, channel] that the codes stand for, as float32."""
    form = coded.form
    if not form.integer:
        return coded.codes.float()
    codes = unpack(coded.codes, form.bits, form.order).float()
    grouped, along = _grouped(codes, form)
    return restore(grouped, coded.scale.unsqueeze(along), coded.zero.unsqueeze(along)).reshape(codes.shape)


def round_to_integers(
    numbers: torch.Tensor, shared: tuple[int, ...], bits: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Unsigned codes of ``numbers``, with scale and zero point (float16) of all that lie along the axes ``shared``.

    Codes have the shape of ``numbers``; in scale and zero point the axes ``shared`` have length 1. A scale is never 0.
    """
    zero = numbers.amin(shared, keepdim=True).half()
    most = 2**bits - 1
    span = numbers.amax(shared, keepdim=True) - zero.float()
    scale = (span / most).clamp(min=SMALLEST_SCALE).half()
    return ((numbers - zero.float()) / scale.float()).round().clamp(0, most), scale, zero


def round_to_signed_integers(
    numbers: torch.Tensor, shared: tuple[int, ...], bits: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Signed codes from −m to m, m = 2**(bits − 1) − 1, and the scale (float16) that maps the largest magnitude to m."""
    most = 2 ** (bits - 1) - 1
    scale = (numbers.abs().amax(shared, keepdim=True) / most).clamp(min=SMALLEST_SCALE).half()
    return (numbers / scale.float()).round().clamp(-most, most), scale


def restore(codes: torch.Tensor, scale: torch.Tensor, zero: torch.Tensor | float = 0.0) -> torch.Tensor:
    """The numbers that codes stand for, as float32."""
    return codes.float() * scale.float() + (zero.float() if isinstance(zero, torch.Tensor) else zero)


def round_to_fp8(numbers: torch.Tensor) -> torch.Tensor:
    """Numbers as e4m3 (float8_e4m3fn) with a scale of 1; beyond the largest finite number they are clipped."""
    return numbers.clamp(-FP8_MOST, FP8_MOST).to(torch.float8_e4m3fn)


def row_bytes(channels: int, form: Format) -> int:
    """Bytes of the codes of one head of one token."""
    return channels * 2 if form.name == "bf16" else channels // codes_in_byte(form.bits)


def _grouped(cache, form):
    """The cache with groups as an axis of their own, and that axis."""
    axis = -1 if form.axis == "token" else 0
    if cache.shape[axis] % form.group:
        what = "channels" if form.axis == "token" else "slots"
        raise CostModelError(f"{what}: expected a multiple of the group of {form.group}, got {cache.shape[axis]}")
    return (cache.unflatten(-1, (-1, form.group)), -1) if axis else (cache.unflatten(0, (-1, form.group)), 1)
