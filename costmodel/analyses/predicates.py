"""What a scheme is to an engine, derived from its mechanisms: each predicate with its value and its reason in a sentence.

Words come from the life cycle; numbers (where a prefix may end, what a branch of a fork copies) from the formulas, on one
deployment.
"""

from dataclasses import dataclass

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.lifecycle import PROPERTIES, describe
from costmodel.language.units import format_quantity
from costmodel.text.counted import counted

HISTORY = 32_768.0  # tokens at which a history is forked


@dataclass(frozen=True)
class Predicate:
    """One predicate: what it asks, its value in words, and why; ``value`` is what faces for machines show.

    ``is_stated`` where anything decides it, a mechanism or the file's declaration.
    """

    name: str
    meaning: str
    value: object
    text: str
    reason: str
    is_stated: bool = True


def predicates(scheme: Scheme, deployment: Deployment, history: float = HISTORY) -> tuple[Predicate, ...]:
    """Every predicate of a scheme; numbers for a history of so many tokens on the deployment."""
    reasons = scheme.spec.lifecycle_reasons
    words = [
        Predicate(
            name,
            PROPERTIES[name].meaning,
            value,
            describe(name, value),
            reasons[name] or "no mechanism decides it, and the file does not say",
            value is not None,
        )
        for name, value in scheme.spec.lifecycle.items()
    ]
    return (*words, *_numbers(scheme, deployment, history, reasons["fork"]))


def _numbers(scheme: Scheme, deployment: Deployment, history: float, fork_reason: str) -> tuple[Predicate, ...]:
    evaluator = build_evaluator(
        deployment, scheme, 1.0, history, prompt=history, private_tokens=0.0, across_requests=0.0
    )
    unit, copied, seconds, uncacheable = (
        float(drop_model_axes(evaluator[name]))
        for name in ("prefix_unit", "local_copy_on_write_size", "copy_on_write_time", "uncacheable_layers")
    )
    block = deployment.engine.numbers["block_size"]
    multiple = Predicate(
        "prefix_multiple",
        "Tokens at whose multiples a prefix of another request may end",
        None if uncacheable else unit,
        "nowhere" if uncacheable else f"every {counted(unit, 'token')}",
        scheme.spec.lifecycle_reasons["prefix_shareable"] if uncacheable
        else f"a block holds {counted(block, 'token')}" if unit == block
        else "what is coded together is whole or not there",
    )  # fmt: skip
    fork = Predicate(
        "fork_copy",
        f"What one branch copies when a history of {history:,.0f} tokens is forked, and how long that takes",
        copied,
        f"{format_quantity(copied, 'byte')} in {1e3 * seconds:,.2f} ms" if copied else "nothing, in no time",
        fork_reason if copied else "full blocks are shared, and the history ends with one",
    )
    return multiple, fork
