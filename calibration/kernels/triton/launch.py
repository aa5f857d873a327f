"""Run the kernels on tensors: shapes checked, grids chosen, results in the shapes that ``costmodel.codecs`` states.

The device is that of the tensors: a GPU, or the CPU under ``TRITON_INTERPRET=1``.
"""

import torch

from calibration.kernels.triton import attention, evict, memory_kernels, rounding
from costmodel.codecs.quantisers import Coded, Format, row_bytes
from costmodel.errors import CostModelError

TILE = 16  # rows of the tensor core's tile: fewer query heads are padded


def ceiling(number: int) -> int:
    """The power of two at or above a number."""
    return 1 << (int(number) - 1).bit_length()


def blocks(count: int, block: int) -> int:
    """Blocks that cover a count."""
    return -(-count // block)


def block_tokens(keys: Format, values: Format, least: int = 32) -> int:
    """Tokens of a program's step: at least ``least``, and whole groups where a record covers tokens."""
    groups = [form.group for form in (keys, values) if form.integer and form.axis == "channel"]
    return max([least, *groups])


def codec_name(form: Format, device_converts: bool = True) -> str:
    """The kernel's word for a codec; ``fp8-bits`` where the device has no conversion from e4m3."""
    return "fp8-bits" if form.name == "fp8" and not device_converts else form.name


def decode_attention(
    query: torch.Tensor,
    keys: Coded,
    values: Coded,
    lengths: torch.Tensor,
    table: torch.Tensor,
    page: int,
    splits: int = 1,
    device_converts: bool = True,
    warps: int = 4,
    stages: int = 2,
    longest: int | None = None,
) -> torch.Tensor:
    """As ``costmodel.codecs.attention.decode_attention``; ``page`` 0: sequence s begins at slot ``table[s, 0]`` × capacity.

    Keys and values share codec and order; their groups and axes may differ. Contiguous caches (``page`` 0) hold sequences of
    equal capacity one after the other, so that only the table's length is looked at. ``longest`` spares reading the lengths
    back from the device.
    """
    if (keys.form.name, keys.form.order) != (values.form.name, values.form.order):
        raise CostModelError("keys and values must have the same codec and order of channels")
    sequences, query_heads, width = query.shape
    heads = keys.codes.shape[1]
    packed = query_heads // heads
    rows, block = max(TILE, ceiling(packed)), block_tokens(keys.form, values.form)
    longest = int(lengths.max()) if longest is None else longest
    split_tokens = blocks(blocks(longest, splits), block) * block
    units = sequences * heads
    options = {"device": query.device, "dtype": torch.float32}
    partial = torch.empty(units, splits, rows, width, **options)
    top, total = torch.empty(units, splits, rows, **options), torch.empty(units, splits, rows, **options)
    stored = [
        part.codes if device_converts or part.form.name != "fp8" else part.codes.view(torch.uint8)
        for part in (keys, values)
    ]
    capacity = keys.codes.shape[0] // sequences if page == 0 else table.shape[1]
    attention.attend[(units, splits)](
        query, stored[0], keys.scale, keys.zero, stored[1], values.scale, values.zero, table, lengths,
        partial, top, total, width**-0.5, capacity, split_tokens,
        CODEC=codec_name(keys.form, device_converts), KEY_AXIS=keys.form.axis, KEY_GROUP=keys.form.group,
        VALUE_AXIS=values.form.axis, VALUE_GROUP=values.form.group, ORDER=keys.form.order, WIDTH=width, HEADS=heads,
        PACKED=packed, ROWS=rows, BLOCK=block, PAGE=page, SPLITS=splits, num_warps=warps, num_stages=stages,
    )  # fmt: skip
    output = torch.empty(sequences, query_heads, width, **options)
    attention.combine[(units, packed)](
        partial, top, total, output, PACKED=packed, ROWS=rows, WIDTH=width, SPLITS=splits, CEILING=ceiling(splits)
    )
    return output


def quantise(cache: torch.Tensor, form: Format) -> Coded:
    """As ``costmodel.codecs.quantisers.encode``."""
    slots, heads, width = cache.shape
    none = torch.empty(0, dtype=torch.float16, device=cache.device)
    if not form.integer:
        kinds = {"fp8": torch.float8_e4m3fn, "bf16": torch.bfloat16}
        codes = torch.empty(cache.shape, dtype=kinds[form.name], device=cache.device)
        rounding.cast[(blocks(cache.numel(), 1024),)](cache, codes, cache.numel(), BLOCK=1024)
        return Coded(codes, none, none, form)
    codes = torch.empty(slots, heads, row_bytes(width, form), dtype=torch.uint8, device=cache.device)
    of_token = form.axis == "token"
    shape = (slots, heads, width // form.group) if of_token else (slots // form.group, heads, width)
    scale, zero = (torch.empty(shape, dtype=torch.float16, device=cache.device) for _ in range(2))
    block = 16 if of_token else form.group
    rounding.quantise[(blocks(slots, block), heads)](
        cache, codes, scale, zero, slots, BITS=form.bits, AXIS=form.axis, GROUP=form.group, ORDER=form.order, WIDTH=width,
        HEADS=heads, BLOCK=block,
    )  # fmt: skip
    return Coded(codes, scale, zero, form)


def dequantise(coded: Coded, width: int, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    """As ``costmodel.codecs.quantisers.decode``, to a type of choice; integers only."""
    slots, heads, _ = coded.codes.shape
    form = coded.form
    if not form.integer:
        raise CostModelError(f"{form.name}: a separate pass decodes integers only")
    target = torch.empty(slots, heads, width, dtype=dtype, device=coded.codes.device)
    rounding.dequantise[(blocks(slots, 16), heads)](
        coded.codes, coded.scale, coded.zero, target, slots, BITS=form.bits, AXIS=form.axis, GROUP=form.group,
        ORDER=form.order, WIDTH=width, HEADS=heads, BLOCK=16,
    )  # fmt: skip
    return target


def scores(weights: torch.Tensor, before: torch.Tensor, decay: float = 1.0) -> torch.Tensor:
    """As ``costmodel.codecs.eviction.scores``, into a copy."""
    updated, (heads, packed, tokens) = before.clone(), weights.shape
    evict.score[(blocks(tokens, 256), heads)](weights, updated, tokens, decay, PACKED=packed, BLOCK=256)
    return updated


def best(score: torch.Tensor, kept_tokens: int) -> torch.Tensor:
    """As ``costmodel.codecs.eviction.best``, int32."""
    heads, tokens = score.shape
    if not 1 <= kept_tokens <= tokens:
        raise CostModelError(f"kept_tokens: expected 1 to the {tokens} tokens of the cache, got {kept_tokens}")
    selected = torch.empty(heads, kept_tokens, dtype=torch.int32, device=score.device)
    evict.best[(heads,)](score, selected, tokens, kept_tokens, BLOCK=min(1024, ceiling(tokens)))
    return selected


def gather(cache: torch.Tensor, slots: torch.Tensor) -> torch.Tensor:
    """As ``costmodel.codecs.eviction.gather``, for rows of whole 32-bit words."""
    source = cache.flatten(1).view(torch.int32)
    target = torch.empty(len(slots), source.shape[1], dtype=torch.int32, device=cache.device)
    evict.gather[(blocks(len(slots), 8),)](
        source, slots, target, len(slots), WIDTH=source.shape[1], CEILING=ceiling(source.shape[1]), BLOCK=8
    )
    return target.view(cache.dtype).view(len(slots), *cache.shape[1:])


def block_hashes(tokens: torch.Tensor) -> torch.Tensor:
    """As ``costmodel.codecs.eviction.block_hashes``."""
    hashes = torch.empty(len(tokens), dtype=torch.int64, device=tokens.device)
    memory_kernels.block_hash[(blocks(len(tokens), 128),)](
        tokens, hashes, len(tokens), WORDS=tokens.shape[1], BLOCK=128
    )
    return hashes


def rotate(cache: torch.Tensor) -> torch.Tensor:
    """As ``costmodel.codecs.rotation.rotate``, in the cache's own type; at least two channels."""
    width, rows = cache.shape[-1], cache.numel() // cache.shape[-1]
    target = torch.empty_like(cache)
    memory_kernels.rotate[(blocks(rows, 16),)](
        cache, target, rows, WIDTH=width, DOUBLINGS=width.bit_length() - 1, BLOCK=16
    )
    return target


def read(source: torch.Tensor) -> torch.Tensor:
    """Sums of 64 K numbers each: a stream from memory."""
    count, block, steps = source.numel(), 1024, 64
    target = torch.empty(blocks(count, block * steps), dtype=torch.float32, device=source.device)
    memory_kernels.read[(len(target),)](source, target, count, BLOCK=block, STEPS=steps)
    return target


def copy(source: torch.Tensor) -> torch.Tensor:
    """A copy: a stream from and to memory."""
    target = torch.empty_like(source)
    memory_kernels.copy[(blocks(source.numel(), 1024),)](source, target, source.numel(), BLOCK=1024)
    return target
