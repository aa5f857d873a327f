"""How fast a device decodes while prompts are computed beside it: a budget of its time, solved for steps or for departures.

A second holds s steps of the running sequences. Prompts that are admitted together share the floor of one pass, and every pass of
a prompt carries a step of the others, whose products it has paid for. Vectors are over the number of running requests.
"""

import numpy as np

from costmodel.stress.overflow.load import PromptWork

ROUNDS = 60


def steps_a_second(prompts: float, step: np.ndarray, forward: np.ndarray, work: PromptWork) -> np.ndarray:
    """Steps a second where so many prompts are computed in a second."""
    steps = np.maximum(1 - prompts * (work.seconds - work.floor), 1e-6) / step
    for _ in range(ROUNDS):
        steps = (steps + np.maximum(1 - _prompts_time(prompts, steps, step, forward, work), 1e-4) / step) / 2
    return steps


def departures_a_second(
    running: np.ndarray, decoded: float, prompts: float, step: np.ndarray, forward: np.ndarray, work: PromptWork
) -> np.ndarray:
    """Requests that end in a second where each is followed by the next, after so many prompts a request."""
    decode = decoded * step / running
    departures = 1 / (decode + prompts * work.seconds)
    for _ in range(ROUNDS):
        computed = _prompts_time(departures * prompts, departures * decoded / running, step, forward, work)
        departures = (departures + 1 / (decode + computed / departures)) / 2
    return departures


def passes_a_second(prompts: float, steps, work: PromptWork):
    """Passes with a prompt in a second: those that come within a step share one."""
    return prompts * (work.passes - 1) + steps * -np.expm1(-prompts / steps)


def _prompts_time(prompts, steps, step: np.ndarray, forward: np.ndarray, work: PromptWork):
    """Seconds of a second that prompts take from decoding: those that come within a step share a pass.

    A pass with a prompt takes the host so long at least, whatever the device takes.
    """
    groups = steps * -np.expm1(-prompts / steps)
    passes = passes_a_second(prompts, steps, work)
    device = prompts * (work.seconds - work.floor) + groups * work.floor - passes * forward
    waiting = np.maximum(work.host - (device / passes + step), 0.0)
    return device + passes * waiting
