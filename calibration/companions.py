"""Profiles beside the profile: laws that are fitted apart from decode attention and lie in a folder of their own.

A companion has the header of a profile and the same resumable blocks; ``costmodel.facts.profiles`` reads it together with
the profile of the same name.
"""

from collections.abc import Callable
from datetime import date

import pandas as pd

from calibration.blocks import attention_block
from calibration.design import BUDGET, SEED, SERVING_SHARE
from calibration.prefill_block import can_fit, prefill_block
from calibration.profile import Profile
from calibration.run import FEWEST_ROWS, METHOD, default_kernels, once
from calibration.sources import aiconfigurator as source
from costmodel.errors import InputError

FEWEST_SERVING = 100
PREFILL_METHOD = (
    f"at most {BUDGET} designed rows a fit ({SERVING_SHARE:.0%} of shapes at serving sizes, half maximin, half random, "
    f"seed {SEED}), soft-L1 least squares on log latency and on the log ratio of matched shapes, in log coefficients, "
    "weak prior, best of three starts from each of two ways with a window; empty cache, 16-bit arithmetic; "
    "spreads from the fitted rows alone by ten folds of whole shapes; held_out in percent on all other rows, "
    "serving: prompts from 512 tokens, 2,048 tokens in all"
)


def calibrate_prefill(gpu: str, engine: str, refit: bool = False, say: Callable = print) -> Profile | None:
    """Fit prefill attention of the pair and write it; None, with the reason said, where none was measured."""
    try:
        table = source.prefill_attention(gpu, engine)
    except InputError as error:
        return say(f"skipped prefill attention: {error}")
    profile = opened("prefill", "prefill", gpu, engine, table, PREFILL_METHOD)
    if not refit:
        profile.resume()
    for (family, width), rows in table.groupby(["kernel", "head_dim"]):
        if reason := can_fit(rows, FEWEST_ROWS, FEWEST_SERVING):
            say(f"skipped prefill {family} head_dim {width}: {reason}")
        else:
            once(profile, ("prefill", family, int(width)), lambda rows=rows: prefill_block(rows, gpu), say)
    return profile if profile.blocks else say("skipped prefill attention: nothing to fit")


def calibrate_latent(gpu: str, engine: str, refit: bool = False, say: Callable = print) -> Profile | None:
    """Fit decode attention over a latent (MLA) and write it; None, with the reason said, where none was measured."""
    try:
        table = source.latent_attention(gpu, engine)
    except InputError as error:
        return say(f"skipped latent attention: {error}")
    profile = opened("latent", "mla", gpu, engine, table, METHOD)
    if not refit:
        profile.resume()
    for (family, width), rows in table.groupby(["kernel", "head_dim"]):
        if len(rows) < FEWEST_ROWS:
            say(f"skipped latent {family}: {len(rows)} rows, {FEWEST_ROWS} due")
        else:
            once(profile, ("attention", family, int(width)), lambda rows=rows: attention_block(rows, gpu), say)
    return profile if profile.blocks else say("skipped latent attention: nothing to fit")


def opened(part: str, operation: str, gpu: str, engine: str, table: pd.DataFrame, method: str) -> Profile:
    """An empty companion in the folder ``part`` with the header of a profile."""
    version = table["engine_version"].iloc[0]
    header = {"gpu": gpu, "engine": engine, "engine_version": version}
    header |= {"source": source.source_text(gpu, operation, engine, version), "fitted": date.today(), "method": method}
    return Profile(gpu, engine, header, default_kernels(table), part=part)
