"""How far scaled rotary angles reach: the context that a configuration's scaling makes of the one it was trained with.

The rule is vLLM's (``_get_and_verify_max_len``): linear and dynamic scaling stretch the stated positions, YaRN the original
ones; the others state positions that count them already, as Gemma 3 does.
"""

from collections.abc import Mapping

from costmodel.facts.huggingface.fields import Fields

OF_STATED = ("linear", "dynamic", "ntk")
OF_ORIGINAL = ("yarn", "deepseek_yarn")
COUNTED_ALREADY = ("gemma3", "gemma3_text")


def scaled_context(fields: Fields, stated: int) -> int:
    """Tokens that the scaling reaches, ``stated`` where there is none; FactError for a factor that is no positive number."""
    scaling = fields.get("rope_scaling", "rope_parameters")
    if not isinstance(scaling, Mapping) or fields.values.get("model_type") in COUNTED_ALREADY:
        return stated
    inner = Fields(scaling, f"{fields.location}: {fields.name_of('rope_scaling', 'rope_parameters')}")
    kind = inner.get("rope_type", "type")
    if kind not in OF_STATED + OF_ORIGINAL:
        return stated
    factor = inner.get("factor")
    if factor is None:
        return stated
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < 1e6:
        raise inner.wrong("factor", "a positive number")
    base = inner.integer("original_max_position_embeddings", default=stated) if kind in OF_ORIGINAL else stated
    return int(base * factor)
