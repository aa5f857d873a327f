"""What the kernels of whole steps show of the laws fitted to benchmarks: three factors, and the errors that they leave.

An engine's step launches its kernels from a graph, with cold caches and its own libraries; a list of its kernels by name
tells products and attention apart. The factors serve every model, their spreads the model that was listed.
"""

import numpy as np
import pandas as pd

from costmodel.errors import InputError
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.cache_words import cache_words
from costmodel.facts.deployment import Deployment
from costmodel.facts.profiles import SectionFit

MIN_ROWS = 4  # two factors of attention, and as many again to tell the error
TABLED = ("none", "fp8")  # schemes whose kernels the engines' tables time
LAUNCH_BOUND = 0.5  # share of floors in attention above which a row tells of launches


def fit_in_step(deployment: Deployment, steps: pd.DataFrame, source: str) -> SectionFit:
    """Factors of floors and streaming of attention and of products, by least squares of relative errors.

    ``steps`` are rows of ``kernel_fits.step_kernels.steps_by_kind`` of cache types that the engine's tables measured;
    ``deployment`` is what ran, on a profile without such a section. Raises InputError for too few rows.
    """
    schemes = {word: scheme for word, scheme in cache_words(deployment.engine.id).items() if scheme in TABLED}
    rows = steps[steps["kv_cache_dtype"].isin(list(schemes))]
    if len(rows) < MIN_ROWS:
        raise InputError(f"kernels: expected at least {MIN_ROWS} steps of {', '.join(schemes)}, got {len(rows)}")
    floors, streams, products, attention = ([] for _ in range(4))
    for kv_type, part in rows.groupby("kv_cache_dtype", sort=False):
        points = part["batch"].to_numpy(float), part["prompt_len"].to_numpy(float)
        step = build_evaluator(deployment, load_scheme(schemes[str(kv_type)]), *points)
        floor, whole, product = (
            1e6 * np.broadcast_to(drop_model_axes(step[name]), len(part))
            for name in ("attention_launch_time", "attention_step_time", "matrix_step_time")
        )
        floors.append(floor)
        streams.append(whole - floor)
        products.append(part["product"].to_numpy(float) / product)
        attention.append(part["attention"].to_numpy(float))
    floor, stream, product, measured = map(np.concatenate, (floors, streams, products, attention))
    design = np.stack([floor, stream], axis=1) / measured[:, None]
    factors = np.linalg.lstsq(design, np.ones(len(measured)), rcond=None)[0]
    errors = np.log(design @ factors)
    of_products = np.log(product)
    mean = float(of_products.mean())
    launch_bound = floor > LAUNCH_BOUND * measured
    model = f"{deployment.model.id}, tp {deployment.ranks:g}, {deployment.weight_dtype}"
    return SectionFit(
        "in_step",
        {
            "floor_in_step": float(factors[0]),
            "streaming_in_step": float(factors[1]),
            "products_in_step": float(np.exp(mean)),
        },
        {
            "product": _spread(of_products - mean, 1),
            "launch": _spread(errors[launch_bound], 1),
            "cold": _spread(errors[~launch_bound], 1),
        },
        source,
        len(rows),
        "kernels of whole steps by name, up to the largest batch that was listed",
        model,
    )


def _spread(errors: np.ndarray, constants: int) -> float:
    """Standard deviation of log errors; of fewer than two, that of all would be a guess: 5 %."""
    if len(errors) <= constants:
        return 0.05
    return float(np.sqrt((errors**2).sum() / (len(errors) - constants)))
