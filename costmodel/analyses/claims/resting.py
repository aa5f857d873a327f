"""What a code of resting caches gains: the hit of a conversation that goes on, which no metric of a claim asks for."""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.text.durations import format_duration


def resting_remark(deployment: Deployment, scheme: Scheme, history: float) -> str:
    """How soon a history of so many tokens is back, and computed again; empty for a scheme that codes nothing at rest."""
    kinds = {table.get("kind") for part in scheme.spec.parts for table in part.facts.get("mechanism", [])}
    if "rest" not in kinds or history <= 0:
        return ""
    tokens = np.array([history])
    resting = build_evaluator(deployment, scheme, 1.0, tokens, prompt=tokens)
    prefill = build_prefill_evaluator(deployment, scheme, tokens)
    back, computed = (
        float(np.ravel(drop_model_axes(values))[0]) for values in (resting["resume_time"], prefill["prefill_time"])
    )
    return (
        f"{scheme.id} is of caches at rest: no step and no new prompt gains; a history of {history:,.0f} tokens is back after "
        f"{format_duration(back)}, computed again after {format_duration(computed)} ({computed / back:.1f} × later)"
    )
