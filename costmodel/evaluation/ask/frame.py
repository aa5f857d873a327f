"""A sweep as a flat table: a row a point, with the axes, what was deployed and every column."""

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.sweep_axes import SweepAxes
from costmodel.evaluation.compile.compiled import load_scheme


def flat_frame(axes: SweepAxes, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """The table of a grid whose columns have the shape of its axes, points in the order of the axes."""
    shape = next(iter(columns.values())).shape
    indices = [index.ravel() for index in np.meshgrid(*(np.arange(size) for size in shape), indexing="ij")]
    labels = {name: np.asarray(values)[indices[i]] for i, (name, values) in enumerate(axes.labels().items())}
    deployments = [deployment for row in axes.deployments for deployment in row]
    of_deployment = {
        "tp": [d.ranks for d in deployments],
        "engine": [d.engine.id for d in deployments],
        "profile": [d.profile.id for d in deployments],
        "calibrated": [d.profile.origin for d in deployments],
        "weight_dtype": [d.weight_dtype for d in deployments],
    }
    place = indices[0] * shape[1] + indices[1]
    deployed = {name: np.asarray(values)[place] for name, values in of_deployment.items()}
    baseline = np.asarray([load_scheme(scheme.baseline).id for scheme in axes.schemes])[indices[2]]
    values = {name: value.ravel() for name, value in columns.items()}
    return pd.DataFrame(labels | deployed | {"baseline": baseline} | values)
