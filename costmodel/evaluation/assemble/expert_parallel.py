"""Over how many GPUs whole experts may be spread, and over how many groups of them requests: GPUs of one node."""

from costmodel.errors import InfeasibleDeploymentError
from costmodel.facts.models import Model

MAX_EXPERT_RANKS = 8  # GPUs of a node: what crosses nodes is not modelled


def check_expert_ranks(model: Model, ranks: int, expert_ranks: float | None) -> int:
    """The GPUs over which whole experts are spread; InfeasibleDeploymentError for a number that cannot be."""
    if expert_ranks is None or expert_ranks == 1:
        return 1
    of_layers = [int(group["experts"]) for group in model.groups if group["experts"] > 0]
    if not of_layers:
        raise InfeasibleDeploymentError(f"--ep: expected 1, got {expert_ranks:g}: {model.id} has no experts to spread")
    possible = [n for n in range(1, MAX_EXPERT_RANKS + 1) if ranks % n == 0 and all(e % n == 0 for e in of_layers)]
    if expert_ranks > MAX_EXPERT_RANKS:
        raise InfeasibleDeploymentError(
            f"--ep: expected at most {MAX_EXPERT_RANKS}, the GPUs of one node, got {expert_ranks:g}: "
            "experts over several nodes are not modelled"
        )
    if expert_ranks not in possible:
        raise InfeasibleDeploymentError(
            f"--ep: expected a divisor of the {ranks} GPUs and of the {min(of_layers)} experts of {model.id}, "
            f"got {expert_ranks:g}; valid --ep values: {', '.join(map(str, possible))}"
        )
    return int(expert_ranks)


def check_attention_groups(model: Model, ranks: int, groups: float | None) -> int:
    """Groups of GPUs over which requests are split; InfeasibleDeploymentError for a number that cannot be."""
    if groups is None or groups == 1:
        return 1
    if not model.has_experts:
        raise InfeasibleDeploymentError(
            f"--attention-dp: expected 1, got {groups:g}: without experts, which {model.id} lacks, groups share nothing: "
            "they are replicas of their own"
        )
    possible = [n for n in range(1, min(ranks, MAX_EXPERT_RANKS) + 1) if ranks % n == 0]
    if groups not in possible:
        raise InfeasibleDeploymentError(
            f"--attention-dp: expected a divisor of the {ranks} GPUs of --tp, at most the {MAX_EXPERT_RANKS} of one node, got "
            f"{groups:g}; valid --attention-dp values: {', '.join(map(str, possible))}"
        )
    return int(groups)
