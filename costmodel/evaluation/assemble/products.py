"""The matrix products of a step: their shapes along an axis of their own, with the coefficients of their weight type.

Shapes are formulas; which products keep 16-bit weights, and which fit times them, is chosen here as data.
"""

import functools
from collections.abc import Callable

import numpy as np

from costmodel.evaluation.assemble.axes import with_model_axes
from costmodel.evaluation.assemble.evaluator import Constants, Evaluator
from costmodel.evaluation.assemble.paths import Quantities
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.deployment import Deployment
from costmodel.facts.fused_casts import WRITERS
from costmodel.facts.profiles import InStep
from costmodel.facts.weight_types import WEIGHT_TYPES, served_weight_type

FEW_ROWS = 256  # products are judged apart up to here and from 1,024 rows
WIDE = "bfloat16"
WIDE_PRODUCTS = ("router", "head")  # products whose weights engines leave at 16 bit
PRODUCTS_OF = {  # part of a model that a checkpoint may hold in a type of its own → its products
    "attention": ("qkv", "query_up", "absorb", "index", "latent", "attention_latent", "attention_out"),
    "mixer": ("mixer", "mixer_out"),
    "feed-forward": ("up", "down"),
    "shared-experts": ("up", "down"),
    "experts": ("expert_up", "expert_down"),
}
FIELDS = ("rows", "columns", "inner", "times", "stored")
SPREADS = ("gemm_spread", "gemm_spread_large")


class ProductShapes:
    """The shape of every product, along the axis of products; fields that no workload reaches are stacked once."""

    def __init__(self, constants: Constants):
        self._constants = constants
        products = load_formulas().products.values()
        self._fields = {
            field: _stack(field, constants)
            for field in FIELDS
            if all(name in constants for fields in products for name in fields[field][1])
        }

    def inputs(self, evaluator: Evaluator) -> dict[str, np.ndarray]:
        """Rows, columns, inner width, count and stored weights under the workload of an evaluator."""
        known = self._fields if evaluator.constants is self._constants else {}
        shapes = {field: known[field] if field in known else _stack(field, evaluator) for field in FIELDS}
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
    few = evaluator["forward_tokens"] <= FEW_ROWS
    inputs, spread = _coefficients(deployment, float(evaluator["kernel_floor"]), experts_are_grouped)
    of_few = in_step.product_spread or spread["gemm_spread"]
    return inputs | {"gemm_spread": np.where(few, of_few, spread["gemm_spread_large"])}


@functools.lru_cache(maxsize=512)
def _coefficients(
    deployment: Deployment, kernel_floor: float, experts_are_grouped: bool
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """What no workload changes: inputs along the axis of products, and the fit of the deployment's own weights."""
    types = weight_types(deployment)
    fits = [
        _fit(deployment, weight_type, is_cast_before(deployment, weight_type, product), kernel_floor)
        for product, weight_type in zip(load_formulas().products, types, strict=True)
    ]
    usual, _ = deployment.profile.gemm(WEIGHT_TYPES[deployment.weight_dtype].gemm)

    def along_products(number_of: Callable[[str], float]) -> np.ndarray:
        return with_model_axes([number_of(name) for name in types], "product")

    inputs = {name: with_model_axes([fit[name] for fit in fits], "product") for name in usual.keys() - {*SPREADS}}
    inputs |= {
        "peak": along_products(lambda t: deployment.gpu.peak(WEIGHT_TYPES[t].peak)),
        "weight_size": along_products(lambda t: WEIGHT_TYPES[t].weight),
        "input_size": along_products(lambda t: WEIGHT_TYPES[t].input),
        "law_of_one_product": with_model_axes(
            [float(not (experts_are_grouped and name.startswith("expert"))) for name in load_formulas().products],
            "product",
        ),
        "beside_experts": with_model_axes(
            [float(name in PRODUCTS_OF["shared-experts"]) for name in load_formulas().products], "product"
        ),
    }
    return inputs, usual


def _fit(deployment: Deployment, weight_type: str, is_cast: bool, kernel_floor: float) -> dict[str, float]:
    """Coefficients of a weight type's products, whose input the kernel before has cast or not.

    Tables time products launched one by one; in a step's captured graph the host is gone, so that a narrow type pays at most
    the floor of 16 bit and one small kernel that casts its input, and not that where the input comes cast.
    """
    fit, _ = deployment.profile.gemm(WEIGHT_TYPES[weight_type].gemm)
    if WEIGHT_TYPES[weight_type].gemm == WIDE:
        return fit
    wide = deployment.profile.gemm(WIDE)[0]["gemm_launch"]
    if is_cast:
        return fit | {"gemm_launch": min(fit["gemm_launch"], wide), "gemm_input_cast_passes": 0.0}
    return fit | {"gemm_launch": min(fit["gemm_launch"], wide + kernel_floor)}


def is_cast_before(deployment: Deployment, weight_type: str, product: str) -> bool:
    """Whether the kernel before a product writes its input in the product's own type.

    Results of attention over a latent go through a product of their own first.
    """
    casting = set(deployment.engine.fused_casts.get(weight_type, ()))
    if any(group["latent_rank"] for group in deployment.model.groups):
        casting.discard("attention")
    return any(product in WRITERS[kernel] for kernel in casting)


def weight_types(deployment: Deployment) -> list[str]:
    """The weight type of every product: 16 bit by its kind, that of its part of the checkpoint, or that of the deployment."""
    usual = WIDE if deployment.weights.experts_only else deployment.weight_dtype
    of_parts = {product: name for part, name in part_types(deployment).items() for product in PRODUCTS_OF[part]}
    return [
        WIDE
        if product in WIDE_PRODUCTS
        else of_parts.get(product, deployment.weight_dtype if product.startswith("expert") else usual)
        for product in load_formulas().products
    ]


def part_types(deployment: Deployment) -> dict[str, str]:
    """Weight types of parts that the model's own checkpoint holds in another; none where weights of another type run."""
    model = deployment.model
    return model.part_types if deployment.weight_dtype == served_weight_type(model.weight_dtype) else {}


def product_types(deployment: Deployment) -> list[str]:
    """For every product, in their order, the weight type whose fit it takes."""
    return [deployment.profile.gemm(WEIGHT_TYPES[name].gemm)[1] for name in weight_types(deployment)]


def _stack(field: str, quantities: Quantities) -> np.ndarray:
    """One field of all products along their axis."""
    arrays = []
    for fields in load_formulas().products.values():
        function, arguments, _ = fields[field]
        array = np.asarray(function(*(quantities[name] for name in arguments)), dtype=float)
        arrays.append(array if array.ndim >= 2 else array.reshape(1, 1))
    shape = np.broadcast_shapes(*{array.shape for array in arrays})
    stacked = np.empty((*shape[:-1], len(arrays)))
    for place, array in enumerate(arrays):
        stacked[..., place : place + 1] = array
    return stacked
