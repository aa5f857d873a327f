"""What the measured steps teach: each KV type's rows are handed to the function that learns an implementation's constants."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from calibration.engine.records import Subject
from costmodel.errors import CostModelError, UnknownName
from costmodel.facts.cache_words import SIXTEEN_BIT, scheme_of_word


@dataclass(frozen=True)
class Learnt:
    """What was learnt of one KV type: ``result`` as the learning function gave it, or ``reason`` why nothing was."""

    kv_type: str
    scheme: str
    result: Any = None
    reason: str = ""


def learn_kv_types(rows: pd.DataFrame, subject: Subject, learn: Callable[..., Any]) -> Iterator[Learnt]:
    """Learn from the rows of every KV type but the 16-bit one.

    ``rows`` are those of ``steps.csv``; ``learn(rows, scheme=…, engine=…, gpu=…, model=…, ranks=…)`` is called once a type
    with the rows of that type; its CostModelError becomes the reason.
    """
    for kv_type, own in rows[~rows["kv_cache_dtype"].isin(SIXTEEN_BIT)].groupby("kv_cache_dtype", sort=False):
        name = str(kv_type)
        try:
            scheme = scheme_of_word(name, subject.engine)
        except UnknownName:
            yield Learnt(name, "", reason="costmodel has no scheme of that name; the rows are kept")
            continue
        names = {"engine": subject.engine, "gpu": subject.gpu, "model": subject.model, "ranks": subject.tp}
        try:
            yield Learnt(name, scheme, learn(own.reset_index(drop=True), scheme=scheme, **names))
        except CostModelError as error:
            yield Learnt(name, scheme, reason=str(error))
