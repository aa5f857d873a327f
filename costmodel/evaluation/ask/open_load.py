"""Open arrivals: how many requests are in flight where so many come in a second (Little's law on the closed loop).

A rate that the loop with as many in flight serves exactly; a replica that serves fewer however many wait is overloaded, and no
number is in flight for long. Conditions: those of ``continuous_batching``, arrivals spread evenly.
"""

from dataclasses import replace

import numpy as np

from costmodel.evaluation.ask.load import STEADY, Load, served_rate
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

MOST = 2.0**20  # requests in flight that are tried
STEPS = 26  # halvings of its logarithm: to a part in two million


def load_at_rate(deployment: Deployment, scheme: Scheme, load: Load, rate: np.ndarray) -> Load:
    """The load with the requests in flight that serve ``rate`` (requests a second; NaN where the load states its own).

    Infinite where no number does.
    """
    asked = ~np.isnan(rate)
    steady = replace(
        load, waves=np.where(asked, STEADY, load.waves), closed_loop=np.where(asked, 0.0, load.closed_loop)
    )
    low, high = np.ones(rate.shape), np.full(rate.shape, MOST)
    most = served_rate(deployment, scheme, steady.at(high))
    for _ in range(STEPS):
        middle = np.sqrt(low * high)
        enough = served_rate(deployment, scheme, steady.at(middle)) >= rate
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    in_flight = np.where(most >= rate, high, np.inf)
    return replace(steady, concurrency=np.where(asked, in_flight, load.concurrency))
