"""Reference codecs: what comes back, how many bits it took, and attention over it."""

import pytest

torch = pytest.importorskip("torch", reason="codecs need torch: pip install 'costmodel[kernels]'")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from costmodel.codecs import attention, eviction, packing, quantisers, rotation  # noqa: E402
from costmodel.codecs.quantisers import Format  # noqa: E402
from costmodel.errors import CostModelError  # noqa: E402

INTEGERS = ("int8", "int4", "int2")
seeds = st.integers(0, 2**31 - 1)


def noise(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_packing_by_hand():
    codes = torch.tensor([1, 2, 3, 4])
    assert packing.pack(codes, 4, "split").tolist() == [1 + 3 * 16, 2 + 4 * 16]
    assert packing.pack(codes, 4, "interleaved").tolist() == [1 + 2 * 16, 3 + 4 * 16]
    assert packing.pack(torch.tensor([0, 1, 2, 3]), 2).tolist() == [0 + 1 * 4 + 2 * 16 + 3 * 64]


@given(seeds, st.sampled_from([2, 4, 8]), st.sampled_from(packing.ORDERS), st.integers(1, 9))
def test_packing_is_undone(seed, bits, order, rows):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 2**bits, (rows, 24), generator=generator)
    packed = packing.pack(codes, bits, order)
    assert packed.shape == (rows, 24 * bits // 8)
    assert torch.equal(packing.unpack(packed, bits, order).long(), codes)


@given(seeds, st.sampled_from(INTEGERS), st.sampled_from(quantisers.AXES), st.sampled_from(packing.ORDERS))
def test_an_integer_is_at_most_half_a_step_off(seed, name, axis, order):
    cache = noise(seed, 32, 2, 64) * 3
    form = Format(name, 16, axis, order)
    coded = quantisers.encode(cache, form)
    wide = coded.scale.float().repeat_interleave(16, -1 if axis == "token" else 0)
    # the 16-bit scale may be 2**-11 short, which costs the largest code of a group that much of its span
    slack = 2.0**-11 * (2**form.bits * wide + cache.abs())
    assert ((quantisers.decode(coded) - cache).abs() <= wide / 2 + slack + 1e-6).all()


@given(seeds, st.sampled_from(INTEGERS), st.sampled_from([8, 16, 64]))
def test_stored_bytes_are_the_bits_used(seed, name, group):
    form = Format(name, group)
    coded = quantisers.encode(noise(seed, 4, 3, 64), form)
    assert coded.size * 8 == form.bits_used * 4 * 3 * 64
    assert coded.codes.shape == (4, 3, quantisers.row_bytes(64, form))


def test_a_constant_group_comes_back():
    coded = quantisers.encode(torch.full((2, 1, 16), 0.75), Format("int2", 16))
    assert torch.equal(quantisers.decode(coded), torch.full((2, 1, 16), 0.75))


@given(seeds)
def test_fp8_keeps_three_bits_and_never_overflows(seed):
    cache = noise(seed, 8, 2, 32) * 30
    back = quantisers.decode(quantisers.encode(cache, Format("fp8")))
    assert ((back - cache).abs() <= cache.abs() * 2**-4 + 2**-10).all()
    assert quantisers.decode(quantisers.encode(torch.full((1, 1, 4), 1e6), Format("fp8"))).max() == 448


@given(seeds, st.sampled_from([1, 2, 64, 128]))
def test_a_rotation_keeps_lengths_and_undoes_itself(seed, width):
    cache = noise(seed, 5, width)
    turned = rotation.rotate(cache)
    torch.testing.assert_close(turned.norm(dim=-1), cache.norm(dim=-1))
    torch.testing.assert_close(rotation.rotate(turned), cache, atol=1e-5, rtol=1e-4)


def test_a_rotation_spreads_an_outlier():
    cache = torch.zeros(128)
    cache[5] = 1
    assert rotation.rotate(cache).abs().unique().tolist() == pytest.approx([128**-0.5])


def test_attention_is_that_of_torch_and_a_block_table_changes_nothing():
    query, keys, values = noise(1, 2, 4, 32), noise(2, 24, 2, 32), noise(3, 24, 2, 32)
    plain = Format("bf16")
    coded = quantisers.encode(keys, plain), quantisers.encode(values, plain)
    counting = torch.arange(6).view(2, 3)
    output = attention.decode_attention(query, *coded, torch.tensor([12, 12]), counting, 4)
    by_head = (quantisers.decode(cache).view(2, 12, 2, 32).transpose(1, 2) for cache in coded)
    expected = torch.nn.functional.scaled_dot_product_attention(query.unsqueeze(2), *by_head, enable_gqa=True)
    torch.testing.assert_close(output, expected.squeeze(2))
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    moved = [
        quantisers.Coded(cache.codes.view(6, 4, 2, 32)[order].view(24, 2, 32), *[cache.scale] * 2, plain)
        for cache in coded
    ]
    table = order.argsort().view(2, 3)
    again = attention.decode_attention(query, *moved, torch.tensor([12, 12]), table, 4)
    torch.testing.assert_close(again, output)


def test_eviction_by_hand():
    score = eviction.scores(torch.tensor([[[0.1, 0.5, 0.4], [0.2, 0.2, 0.6]]]), torch.tensor([[1.0, 0.0, 0.0]]), 0.5)
    torch.testing.assert_close(score, torch.tensor([[0.8, 0.7, 1.0]]))
    assert eviction.best(score, 2).tolist() == [[0, 2]]
    assert eviction.best(torch.tensor([[1.0, 1.0, 1.0]]), 2).tolist() == [[0, 1]]


def test_equal_blocks_hash_alike_and_others_do_not():
    words = torch.tensor([[1, 2], [1, 2], [2, 1], [-1, 2]], dtype=torch.int32)
    hashes = eviction.block_hashes(words).tolist()
    assert hashes[0] == hashes[1] and len(set(hashes)) == 3
    expected = 14695981039346656037
    for word in (1, 2):
        expected = ((expected ^ word) * 1099511628211) % 2**64
    assert hashes[0] % 2**64 == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Format("int3", 8), "expected one of bf16"),
        (lambda: Format("int4"), "at least 1"),
        (lambda: Format("int4", 8, "row"), "expected token or channel"),
        (lambda: quantisers.encode(torch.zeros(4, 1, 12), Format("int4", 8)), "multiple of the group"),
        (lambda: packing.pack(torch.zeros(3), 4), "multiple of 2"),
        (lambda: packing.pack(torch.zeros(4), 3), "expected 2, 4 or 8"),
        (lambda: packing.pack(torch.zeros(4), 4, "odd"), "expected one of split"),
        (lambda: rotation.rotate(torch.zeros(12)), "power of two"),
    ],
)
def test_mistakes_are_named(make, message):
    with pytest.raises(CostModelError, match=message):
        make()
