"""What a pool would be under other versions of the engine, where nobody said which one runs.

Engines changed what they measure before they cut the pool: what sampling holds, which passes, whether graphs count. A pool of one
version stands for no other, so the range over all known ones is said where it leaves the interval of the one assumed.
"""

from collections.abc import Iterable
from dataclasses import replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts import engines
from costmodel.facts.deployment import Deployment
from costmodel.facts.engines import Engine

NOTABLE = 0.1  # of a pool: how far beyond its interval another version's lies before it is said
ASKED = 8  # set-ups of a table whose versions are compared: each takes an evaluation a version


def version_ranges(engine: Engine) -> list[str]:
    """The first version of every range over which the engine's file tells one memory from another; none where it tells none."""
    named = [Version(one.version) for override in engine.facts.get("override", [])
             for one in SpecifierSet(override.get("versions", ""))]  # fmt: skip
    oldest = Version(engine.facts.get("oldest_version", "0"))
    return [str(version) for version in sorted({oldest, *named})] if named else []


def with_version(deployment: Deployment, version: str, usage: str = "server") -> Deployment:
    """The same deployment under another version, whose defaults replace those of the one that was assumed."""
    engine = deployment.engine
    assumed, other = (engines.load(engine.id, deployment.gpu, usage, one) for one in (None, version))
    stated = {name: value for name, value in engine.numbers.items() if value != assumed.numbers.get(name)}
    fraction = deployment.memory_fraction
    if fraction == assumed.numbers["memory_fraction"]:
        fraction = other.numbers["memory_fraction"]
    return deployment.with_options(engine=replace(other, numbers=other.numbers | stated), memory_fraction=fraction)


def pool_version_remarks(asked: Iterable[tuple[Deployment, Scheme, str | None]]) -> list[str]:
    """A sentence, without a full stop, for each set-up whose pool under some other version lies outside its interval.

    ``asked`` holds deployments whose version nobody stated, each with a scheme and its usage (None for a server).
    """
    remarks = []
    for deployment, scheme, usage in list(asked)[:ASKED]:
        versions = version_ranges(deployment.engine)
        pools = [_tokens(with_version(deployment, version, usage or "server"), scheme)[0] for version in versions]
        tokens, low, high = _tokens(deployment, scheme)
        if (
            not pools
            or min(pools) > (1 - NOTABLE) * min(tokens, low)
            and max(pools) < (1 + NOTABLE) * max(tokens, high)
        ):
            continue
        engine, numbers = deployment.engine, deployment.engine.numbers
        remarks.append(
            f"pool of {deployment.model.id} on {deployment.ranks} × {deployment.gpu.id}: {tokens:,.0f} tokens under {engine.id} "
            f"{engine.version} (max_num_batched_tokens {numbers['max_batched_tokens']:,.0f}, max_num_seqs "
            f"{numbers['max_sequences']:,.0f}), {min(pools):,.0f} to {max(pools):,.0f} under versions since {versions[0]} "
            "(engine_version)"
        )
    return remarks


def _tokens(deployment: Deployment, scheme: Scheme) -> tuple[float, ...]:
    pool = build_pool_evaluator(deployment, scheme, 1.0, 1.0)
    return tuple(float(drop_model_axes(pool[name])) for name in ("pool_tokens", "pool_tokens_low", "pool_tokens_high"))
