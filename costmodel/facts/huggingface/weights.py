"""The number format in which the weights are published, and those of parts that have one of their own.

A checkpoint of several formats lists the modules of each; the format of the experts, or of the feed-forward blocks, is taken
for the whole, and parts of another are named beside it.
"""

from collections.abc import Mapping
from typing import Any

from costmodel.facts.huggingface.fields import Fields
from costmodel.facts.huggingface.unquantised import formats_of_parts, prevailing, unquantised

PLAIN = {"bfloat16", "float16", "float32"}
ALGORITHMS = {"FP8": "fp8", "NVFP4": "nvfp4", "MXFP4": "mxfp4", "MXFP8": "mxfp8", "MIXED_PRECISION": "mixed"}
FOUR_OR_EIGHT = {4: "int4", 8: "int8"}


def kept_parts(fields: Fields, layers: int) -> tuple[str, ...]:
    """Parts of a quantised checkpoint of that many layers that stay at 16 bit; none where it is not quantised.

    A part that is not named as an exception may still be converted in none of its layers, where formats are listed by module.
    """
    quantization = fields.get("quantization_config", "quantization")
    if not isinstance(quantization, Mapping) or base_format(quantization) is not None:
        return ()
    return unquantised(quantization, layers)


def base_format(quantization: Mapping[str, Any]) -> str | None:
    """The format of what a list of exceptions leaves, where some modules of an fp8 checkpoint were converted to a narrower one.

    DeepSeek-V4 in nvfp4: experts were converted, all else stays in blocks of fp8. None where exceptions are at 16 bit.
    """
    if quantization.get("quant_method") != "fp8" or not quantization.get("config_groups"):
        return None
    return "fp8-block" if quantization.get("weight_block_size") else "fp8"


def part_dtypes(fields: Fields, layers: int) -> dict[str, str]:
    """Formats of parts that differ from that of the whole, by part; none where all have one."""
    quantization = fields.get("quantization_config", "quantization")
    if not isinstance(quantization, Mapping):
        return {}
    formats = listed_formats(fields, quantization, layers)
    whole = weight_dtype(fields, layers)[0]
    if not formats and four_bit_experts(fields) and not quantization.get("config_groups"):
        formats = dict.fromkeys(("attention", "shared-experts", "feed-forward"), quantized(fields, quantization))
    if (base := base_format(quantization)) is not None:
        formats |= dict.fromkeys(unquantised(quantization, layers), base)
    return {part: name for part, name in formats.items() if name != whole}


def listed_formats(fields: Fields, quantization: Mapping[str, Any], layers: int) -> dict[str, str]:
    """The format of every part of which the file lists modules with their formats; empty where it lists none.

    Raises FactError for a format that is not read.
    """
    inner = Fields(quantization, f"{fields.location}: quantization_config")
    modules: dict[str, list[Any]] = {}
    listed = quantization.get("quantized_layers")
    for module, entry in listed.items() if isinstance(listed, Mapping) else ():
        algorithm = str(entry.get("quant_algo") if isinstance(entry, Mapping) else entry).removeprefix("W4A16_")
        if algorithm not in ALGORITHMS:
            raise inner.wrong("quantized_layers", f"entries with a quant_algo of {', '.join(ALGORITHMS)}")
        modules.setdefault(ALGORITHMS[algorithm], []).append(module)
    groups = inner.get("config_groups")
    if not modules and isinstance(groups, Mapping) and len(groups) > 1:
        for group in groups.values():
            targets = group.get("targets") if isinstance(group, Mapping) else None
            modules.setdefault(group_format(inner, group), []).extend(targets if isinstance(targets, list) else ())
    return formats_of_parts(modules, layers)


def weight_dtype(fields: Fields, layers: int) -> tuple[str, list[str]]:
    """The format of most weights and remarks on it; ``mixed`` where the ``layers`` differ and none prevails.

    Raises FactError for a format that is not read.
    """
    names = ("quantization_config", "quantization")
    quantization = fields.get(*names)
    if quantization is not None:
        if not isinstance(quantization, Mapping):
            raise fields.wrong(fields.name_of(*names), "an object with quant_method or quant_algo")
        most = prevailing(listed_formats(fields, quantization, layers))
        grouped = quantization.get("config_groups") or quantization.get("quantized_layers")
        return most or (None if grouped else four_bit_experts(fields)) or quantized(fields, quantization), []
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
