"""Over how many GPUs whole experts may be spread: GPUs of one node that share the layers, and divide the experts."""

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
