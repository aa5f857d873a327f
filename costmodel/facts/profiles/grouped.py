"""Which fits of grouped products a layer of experts takes: by weight type, then by what was measured of such layers.

An engine runs other kernels for experts without a gate, where whole experts are spread over GPUs, and for few tokens. The fit
is that of the kernel which was measured with this very layer, else with most calls of this kind, of the newest version.
"""

import re
from collections.abc import Sequence

from costmodel.facts.profiles.schema import GroupedFit

GATED_MATRICES = 3


def call_kind(matrices: float, expert_ranks: float) -> str:
    """``gated`` or ``plain`` experts, with ``-ep`` where whole ones are spread over several GPUs."""
    return ("gated" if matrices >= GATED_MATRICES else "plain") + ("-ep" if expert_ranks > 1 else "")


def expert_layer(hidden_size: float, width: float, choices: float, experts: float) -> str:
    """One layer of experts as profiles list those that were measured: ``4096 x 1536, 8 of 128``."""
    return f"{hidden_size:g} x {width:g}, {choices:g} of {experts:g}"


def select_grouped(
    fits: Sequence[GroupedFit], dtypes: Sequence[str], kind: str, layer: str = "", kernel: str = ""
) -> tuple[GroupedFit, ...]:
    """The fits that time a layer of experts: that of any number of tokens last, before it one of few tokens where there is one.

    Of ``dtypes``, types of the measured tables, the first that a fit has counts; one measured with this layer goes before the
    others. ``kind`` and ``layer`` are texts of ``call_kind`` and ``expert_layer``; ``kernel`` asks for one by its name, which
    gives way to the engine's own choice where the type lacks it. Empty where the engine was measured in none of the types.
    """
    measured = [fit.dtype for fit in fits if layer in fit.measured_experts]
    for dtype in sorted(dtypes, key=lambda dtype: dtype not in measured):
        usable = [fit for fit in fits if fit.dtype == dtype]
        if named := [fit for fit in usable if fit.kernel == kernel]:
            return tuple(named[:1])
        if usable:
            return _by_tokens(usable, kind, layer)
    return ()


def _by_tokens(fits: Sequence[GroupedFit], kind: str, layer: str) -> tuple[GroupedFit, ...]:
    at_any = [fit for fit in fits if fit.max_tokens is None]
    of_few = [fit for fit in fits if fit.max_tokens is not None and fit.measured_calls.get(kind, 0)]
    best = max(at_any or fits, key=lambda fit: _preference(fit, kind, layer))
    few = [fit for fit in of_few if fit.engine_version == best.engine_version and fit is not best]
    return (*few[:1], best)


def _preference(fit: GroupedFit, kind: str, layer: str) -> tuple:
    """How much a fit is preferred: this kind, then its gate, then this layer, then a newer version, then more calls."""
    gate = sum(count for name, count in fit.measured_calls.items() if name.partition("-")[0] == kind.partition("-")[0])
    count = fit.measured_calls.get(kind, 0)
    version = [int(digits) for digits in re.findall(r"\d+", fit.engine_version)]
    return count > 0, gate > 0, layer in fit.measured_experts, version, count, fit.kernel
