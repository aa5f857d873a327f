"""Whole decode steps of real engines beside their predictions, by cache type.

Steps of 16 bit and fp8 whose kernels by name taught the profile anything are left out, and of implementations the steps that
were fitted; a cache type of which none was kept back is marked, and proves nothing.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.predict import predict
from costmodel.facts import store

NAME = "engine_steps"


@dataclass(frozen=True)
class StepAccuracy:
    """Errors of the steps of one cache type in fractions: median and 90 % quantile of their size, signed median.

    ``inside`` is the fraction of steps within their 90 % interval, ``half_width`` its median half-width; ``is_learnt`` says
    that these very steps were fitted; ``source`` is who measured.
    """

    engine: str
    gpu: str
    model: str
    kv_cache_dtype: str
    evidence: str
    rows: int
    median: float
    p90: float
    bias: float
    inside: float
    half_width: float
    is_learnt: bool
    source: str


def predicted_steps() -> pd.DataFrame:
    """The measured steps with ``predicted``, ``lo``, ``hi`` (ms) and ``evidence``."""
    rows = pd.read_csv(store.PACKAGE / "measurements" / f"{NAME}.csv")
    points = rows.drop(columns=["step_ms", "engine_version", "fitted", "measured"])
    predictions, _ = predict(points, NAME)
    columns = {"predicted": "tpot_ms", "lo": "tpot_ms_lo", "hi": "tpot_ms_hi", "evidence": "evidence"}
    return rows.assign(**{name: predictions[column].to_numpy() for name, column in columns.items()})


def _judging(rows: pd.DataFrame, listed: set[tuple[int, int]]) -> pd.DataFrame:
    """The rows of one cache type that judge it: those kept back, or all where every one was fitted.

    Of a type that no fit saw, all but the steps whose kernels were ``listed``, by batch and prompt.
    """
    fitted = (rows["fitted"] == "yes").to_numpy()
    if fitted.any():
        return rows if fitted.all() else rows.take(np.flatnonzero(~fitted))
    points = zip(rows["batch"], rows["prompt_len"], strict=True)
    return rows.take(np.flatnonzero([point not in listed for point in points]))


def step_accuracy() -> list[StepAccuracy]:
    """One entry for every engine, GPU, model and cache type, in the order of the table."""
    facts = store.read_toml(store.PACKAGE / "measurements" / f"{NAME}.toml")
    listed = {(batch, prompt_len) for batch, prompt_len in facts["listed"]}
    results = []
    keys = ["engine", "gpu", "model", "kv_cache_dtype"]
    for _, of_type in predicted_steps().groupby(keys, sort=False):
        part = _judging(of_type, listed)
        names = [str(part[key].iloc[0]) for key in keys]
        predicted, measured, low, high = (part[name].to_numpy(float) for name in ("predicted", "step_ms", "lo", "hi"))
        error, inside = predicted / measured - 1, (low <= measured) & (measured <= high)
        results.append(
            StepAccuracy(
                *names,
                evidence=str(part["evidence"].iloc[0]),
                rows=len(part),
                median=float(np.median(np.abs(error))),
                p90=float(np.quantile(np.abs(error), 0.9)),
                bias=float(np.median(error)),
                inside=float(inside.mean()),
                half_width=float(np.median(np.sqrt(high / low) - 1)),
                is_learnt=bool((part["fitted"] == "yes").all()),
                source=facts["source"],
            )
        )
    return results
