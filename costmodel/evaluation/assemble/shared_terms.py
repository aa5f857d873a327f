"""Terms of a step that are no scheme's own: many schemes on one deployment need them once.

Matrix products, all-reduces and small kernels are most of the work of a step, and no slot of a scheme and no kernel that it
runs reaches them.
"""

import functools
from collections.abc import Sequence

from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.variation import axes_of
from costmodel.evaluation.compile.compiled import Scheme, load_formulas
from costmodel.evaluation.compile.dependence import GROUP, PRODUCT
from costmodel.facts.deployment import Deployment
from costmodel.facts.vocabulary import vocabulary

OF_A_KERNEL = ("heads_per_work_unit", "codec_is_measured", "kernel_width", "conversion_spread", "attention_spread_launch",
               "attention_spread_cold", "token_cost_spread", "pair_correlation", "prefill_spread")  # fmt: skip


@functools.cache
def terms_of_no_scheme() -> frozenset[str]:
    """Terms that no slot and no kernel of a scheme reaches: products, all-reduces, small kernels, host.

    They must not tell kinds of layers or products apart, since a scheme may do so.
    """
    formulas, entries, axes = load_formulas().formulas, vocabulary(), axes_of()

    @functools.cache
    def is_of_a_scheme(name: str) -> bool:
        entry = entries[name]
        if entry["kind"] == "slot" or name in OF_A_KERNEL or entry.get("law") in ("attention", "prefill-attention"):
            return True
        return name in formulas and any(map(is_of_a_scheme, formulas[name][1]))

    return frozenset(name for name in formulas if not axes[name] & {GROUP, PRODUCT} and not is_of_a_scheme(name))


def build_evaluators(deployment: Deployment, schemes: Sequence[Scheme], batch, context) -> list[Evaluator]:
    """A decode step of every scheme at the same points; what is no scheme's own is computed by the first of them.

    ``batch`` in sequences and ``context`` in tokens broadcast against each other; every prompt is as long as its context.
    """
    first, *others = (build_evaluator(deployment, scheme, batch, context) for scheme in schemes)

    def share(name: str):
        return lambda _: {name: first[name]}

    shared = {name: share(name) for name in terms_of_no_scheme()}
    return [first, *(Evaluator(o.values, o.formulas, o.slots, {**o.providers, **shared}, o.constants) for o in others)]
