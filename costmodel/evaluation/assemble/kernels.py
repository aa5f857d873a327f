"""The kernels that a scheme runs on a deployment: parameters of every kind of layer, by KV type and head width.

They are chosen once, before any formula runs; formulas contain no choice of tables. Which of its two paths a kernel takes
depends on the call and is decided by its rule (``paths``).
"""

import functools

import numpy as np

from costmodel.evaluation.assemble.axes import layer_column, with_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.implementation import KernelChoice
from costmodel.evaluation.assemble.paths import fallback_by_layer
from costmodel.facts.deployment import Deployment
from costmodel.facts.profiles import InStep, Parameters

TYPICAL_HEAD_DIM = 128.0  # of layers without attention, whose parameters are multiplied by zero


def select_attention_kernels(probe: Evaluator, deployment: Deployment, choice: KernelChoice) -> tuple[Parameters, ...]:
    """Decode attention of every kind of layer; ``probe`` supplies their widths at any workload.

    An implementation runs the layers whose cache it changes; layers that a scheme leaves alone run the engine's own kernel.
    """
    attends, head_dims = attention_widths(probe)
    latent = (layer_column(probe["value_elements"]) == 0) & attends
    own = changed_layers(probe, len(attends)) if choice.file else np.zeros(len(attends), dtype=bool)
    profile, kernel = deployment.profile, deployment.kernel
    return tuple(
        choice.attention(float(head_dim))
        if is_own
        else profile.attention(choice.table_kv_dtype, float(head_dim), kernel, bool(is_latent))
        for head_dim, is_latent, is_own in zip(head_dims, latent, own, strict=True)
    )


def changed_layers(probe: Evaluator, layers: int) -> np.ndarray:
    """The kinds of layers whose numbers a scheme stores in another format; all, where it changes none."""
    changed = layer_column(probe["coded_size"]) != layer_column(probe["size_16bit"])
    changed = np.broadcast_to(changed, layers)
    return changed if changed.any() else ~changed


def attention_widths(probe: Evaluator) -> tuple[np.ndarray, np.ndarray]:
    """Whether every kind of layer attends, and the head width of its decode attention."""
    attends = layer_column(probe["attends"])
    width = layer_column(probe["key_elements"] + probe["value_elements"]) * np.ones_like(attends)
    return attends > 0, np.where(attends > 0, np.maximum(width / 2, 1.0), TYPICAL_HEAD_DIM)


def select_prefill_kernels(probe: Evaluator, deployment: Deployment, choice: KernelChoice) -> tuple[Parameters, ...]:
    """Prefill attention of every kind of layer; a latent is expanded to heads before its prompt is attended to.

    ``probe`` supplies their widths at any workload.
    """
    attends = layer_column(probe["attends"])
    width = layer_column(probe["expanded_key_width"] + probe["expanded_value_width"]) * np.ones_like(attends)
    head_dims = np.where(width > 0, np.maximum(width / 2, 1.0), TYPICAL_HEAD_DIM)
    if choice.file and choice.file.prefill:
        return tuple(choice.prefill(float(head_dim)) for head_dim in head_dims)
    profile, kernel, kv_dtype = deployment.profile, deployment.kernel, choice.table_kv_dtype
    latent = (layer_column(probe["value_elements"]) == 0) & (attends > 0) & np.ones_like(width, dtype=bool)
    return tuple(
        profile.prefill(kv_dtype, float(head_dim), kernel, bool(is_latent))
        for head_dim, is_latent in zip(head_dims, latent, strict=True)
    )


def attention_inputs(
    evaluator: Evaluator, kernels: tuple[Parameters, ...], choice: KernelChoice, in_step: InStep
) -> dict[str, np.ndarray]:
    """Coefficients and conditions of decode attention along the kinds of layers, on the path that each call takes.

    ``kernels`` are those of every kind of layer, as ``select_attention_kernels`` returns them; ``in_step`` is what the engine's
    own steps showed, which what was learnt from steps contains already. Returns arrays with the two model axes by the
    vocabulary's names.
    """
    fallback = fallback_by_layer(evaluator, kernels)
    measured = [choice.measures(kernel) for kernel in kernels]
    layers = layer_column(evaluator["layer_count"] * evaluator["attends"])
    correlations = np.array([kernel.main["pair_correlation"] for kernel in kernels])
    inputs = {
        "codec_is_measured": with_model_axes(np.array(measured, dtype=float), "layer_group"),
        "kernel_width": with_model_axes([kernel.head_dim for kernel in kernels], "layer_group"),
        "heads_per_work_unit": np.where(fallback, 1.0, evaluator["group_size"]),
        "pair_correlation": with_model_axes((correlations * layers).sum() / max(layers.sum(), 1.0)),
    }
    for name, (main, other) in coefficients_by_path(kernels).items():
        inputs[name] = main if other is None else np.where(fallback, other, main)
    learnt = with_model_axes([choice.learnt_in_steps(kernel) for kernel in kernels], "layer_group").astype(bool)
    inputs["floor_in_step"] = np.where(learnt, 1.0, in_step.floor)
    inputs["streaming_in_step"] = np.where(learnt, 1.0, in_step.streaming)
    for name, spread in (
        ("attention_spread_launch", in_step.launch_spread),
        ("attention_spread_cold", in_step.cold_spread),
    ):
        if spread is not None:
            inputs[name] = np.where(learnt, inputs[name], spread)
    return inputs


@functools.lru_cache(maxsize=512)
def coefficients_by_path(kernels: tuple[Parameters, ...]) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Every coefficient along the kinds of layers on the main path, and on the fallback where that one differs."""
    coefficients = {}
    for name in {key for kernel in kernels for key in kernel.main} - {"pair_correlation"}:
        main = with_model_axes([kernel.main[name] for kernel in kernels], "layer_group")
        fallback = with_model_axes([kernel.fallback[name] for kernel in kernels], "layer_group")
        coefficients[name] = (main, None if (main == fallback).all() else fallback)
    return coefficients


def prefill_inputs(kernels: tuple[Parameters, ...]) -> dict[str, np.ndarray]:
    """Coefficients of prefill attention along the kinds of layers."""
    return {name: with_model_axes([k.main[name] for k in kernels], "layer_group") for name in kernels[0].main}
