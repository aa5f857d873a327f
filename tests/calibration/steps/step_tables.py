"""Tables of step times that the law itself wrote, so that the constants behind them are known."""

import numpy as np
import pandas as pd

from calibration.steps.law import PER_QUERY_HEAD, StepLaw
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme

MODEL, GPU, ENGINE = "llama-3.1-8b", "h100-sxm", "vllm"
WHERE = {"engine": ENGINE, "gpu": GPU, "model": MODEL}
TIMED = [
    (1, 2048), (1, 8192), (1, 32768), (1, 131072), (8, 8192), (16, 2048), (16, 16384), (64, 2048), (64, 8192),
]  # fmt: skip
UNSEEN = [(4, 4096), (4, 65536), (32, 4096), (32, 16384), (128, 2048), (128, 4096)]
TRUTH = {
    "attention_launch": 12e-6,
    "token_cost": 25e-9,
    "units_to_fill": 2.2,
    "split_slowdown": 1.25,
    "wave_cost": 3e-6,
}


def law(scheme: str, points, rule: str = PER_QUERY_HEAD, stated=None) -> StepLaw:
    """The law of a scheme's steps at points of batch and context."""
    batch, context = np.array(points, dtype=float).T
    deployment = resolve_deployment(MODEL, GPU, ranks=1, engine=ENGINE)
    return StepLaw(deployment, load_scheme(scheme), batch, context, rule, stated)


def table(scheme: str, points=TIMED, constants=None, noise=0.005, seed=5, **options) -> pd.DataFrame:
    """Batch, context and milliseconds of steps under known constants, with log-normal noise."""
    seconds = law(scheme, points, **options).time(TRUTH if constants is None else constants)
    batch, context = np.array(points).T
    jitter = np.exp(np.random.default_rng(seed).normal(0, noise, len(points)))
    return pd.DataFrame({"batch": batch, "context": context, "step_ms": 1e3 * seconds * jitter})
