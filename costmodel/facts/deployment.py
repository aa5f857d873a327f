"""Model × GPU × parallelism × engine × weight type: the one object that faces pass around.

Declared choices only. What nobody asked for is chosen, and what cannot exist is refused, in ``evaluation.assemble``.
"""

from dataclasses import dataclass, replace

from costmodel.facts.engines import Engine
from costmodel.facts.gpus import GPU
from costmodel.facts.links import Link
from costmodel.facts.models import Model
from costmodel.facts.profiles import Profile
from costmodel.facts.weight_types import WEIGHT_TYPES, WeightType

SHIPPED, COMPILED, IDEAL = "shipped", "compiled", "ideal"
LONGEST_CONTEXT = 131_072.0  # of a model whose file states none
IMPLEMENTATIONS = (SHIPPED, COMPILED, IDEAL)  # or the id of one


@dataclass(frozen=True, eq=False)
class Deployment:
    """What runs where. ``assumed`` says what nobody asked for, in words.

    ``ranks`` GPUs share every layer (tensor parallel) over one kind of ``link``; over ``expert_ranks`` of them whole experts are
    spread, and GPUs beyond these split every expert. Requests are split over ``attention_groups`` groups of these GPUs, each of
    which splits heads among its own (attention data parallel; 1: all split heads). ``implementation`` says whose kernels run a
    scheme: those that the engine ships, an estimate from compiled code, ideal ones, or those of one implementation by its id
    (for its own scheme; others run what is shipped). ``context_limit`` is the longest context (tokens) that the engine is started
    for; 0 stands for the model's own.
    """

    model: Model
    gpu: GPU
    ranks: int
    engine: Engine
    weight_dtype: str
    profile: Profile
    memory_fraction: float
    link: Link
    expert_ranks: int = 1
    attention_groups: int = 1
    kernel: str = ""
    implementation: str = SHIPPED
    context_limit: float = 0.0
    assumed: tuple[str, ...] = ()

    @property
    def weights(self) -> WeightType:
        """The weight type of the layers."""
        return WEIGHT_TYPES[self.weight_dtype]

    @property
    def group_ranks(self) -> int:
        """GPUs of a group over which heads are split."""
        return self.ranks // self.attention_groups

    @property
    def max_model_length(self) -> float:
        """Tokens of the longest context that the engine is started for."""
        return self.context_limit or min(self.model.max_context, LONGEST_CONTEXT)

    @property
    def label(self) -> str:
        """``Llama 3.1 70B on 4 × h100-sxm, vllm, bfloat16 weights``."""
        split = [f"experts over {self.expert_ranks}"] if self.expert_ranks > 1 else []
        split += [f"requests over {self.attention_groups} groups"] if self.attention_groups > 1 else []
        spread = f" ({', '.join(split)})" if split else ""
        return (
            f"{self.model.name} on {self.ranks} × {self.gpu.id}{spread}, {self.engine.id}, {self.weight_dtype} weights"
        )

    def with_options(self, **changes) -> "Deployment":
        """The same deployment with some of its parts replaced."""
        return replace(self, **changes)
