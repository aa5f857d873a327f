"""How a trace of a closed set of sessions goes on: draws of the requests that follow, and their hits in LRU caches of every size.

At each request one of the sessions alive is drawn, all equally likely. What was touched since its last request lies before it in
the cache; its prompt is found from its beginning on, as far as the cache reaches.
"""

import numpy as np
from scipy.special import expit

from costmodel.stress.reuse.catalogue import LARGEST, Fit, Population, is_alive

NEVER = -1
FREEDOM, ROUNDS, WIDER = 7, (200, 500), 1.1  # Student's proposals of importance sampling in two rounds, and their width


def draw_parameters(population: Population, fit: Fit, count: int, rng: np.random.Generator) -> np.ndarray:
    """Parameters by their probability given the trace: candidates drawn around the fit, weighed, and once again around those."""
    center, covariance, size = fit.center, fit.covariance, len(fit.center)
    candidates, weights = center[None], np.ones(1)
    for many in ROUNDS:
        values, vectors = np.linalg.eigh(covariance)
        normal = rng.standard_normal((many, size)) * np.sqrt(FREEDOM / rng.chisquare(FREEDOM, many))[:, None]
        candidates = center + WIDER * normal @ (vectors * np.sqrt(np.clip(values, 1e-4, 6.0))).T
        proposal = -(FREEDOM + size) / 2 * np.log1p((normal**2).sum(1) / FREEDOM)
        excess = -np.array([population.cost(one) for one in candidates]) - proposal
        weights = np.exp(excess - excess.max())
        weights /= weights.sum()
        center = weights @ candidates
        covariance = (candidates - center).T @ ((candidates - center) * weights[:, None])
    return candidates[rng.choice(len(candidates), count, p=weights)]


def draw_continuation(
    population: Population, parameters: np.ndarray, requests: int, capacities: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Share of the blocks of so many further requests that caches of so many blocks answer, warm from the trace.

    Where all sessions are over before, the share of those until then.
    """
    sessions, clock = population.sessions, population.read(parameters)
    begun, later, (growth, repeated) = len(sessions.last), expit(parameters[1]), measure_turns(population)
    waited = clock.theta[-1] - clock.theta[sessions.last + 1]
    stays = rng.random(begun) < is_alive(clock.goes_on[sessions.last], waited)
    # A session that is yet to begin is like one that has begun: which of the set come first is chance.
    like = rng.choice(np.flatnonzero(sessions.opens), rng.poisson(np.exp(min(parameters[0], LARGEST))))
    size = np.concatenate([sessions.size[sessions.last].astype(float), np.zeros(len(like))])
    touched = np.concatenate([sessions.last, np.full(len(like), NEVER)])
    alive = [*np.flatnonzero(stays).tolist(), *range(begun, len(size))]
    hits, references, picks, ends = np.zeros(len(capacities)), 0.0, rng.random(requests), rng.random(requests)
    for step in range(requests):
        if not alive:
            break
        place = int(picks[step] * len(alive))
        one = alive[place]
        if touched[one] == NEVER:
            opening = like[one - begun]
            size[one], goes_on = sessions.size[opening], clock.goes_on[opening]
        else:
            newer = size[touched > touched[one]].sum()
            size[one], goes_on = size[one] * growth, later
            hits += np.clip(capacities - newer, 0.0, repeated * size[one])
        touched[one] = sessions.total + step
        references += size[one]
        if ends[step] >= goes_on:
            alive[place] = alive[-1]
            alive.pop()
    return hits / max(references, 1.0)


def measure_turns(population: Population) -> tuple[float, float]:
    """Blocks of a later prompt over those of the prompt that it goes on with, and the share of them that is repeated."""
    sessions = population.sessions
    later = ~sessions.opens
    blocks, before = sessions.size[later].sum(), sessions.size[sessions.previous[later]].sum()
    return float(blocks / max(before, 1)), float(sessions.repeated[later].sum() / max(blocks, 1))
