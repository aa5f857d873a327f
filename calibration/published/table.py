"""Published decode steps of implementations beside those of the 16-bit cache: one table, a row a pair, with its source.

``group`` names what was run at once (model, GPUs, weights); pairs of one group share everything but batch and context.
"""

import pandas as pd

from costmodel.errors import UnknownName
from costmodel.facts import implementations, store

FILE = store.PACKAGE / "measurements" / "published_steps.csv"
BUDGETS = {"lmdeploy--h2o": "h2o[budget=512]", "lmdeploy--streaming-llm": "streaming-llm[recent=508]"}
MIN_ROWS = 6  # fewer, and an implementation stays an estimate from compiled code


def published_steps(implementation: str | None = None) -> pd.DataFrame:
    """The table, or the rows of one implementation; UnknownName where it has none."""
    rows = pd.read_csv(FILE)
    if implementation is None:
        return rows
    of_one = rows[rows["implementation"] == implementation].reset_index(drop=True)
    if of_one.empty:
        raise UnknownName(
            "implementation with published steps", implementation, sorted(rows["implementation"].unique())
        )
    return of_one


def scheme_of(implementation: str) -> str:
    """The sentence that an implementation ran, with the budget that its publication states."""
    return BUDGETS.get(implementation, implementations.load(implementation).scheme)
