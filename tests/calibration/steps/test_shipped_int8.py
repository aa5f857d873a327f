"""The profile that is shipped for int8 under vLLM follows from its eight rows; 16-bit and fp8 steps hold out of the box.

Own run of vLLM 0.24.0 on one H100: rows that lie beside the repository and not in it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from step_tables import WHERE

from calibration.steps.learn import learn_steps
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import store
from costmodel.facts.profiles import parse_profile

DATA = Path(__file__).parents[4] / "shared" / "data"
STEPS = DATA / "h100_vllm024_steps.parquet"
pytestmark = pytest.mark.skipif(
    not STEPS.exists(), reason=f"needs {STEPS.name}, measured steps kept beside the repository"
)


@pytest.fixture(scope="module")
def steps() -> pd.DataFrame:
    return pd.read_parquet(STEPS)


def test_eight_rows_give_the_constants_that_are_shipped(steps, data_folder):
    learnt = learn_steps(steps, scheme="int8", **WHERE)
    path = store.PACKAGE / "profiles" / "implementations" / "h100-sxm--vllm--int8.toml"
    (shipped,) = parse_profile(store.read_toml(path), path.name, "implementation").attention
    (found,) = learnt.profile.attention
    assert len(learnt.rows) == shipped.points == 8 and found.kernel == shipped.kernel
    assert dict(found.main["int8"]) == pytest.approx(dict(shipped.main["int8"]), rel=0.01)


@pytest.mark.parametrize(("word", "scheme"), [("auto", "none"), ("fp8", "fp8")])
def test_steps_of_shipped_kernels_are_predicted(steps, word, scheme):
    rows = steps[steps["kv_cache_dtype"] == word]
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
    step = build_evaluator(deployment, load_scheme(scheme), rows["batch"].to_numpy(), rows["context"].to_numpy())
    errors = np.abs(np.log(drop_model_axes(step["step_time"]) / (1e-3 * rows["step_ms"].to_numpy())))
    assert len(rows) > 20 and np.median(errors) < 0.015 and np.quantile(errors, 0.9) < 0.03
