"""A deployment and a scheme as inputs by the vocabulary's names, with the layers distinguished only where they differ.

A scheme whose slots look at the place of a layer (skipped first layers, budgets that fall with depth) needs every layer; but
layers of one kind whose slots agree are one group again, so that a schedule of two levels costs twice, not eighty times.
"""

import functools

import numpy as np

from costmodel.evaluation.assemble.axes import with_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_formulas
from costmodel.facts.block_tables import block_tables
from costmodel.facts.codec_costs import select_codec_costs
from costmodel.facts.deployment import Deployment
from costmodel.facts.engines import covers, parse_version

CODEC_CONSTANTS = {
    "issue_lanes": 128.0,  # four schedulers of 32 lanes in every multiprocessor since Volta
    "exposed_latency": 1.0,  # of encoding, whose instructions are counted, not simulated (assumed)
    "host_link_efficiency": 0.8,  # of pinned copies over PCIe's nominal rate (assumed; 25 of 32, 55 of 64 GB/s are usual)
    "host_link_spread": 0.1,  # log error of it (assumed: 0.68 to 0.94 of the rate, and what is usual lies within)
    "fused_product_share": 0.6,  # of the tensor peak, beside the other work of the same kernel (assumed)
}
ACTIVATION_SIZE = 2.0  # bytes
PROBES = (64.0, 1024.0, 16384.0, 262144.0, 4194304.0)  # contexts at which slots of two layers are compared
GPU_NUMBERS = (
    "memory", "memory_visible", "hbm_bandwidth", "sms", "l2_size", "clock", "peak_16bit", "host_bandwidth",
)  # fmt: skip
SECTIONS = {"all_reduce": "reduce_spread", "codec": "codec_spread", "small_kernel": "other_spread"}


@functools.lru_cache(maxsize=512)
def inputs(deployment: Deployment, scheme: Scheme) -> dict:
    """Every input but the workload and what is chosen as data: arrays without axes, and columns along the kinds of layers."""
    shared = _shared(deployment) | scheme.knobs
    shared["conversion_spread"] = select_codec_costs(deployment.gpu).spread(_arguments(scheme, "conversion_work"))
    tables = block_tables(deployment.model.groups, deployment.engine.numbers)
    shared["table_layers"] = tables.layers
    groups = [group | columns for group, columns in zip(deployment.model.groups, tables.columns, strict=True)]
    places = np.zeros(len(groups))
    if scheme.per_layer:
        groups, places = _merged(*_every_layer(groups), shared, scheme)
    numbers = shared | _columns(groups, places)
    return {name: np.asarray(number, dtype=float) for name, number in numbers.items()}


def _arguments(scheme: Scheme, slot: str) -> tuple[str, ...]:
    """What a slot that the scheme redefines stands on."""
    return tuple(scheme.slots[slot][1]) if slot in scheme.slots else ()


def _shared(deployment: Deployment) -> dict:
    model, gpu, engine = deployment.model, deployment.gpu, deployment.engine
    values = {name: gpu.numbers[name] for name in GPU_NUMBERS} | engine.numbers
    measured = deployment.profile.engine_version
    if engine.running is None or covers(measured, parse_version(engine.running), engine.release_numbers):
        values["version_spread"] = 0.0
    values |= {"hidden_size": model.hidden_size, "vocabulary_size": model.vocabulary_size}
    values |= {"parameters": model.parameters, "other_parameters": model.other_parameters}
    values |= {"tied_embeddings": float(model.tied_embeddings), "inner_width": _inner_width(deployment)}
    values |= dict(zip(("rotary_positions", "rotary_width"), model.rotary_table, strict=True))
    values |= {"largest_state": max(g["state_size"] for g in model.groups)} | model.vision
    values |= {"max_model_length": deployment.max_model_length, "states_length": float(deployment.context_limit > 0)}
    values |= _expert_workspace(deployment)
    values |= deployment.link.inputs(gpu, deployment.ranks)
    values |= {
        "ranks": deployment.group_ranks,
        "expert_gpus": deployment.ranks,
        "memory_fraction": deployment.memory_fraction,
    }
    values |= {"activation_size": ACTIVATION_SIZE, "embedding_size": 2.0}
    values |= CODEC_CONSTANTS | select_codec_costs(gpu).work
    for section, spread in SECTIONS.items():
        values |= deployment.profile.section(section, spread)[0]
    return values | {"layers": sum(g["layer_count"] for g in model.groups)}


def _inner_width(deployment: Deployment) -> float:
    """The model's, with the product of a feed-forward block cast where its weights multiply narrow numbers."""
    size = deployment.weights.input
    return deployment.model.inner_width(size / ACTIVATION_SIZE if size < ACTIVATION_SIZE else 0.0)


def _expert_workspace(deployment: Deployment) -> dict[str, float]:
    """Experts for which a pass keeps workspace on one GPU, and how engines pad their stored weights."""
    widest = max(deployment.model.groups, key=lambda g: g["experts_per_token"] * g["expert_intermediate_size"])
    width = widest["expert_intermediate_size"] * deployment.expert_ranks / deployment.ranks
    padding, kept = 1.0, widest["experts_per_token"]
    if deployment.weights.experts_only:  # kernels of mxfp4 hold no workspace
        numbers, kept = deployment.engine.numbers, 0.0
        padding = _padded(width, numbers["padded_expert_width"])
        padding *= _padded(deployment.model.hidden_size, numbers["padded_expert_input"])
    return {"workspace_experts": kept, "workspace_expert_width": width, "expert_padding": padding}


def _padded(width: float, multiple: float) -> float:
    """A width rounded up to a whole multiple, over the width."""
    return float(np.ceil(width / multiple) * multiple / width) if width and multiple else 1.0


def _columns(groups: list[dict], places) -> dict:
    names = [name for name in groups[0] if name != "mixer"]
    values = {name: with_model_axes([group[name] for group in groups], "layer_group") for name in names}
    if not values["grows"].any():
        values["grows"] = values["attends"]
    return values | {"layer_index": with_model_axes(places, "layer_group"), "layer_groups": float(len(groups))}


def _every_layer(groups: list[dict]) -> tuple[list[dict], np.ndarray]:
    """One group a layer, in order of depth; the kinds are spread evenly over it."""
    total = sum(group["layer_count"] for group in groups)
    layers = []
    for kind, group in enumerate(groups):
        count = int(group["layer_count"])
        layers += [((place + 0.5) / count * total - 0.5, kind) for place in range(count)]
    layers.sort()
    return [groups[kind] | {"layer_count": 1.0, "kind": kind} for _, kind in layers], np.arange(float(len(layers)))


def _merged(layers: list[dict], places: np.ndarray, shared: dict, scheme: Scheme) -> tuple[list[dict], np.ndarray]:
    """Layers of one kind as one group where all slots of the scheme agree at every probe."""
    contexts = np.asarray(PROBES).reshape(-1, 1, 1)
    workload = {"context": contexts, "prompt": contexts, "batch": 1.0, "generated": 0.0}
    probe = Evaluator(shared | _columns(layers, places) | workload, load_formulas().formulas, scheme.slots)
    shape = (len(PROBES), len(layers), 1)
    slot_values = np.concatenate([np.broadcast_to(probe[slot], shape)[..., 0] for slot in sorted(scheme.slots)])
    groups: dict[tuple, dict] = {}
    for place, layer in enumerate(layers):
        key = (layer["kind"], *np.nan_to_num(slot_values[:, place], posinf=1e300).round(12).tolist())
        group = groups.setdefault(key, layer | {"layer_count": 0.0, "place": places[place]})
        group["layer_count"] += 1.0
    merged = list(groups.values())
    spots = np.array([group.pop("place") for group in merged])
    for group in merged:
        group.pop("kind")
    return merged, spots
