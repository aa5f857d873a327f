"""Which fit of grouped products a call of experts takes: by weight type, then by the kind of the call.

An engine runs other kernels for experts without a gate, and others where whole experts are spread over GPUs; the fit is that
of the newest version's kernel which was measured most for this kind, any of the type where this kind was not measured.
"""

import re
from collections.abc import Sequence

from costmodel.facts.profiles.schema import GroupedFit
from costmodel.facts.weight_types import GROUPED_AS

GATED_MATRICES = 3


def call_kind(matrices: float, expert_ranks: float) -> str:
    """``gated`` or ``plain`` experts, with ``-ep`` where whole ones are spread over several GPUs."""
    return ("gated" if matrices >= GATED_MATRICES else "plain") + ("-ep" if expert_ranks > 1 else "")


def select_grouped(
    fits: Sequence[GroupedFit], weight_dtype: str, matrices: float, expert_ranks: float, kernel: str = ""
) -> GroupedFit | None:
    """The fit that times experts of that weight type; None where the engine was measured in no type that stands for it.

    ``kernel`` asks for one by its name, which gives way to the engine's own choice where the type lacks it.
    """
    kind = call_kind(matrices, expert_ranks)
    for dtype in GROUPED_AS.get(weight_dtype, ()):
        usable = [fit for fit in fits if fit.dtype == dtype]
        usable = [fit for fit in usable if fit.kernel == kernel] or usable
        if usable:
            return max(usable, key=lambda fit: _preference(fit, kind))
    return None


def _preference(fit: GroupedFit, kind: str) -> tuple:
    """How much a fit is preferred: this very kind, then its gate, then a newer version, then more rows of the kind."""
    gate = sum(count for name, count in fit.measured_calls.items() if name.partition("-")[0] == kind.partition("-")[0])
    count = fit.measured_calls.get(kind, 0)
    version = [int(digits) for digits in re.findall(r"\d+", fit.engine_version)]
    return count > 0, gate > 0, version, count, fit.kernel
