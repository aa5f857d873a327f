"""The set-ups that exist: every engine, split of GPUs, type of weights and shipped type of cache that a model and GPU allow.

A replica is a group of GPUs that share every layer; the GPUs of a set-up hold as many replicas as fit, and users are spread over
them evenly. What an engine does not ship, or nobody measured, is a candidate only for research.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from costmodel.errors import CostModelError
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import implementations, models, store
from costmodel.facts.deployment import Deployment
from costmodel.facts.evidence import is_decisive
from costmodel.facts.gpus import GPU
from costmodel.facts.implementations import Implementation
from costmodel.facts.models import Model
from costmodel.facts.weight_types import WEIGHT_TYPES, canonical_weight_type

ENGINES = ("vllm", "tensorrt-llm", "sglang")
QUANTISED = ("fp8", "int4")  # weights, rivals of the checkpoint's own
PLAIN = "none"


@dataclass(frozen=True, eq=False)
class Setup:
    """One replica's deployment and scheme, and how many replicas ``gpus`` GPUs hold.

    ``implementation`` is what runs the scheme, None for the engine's own 16-bit cache.
    """

    deployment: Deployment
    scheme: Scheme
    gpus: int
    implementation: Implementation | None

    @property
    def replicas(self) -> int:
        """Copies of the model."""
        return self.gpus // self.deployment.ranks

    @property
    def key(self) -> tuple:
        """What its costs depend on."""
        d = self.deployment
        return d.engine.id, d.ranks, d.weight_dtype, self.scheme.id

    def describe(self) -> str:
        """``vllm, 2 × h100-sxm (tp 2), bfloat16 weights, fp8 cache``."""
        d = self.deployment
        split = f"tp {d.ranks}" + (f", {self.replicas} replicas" if self.replicas > 1 else "")
        cache = "16-bit cache" if self.scheme.id == PLAIN else f"{self.scheme.id} cache"
        return f"{d.engine.id}, {self.gpus} × {d.gpu.id} ({split}), {d.weight_dtype} weights, {cache}"


@dataclass
class Space:
    """What may be chosen from: engines, numbers of GPUs, types of weights (None: the checkpoint's own and narrower ones).

    Raises UnknownName for an engine or a type that is none.
    """

    model: str | Model
    gpu: str | GPU
    gpus: tuple[int, ...] = (1, 2, 4, 8)
    engines: tuple[str, ...] = ENGINES
    weight_dtypes: tuple[str | None, ...] | None = None
    is_research: bool = False
    left_out: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        self.engines = tuple(store.resolve("engines", engine) for engine in self.engines)
        if self.weight_dtypes is not None:
            self.weight_dtypes = tuple(
                name if name is None else canonical_weight_type(name) for name in self.weight_dtypes
            )

    def leave_out(self, reason: str) -> None:
        """Count a set-up that is none."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def setups(space: Space, gpus: int) -> Iterator[Setup]:
    """The set-ups of so many GPUs; those that cannot run are counted in ``space.left_out`` by reason."""
    for engine in space.engines:
        for ranks in (n for n in range(1, gpus + 1) if gpus % n == 0):
            for weight_dtype in _weights(space):
                try:
                    deployment = resolve_deployment(
                        space.model, space.gpu, ranks=ranks, engine=engine, weight_dtype=weight_dtype
                    )
                except CostModelError as error:
                    space.leave_out(_reason(error))
                    continue
                if deployment.profile.origin == "ideal" and not space.is_research:
                    space.leave_out(f"{deployment.engine.id} was not measured on {deployment.gpu.id}")
                    continue
                yield from _with_caches(space, deployment, gpus)


def _weights(space: Space) -> tuple[str | None, ...]:
    """The checkpoint's own, and what is narrower."""
    if space.weight_dtypes is not None:
        return space.weight_dtypes
    model = models.load(space.model) if isinstance(space.model, str) else space.model
    own = WEIGHT_TYPES[model.weight_dtype].weight
    return (None, *(name for name in QUANTISED if WEIGHT_TYPES[name].weight < own))


def _with_caches(space: Space, deployment: Deployment, gpus: int) -> Iterator[Setup]:
    plain = load_scheme(PLAIN)
    if not is_decisive(assemble(deployment, plain).evidence) and not space.is_research:
        space.leave_out(
            f"{deployment.engine.id}'s attention kernel for this model was not measured on {deployment.gpu.id}"
        )
        return
    yield Setup(deployment, plain, gpus, None)
    seen = set()
    for implementation in implementations.of_engine(deployment.engine.id):
        if implementation.scheme in seen or not implementation.runs_on(deployment.gpu):
            continue
        if not implementation.is_shipped:
            space.leave_out(f"{implementation.scheme} cache under {deployment.engine.id}: in no release")
            continue
        seen.add(implementation.scheme)
        try:
            scheme = load_scheme(implementation.scheme)
            evidence = assemble(deployment, scheme).evidence
        except CostModelError as error:
            space.leave_out(_reason(error))
            continue
        if not is_decisive(evidence) and not space.is_research:
            space.leave_out(
                f"{implementation.scheme} cache under {deployment.engine.id}: nobody measured its kernel on {deployment.gpu.id}"
            )
            continue
        yield Setup(deployment, scheme, gpus, implementation)


def _reason(error: CostModelError) -> str:
    """The first sentence, without sizes: types of weights and engines that do not fit on as many GPUs count together."""
    return str(error).partition(";")[0].partition(". ")[0].partition(": weights take")[0]
