"""What the times of schemes on one deployment are known from, each by the weakest evidence over the points that are shown."""

from collections.abc import Iterable

import numpy as np

from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment
from costmodel.facts.evidence import weakest


def kernel_evidence(deployment: Deployment, schemes: Iterable[str], batch, context) -> dict[str, str]:
    """For each scheme, the weakest word of the column ``evidence`` over all points.

    ``batch`` (sequences) and ``context`` (tokens) are numbers or vectors; every batch meets every context. The words are those
    of ``costmodel sweep`` and ``predict`` at the same points. Raises UnknownName or FactError for a scheme that cannot be
    loaded.
    """
    batches, contexts = np.atleast_1d(batch).astype(float)[:, None], np.atleast_1d(context).astype(float)[None, :]
    evidence = {}
    for text in schemes:
        scheme = compiled.load_scheme(text)
        sides = [
            build_passes(deployment, side, batches, contexts)
            for side in (scheme, compiled.load_scheme(scheme.baseline))
        ]
        evidence[text] = weakest(np.ravel(compute_columns(*sides, names=("evidence",))["evidence"]))
    return evidence
