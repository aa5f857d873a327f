"""How long a conversation becomes: tokens at the end of its last turn, every turn a message of the user and an answer."""

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.deployment import Deployment


def longest_turn(deployment: Deployment, turns, user: float, output: float) -> float:
    """Tokens of the context after the last of ``turns`` (numbers from 1), each ``user`` tokens asked and ``output`` answered."""
    lengths = build_evaluator(deployment, load_scheme("none"), 1.0, 1.0, turn=turns, user_tokens=user, generated=output)
    return float(drop_model_axes(lengths["turn_end"]).max())
