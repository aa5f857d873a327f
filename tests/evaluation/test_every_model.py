"""Every model file under every kind of mechanism: nothing is not a number, whatever its layers are."""

import numpy as np
import pytest

from costmodel.errors import InfeasibleDeploymentError
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts import store

SCHEMES = [
    "none",
    "fp8",
    "kivi-2bit",
    "turboquant-4bit",
    "h2o",
    "snapkv",
    "streaming-llm",
    "quest",
    "mla",
    "mha",
    "hf-quantized",
]


@pytest.mark.parametrize("model", store.files("models"))
def test_every_output_is_a_number(model):
    try:
        deployment = resolve_deployment(model, "b300-sxm")
    except InfeasibleDeploymentError as error:
        pytest.fail(f"no set-up of B300s holds it: {error}")
    longest = min(16384, int(deployment.model.max_context))
    result = grid(deployment, scheme=SCHEMES, batch=[1, 33], context=[512, longest])
    for name, values in result.columns.items():
        if values.dtype.kind == "f" and not name.startswith("speedup_capacity"):
            assert np.isfinite(values).all(), name
    assert (result.columns["tpot_ms_lo"] > 0).all() and (result.columns["speedup_hi"] > 0).all()
