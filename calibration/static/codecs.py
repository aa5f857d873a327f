"""The codecs whose fused kernels are compiled: formats of keys and values, and the shape at which they are judged.

A codec's id names its width and what shares a record: ``token`` the row of a token and head, ``group`` 32 of its channels,
``channel`` 32 tokens of one channel (keys; values by group, as KIVI does).
"""

from calibration.static.spec import Spec

WIDTH, ROWS, PACKED = 128, 16, 8
GROUP = 32
LAUNCHES = [(tokens, warps) for tokens in (32, 64) for warps in (4, 8)]  # what an autotuner would try
BASE = "bf16"
# id -> (kernel's word, axis of keys, group of keys, axis of values, group of values)
CODECS = {
    BASE: ("bf16", "token", 0, "token", 0),
    "fp8": ("fp8", "token", 0, "token", 0),
    "int8-token": ("int8", "token", WIDTH, "token", WIDTH),
    "int4-token": ("int4", "token", WIDTH, "token", WIDTH),
    "int4-group": ("int4", "token", GROUP, "token", GROUP),
    "int4-channel": ("int4", "channel", GROUP, "token", GROUP),
    "int2-group": ("int2", "token", GROUP, "token", GROUP),
    "int2-channel": ("int2", "channel", GROUP, "token", GROUP),
}
NO_CONVERSION = (80,)  # architectures without an instruction that converts e4m3
ELEMENTS = {"bf16": "bf16", "fp8": "fp8e4nv", "fp8-bits": "u8", "int8": "u8", "int4": "u8", "int2": "u8"}


def spec(codec: str, architecture: int, tokens: int, warps: int) -> Spec:
    """What to compile for a codec: head width 128, 8 query heads a cached head, a launch of choice."""
    from calibration.kernels.triton.attention import attend

    word, key_axis, key_group, value_axis, value_group = CODECS[codec]
    word = "fp8-bits" if word == "fp8" and architecture in NO_CONVERSION else word
    stored = ELEMENTS[word]
    pointers = {"query": "bf16", "keys": stored, "values": stored, "table": "i32", "lengths": "i32"}
    pointers |= dict.fromkeys(("key_scale", "key_zero", "value_scale", "value_zero"), "fp16")
    pointers |= dict.fromkeys(("partial", "top", "total"), "fp32")
    constants = {
        "CODEC": word,
        "KEY_AXIS": key_axis,
        "KEY_GROUP": key_group,
        "VALUE_AXIS": value_axis,
        "VALUE_GROUP": value_group,
        "ORDER": "split",
        "WIDTH": WIDTH,
        "HEADS": 8,
        "PACKED": PACKED,
        "ROWS": ROWS,
        "BLOCK": tokens,
        "PAGE": 0,
        "SPLITS": 16,
    }
    return Spec(codec, attend, pointers, constants, tokens, 2 * WIDTH, warps, floats=("softmax_scale",))
