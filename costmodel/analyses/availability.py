"""Where a scheme runs: what an engine ships for it, with the flag that turns it on; else where else it exists."""

from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts import implementations
from costmodel.facts.deployment import Deployment
from costmodel.facts.implementations import Implementation

NOWHERE = "nowhere known"


def implementations_of(scheme: Scheme) -> tuple[Implementation, ...]:
    """Every implementation of a scheme of one file, in every engine; none of a composition."""
    parts = scheme.spec.parts
    return implementations.of_scheme(parts[0].id) if len(parts) == 1 else ()


def where_it_runs(deployment: Deployment, scheme: Scheme, in_short: bool = False) -> str:
    """The flag of what the deployment's engine ships on its GPU; else the engines that have it; else that none is known.

    ``in_short`` gives the engine's own word for the cache type in place of the flag and its versions.
    """
    every = implementations_of(scheme)
    here = [i for i in every if i.engine == deployment.engine.id and i.runs_on(deployment.gpu)]
    if shipped := next((i for i in here if i.is_shipped), None):
        if in_short:
            return shipped.kv_cache_dtype or shipped.flag
        versions = f" ({shipped.versions})" if shipped.versions else ""
        return f"{shipped.flag}{versions}"
    if here:
        return here[0].status if in_short else f"{here[0].status}: {here[0].flag or here[0].name}"
    elsewhere = sorted({i.engine for i in every if i.is_shipped})
    research = sorted({i.engine for i in every if not i.is_shipped})
    if elsewhere:
        return f"only in {', '.join(elsewhere)}"
    if research:
        return "research code" if in_short else f"research code ({', '.join(research)})"
    return NOWHERE
