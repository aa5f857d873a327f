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
        if not pools or (low <= min(pools) and max(pools) <= high):
            continue
        engine = deployment.engine
        numbers = engine.numbers
        remarks.append(
            f"pool of {deployment.model.id} on {deployment.ranks} × {deployment.gpu.id}: that of {engine.id} {engine.version} "
            f"(engine_version), {numbers['max_batched_tokens']:,.0f} tokens a pass (max_num_batched_tokens), "
            f"{numbers['max_sequences']:,.0f} sequences (max_num_seqs): {tokens:,.0f} tokens; versions since {versions[0]} "
            f"have {min(pools):,.0f} to {max(pools):,.0f}"
        )
    return remarks


def _tokens(deployment: Deployment, scheme: Scheme) -> tuple[float, ...]:
    pool = build_pool_evaluator(deployment, scheme, 1.0, 1.0)
    return tuple(float(drop_model_axes(pool[name])) for name in ("pool_tokens", "pool_tokens_low", "pool_tokens_high"))
