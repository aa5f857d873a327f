"""The pool of the cache: how much memory is left for it, and how many sequences it holds at once."""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment


def build_pool_evaluator(
    deployment: Deployment, scheme: Scheme, context, prompt, generated=None, generated_cv=None
) -> Evaluator:
    """The evaluator of the pool, at the length at which it must hold a request.

    ``context`` and ``prompt`` in tokens; ``generated`` is the mean number of output tokens of a request (0 where it is not
    given: every sequence has exactly its prompt), ``generated_cv`` their coefficient of variation.
    """
    generated = 0.0 if generated is None else generated
    lengths = {"prompt": prompt, "generated": generated, "generated_cv": 0.0 if generated_cv is None else generated_cv}
    exact = (np.asarray(generated, dtype=float) == 0).astype(float)
    resident = prompt
    if not exact.all():
        resident = drop_model_axes(build_evaluator(deployment, scheme, 1.0, context, **lengths)["resident_tokens"])
    return build_evaluator(deployment, scheme, 1.0, resident, exact_lengths=exact, **lengths)
