"""Terms of a loop of requests for rows of one set-up, with some of its engine's constants replaced."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.load import Load, serve_load
from costmodel.evaluation.ask.point_table import BENCHMARK_WAVES
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.deployment import Deployment


def loop_terms(
    deployment: Deployment, rows: pd.DataFrame, names: Sequence[str], scheme: str = "none", **constants: float
) -> dict[str, np.ndarray]:
    """One vector a name, over the rows: benchmarks with concurrency, prompt_len, gen_len, and what else they state.

    gen_cv is 0 where no column states it, num_prompts ten for each request in flight, admission_steps 0: as
    ``costmodel predict`` takes them. ``constants`` are numbers of the engine by name.
    """
    numbers = deployment.engine.numbers | constants
    where = deployment.with_options(engine=replace(deployment.engine, numbers=numbers))

    def column(name: str, default: float) -> np.ndarray:
        return rows[name].fillna(default).to_numpy(float) if name in rows else np.full(len(rows), default)

    concurrency, prompt, generated = (rows[name].to_numpy(float) for name in ("concurrency", "prompt_len", "gen_len"))
    waves = column("num_prompts", np.nan) / concurrency
    load = Load(
        concurrency, prompt, generated, column("gen_cv", 0.0), np.full(len(rows), np.nan),
        np.where(np.isnan(waves), BENCHMARK_WAVES, waves), column("admission_steps", 0.0),
    )  # fmt: skip
    loop = serve_load(where, load_scheme(scheme), load).loop
    return {name: np.broadcast_to(drop_model_axes(loop[name]), len(rows)) for name in names}
