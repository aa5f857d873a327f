"""Model × GPU × parallelism × engine × weight type: the one object that faces pass around.

It answers with inputs by the vocabulary's names; what a scheme changes, and which kernel parameters follow, is chosen in
``evaluation.setting``. A set-up that cannot exist is refused here, with what would fit.
"""

from dataclasses import dataclass, replace

from costmodel.errors import InfeasibleDeploymentError, UnknownName
from costmodel.facts import engines, gpus, models, profiles
from costmodel.facts.engines import Engine
from costmodel.facts.gpus import GPU
from costmodel.facts.models import Model
from costmodel.facts.profiles import Profile
from costmodel.facts.weight_types import ALIASES, WEIGHT_TYPES, WeightType

COMFORT = 2 / 3  # a default set-up leaves a third of memory to cache and activations


@dataclass(frozen=True, eq=False)
class Deployment:
    """What runs where. ``assumed`` says what nobody asked for, in words."""

    model: Model
    gpu: GPU
    ranks: int
    engine: Engine
    weight_dtype: str
    profile: Profile
    memory_fraction: float
    kernel: str = ""
    assumed: tuple[str, ...] = ()

    @property
    def weights(self) -> WeightType:
        """The weight type of the layers."""
        return WEIGHT_TYPES[self.weight_dtype]

    @property
    def label(self) -> str:
        """``Llama 3.1 70B on 4 × h100-sxm, vllm, bfloat16 weights``."""
        return f"{self.model.name} on {self.ranks} × {self.gpu.id}, {self.engine.id}, {self.weight_dtype} weights"

    def weight_bytes(self) -> float:
        """Bytes of all weights, over all GPUs, before any replication."""
        model, kind = self.model, self.weights
        embeddings = (2 - model.tied_embeddings) * model.vocabulary_size * model.hidden_size + model.other_parameters
        experts = sum(
            g["layer_count"]
            * g["feed_forward_matrices"]
            * model.hidden_size
            * g["experts"]
            * g["expert_intermediate_size"]
            for g in model.groups
        )
        rest = model.parameters - embeddings - experts
        return embeddings * 2 + experts * kind.weight + rest * (2 if kind.experts_only else kind.weight)

    def with_options(self, **changes) -> "Deployment":
        """The same deployment with some of its parts replaced."""
        return replace(self, **changes)


def resolve_deployment(
    model: str | Model,
    gpu: str | GPU | None = None,
    *,
    ranks: int | None = None,
    engine: str | None = None,
    weight_dtype: str | None = None,
    memory_fraction: float | None = None,
    kernel: str = "",
    usage: str | None = None,
) -> Deployment:
    """The deployment that these names make; what is missing is chosen and said.

    ``usage`` is ``server`` (default) or ``offline``, where an engine's defaults differ.

    Raises UnknownName for a name that no file has, Impossible for heads that do not divide or weights that do not fit
    (with the number of GPUs that would do).
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
    engine = engines.load(engine, gpu, usage or "server")
    weight_dtype = _weight_type(weight_dtype, model, assumed)
    fraction = engine.numbers["memory_fraction"] if memory_fraction is None else float(memory_fraction)
    if not 0 < fraction <= 1:
        raise InfeasibleDeploymentError(f"memory fraction {fraction:g}: due a share above 0, at most 1")
    made = Deployment(model, gpu, 1, engine, weight_dtype, profiles.select_profile(gpu, engine.id), fraction, kernel)
    if ranks is None:
        ranks = _sensible_ranks(made)
        assumed.append(f"{ranks} GPU{'s' * (ranks > 1)} (--tp): weights of {made.weight_bytes() / 1e9:.0f} GB")
    if ranks != int(ranks):
        raise InfeasibleDeploymentError(f"{ranks:g} GPUs: due a whole number")
    made = made.with_options(ranks=int(ranks), assumed=tuple(assumed))
    _check(made)
    return made


def _weight_type(name: str | None, model: Model, assumed: list) -> str:
    if name is None:
        own = ALIASES.get(model.weight_dtype, model.weight_dtype)
        chosen = own if own in WEIGHT_TYPES else "bfloat16"
        assumed.append(f"{chosen} weights (--weight-dtype)" + ("" if own == chosen else f"; the model says {own}"))
        return chosen
    known = ALIASES.get(name.lower(), name.lower())
    if known not in WEIGHT_TYPES:
        raise UnknownName("weight type", name, [*WEIGHT_TYPES, *ALIASES])
    return known


def divides(model: Model, ranks: int) -> bool:
    """Whether every layer's heads split evenly over that many GPUs (or replicate evenly)."""
    for group in model.groups:
        heads, kv_heads = group["query_heads"], group["kv_heads"]
        if not group["attends"]:
            continue
        if heads % ranks or (kv_heads > ranks and kv_heads % ranks) or (1 < kv_heads < ranks and ranks % kv_heads):
            return False
    return True


def _sensible_ranks(made: Deployment) -> int:
    for ranks in (1, 2, 4, 8, 16, 32):
        if divides(made.model, ranks) and made.weight_bytes() / ranks <= COMFORT * made.gpu.numbers["memory_visible"]:
            return ranks
    return 8 if divides(made.model, 8) else 1


def _check(made: Deployment) -> None:
    if made.ranks < 1:
        raise InfeasibleDeploymentError(f"{made.ranks} GPUs: due at least 1")
    if not divides(made.model, made.ranks):
        fit = [r for r in (1, 2, 4, 8, 16, 32, 64) if divides(made.model, r)]
        raise InfeasibleDeploymentError(
            f"{made.model.id}: its heads do not split over {made.ranks} GPUs; they do over {', '.join(map(str, fit))}"
        )
    room = made.memory_fraction * made.gpu.numbers["memory_visible"]
    need = made.weight_bytes() / made.ranks
    if need >= room:
        fits = [r for r in (1, 2, 4, 8, 16, 32, 64) if divides(made.model, r) and made.weight_bytes() / r < 0.95 * room]
        advice = f"tp {fits[0]} fits" if fits else "no number of such GPUs up to 64 fits"
        raise InfeasibleDeploymentError(
            f"{made.model.id} does not fit on {made.ranks} × {made.gpu.id}: weights take {need / 1e9:.1f} GB a GPU, "
            f"{(need - room) / 1e9:.1f} GB more than the {room / 1e9:.1f} GB that {made.engine.id} may use; {advice}"
        )
