"""Run by ``test_triton_kernels`` in a process of its own, because Triton decides at import whether it interprets.

Each case compares a kernel with the torch reference at fresh random inputs; the seed is printed, and may be given.
"""

import itertools
import os
import sys

os.environ["TRITON_INTERPRET"] = "1"

import torch
from triton.runtime import interpreter

from calibration.kernels.triton import launch
from costmodel.codecs import attention, eviction, quantisers, rotation
from costmodel.codecs.quantisers import Format


def _one_number(patch):
    """Triton 3.6 reads a loop's bound as ``int(array)``, which NumPy 2.4 refuses for one axis; 3.9 squeezes it first."""

    def patched(tensor, scope):
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.squeeze()))

    return patched


interpreter._patch_lang_tensor = _one_number(interpreter._patch_lang_tensor)

CODECS = [
    (Format("bf16"), Format("bf16"), True),
    (Format("fp8"), Format("fp8"), True),
    (Format("fp8"), Format("fp8"), False),
    *((Format(name, 64), Format(name, 64), True) for name in ("int8", "int4", "int2")),
    (Format("int8", 16), Format("int8", 32), True),
    (Format("int4", 32, order="interleaved"), Format("int4", 16, order="interleaved"), True),
    (Format("int2", 32), Format("int2", 16), True),
    (Format("int4", 32, "channel"), Format("int4", 32), True),
    (Format("int2", 16, "channel", "interleaved"), Format("int2", 64, order="interleaved"), True),
]
# query heads a cached head, cached heads, head width, page (0: contiguous), lengths, splits
SHAPES = [(1, 2, 64, 32, (33, 7), 2), (4, 1, 128, 0, (65, 1), 3), (7, 2, 64, 64, (100,), 1), (8, 1, 64, 0, (40, 64), 2)]


def attends(generator):
    """Fused attention: every codec at two shapes, which two is drawn."""
    for keys, values, converts in CODECS:
        first = int(torch.randint(len(SHAPES), (1,), generator=generator))
        for shape in (SHAPES[first], SHAPES[first - 1]):
            _attend(generator, keys, values, converts, *shape)


def _attend(generator, keys, values, converts, packed, heads, width, page, lengths, splits):
    keys, values = (_whole_row(code_format, width) for code_format in (keys, values))
    sequences, room = len(lengths), 128
    query = torch.randn(sequences, packed * heads, width, generator=generator).half()
    caches = [torch.randn(sequences * room, heads, width, generator=generator) for _ in range(2)]
    coded = [quantisers.encode(cache, code_format) for cache, code_format in zip(caches, (keys, values), strict=True)]
    size = page or room
    pages = torch.arange(sequences * room // size)
    if page:
        pages = pages[torch.randperm(len(pages), generator=generator)]
    table, lengths = pages.view(sequences, -1).int(), torch.tensor(lengths, dtype=torch.int32)
    expected = attention.decode_attention(query, *coded, lengths, table, size)
    output = launch.decode_attention(query, *coded, lengths, table, page, splits, converts)
    error = ((output - expected).norm() / expected.norm()).item()
    assert error < 6e-3, f"{keys} {values} {packed} {width} {page}: off by {error:.1e}"


def _whole_row(code_format, width):
    is_whole = code_format.axis == "token" and code_format.group == 64
    return Format(code_format.name, width, code_format.axis, code_format.order) if is_whole else code_format


def rounds(generator):
    """Quantise and pack, and the pass back, at a number of slots that is no multiple of a block."""
    for name, group, axis, order in itertools.product(
        ("int8", "int4", "int2"), (16, 64), ("token", "channel"), ("split", "interleaved")
    ):
        slots = 37 if axis == "token" else 2 * group
        cache, code_format = torch.randn(slots, 3, 64, generator=generator), Format(name, group, axis, order)
        expected, coded = quantisers.encode(cache, code_format), launch.quantise(cache, code_format)
        for part in ("scale", "zero", "codes"):
            assert torch.equal(getattr(coded, part), getattr(expected, part)), f"{code_format}: {part}"
        back = launch.dequantise(expected, 64, torch.float32)
        torch.testing.assert_close(back, quantisers.decode(expected), rtol=1e-6, atol=1e-6)
    # The interpreter rounds to e4m3 without carrying into the exponent: numbers that need no rounding, and some too large.
    code_format = Format("fp8")
    cache = quantisers.decode(quantisers.encode(torch.randn(37, 3, 64, generator=generator) * 99, code_format))
    cache = torch.where(cache.abs() > 200, cache * 8, cache)
    assert torch.equal(
        launch.quantise(cache, code_format).codes.float(), quantisers.encode(cache, code_format).codes.float()
    )


def evicts(generator):
    """Scores, the best tokens with ties among them, and moves."""
    weights, before = torch.rand(2, 3, 301, generator=generator), torch.rand(2, 301, generator=generator)
    updated = launch.scores(weights, before, 0.9)
    torch.testing.assert_close(updated, eviction.scores(weights, before, 0.9))
    for score in (updated, (updated * 4).round() - 3):
        for count in (50, 301):
            assert torch.equal(launch.best(score, count).long(), eviction.best(score, count))
    cache = torch.randn(40, 2, 20, generator=generator).half()
    slots = torch.randperm(40, generator=generator)[:13]
    assert torch.equal(launch.gather(cache, slots), eviction.gather(cache, slots))


def moves_words(generator):
    """Hashes, rotation, streams."""
    words = torch.randint(-(2**31), 2**31 - 1, (131, 9), generator=generator, dtype=torch.int64).int()
    assert torch.equal(launch.block_hashes(words), eviction.block_hashes(words))
    for width in (64, 128):
        cache = torch.randn(19, width, generator=generator)
        torch.testing.assert_close(launch.rotate(cache), rotation.rotate(cache), rtol=1e-4, atol=1e-5)
    stream = torch.randn(70001, generator=generator)
    torch.testing.assert_close(launch.read(stream).sum(), stream.sum(), rtol=1e-3, atol=1e-2)
    assert torch.equal(launch.copy(stream), stream)


if __name__ == "__main__":
    case, seed = sys.argv[1], int(sys.argv[2])
    print(f"seed {seed}")
    globals()[case](torch.Generator().manual_seed(seed))
