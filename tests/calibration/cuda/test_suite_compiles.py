"""Every kernel that the suite launches goes through the compiler for an H100, which is not needed for it."""

from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("triton")),
    reason="cross-compiling needs Triton (Linux): pip install 'costmodel[kernels]'",
)
SMALL = {"kv_heads": 2, "head_dim": 128}
ATTENDED = SMALL | {"batch": 1, "query_heads": 8, "context": 512}
# operation, and tiny shapes of every kind that the shipped cases have
SHAPES = {
    "stream": [{"kind": "read", "numbers": 5000}, {"kind": "copy", "numbers": 5000}],
    "launch": [{"programs": 1}],
    "codec_attention": [ATTENDED | {"codec": codec} for codec in ("fp8", "int4-channel")],
    "quantise": [SMALL | {"tokens": 64, "codec": codec} for codec in ("fp8", "int4-token", "int2-channel")],
    "dequantise": [SMALL | {"tokens": 64, "codec": codec} for codec in ("int8-token", "int4-group")],
    "evict": [{"kv_heads": 2, "packed": 4, "tokens": 64, "kept_tokens": 8, "kind": kind} for kind in ("score", "best")],
    "compact": [SMALL | {"tokens": 64, "kept_tokens": 8}],
    "block_hash": [{"blocks": 8, "words": 16}],
    "rotate": [{"rows": 16, "head_dim": 128}],
}


@pytest.mark.parametrize("operation", SHAPES)
def test_what_the_suite_launches_compiles(operation):
    from recorded_launches import recorded_launches

    from calibration.cuda.operations import OPERATIONS
    from calibration.static.compile import compile_kernel

    with recorded_launches({}) as specs:
        for shape in SHAPES[operation]:
            OPERATIONS[operation]("cpu", **shape).run()
    assert specs
    for spec in specs.values():
        assert compile_kernel(spec, 90).registers >= 0


def test_no_operation_with_kernels_of_its_own_is_left_out():
    from calibration.cuda.operations import OPERATIONS

    # these run kernels of torch and of the driver
    assert set(OPERATIONS) - set(SHAPES) == {"product", "attention", "host_copy", "all_reduce"}
