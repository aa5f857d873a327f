"""Rivals of a scheme: settings of known schemes near its numbers, compositions, and what the engine does without any scheme.

Known schemes are tried at the numbers that the scheme's own sentence states, at their defaults and sweep values.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from costmodel.analyses.novelty.settings import MAX_COMBINATIONS, NOBODYS, candidates_of, numbers_of, setting_text
from costmodel.errors import FactError, UnknownName
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import store
from costmodel.facts.deployment import Deployment
from costmodel.facts.engines import Engine

PREFIX, BLOCKS = "prefix-caching", "smaller-block"
BLOCK_SIZES = (1.0, 4.0, 8.0)  # tokens
NOT_FOR_ANY_MODEL = ("mha", "gqa", "mla", "mla-fp8", "cla", "deepseek-sparse-attention", "none", *NOBODYS)
# Mechanisms whose gain is the load's: neither bytes of a sequence in the pool nor time of a step.
BESIDE_THE_STEP = {"rest": "what it gains while a cache rests", "dedup": "what other requests share"}
TOKENS = ("streaming-llm", "h2o", "snapkv")  # one of each way to keep fewer tokens
CODES = ("fp8", "int8", "int4")  # that engines ship


@dataclass(frozen=True)
class Rival:
    """A setting of a scheme on a deployment; ``family`` groups settings of which the best one counts.

    With ``shares_prefixes`` its memory falls to the scheme's by as much common prefix as that needs, which is its condition.
    """

    family: str
    setting: str
    deployment: Deployment
    scheme: Scheme
    shares_prefixes: bool = False

    def memory_share(self, memory: np.ndarray, wanted: np.ndarray) -> np.ndarray | float:
        """Share of its bytes that a sequence stores for itself."""
        return np.minimum(wanted / memory, 1.0) if self.shares_prefixes else 1.0

    def condition(self, memory: np.ndarray, wanted: np.ndarray) -> str:
        """What it needs beside its setting, in words."""
        if not self.shares_prefixes:
            return ""
        shared = 1 - float(np.min(self.memory_share(memory, wanted)))
        return f"where {shared:.0%} of each context is a prefix that many others share" if shared > 0 else ""


def named_rivals(deployment: Deployment, scheme: Scheme, names: Iterable[str]) -> list[Rival]:
    """Rivals by name: schemes, sentences, or the engine's own means; UnknownName for anything else."""
    rivals: list[Rival] = []
    for name in names:
        if name == PREFIX:
            rivals.append(_prefix_caching(deployment, scheme))
        elif name == BLOCKS:
            rivals += _smaller_blocks(deployment, scheme)
        else:
            try:
                rivals += _settings(deployment, scheme, name)
            except UnknownName as error:
                if "scheme" not in str(error):
                    raise
                raise UnknownName("rival", name, [*store.files("schemes"), PREFIX, BLOCKS]) from None
    return rivals


def default_rivals(deployment: Deployment, scheme: Scheme) -> list[Rival]:
    """All known schemes but the scheme itself and those that a model must be trained with; compositions; the engine's means."""
    left_out = (scheme.id, *NOT_FOR_ANY_MODEL)
    names = [name for name in store.files("schemes") if name not in left_out and not beside_the_step(load_scheme(name))]
    rivals = [Rival(scheme.baseline, scheme.baseline, deployment, load_scheme(scheme.baseline))]
    rivals += [rival for name in names for rival in _settings(deployment, scheme, name)]
    for tokens, code in itertools.product(TOKENS, CODES):
        rivals += [
            Rival(f"{tokens}+{code}", text, deployment, load_scheme(text))
            for text in (f"{one}+{code}" for one in _texts(scheme, tokens))
        ]
    return [*rivals, _prefix_caching(deployment, scheme), *_smaller_blocks(deployment, scheme)]


def beside_the_step(scheme: Scheme) -> tuple[str, ...]:
    """What a comparison of bytes and step time leaves out, in words: the gain of each such mechanism."""
    kinds = {str(table.get("kind")) for part in scheme.spec.parts for table in part.facts.get("mechanism", [])}
    return tuple(gain for kind, gain in BESIDE_THE_STEP.items() if kind in kinds)


def _settings(deployment: Deployment, scheme: Scheme, name: str) -> list[Rival]:
    """Settings of one scheme; of a sentence with knobs or several parts, that one alone."""
    spec = load_scheme(name).spec
    is_plain = len(spec.parts) == 1 and not spec.parts[0].changed
    texts = _texts(scheme, spec.id) if is_plain and not name.endswith(".toml") else [name]
    rivals = [Rival(spec.parts[0].id if is_plain else name, text, deployment, load_scheme(text)) for text in texts]
    return [rival for rival in rivals if not is_plain or _suits(rival)]


def _suits(rival: Rival) -> bool:
    """Whether the model can have that cache: a tile of a setting may be wider than its heads."""
    try:
        assemble(rival.deployment, rival.scheme)
    except FactError:
        return False
    return True


def _texts(scheme: Scheme, name: str) -> list[str]:
    """A known scheme at the numbers of the other's sentence, its own defaults and sweep values, as far as there are few."""
    part = load_scheme(name).spec.parts[0]
    choices = candidates_of(part, numbers_of(scheme))
    combinations = itertools.islice(itertools.product(*choices.values()), MAX_COMBINATIONS)
    settings = [dict(zip(choices, values, strict=True)) for values in combinations]
    return list(dict.fromkeys(setting_text(part, knobs) for knobs in (part.knobs, *settings)))


def _prefix_caching(deployment: Deployment, scheme: Scheme) -> Rival:
    return Rival(PREFIX, PREFIX, deployment, load_scheme(scheme.baseline), shares_prefixes=True)


def _smaller_blocks(deployment: Deployment, scheme: Scheme) -> list[Rival]:
    """The baseline in blocks of fewer tokens than the deployment's."""
    engine, baseline = deployment.engine, load_scheme(scheme.baseline)
    return [
        Rival(BLOCKS, f"blocks of {size:g}", replace(deployment, engine=_with_blocks(engine, size)), baseline)
        for size in BLOCK_SIZES
        if size < engine.numbers["block_size"]
    ]


def _with_blocks(engine: Engine, size: float) -> Engine:
    return replace(engine, numbers=engine.numbers | {"block_size": size})
