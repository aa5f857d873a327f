"""From names to a deployment that can exist: what nobody asked for is chosen and said, what does not fit is refused.

Weights are those of ``formulas.capacity``: the default number of GPUs, the refusal and the memory of a step agree by
construction.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from costmodel.errors import InfeasibleDeploymentError, InputError, UnknownName
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import as_leading, drop_model_axes
from costmodel.evaluation.assemble.expert_parallel import check_attention_groups, check_expert_ranks
from costmodel.evaluation.assemble.kept_parts import KEPT, is_unknown_which, with_parts_kept
from costmodel.evaluation.assemble.products import part_types
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import engines, gpus, implementations, links, models, profiles, store
from costmodel.facts.deployment import IMPLEMENTATIONS, SHIPPED, Deployment
from costmodel.facts.engines import Engine
from costmodel.facts.gpus import GPU
from costmodel.facts.models import Model
from costmodel.facts.weight_types import (
    ASKED_FOR,
    GROUPED_AS,
    WEIGHT_TYPES,
    canonical_weight_type,
    is_weight_type,
    served_weight_type,
)
from costmodel.text.counted import counted

MAX_WEIGHT_FRACTION = 2 / 3  # a default set-up leaves a third of memory to cache and activations
MAX_ADVISED_FRACTION = 0.95  # of what the engine may use, so that advice leaves room for a pool
LIMITS = {  # number of an engine → how people name it, what it counts, and its highest value
    "block_size": ("block size", "tokens", 4096),
    "max_batched_tokens": ("max_num_batched_tokens", "tokens", 2**24),
    "max_sequences": ("max_num_seqs", "sequences", 2**20),
}
MAX_MODEL_LEN = 2**27
MAX_RANKS = 4096  # GPUs of one replica
DEFAULT_RANKS = (1, 2, 4, 8, 16, 32)
ADVISED_RANKS = (*DEFAULT_RANKS, 64)


def resolve_deployment(
    model: str | Model,
    gpu: str | GPU | None = None,
    *,
    ranks: float | None = None,
    expert_ranks: float | None = None,
    attention_groups: float | None = None,
    engine: str | None = None,
    weight_dtype: str | None = None,
    memory_fraction: float | None = None,
    kernel: str = "",
    usage: str | None = None,
    implementation: str | None = None,
    block_size: float | None = None,
    engine_version: str | None = None,
    max_num_batched_tokens: float | None = None,
    max_num_seqs: float | None = None,
    max_model_len: float | None = None,
    eager: bool = False,
    link: str | None = None,
) -> Deployment:
    """The deployment that these names make.

    Parameters: ``model`` and ``gpu`` by id, alias or object; ``ranks``, the GPUs over which tensors are split;
    ``expert_ranks``, those of them over which whole experts are spread (1 by default: every expert is split);
    ``attention_groups``, groups of them over which requests are split (1 by default: all split heads); ``engine`` by id;
    ``weight_dtype``, the type of the weights (the checkpoint's by default); ``memory_fraction`` in (0, 1] (the engine's by
    default); ``kernel``, the family of the attention kernel ("" for the profile's default); ``usage``, ``server`` (default) or
    ``offline``, where an engine's defaults differ; ``implementation``, whose kernels run a scheme: ``shipped`` (default),
    ``compiled``, ``ideal``, or one by its id; ``block_size``, tokens of a block of the paged cache (the engine's by default);
    ``engine_version``, by which memory is cut (that of the engine's file by default); ``max_num_batched_tokens``, most tokens
    of a pass, ``max_num_seqs``, most running sequences (the engine's by default); ``max_model_len``, the longest context that
    the engine is started for (the model's by default); ``eager``, whether no graph is captured; ``link``, what
    joins the GPUs (their usual one by default).

    Returns a Deployment whose ``assumed`` says, in words, what was chosen for the caller. Raises UnknownName for a name that
    no file has, InfeasibleDeploymentError for heads that do not divide or weights that do not
    fit (with what would), InputError for an implementation in another engine.
    """
    assumed = []
    model = models.load(model) if isinstance(model, str) else model
    if gpu is None:
        gpu = "h100-sxm"
        assumed.append("GPU h100-sxm (--gpu)")
    gpu = gpus.load(gpu) if isinstance(gpu, str) else gpu
    if engine is None:
        engine = "vllm"
        assumed.append("engine vLLM (--engine)")
    limits = {"block_size": block_size, "max_batched_tokens": max_num_batched_tokens, "max_sequences": max_num_seqs}
    engine_facts = _with_limits(engines.load(engine, gpu, usage or "server", engine_version), limits, eager)
    if weight_dtype is None:
        served = served_weight_type(model.weight_dtype)
        remark = "" if is_weight_type(model.weight_dtype) else f"; the model says {model.weight_dtype}"
        assumed.append(f"{served} weights (--weight-dtype){remark}")
    else:
        served = canonical_weight_type(weight_dtype)
    profile = profiles.select_profile(gpu, engine_facts.id)
    _refuse_weights(model, gpu, engine_facts, profile, served)
    assumed += model.left_out
    fraction = engine_facts.numbers["memory_fraction"] if memory_fraction is None else float(memory_fraction)
    if not 0 < fraction <= 1:
        raise InfeasibleDeploymentError(f"memory fraction must be in (0, 1], got {fraction:g}")
    kernels = _implementation(implementation or SHIPPED, engine_facts, gpu)
    deployment = Deployment(
        model, gpu, 1, engine_facts, served, profile, fraction, links.between(gpu, 1, link), kernel=kernel,
        implementation=kernels,
        context_limit=0.0 if max_model_len is None else _whole_number(max_model_len, "max_model_len", "tokens", MAX_MODEL_LEN),
    )  # fmt: skip
    if ranks is None:
        ranks = _default_ranks(deployment)
        size = weights_per_gpu(deployment).item() / 1e9
        assumed.append(f"{counted(ranks, 'GPU')} (--tp): weights of {size:.0f} GB")
    if not 1 <= ranks <= MAX_RANKS or ranks != int(ranks):
        raise InfeasibleDeploymentError(
            f"--tp must be a whole number of GPUs of at least 1, at most {MAX_RANKS:,}, got {ranks:g}"
        )
    spread = check_expert_ranks(model, int(ranks), expert_ranks)
    groups = check_attention_groups(model, int(ranks), attention_groups)
    joined = links.between(gpu, int(ranks), link)
    if link is None and ranks > 1:
        assumed.append(f"link {joined.id} (--link)")
    assumed += left_out_of_times(eager)
    deployment = deployment.with_options(
        ranks=int(ranks), expert_ranks=spread, attention_groups=groups, link=joined, assumed=tuple(assumed)
    )
    _refuse_what_cannot_be(deployment)
    if is_unknown_which(model, served):
        deployment = deployment.with_options(assumed=(*deployment.assumed, _other_checkpoints(deployment)))
    if types := part_types(deployment):
        remarks = [
            _of_parts([part for part in types if types[part] == name], name) for name in dict.fromkeys(types.values())
        ]
        deployment = deployment.with_options(assumed=(*deployment.assumed, *remarks))
    return deployment


def _of_parts(parts: list[str], weight_type: str) -> str:
    """In words, what the checkpoint holds in another type than most."""
    if weight_type == "bfloat16":
        return f"{' and '.join(parts)} at 16 bit (the checkpoint's list of exceptions)"
    return f"{' and '.join(parts)} in {weight_type} (as the checkpoint holds them)"


def _other_checkpoints(deployment: Deployment) -> str:
    """In words, how large weights are with every product in the type that was asked for, and with attention kept wider."""
    kept = ", ".join(
        f"{_gib(with_parts_kept(deployment, name))} with attention at {words}" for name, words in KEPT.items()
    )
    return (
        f"every product of a layer in {deployment.weight_dtype}: {_gib(deployment)} GiB of weights a GPU, {kept} "
        "(checkpoints differ: --hf-config reads the list of one)"
    )


def _gib(deployment: Deployment) -> str:
    return f"{weights_per_gpu(deployment).item() / 2**30:.1f}"


def _with_limits(engine: Engine, limits: dict[str, float | None], eager: bool) -> Engine:
    """The engine with the limits that are stated, its own where none is; without captured graphs where it runs eagerly."""
    changed = {name: _whole_number(value, *LIMITS[name]) for name, value in limits.items() if value is not None}
    if eager:
        changed["graph_size"] = 0.0
    return replace(engine, numbers=engine.numbers | changed) if changed else engine


def _whole_number(value: float, name: str, meaning: str, most: int) -> float:
    if not 1 <= value <= most or value != int(value):
        raise InputError(f"{name}: expected a whole number of {meaning}, 1 to {most}, got {value:g}")
    return float(value)


def _implementation(name: str, engine: Engine, gpu: GPU) -> str:
    """The canonical word or id of an implementation of that engine, which runs on that GPU."""
    if name.strip().lower() in IMPLEMENTATIONS:
        return name.strip().lower()
    if name == engine.id:  # as a prediction names the engine's own kernels
        return SHIPPED
    try:
        chosen = implementations.load(name)
    except UnknownName as error:
        raise UnknownName("implementation", name, [*IMPLEMENTATIONS, *store.files(implementations.KIND)]) from error
    if chosen.engine != engine.id:
        raise InputError(f"implementation {chosen.id}: expected one in {engine.id}, got one in {chosen.engine}")
    if not chosen.runs_on(gpu):
        known = ", ".join(chosen.architectures)
        raise InputError(f"implementation {chosen.id}: expected a GPU of {known}, got {gpu.id} ({gpu.architecture})")
    return chosen.id


def weights_per_gpu(deployment: Deployment, ranks: Sequence[int] | None = None) -> np.ndarray:
    """Bytes of all weights on one GPU, replicated heads included, for every number of GPUs in ``ranks``.

    Without ``ranks`` an array of one number, that of the deployment itself.
    """
    workload = {
        "batch": 1.0,
        "context": 1.0,
        "prompt": 1.0,
        "prompts": 1.0,
        "forward_tokens": 1.0,
        "expert_tokens": 1.0,
        "decode_tokens": 0.0,
    }
    gpus_of_experts = as_leading(ranks if ranks is not None else [deployment.ranks])
    groups = np.minimum(deployment.attention_groups, gpus_of_experts)
    workload |= {"head_rows": 1.0, "expert_gpus": gpus_of_experts, "ranks": gpus_of_experts / groups}
    return drop_model_axes(assemble(deployment, load_scheme("none")).evaluate(workload)["memory_weights"])


def heads_divide(model: Model, ranks: int) -> bool:
    """Whether every layer's heads split evenly over that many GPUs (or replicate evenly)."""
    for group in model.groups:
        heads, kv_heads = group["query_heads"], group["kv_heads"]
        if not group["attends"]:
            continue
        if heads % ranks or (kv_heads > ranks and kv_heads % ranks) or (1 < kv_heads < ranks and ranks % kv_heads):
            return False
    return True


def _of_one_node(ranks: Sequence[int], gpu: GPU) -> tuple[int, ...]:
    """Those numbers of GPUs that one node holds."""
    return tuple(n for n in ranks if n <= gpu.node_gpus)


def _default_ranks(deployment: Deployment) -> int:
    """The fewest GPUs on which the weights leave a third of memory free; 8 (or 1) where none do."""
    room = MAX_WEIGHT_FRACTION * deployment.gpu.numbers["memory_visible"]
    candidates = _of_one_node(DEFAULT_RANKS, deployment.gpu)
    for ranks, size in zip(candidates, weights_per_gpu(deployment, candidates), strict=True):
        if heads_divide(deployment.model, ranks) and size <= room:
            return ranks
    return 8 if heads_divide(deployment.model, 8) else 1


def left_out_of_times(eager: bool) -> list[str]:
    """In words, what was asked for and leaves times as they are."""
    return ["times of captured graphs: kernels launched one by one (eager) are not modelled"] * eager


def _refuse_weights(model: Model, gpu: GPU, engine: Engine, profile: profiles.Profile, weight_type: str) -> None:
    """Raise InfeasibleDeploymentError for a type of experts on a model without, or one whose only kernel nobody measured."""
    if WEIGHT_TYPES[weight_type].experts_only and not any(group["experts"] for group in model.groups):
        raise InfeasibleDeploymentError(
            f"--weight-dtype {weight_type} is a type of experts, and {model.id} has none; int4 and nvfp4 quantise its products"
        )
    file = profile.grouped_file
    measured = {fit.dtype for fit in file.grouped} if file else set()
    if weight_type in ASKED_FOR and not measured & {*GROUPED_AS[weight_type]}:
        raise InfeasibleDeploymentError(
            f"--weight-dtype {weight_type}: nobody measured such a kernel of {engine.id} on {gpu.id}; mxfp4 keeps 16-bit inputs"
        )


def _refuse_what_cannot_be(deployment: Deployment) -> None:
    model, gpu, ranks = deployment.model, deployment.gpu, deployment.ranks
    if ranks > gpu.node_gpus:
        raise InfeasibleDeploymentError(
            f"--tp: expected at most {gpu.node_gpus}, the {gpu.id} of one node, got {ranks}: "
            "replicas over several nodes are not modelled"
        )
    if not heads_divide(model, deployment.group_ranks):
        valid = ", ".join(str(n) for n in _of_one_node(ADVISED_RANKS, gpu) if heads_divide(model, n))
        raise InfeasibleDeploymentError(
            f"{model.id}: attention heads cannot be split over {ranks} GPUs; valid --tp values: {valid}"
        )
    room = deployment.memory_fraction * gpu.numbers["memory_visible"]
    size = weights_per_gpu(deployment).item()
    if size >= room:
        advised = _of_one_node(ADVISED_RANKS, gpu)
        sizes = zip(advised, weights_per_gpu(deployment, advised), strict=True)
        fitting = [n for n, of_rank in sizes if heads_divide(model, n) and of_rank < MAX_ADVISED_FRACTION * room]
        advice = (
            f"tp {fitting[0]} fits" if fitting else f"no number of such GPUs up to the {advised[-1]} of one node fits"
        )
        raise InfeasibleDeploymentError(
            f"{model.id} does not fit on {ranks} × {gpu.id}: weights take {size / 1e9:.1f} GB per GPU, "
            f"{(size - room) / 1e9:.1f} GB more than the {room / 1e9:.1f} GB that {deployment.engine.id} may use; {advice}"
        )
