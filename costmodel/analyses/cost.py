"""GPU time of a million output tokens: the formula ``device_time`` over the throughput of a step, a load or a replay."""

from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas

HOUR, MILLION = 3600.0, 1e6


def gpu_hours_per_million(gpus: float, throughput: float) -> float:
    """GPU hours of a million output tokens on so many GPUs that give so many tokens a second; infinite where they give none."""
    evaluator = Evaluator({"expert_gpus": gpus, "throughput": throughput}, load_formulas().formulas)
    return MILLION / HOUR * float(evaluator["device_time"])
