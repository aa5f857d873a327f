"""The number format in which the weights are published."""

from collections.abc import Mapping
from typing import Any

from costmodel.facts.huggingface.fields import Fields
from costmodel.facts.huggingface.unquantised import unquantised

PLAIN = {"bfloat16", "float16", "float32"}
ALGORITHMS = {"FP8": "fp8", "NVFP4": "nvfp4", "MXFP4": "mxfp4", "MXFP8": "mxfp8", "MIXED_PRECISION": "mixed"}
FOUR_OR_EIGHT = {4: "int4", 8: "int8"}


def kept_parts(fields: Fields, layers: int) -> tuple[str, ...]:
    """Parts of a quantised checkpoint of that many layers that stay at 16 bit; none where it is not quantised."""
    quantization = fields.get("quantization_config", "quantization")
    return unquantised(quantization, layers) if isinstance(quantization, Mapping) else ()


def weight_dtype(fields: Fields) -> tuple[str, list[str]]:
    """The format of most weights and remarks on it; ``mixed`` where layers differ and none prevails.

    Raises FactError for a format that is not read.
    """
    names = ("quantization_config", "quantization")
    quantization = fields.get(*names)
    if quantization is not None:
        if not isinstance(quantization, Mapping):
            raise fields.wrong(fields.name_of(*names), "an object with quant_method or quant_algo")
        grouped = quantization.get("config_groups") or quantization.get("quantized_layers")
        return (None if grouped else four_bit_experts(fields)) or quantized(fields, quantization), []
    stated = fields.get("dtype", "torch_dtype")
    if stated is None:
        return "bfloat16", ["The file names no weight format; bfloat16 is assumed."]
    dtype = str(stated).removeprefix("torch.")
    if dtype not in PLAIN:
        raise fields.wrong(fields.name_of("dtype", "torch_dtype"), f"one of {', '.join(sorted(PLAIN))}")
    return dtype, []


def four_bit_experts(fields: Fields) -> str | None:
    """The format of experts that the file states apart (DeepSeek-V4), which are most of the weights; None where it does not."""
    return "mxfp4" if fields.get("expert_dtype") == "fp4" else None


def quantized(fields: Fields, quantization: Mapping[str, Any]) -> str:
    """The format that a quantisation object names; ``mixed`` where its groups differ; FactError for any other."""
    inner = Fields(quantization, f"{fields.location}: quantization_config")
    groups = inner.get("config_groups")
    if isinstance(groups, Mapping) and groups:
        formats = {group_format(inner, group) for group in groups.values()}
        return formats.pop() if len(formats) == 1 else "mixed"
    algorithm, method = inner.text("quant_algo"), inner.text("quant_method")
    if algorithm in ALGORITHMS:
        return ALGORITHMS[algorithm]
    if method in ("fp8", "fbgemm_fp8"):
        return "fp8-block" if inner.get("weight_block_size") else "fp8"
    if method == "mxfp4":
        return "mxfp4"
    if method in ("gptq", "awq", "auto-round", None) and (bits := inner.integer("bits", "w_bit")) in FOUR_OR_EIGHT:
        return FOUR_OR_EIGHT[bits]
    if method == "bitsandbytes":
        return "int4" if inner.flag("load_in_4bit") else "int8"
    expected = f"quant_algo {', '.join(ALGORITHMS)} or quant_method fp8, mxfp4, gptq, awq, bitsandbytes"
    raise inner.wrong("quant_method" if algorithm is None else "quant_algo", expected)


def group_format(inner: Fields, group: Any) -> str:
    """The format of one group of weights, from its bits, type and scales; FactError for a combination that is not read."""
    weights = group.get("weights") if isinstance(group, Mapping) else None
    if not isinstance(weights, Mapping):
        raise inner.wrong("config_groups", "a weights object in each group")
    packing = str(group.get("format") or inner.get("format") or "")
    bits, kind = Fields(weights, inner.location).integer("num_bits"), weights.get("type")
    if kind == "int" and bits in FOUR_OR_EIGHT:
        return FOUR_OR_EIGHT[bits]
    if kind == "float" and bits == 8:
        return "fp8-block" if weights.get("strategy") == "block" else "fp8"
    if kind == "float" and bits == 4:
        return "mxfp4" if packing.startswith("mxfp4") or weights.get("group_size") == 32 else "nvfp4"
    raise inner.wrong("config_groups", "weights of type int with 4 or 8 bits, or float with 4 or 8")
