"""Where the sessions of a trace come from: a closed set that is used up, an open one, or one that is asked for endlessly.

Each request is the next one of any session that is not over, all equally likely. In a closed set the share of requests that
open a session falls as the set is used up, and tells its size (depletion: Leslie and Davis, J. Wildlife Management 1939); in an
open one as many wait to begin at any time. A session goes on after a request with a probability c, of its own for first
requests by length of prompt; endlessly asked, c is 1. On a clock θ that advances by 1 over the sessions alive at each request,
waits are exponential with mean 1; a session that has waited Δ is alive with c·e^−Δ / (1 − c + c·e^−Δ).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from costmodel.stress.reuse.sessions import Sessions

STEPS = 64  # pieces of the trace in each of which the number of sessions that go on is a line
LARGEST = 18.0  # logarithm of the most sessions that may wait
WAITING = 3.0  # spread of the prior of the logarithm of sessions that wait, around that of those that have begun
LEAST_ALIVE = 1e-3


@dataclass(frozen=True)
class Clock:
    """A trace read under parameters: θ before each request and at the end, sessions that wait to begin and all that are alive
    at each request, the probability that its session goes on after it.
    """

    theta: np.ndarray
    waiting: np.ndarray
    alive: np.ndarray
    goes_on: np.ndarray


@dataclass(frozen=True)
class Fit:
    """The likeliest parameters, their covariance, and the logarithm of the evidence for the kind of set (Laplace)."""

    center: np.ndarray
    covariance: np.ndarray
    evidence: float


@dataclass(frozen=True)
class Population:
    """A set of sessions of one kind, and how well it explains a trace.

    Its parameters are one vector: the logarithm of the sessions that wait to begin (when the trace ends; in an open set, at any
    time), then the logits of c after later requests and after first ones of each class of length.
    """

    sessions: Sessions
    kind: Literal["closed", "open", "endless"]

    @cached_property
    def classes(self) -> np.ndarray:
        """The class of each prompt's length: lengths within a factor of four."""
        return np.unique((np.log2(self.sessions.size / self.sessions.rate) // 2).astype(int), return_inverse=True)[1]

    def read(self, parameters: np.ndarray) -> Clock:
        """The clock of the trace under these parameters."""
        sessions, total = self.sessions, self.sessions.total
        goes_on = np.ones(total)
        if self.kind != "endless":
            goes_on = np.where(sessions.opens, expit(parameters[2:])[self.classes], expit(parameters[1]))
        yet_to_open = np.zeros(total) if self.kind == "open" else sessions.opens[::-1].cumsum()[::-1]
        waiting = np.exp(np.clip(parameters[0], -LARGEST, LARGEST)) + yet_to_open
        theta, alive, last = np.zeros(total + 1), np.zeros(total), np.full(len(sessions.last), -1)
        edges, before = np.unique(np.linspace(0, total, STEPS + 1).astype(int)), None
        for start, end in zip(edges[:-1], edges[1:], strict=True):
            begun = last[last >= 0]
            now = is_alive(goes_on[begun], theta[start] - theta[begun + 1]).sum()
            rise = goes_on[start:end].sum() if before is None else now - before
            alive[start:end] = np.maximum(waiting[start:end] + max(now + rise / 2, 0.0), LEAST_ALIVE)
            theta[start + 1 : end + 1] = theta[start] + np.cumsum(1 / alive[start:end])
            last[sessions.session[start:end]], before = np.arange(start, end), now
        return Clock(theta, waiting, alive, goes_on)

    def cost(self, parameters: np.ndarray) -> float:
        """Minus the logarithm of likelihood times prior: every c as likely as any other, wide for the sessions that wait."""
        sessions, clock = self.sessions, self.read(parameters)
        before = sessions.previous
        waited = is_alive(clock.goes_on[before], clock.theta[:-1] - clock.theta[before + 1])
        chance = np.where(sessions.opens, clock.waiting, waited) / clock.alive
        prior = ((parameters[0] - np.log(len(sessions.last))) / WAITING) ** 2 / 2
        prior += np.logaddexp(parameters[1:], -parameters[1:]).sum()
        return float(prior - np.log(np.maximum(chance, 1e-12)).sum())

    def fit(self) -> Fit:
        """The parameters that explain the trace best."""
        start = np.array([np.log(len(self.sessions.last) / 3)])
        if self.kind != "endless":
            start = np.concatenate([start, [1.0], np.full(self.classes.max() + 1, -1.0)])
        found = minimize(self.cost, start, method="BFGS", options={"maxiter": 100, "gtol": 0.05})
        values, vectors = np.linalg.eigh(found.hess_inv)
        values = np.clip(values, 1e-4, 6.0)
        evidence = -found.fun + (np.log(values).sum() + len(start) * np.log(2 * np.pi)) / 2
        return Fit(found.x, (vectors * values) @ vectors.T, float(evidence))


def is_alive(goes_on: np.ndarray, waited: np.ndarray) -> np.ndarray:
    """Probability that a session is not over which has waited so long on the clock θ."""
    kept = goes_on * np.exp(-np.maximum(waited, 0.0))
    return kept / np.maximum(1 - goes_on + kept, 1e-300)
