"""The matrix products of a step: their shapes along an axis of their own, with the coefficients of their weight type.

Shapes are formulas; which products keep 16-bit weights, and which fit times them, is chosen here as data.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import with_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.deployment import Deployment
from costmodel.facts.profiles import InStep
from costmodel.facts.weight_types import served_weight_type

FEW_ROWS = 256  # products are judged apart up to here and from 1,024 rows
WIDE_PRODUCTS = ("router", "head")  # products whose weights engines leave at 16 bit
PRODUCTS_OF = {  # part of a model that a checkpoint may leave at 16 bit → its products
    "attention": ("qkv", "query_up", "absorb", "index", "latent", "attention_latent", "attention_out"),
    "mixer": ("mixer",),
    "feed-forward": ("up", "down"),
    "shared-experts": ("up", "down"),
    "experts": ("expert_up", "expert_down"),
}
FIELDS = ("rows", "columns", "inner", "times", "stored")
SPREADS = ("gemm_spread", "gemm_spread_large")


def shape_inputs(evaluator: Evaluator) -> dict[str, np.ndarray]:
    """Rows, columns, inner width, count and stored weights of every product, along the axis of products."""
    stacked: dict[str, list[np.ndarray]] = {field: [] for field in FIELDS}
    for fields in load_formulas().products.values():
        for field, (function, arguments, _) in fields.items():
            stacked[field].append(np.asarray(function(*(evaluator[name] for name in arguments)), dtype=float))
    shapes = {field: _stack(arrays) for field, arrays in stacked.items()}
    present = (shapes["columns"] > 0) & (shapes["inner"] > 0)
    inputs = {name: np.where(present, shapes[name], 1.0) for name in ("rows", "columns", "inner")}
    return inputs | {"product_count": np.where(present, shapes["times"], 0.0), "stored_weights": shapes["stored"]}


def coefficient_inputs(
    evaluator: Evaluator, deployment: Deployment, in_step: InStep, experts_are_grouped: bool
) -> dict[str, np.ndarray]:
    """Coefficients, tensor peak and bytes of a number of every product, by the type of its weights.

    ``in_step`` is what the engine's own steps showed: its spread holds up to the rows of a decode step.
    ``experts_are_grouped`` says whether a law of its own times the products of experts.
    """
    weights, wide = deployment.weights, keeps_16bit_weights(deployment)
    narrow_fit, _ = deployment.profile.gemm(weights.gemm)
    wide_fit, _ = deployment.profile.gemm("bfloat16")
    # Tables time products launched one by one; in a step's captured graph the host is gone, so that a narrow type pays at
    # most the floor of 16 bit and one small kernel that casts its input.
    floor = wide_fit["gemm_launch"] + float(evaluator["kernel_floor"])
    narrow_fit = narrow_fit | {"gemm_launch": min(narrow_fit["gemm_launch"], floor)}

    def along_products(of_wide: float, of_narrow: float) -> np.ndarray:
        return with_model_axes([of_wide if is_wide else of_narrow for is_wide in wide], "product")

    inputs = {name: along_products(wide_fit[name], narrow_fit[name]) for name in narrow_fit.keys() - {*SPREADS}}
    few = evaluator["forward_tokens"] <= FEW_ROWS
    return inputs | {
        "peak": along_products(deployment.gpu.numbers["peak_16bit"], deployment.gpu.peak(weights.peak)),
        "weight_size": along_products(2.0, weights.weight),
        "input_size": along_products(2.0, weights.input),
        "law_of_one_product": with_model_axes(
            [float(not (experts_are_grouped and name.startswith("expert"))) for name in load_formulas().products],
            "product",
        ),
        "gemm_spread": np.where(
            few, in_step.product_spread or narrow_fit["gemm_spread"], narrow_fit["gemm_spread_large"]
        ),
    }


def keeps_16bit_weights(deployment: Deployment) -> list[bool]:
    """For every product, whether its weights stay at 16 bit: by its type, or since the checkpoint leaves them."""
    experts_only = deployment.weights.experts_only
    kept = {name for part in kept_parts(deployment) for name in PRODUCTS_OF[part]}
    return [
        name in WIDE_PRODUCTS or name in kept or (experts_only and not name.startswith("expert"))
        for name in load_formulas().products
    ]


def kept_parts(deployment: Deployment) -> tuple[str, ...]:
    """Parts that the model's own checkpoint leaves at 16 bit; none where weights of another type run."""
    model = deployment.model
    return model.unquantised if deployment.weight_dtype == served_weight_type(model.weight_dtype) else ()


def product_types(deployment: Deployment) -> list[str]:
    """For every product, in their order, the weight type whose fit it takes."""
    used = {False: deployment.profile.gemm(deployment.weights.gemm)[1], True: deployment.profile.gemm("bfloat16")[1]}
    return [used[is_wide] for is_wide in keeps_16bit_weights(deployment)]


def _stack(arrays: list[np.ndarray]) -> np.ndarray:
    arrays = [array if array.ndim >= 2 else array.reshape(1, 1) for array in arrays]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    return np.concatenate([np.broadcast_to(array, shape) for array in arrays], axis=-1)
