"""Sessions of a trace: requests that go on with the prompt of an earlier one.

A request goes on with the newest request that holds its last repeated block, if it repeats at least half of that one's prompt;
what many sessions have in common (a system prompt) makes no session of them.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.stress.reuse.references import References

CONTINUES = 0.5  # share of an earlier prompt that a request repeats to go on with it
SEED = 14


@dataclass(frozen=True)
class Sessions:
    """Requests in order, those of a sample of sessions: session of each, whether it opens it, blocks of its prompt and how many
    of them are repeated, and the request before it in its session (-1 for the first).

    ``last`` is the last request of each session; ``share`` the part of all sessions that is held; ``rate`` of all blocks.
    """

    session: np.ndarray
    opens: np.ndarray
    size: np.ndarray
    repeated: np.ndarray
    previous: np.ndarray
    last: np.ndarray
    share: float
    rate: float

    @property
    def total(self) -> int:
        """Requests held."""
        return len(self.session)


def find_sessions(references: References, most: int) -> Sessions:
    """The sessions of a trace; of about ``most`` requests where there are more, each session as a whole or not at all."""
    size = np.diff(np.append(references.starts, len(references.blocks)))
    request = np.repeat(np.arange(len(size)), size)
    earlier = _earlier_uses(references.blocks)
    first_new = np.full(len(size), len(references.blocks))
    np.minimum.at(first_new, request[earlier < 0], np.flatnonzero(earlier < 0))
    repeated = np.minimum(first_new - references.starts, size)
    ends = references.starts + repeated - 1
    holder = np.where(repeated > 0, request[earlier[np.maximum(ends, 0)]] if len(request) else -1, -1)
    session, count = np.full(len(size), -1), 0
    for index in np.flatnonzero(size).tolist():
        before = holder[index]
        if before >= 0 and repeated[index] >= CONTINUES * size[before]:
            session[index] = session[before]
        else:
            session[index], count = count, count + 1
    share = min(1.0, most / max(len(size), 1))
    is_held = np.append(np.random.default_rng(SEED).random(count) < share, False)[session]
    return _ordered(session[is_held], size[is_held], repeated[is_held], share, references.rate)


def _ordered(session: np.ndarray, size: np.ndarray, repeated: np.ndarray, share: float, rate: float) -> Sessions:
    session = np.unique(session, return_inverse=True)[1] if len(session) else session
    previous = _earlier_uses(session)
    opens = previous < 0
    last = np.full(int(opens.sum()), -1)
    last[session] = np.arange(len(session))
    return Sessions(session, opens, size, np.where(opens, 0, repeated), previous, last, share, rate)


def _earlier_uses(values: np.ndarray) -> np.ndarray:
    """Position of the use before each one; -1 for the first."""
    order = np.lexsort((np.arange(len(values)), values))
    earlier = np.full(len(values), -1)
    same = np.diff(values[order]) == 0
    earlier[order[1:][same]] = order[:-1][same]
    return earlier
