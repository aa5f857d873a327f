"""``costmodel equivalent``: which setting of a known scheme does what a scheme does, and where none does."""

import math
from dataclasses import replace
from typing import Annotated

import typer

from costmodel.cli import options as o

SHOWN = 8
MODEL = "llama-3.1-8b"  # where nobody names one
LEGEND = (
    "Memory, step: the rival's over the scheme's, least to most over the region. Reached: cells in which both are at most "
    "1.02. Sure: those in which the slow end of the rival's step is within the fast end of the scheme's. A rival counts where it "
    "loses nothing, stores the same code, or somebody measured its loss within --max-quality-loss."
)


@o.with_deployment_options
def command(
    scheme: Annotated[str, typer.Argument(help="Scheme, or a TOML file of your own (costmodel schemes).")],
    deployment_options: o.DeploymentOptions,
    rivals: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="A scheme, a sentence, prefix-caching or smaller-block; repeat for several (all, and compositions).",
        ),
    ] = None,
    max_quality_loss: Annotated[
        str, typer.Option("--max-quality-loss", help="Largest published loss of a rival that counts: 3%, or any.")
    ] = "3%",
    batch: o.Batch = None,
    context: o.Context = None,
    json: o.Json = False,
) -> None:
    """Find the known setting that takes no more memory and time over a region, with its own kernel's evidence.

    Each rival is tried at the numbers that the scheme states, at its default and sweep values; the best setting is listed.
    Published quality stands beside where somebody measured it.

    Example: costmodel equivalent mine.toml --with kivi --with h2o --model llama-8b --gpu h100-sxm
    """
    from costmodel.analyses.equivalence import BATCHES, CONTEXTS, equivalence
    from costmodel.cli import terminal
    from costmodel.text import parse

    is_assumed = deployment_options.model is None and deployment_options.hf_config is None
    if is_assumed:
        deployment_options = replace(deployment_options, model=MODEL)
    deployment = deployment_options.resolve(scheme)
    if is_assumed:
        deployment = deployment.with_options(assumed=(f"model {MODEL} (--model)", *deployment.assumed))
    batches = BATCHES if batch is None else parse.parse_axis(batch, "--batch")
    contexts = CONTEXTS if context is None else parse.parse_axis(context, "--context")
    if batch or context:
        terminal.print_limits(deployment, [scheme], batches, contexts, json)
    result = equivalence(deployment, scheme, rivals or (), batches, contexts, _limit(max_quality_loss))
    if json:
        terminal.print_json(_as_json(result))
        return
    terminal.print_answer(f"{result.scheme}: {result.verdict}.", deployment)
    cells = result.unreached.size
    rows = [
        (
            one.setting, f"{int(one.reached.sum())} of {cells}", int(one.is_sure.sum()), _range(one.memory), _range(one.time),
            one.evidence, one.quality, "yes" if one.counts else "no",
            _runs_as(deployment, one.scheme), one.condition,
        )
        for one in result.rivals[:SHOWN]
    ]  # fmt: skip
    heads = ("rival", ">reached", ">sure", ">memory", ">step", "evidence", "quality lost", "counts", "runs as", "needs")
    terminal.print_table("", heads, rows, LEGEND)
    terminal.print_assumed(deployment)


def _runs_as(deployment, scheme) -> str:
    """Where a rival runs; the uncompressed cache, whatever its blocks, does in every engine."""
    from costmodel.analyses.availability import where_it_runs

    return "the engine itself" if not scheme.slots else where_it_runs(deployment, scheme, in_short=True)


def _limit(text: str) -> float:
    """A share as text (``3%``, ``0.03``), infinite for ``any``."""
    from costmodel.errors import InputError

    try:
        limit = math.inf if text == "any" else float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        limit = -1.0
    if not limit >= 0:
        raise InputError(f"--max-quality-loss: expected a share such as 3%, or any, got {text!r}")
    return limit


def _range(values) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"


def _as_json(result) -> dict:
    best = result.best
    return {
        "scheme": result.scheme,
        "setting": best.setting if best else None,
        "dominates": bool(best and best.dominates),
        "residual": None if best is None else {
            "memory": float(best.memory.max()), "step": float(best.time.max()), "cells": int((~best.reached).sum()),
        },
        "unreached_region": result.region(result.unreached) if result.unreached.any() else None,
        "batch": list(result.batch), "context": list(result.context),
        "rivals": [
            {
                "setting": one.setting, "condition": one.condition, "evidence": one.evidence, "dominates": one.dominates,
                "implementation": one.implementation, "reached": one.reached.tolist(), "sure": one.is_sure.tolist(),
                "memory": one.memory.tolist(), "step": one.time.tolist(), "quality": one.quality, "counts": one.counts,
            }
            for one in result.rivals
        ],
        "verdict": result.verdict,
    }  # fmt: skip
