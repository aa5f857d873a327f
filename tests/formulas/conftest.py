"""One way to ask the formulas for numbers: a model, a scheme, a batch and a context."""

import pytest

from costmodel.evaluation.assemble import setting
from costmodel.evaluation.compile import compiled as library
from costmodel.facts.deployment import deployment


@pytest.fixture
def at():
    """``at("llama-3.1-8b", "kivi-2bit", 1, 8192)``: an evaluator; options go to the deployment or to the table."""

    def evaluate(model, scheme="none", batch=1, context=8192, gpu="h200-sxm", ranks=1, engine="vllm", **options):
        made_for = deployment(model, gpu, ranks=ranks, engine=engine, weight_dtype=options.pop("weight_dtype", None))
        return setting.table(made_for, library.scheme(scheme), batch, context, **options)

    return evaluate
