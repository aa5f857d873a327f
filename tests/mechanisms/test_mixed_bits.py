"""``mixed-bit``: widths of keys and values in one sentence, each priced by its bytes and by the codec of its width."""

import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import codec_costs

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
NUMBERS = 32 * 8 * 128  # of keys of a token, in layers × heads × channels; as many of values


def bytes_a_token(scheme: str) -> float:
    return float(build_evaluator(DEPLOYMENT, load_scheme(scheme), 8.0, 8192.0)["kv_bytes_per_token"].item())


@pytest.mark.parametrize(
    ("knobs", "bits"),
    [
        ("key_bits=4,value_bits=2", (4 + 1) + (2 + 1)),  # a record of 32 bits for 32 channels: one bit a number
        ("key_bits=8,value_bits=3,group=64", (8 + 0.5) + (3 + 0.5)),
    ],
)
def test_a_token_takes_its_bits_and_records(knobs, bits):
    assert bytes_a_token(f"mixed-bit[{knobs}]") == pytest.approx(NUMBERS * bits / 8)


def test_skipped_layers_keep_what_stands_before():
    coded, int8 = bytes_a_token("mixed-bit[key_bits=4,value_bits=4]"), bytes_a_token("int8")
    mixed = bytes_a_token("int8+mixed-bit[key_bits=4,value_bits=4,skip_first=8]")
    assert mixed == pytest.approx((8 * int8 + 24 * coded) / 32)


@pytest.mark.parametrize(
    ("bits", "codec"),
    [(2, "int2_group_work"), (3, "int4_group_work"), (5, "int4_group_work"), (6, "int8_token_work")],
)
def test_a_width_decodes_as_the_nearest_compiled_codec(bits, codec):
    scheme = load_scheme(f"mixed-bit[key_bits={bits},value_bits={bits}]")
    work = build_evaluator(DEPLOYMENT, scheme, 8.0, 8192.0)["conversion_work"].max()
    assert float(work) == pytest.approx(codec_costs.select_codec_costs(DEPLOYMENT.gpu).work[codec])
