"""Types of a model's weights: bytes of a number with its scales, the tensor peak that multiplies it, the table that times it."""

from dataclasses import dataclass

from costmodel.errors import UnknownName


@dataclass(frozen=True)
class WeightType:
    """Bytes of a weight (scales included) and of a product's input, the tensor peak, and the table that measures it.

    ``experts_only``: of mxfp4, whose kernels store experts in padded widths (an engine's numbers say to which).
    """

    weight: float
    input: float
    peak: str
    gemm: str
    experts_only: bool = False


WEIGHT_TYPES = {
    "bfloat16": WeightType(2, 2, "16bit", "bfloat16"),
    "float16": WeightType(2, 2, "16bit", "bfloat16"),
    "float32": WeightType(4, 4, "16bit", "bfloat16"),
    "fp8": WeightType(1, 1, "fp8", "fp8"),
    "fp8-block": WeightType(1 + 4 / 128**2, 1, "fp8", "fp8_block"),
    "int8": WeightType(1, 2, "16bit", "int8_wo"),
    "int4": WeightType(0.53125, 2, "16bit", "int4_wo"),
    "nvfp4": WeightType(0.5625, 0.5625, "fp4", "nvfp4"),
    "mxfp4": WeightType(0.53125, 2, "16bit", "int4_wo", experts_only=True),
    "mxfp4-mxfp8": WeightType(0.53125, 2, "16bit", "int4_wo", experts_only=True),
    "mxfp8": WeightType(1.03125, 1, "fp8", "fp8"),
}


@dataclass(frozen=True)
class GroupedType:
    """A type in which experts were measured: bytes of a weight, bytes of an input, and the tensor peak that multiplies it."""

    weight: float
    input: float
    peak: str


# By the name of the measured tables. Weights of mxfp4 share one 8-bit scale over 32 numbers.
GROUPED_TYPES = {
    "bfloat16": GroupedType(2, 2, "16bit"),
    "fp8": GroupedType(1, 1, "fp8"),
    "fp8_block": GroupedType(1 + 4 / 128**2, 1, "fp8"),
    "int4_wo": GroupedType(0.53125, 2, "16bit"),
    "nvfp4": GroupedType(0.5625, 0.5625, "fp4"),
    "w4a16_mxfp4": GroupedType(0.53125, 2, "16bit"),
    "w4a8_mxfp4_mxfp8": GroupedType(0.53125, 1.03125, "fp8"),
}
# Weight type -> the types of the tables that time its experts, the first that an engine was measured with. Published fp8
# checkpoints of experts scale blocks (DeepSeek-V3, Qwen3, MiniMax-M2: weight_block_size in their config.json). Engines multiply
# mxfp4 with 8-bit inputs where the GPU can (TensorRT-LLM: model_config.get_mxfp4_quant_algo; SGLang:
# flashinfer_mxfp4_moe_precision "default"); vLLM keeps 16 bit for gpt-oss, and its tables list that layer there alone, unless
# asked for 8 bit (mxfp4-mxfp8: VLLM_USE_FLASHINFER_MOE_MXFP4_MXFP8=1).
GROUPED_AS = {
    "bfloat16": ("bfloat16",),
    "float16": ("bfloat16",),
    "fp8": ("fp8_block", "fp8"),
    "fp8-block": ("fp8_block", "fp8"),
    "int4": ("int4_wo", "w4a16_mxfp4"),
    "nvfp4": ("nvfp4", "w4a8_mxfp4_mxfp8", "w4a16_mxfp4"),
    "mxfp4": ("w4a8_mxfp4_mxfp8", "w4a16_mxfp4", "nvfp4"),
    "mxfp4-mxfp8": ("w4a8_mxfp4_mxfp8",),
    "mxfp8": ("fp8_block", "fp8"),
}
ASKED_FOR = ("mxfp4-mxfp8",)  # types that no checkpoint has: how an engine multiplies one, where it is asked to
ALIASES = {
    "bf16": "bfloat16",
    "fp16": "float16",
    "16bit": "bfloat16",
    "fp8_block": "fp8-block",
    "fp8-e4m3": "fp8",
    "w4a16": "int4",
    "w4a8-mxfp4-mxfp8": "mxfp4-mxfp8",
}


def canonical_weight_type(name: str) -> str:
    """The id of a weight type by its id or an alias, in any case; UnknownName where there is none."""
    identifier = ALIASES.get(name.lower(), name.lower())
    if identifier not in WEIGHT_TYPES:
        raise UnknownName("weight type", name, [*WEIGHT_TYPES, *ALIASES])
    return identifier


def is_weight_type(checkpoint: str) -> bool:
    """Whether a checkpoint's type of weights is one of these, by its id or an alias."""
    return ALIASES.get(checkpoint, checkpoint) in WEIGHT_TYPES


def served_weight_type(checkpoint: str) -> str:
    """The type in which a checkpoint's weights are served: its own, or 16 bit where that one is not known."""
    return ALIASES.get(checkpoint, checkpoint) if is_weight_type(checkpoint) else "bfloat16"
