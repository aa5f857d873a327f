"""A setting of a known scheme that does the same is found; what nobody measured does not count."""

import numpy as np
import pytest

from costmodel.analyses.equivalence import equivalence
from costmodel.errors import UnknownName
from costmodel.evaluation.assemble.deployments import resolve_deployment

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
KIVI = (
    '[[mechanism]]\nkind = "quantize"\ntarget = "{}"\nbits = "2 bit"\ntile = {}\nmetadata = "32 bit"\n'
    'decode_instructions = "int2_channel_work"\nencode_instructions = 7\nencode_kernels = 1\n'
)
ZONE = (
    '[[mechanism]]\nkind = "precise_zone"\nrecent_keys = "64 token/sequence"\nrecent_values = "128 token/sequence"\n'
    'flush = "128 token/sequence"\n'
)


@pytest.fixture
def grouped(write_scheme):
    return write_scheme(KIVI.format("key", "[64, 1, 1]") + KIVI.format("value", "[1, 64, 1]") + ZONE)


def test_a_disguised_scheme_equals_what_it_is(grouped):
    result = equivalence(DEPLOYMENT, grouped)
    best = result.best
    assert best.setting == "kivi-2bit[group=64]" and best.quality == "the same code" and not best.dominates
    assert np.allclose(best.memory, 1) and np.allclose(best.time, 1) and not result.unreached.any()
    assert "no cell is left to the scheme" in result.verdict


def test_a_rival_of_unknown_loss_does_not_count(grouped):
    strict = equivalence(DEPLOYMENT, grouped, ["h2o[budget=64]"])
    assert strict.best is None and strict.unreached.all() and "nobody measured" in strict.verdict
    lenient = equivalence(DEPLOYMENT, grouped, ["h2o[budget=64]"], max_loss=np.inf)
    assert lenient.best.setting == "h2o[budget=64]" and lenient.best.reached.any()


def test_a_published_loss_counts_within_the_limit():
    assert equivalence(DEPLOYMENT, "dedup-similar", ["fp8"], max_loss=0.05).best.setting == "fp8"
    assert equivalence(DEPLOYMENT, "dedup-similar", ["fp8"], max_loss=0.001).best is None


def test_prefix_caching_needs_as_much_common_prefix_as_is_saved():
    result = equivalence(DEPLOYMENT, "dedup-exact[duplicates=0.3]", ["prefix-caching"], context=[32_768.0])
    assert "where 30% of each context is a prefix" in result.best.condition


def test_smaller_blocks_save_the_tail_alone():
    result = equivalence(DEPLOYMENT, "none", ["smaller-block"], batch=[1.0], context=[1024.0])
    tail = (16 - 1) / 2 / (1024 + (16 - 1) / 2)
    assert result.best.setting == "blocks of 1" and result.best.memory[0, 0] == pytest.approx(1 - tail)


def test_a_rival_is_as_good_as_its_own_kernel(grouped):
    """fp8 stores 3.2 × what two bits take: it reaches no cell, however fast its measured kernel is."""
    result = equivalence(DEPLOYMENT, grouped, ["fp8"])
    (fp8,) = result.rivals
    assert fp8.evidence == "measured" and not fp8.reached.any() and fp8.memory.min() > 1.5


def test_what_is_no_rival_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="rival 'prefix-cachin'; did you mean prefix-caching"):
        equivalence(DEPLOYMENT, "fp8", ["prefix-cachin"])
