"""One way to ask the formulas for numbers: a model, a scheme, a batch and a context."""

import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled


@pytest.fixture
def evaluate():
    """``at("llama-3.1-8b", "kivi-2bit", 1, 8192)``: an evaluator; options go to the deployment or to the table."""

    def build(model, scheme="none", batch=1, context=8192, gpu="h200-sxm", ranks=1, engine="vllm", **options):
        deployment = resolve_deployment(
            model, gpu, ranks=ranks, engine=engine, weight_dtype=options.pop("weight_dtype", None)
        )
        return build_evaluator(deployment, compiled.load_scheme(scheme), batch, context, **options)

    return build
