"""What each case runs: tensors made once, and a call that does the work and nothing else.

Operations take a device and their shape by name. Random caches, fixed seed: no kernel here is faster on zeros, but power is.
A call allocates what it returns, and reads nothing back from the device, so that a graph can hold it.
"""

import torch

from calibration.cuda import kernels_16bit
from calibration.cuda.measure import Work
from calibration.kernels.triton import launch as triton_kernels
from calibration.kernels.triton import memory_kernels
from calibration.static.codecs import CODECS
from costmodel.codecs.quantisers import Format

SEED = 20261123
NO_CONVERSION = (8, 9)  # the first compute capability that converts e4m3


def _noise(device, *shape, dtype=torch.bfloat16) -> torch.Tensor:
    generator = torch.Generator(device=device).manual_seed(SEED)
    return torch.randn(*shape, generator=generator, device=device, dtype=torch.float32).to(dtype)


def _formats(codec: str) -> tuple[Format, Format]:
    """Formats of keys and values of a codec's id."""
    word, key_axis, key_group, value_axis, value_group = CODECS[codec]
    return Format(word, key_group, key_axis), Format(word, value_group, value_axis)


def _converts(device) -> bool:
    return torch.device(device).type != "cuda" or torch.cuda.get_device_capability(device) >= NO_CONVERSION


def stream(device, kind: str, numbers: int) -> Work:
    """Read or copy 32-bit numbers."""
    source = _noise(device, numbers, dtype=torch.float32)
    call = triton_kernels.read if kind == "read" else triton_kernels.copy
    return Work(lambda: call(source), f"triton-{kind}")


def launch(device, programs: int) -> Work:
    """An empty kernel of so many programs."""
    return Work(lambda: memory_kernels.empty[(programs,)](), "triton-empty")


def product(device, dtype: str, m: int, n: int, k: int) -> Work:
    """A matrix product m × k by k × n."""
    left, right = (_noise(device, *shape, dtype=getattr(torch, dtype)) for shape in ((m, k), (n, k)))
    return Work(lambda: torch.nn.functional.linear(left, right), f"torch-{torch.__version__}")


def attention(device, kv_dtype: str, batch: int, query_heads: int, kv_heads: int, head_dim: int, context: int) -> Work:
    """Decode attention over a 16-bit cache, by the best library that is installed."""
    dtype = getattr(torch, kv_dtype)
    query = _noise(device, batch, query_heads, head_dim, dtype=dtype)
    keys, values = (_noise(device, batch, context, kv_heads, head_dim, dtype=dtype) for _ in range(2))
    name, call = kernels_16bit.best(query, keys, values)
    return Work(call, name)


def codec_attention(
    device, codec: str, batch: int, query_heads: int, kv_heads: int, head_dim: int, context: int
) -> Work:
    """Fused dequantise and attention over a coded contiguous cache, split so that every multiprocessor works."""
    formats = _formats(codec)
    query = _noise(device, batch, query_heads, head_dim)
    coded = [
        triton_kernels.quantise(_noise(device, batch * context, kv_heads, head_dim), code_format)
        for code_format in formats
    ]
    lengths = torch.full((batch,), context, dtype=torch.int32, device=device)
    table = torch.zeros(batch, 1, dtype=torch.int32, device=device)
    splits, converts = context_splits(processors(device), batch * kv_heads, context), _converts(device)
    return Work(
        lambda: triton_kernels.decode_attention(query, *coded, lengths, table, 0, splits, converts, longest=context),
        f"triton-{codec}",
    )


def processors(device) -> int:
    """Multiprocessors of a CUDA device; 1 of any other."""
    if torch.device(device).type != "cuda":
        return 1
    return torch.cuda.get_device_properties(device).multi_processor_count


def context_splits(processors: int, units: int, context: int, min_tokens: int = 256) -> int:
    """Splits that give every multiprocessor two programs, of at least 256 tokens each."""
    return max(1, min(2 * processors // units, context // min_tokens))


def quantise(device, codec: str, kv_heads: int, head_dim: int, tokens: int) -> Work:
    """Quantise and pack the keys of a codec."""
    cache, code_format = _noise(device, tokens, kv_heads, head_dim), _formats(codec)[0]
    return Work(lambda: triton_kernels.quantise(cache, code_format), f"triton-{codec}")


def dequantise(device, codec: str, kv_heads: int, head_dim: int, tokens: int) -> Work:
    """The separate pass back to 16 bit."""
    coded = triton_kernels.quantise(_noise(device, tokens, kv_heads, head_dim), _formats(codec)[0])
    return Work(lambda: triton_kernels.dequantise(coded, head_dim), f"triton-{codec}")


def evict(device, kind: str, kv_heads: int, packed: int, tokens: int, kept_tokens: int) -> Work:
    """Update scores from attention weights, or choose the best tokens of every head."""
    before = _noise(device, kv_heads, tokens, dtype=torch.float32).abs()
    if kind == "best":
        return Work(lambda: triton_kernels.best(before, kept_tokens), "triton-best")
    weights = _noise(device, kv_heads, packed, tokens, dtype=torch.float32).abs()
    return Work(lambda: triton_kernels.scores(weights, before), "triton-score")


def compact(device, kv_heads: int, head_dim: int, tokens: int, kept_tokens: int) -> Work:
    """Gather the rows of kept slots out of a cache."""
    cache = _noise(device, tokens, kv_heads, head_dim)
    order = torch.randperm(tokens, generator=torch.Generator().manual_seed(SEED))[:kept_tokens]
    slots = order.sort().values.to(device)
    return Work(lambda: triton_kernels.gather(cache, slots), "triton-gather")


def block_hash(device, blocks: int, words: int) -> Work:
    """Hash the tokens of blocks."""
    tokens = torch.arange(blocks * words, dtype=torch.int32, device=device).view(blocks, words)
    return Work(lambda: triton_kernels.block_hashes(tokens), "triton-fnv1a")


def rotate(device, rows: int, head_dim: int) -> Work:
    """Hadamard rotation of rows."""
    cache = _noise(device, rows, head_dim)
    return Work(lambda: triton_kernels.rotate(cache), "triton-hadamard")


def host_copy(device, kind: str, numbers: int) -> Work:
    """Pinned host memory to the device, or back; 32-bit numbers."""
    host = torch.zeros(numbers, pin_memory=torch.device(device).type == "cuda")
    on_device = torch.zeros(numbers, device=device)
    target, source = (on_device, host) if kind == "to-device" else (host, on_device)
    return Work(lambda: target.copy_(source, non_blocking=True), f"copy-{kind}", captures=False)


def all_reduce(device, numbers: int) -> Work:
    """Sum 16-bit numbers over all devices of this host, from one process."""
    count = torch.cuda.device_count()
    parts = [_noise(f"cuda:{index}", numbers) for index in range(count)]
    return Work(lambda: torch.cuda.nccl.all_reduce(parts), f"nccl-{count}", captures=False)


OPERATIONS = {
    operation.__name__: operation
    for operation in (
        stream,
        launch,
        product,
        attention,
        codec_attention,
        quantise,
        dequantise,
        evict,
        compact,
        block_hash,
        rotate,
        host_copy,
        all_reduce,
    )
}
