"""The time of a step from many: those in which every request gave one token, the first few left out, quartiles of the rest."""

from dataclasses import dataclass

import numpy as np

from calibration.engine.interface import Steps
from costmodel.errors import InputError

DROPPED = 4  # steps until the queue of scheduled batches is full and the clock steady
MIN_STEPS = 6  # whose quartiles mean something


@dataclass(frozen=True)
class StepTime:
    """Median and quartiles of a step, in ms, over ``steps`` steps; ``context``: mean tokens that each sequence reads."""

    context: float
    step_ms: float
    step_ms_q25: float
    step_ms_q75: float
    steps: int


def step_time(steps: Steps, batch: int, prompt_len: int) -> StepTime:
    """Summarise a decode point; InputError where too few steps had the whole batch in them.

    The first token attends to ``prompt_len`` tokens, each further one to one more.
    """
    full = [index for index, tokens in enumerate(steps.tokens) if tokens == batch][DROPPED:]
    if len(full) < MIN_STEPS:
        raise InputError(
            f"batch {batch}, prompt {prompt_len:,}: expected at least {MIN_STEPS + DROPPED} steps of {batch} tokens, got"
            f" tokens {', '.join(map(str, steps.tokens[:8]))} …: the engine did not run the batch together"
        )
    milliseconds = 1e3 * np.array([steps.seconds[index] for index in full])
    low, middle, high = np.quantile(milliseconds, [0.25, 0.5, 0.75])
    context = prompt_len + DROPPED + (len(full) - 1) / 2
    return StepTime(context, float(middle), float(low), float(high), len(full))
