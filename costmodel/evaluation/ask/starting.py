"""Whether an engine starts: some refuse a context limit of which their pool does not hold one request.

A model's own limit is the default, so that a pool that looks ample may still refuse to start. Said in words, with what would.
"""

from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

STEP = 1024  # the limit that is advised is a multiple of it, where it is longer


NAMES = ("requires_full_length", "request_blocks", "pool_blocks", "startable_length", "pool_room")


def startable_limit(deployment: Deployment, scheme: Scheme) -> float | None:
    """The longest context limit with which the engine starts; None where it starts with the one that it has."""
    return _startable(_pool(deployment, scheme))


def starting_remarks(deployment: Deployment, scheme: Scheme) -> list[str]:
    """A sentence, without a full stop, where the engine would not start; nothing where it would, or does not ask.

    The pool is that of the ``scheme``; its length matters for no scheme whose blocks have one size.
    """
    pool = _pool(deployment, scheme)
    longest = _startable(pool)
    if longest is None:
        return []
    _, needed, blocks, _, room = pool
    engine, limit = deployment.engine.id, f"{deployment.max_model_length:,.0f} tokens"
    named = f"{deployment.model.id} on {deployment.ranks} × {deployment.gpu.id} does not fit: {engine}"
    if room <= 0:
        return [f"{named} has no memory left for a pool ({-room / 1e9:.1f} GB too little)"]
    advice = f"--max-model-len {longest:.0f} starts" if longest >= 1 else "no limit starts"
    return [
        f"{named} does not start with a context limit of {limit}, one of which takes {needed / blocks:.2f} pools; {advice}"
    ]


def _startable(pool: tuple[float, ...]) -> float | None:
    required, needed, blocks, longest, _ = pool
    if not required or needed <= blocks:
        return None
    return longest // STEP * STEP if longest >= STEP else longest


def _pool(deployment: Deployment, scheme: Scheme) -> tuple[float, ...]:
    pool = build_pool_evaluator(deployment, scheme, 1.0, 1.0)
    return tuple(float(drop_model_axes(pool[name])) for name in NAMES)
