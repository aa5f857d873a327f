"""A deployment and a scheme put together once: inputs, kernels and products, shared by all who ask for numbers.

Nothing here changes after it was made. Benchmarks of attention are L2-warm, a serving step is cold: the workload's ``warm``
says which is meant.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from costmodel.evaluation.assemble import experts, products
from costmodel.evaluation.assemble.constant_terms import ConstantTerms
from costmodel.evaluation.assemble.evaluator import Evaluator, Provider
from costmodel.evaluation.assemble.implementation import KernelChoice, choose_kernels
from costmodel.evaluation.assemble.inputs import inputs
from costmodel.evaluation.assemble.kernels import (
    attention_inputs,
    attention_widths,
    prefill_inputs,
    select_attention_kernels,
    select_prefill_kernels,
)
from costmodel.evaluation.assemble.slot_check import check_on_model
from costmodel.evaluation.compile.compiled import Scheme, load_formulas
from costmodel.facts.deployment import IDEAL, Deployment
from costmodel.facts.profiles import Parameters
from costmodel.facts.vocabulary import vocabulary

ATTENTION_INPUTS = (
    "heads_per_work_unit", "codec_is_measured", "kernel_width", "attention_spread_launch", "attention_spread_cold",
    "token_cost_spread", "pair_correlation", "floor_in_step", "streaming_in_step",
)  # fmt: skip
SHAPE_INPUTS = ("rows", "columns", "inner", "product_count", "stored_weights")
PRODUCT_INPUTS = ("peak", "weight_size", "input_size", "law_of_one_product", "beside_experts", "gemm_spread")
PROBE = {"batch": 1.0, "context": 1024.0, "prompt": 1024.0, "generated": 0.0}  # any workload tells the widths of layers


@dataclass(frozen=True, eq=False)
class Assembly:
    """What does not depend on the workload: ``inputs`` by name, and the kernels of every kind of layer.

    ``choice`` says whose kernels these are, ``evidence`` what the attention time is known from; ``constants`` are the terms
    that stand on the inputs alone.
    """

    deployment: Deployment
    scheme: Scheme
    inputs: Mapping[str, np.ndarray] = field(repr=False)
    attention: tuple[Parameters, ...] = field(repr=False)
    prefill: tuple[Parameters, ...] = field(repr=False)
    choice: KernelChoice = field(repr=False)
    evidence: str
    providers: Mapping[str, Provider] = field(repr=False)
    constants: ConstantTerms = field(repr=False)

    def evaluate(self, workload: Mapping) -> Evaluator:
        """An evaluator under a workload: quantities of the vocabulary's table ``workload`` (and paths) by name."""
        constants = None if self.constants.has_any(workload) else self.constants
        inputs = {**self.inputs, **workload}
        return Evaluator(inputs, load_formulas().formulas, self.scheme.slots, self.providers, constants)


@functools.lru_cache(maxsize=512)
def with_ideal_kernels(deployment: Deployment) -> Deployment:
    """The same deployment with ideal kernels; the same object for the same deployment, so that assemblies are shared."""
    return deployment.with_options(implementation=IDEAL)


@functools.lru_cache(maxsize=512)
def assemble(deployment: Deployment, scheme: Scheme) -> Assembly:
    """The assembly of a scheme on a deployment; the same object for the same pair."""
    choice = choose_kernels(deployment, scheme)
    constants = inputs(deployment, scheme) | {"kernel_is_ideal": np.asarray(float(choice.is_ideal))}
    in_step = deployment.profile.in_step(deployment.model, deployment.group_ranks, deployment.weight_dtype)
    constants |= {"slow_end": np.asarray(choice.slow_end), "products_in_step": np.asarray(in_step.products)}
    grouped = experts.choose_grouped(deployment)
    constants |= {name: np.asarray(value) for name, value in experts.expert_inputs(deployment, grouped).items()}
    check_on_model(scheme, deployment.model, constants)
    for array in constants.values():
        array.flags.writeable = False
    probe = Evaluator({**constants, **PROBE}, load_formulas().formulas, scheme.slots)
    attention = select_attention_kernels(probe, deployment, choice)
    prefill = select_prefill_kernels(probe, deployment, choice)
    evidence = choice.evidence_of(attention, *attention_widths(probe))
    of_prefill = prefill_inputs(prefill)
    constant_terms = ConstantTerms(constants, load_formulas().formulas, scheme.slots)
    shapes = products.ProductShapes(constant_terms)

    def provide_attention(evaluator: Evaluator) -> dict[str, np.ndarray]:
        return attention_inputs(evaluator, attention, choice, in_step)

    def provide_prefill(evaluator: Evaluator) -> dict[str, np.ndarray]:
        return of_prefill

    def provide_products(evaluator: Evaluator) -> dict[str, np.ndarray]:
        return products.coefficient_inputs(evaluator, deployment, in_step, bool(grouped))

    def provide_experts(evaluator: Evaluator) -> dict[str, np.ndarray]:
        return experts.coefficient_inputs(evaluator, grouped)

    by_law = {
        "attention": provide_attention,
        "prefill-attention": provide_prefill,
        "gemm": provide_products,
        "grouped": provide_experts,
    }
    providers: dict[str, Provider] = {
        name: by_law[entry["law"]] for name, entry in vocabulary().items() if entry.get("law") in by_law
    }
    providers |= dict.fromkeys(ATTENTION_INPUTS, provide_attention) | {
        "prefill_spread": provide_prefill,
        "grouped_spread": provide_experts,
    }
    providers |= dict.fromkeys(PRODUCT_INPUTS, provide_products) | dict.fromkeys(SHAPE_INPUTS, shapes.inputs)
    inputs_by_name, providers_by_name = MappingProxyType(constants), MappingProxyType(providers)
    kernels = (attention, prefill, choice, evidence)
    return Assembly(deployment, scheme, inputs_by_name, *kernels, providers_by_name, constant_terms)
