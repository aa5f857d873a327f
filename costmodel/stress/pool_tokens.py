"""How many tokens of requests alike the pool of a deployment keeps under a scheme."""

from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment


def pool_tokens(deployment: Deployment, scheme: Scheme, context: float) -> float:
    """Tokens that the pool keeps: those of sequences of ``context`` tokens, where a budget limits what each holds."""
    pool = build_pool_evaluator(deployment, scheme, context, context, None, None)
    return float(drop_model_axes(pool["max_batch_memory"])) * context
