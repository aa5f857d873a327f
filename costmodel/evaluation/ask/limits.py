"""What was asked for and cannot run: contexts that the model does not take, batches that the pool does not hold.

Such points are still computed, as if the pool were larger, and their verdict says so; here they are said in words, for the
first line of an answer.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.starting import starting_remarks
from costmodel.evaluation.ask.verdicts import BEYOND
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.deployment import Deployment
from costmodel.text.counted import counted

NAMED = 3  # numbers or rows that a sentence names


def limit_remarks(
    deployment: Deployment, schemes: Iterable[str], batch: Sequence[float], context: Sequence[float]
) -> list[str]:
    """A sentence, without a full stop, for contexts beyond the model's limit, and one for batches beyond every pool.

    A batch is named where none of the ``schemes`` holds it at any of the contexts, a context where none holds any batch.
    """
    batches, contexts = np.unique(np.asarray(batch, float)), np.unique(np.asarray(context, float))
    remarks, limit = [], deployment.model.max_context
    if (too_long := contexts[contexts > limit]).size:
        remarks.append(f"context {_listed(too_long)} beyond the model's context limit of {limit:,.0f} tokens")
    loaded = [load_scheme(text) for text in schemes]
    remarks += list(dict.fromkeys(remark for scheme in loaded[:1] for remark in starting_remarks(deployment, scheme)))
    capacity = np.array([_largest_batch(deployment, scheme, batches.max(), contexts) for scheme in loaded])
    most = capacity.max(axis=0)  # by context
    if (too_many := batches[batches > most.max()]).size:
        best, place = np.unravel_index(np.argmax(capacity), capacity.shape)
        at = f"at context {contexts[place]:,.0f}" if len(contexts) == 1 else f"even at context {contexts[place]:,.0f}"
        remarks.append(
            f"batch {_listed(too_many)} beyond the pool, which holds {most.max():,.0f} {at} ({loaded[best].id})"
        )
    elif (none := contexts[most < batches.min()]).size:
        smallest = f"{most[most < batches.min()].max():,.0f}"
        remarks.append(
            f"context {_listed(none)} beyond the pool, which holds {smallest} there, fewer than any batch given"
        )
    return remarks


def _largest_batch(deployment: Deployment, scheme, batch: float, contexts: np.ndarray) -> np.ndarray:
    """Sequences that the pool holds at every context, where ``batch`` of them share what they share."""
    pool = build_passes(deployment, scheme, float(batch), contexts).pool
    return np.broadcast_to(drop_model_axes(pool["max_batch_memory"]), contexts.shape)


def row_remarks(points: pd.DataFrame, predicted: pd.DataFrame) -> list[str]:
    """The same of the rows of a table: ``points`` as a person wrote them, ``predicted`` with the columns of a prediction."""
    too_long = (predicted["verdict"] == BEYOND).to_numpy()
    remarks = [_rows(too_long, "beyond the model's context limit")]
    static = (predicted["mode"] == "static").to_numpy()
    batch, capacity = (predicted[name].to_numpy(float) for name in ("batch", "max_batch_memory"))
    remarks.append(_rows(static & ~too_long & (batch > capacity), "with a batch beyond the pool (max_batch_memory)"))
    if "concurrency" in predicted:
        in_flight, held = (predicted[name].to_numpy(float) for name in ("concurrency", "max_batch"))
        overloaded = ~static & np.isinf(in_flight)
        remarks.append(_rows(overloaded, "with more arrivals than the replica serves (rate)"))
        crowded = ~static & ~overloaded & (in_flight > held)
        remarks.append(
            _rows(crowded, "with more requests than the pool holds, whose preemptions only costmodel load counts")
        )
    if {"prompt_len", "context"} <= set(points):
        prompt, context = (
            np.asarray(pd.to_numeric(pd.Series(points[name]), errors="coerce"), dtype=float)
            for name in ("prompt_len", "context")
        )
        remarks.append(_rows(static & (prompt > context), "with prompt_len above context"))
    return [remark for remark in remarks if remark]


def _rows(mask: np.ndarray, what: str) -> str:
    """How many rows of a mask, which they are, and what they have in common; "" for none."""
    rows = np.flatnonzero(mask) + 1
    if not rows.size:
        return ""
    listed = ", ".join(f"{row:,}" for row in rows[:NAMED]) + " …" * (rows.size > NAMED)
    return f"{counted(rows.size, 'row')} {what}: {listed}"


def _listed(numbers: np.ndarray) -> str:
    if len(numbers) > NAMED:
        return f"{numbers[0]:,.0f} to {numbers[-1]:,.0f} ({len(numbers):,} values)"
    return ", ".join(f"{number:,.0f}" for number in numbers)
