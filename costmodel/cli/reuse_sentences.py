"""What ``costmodel hit-rate`` says in sentences: the answer, what a trace holds, and what its first half does not tell."""

from costmodel.stress.reuse.analysis import SchemeHitRate, TraceReuse
from costmodel.text.counted import counted
from costmodel.text.digits import format_digits

LEAST_MORE = 0.01  # of the blocks, from which a hit rate is called higher


def answer(result: TraceReuse) -> str:
    """Which scheme finds most, and what could be found: as replayed, or predicted with the interval where nothing was."""
    first, best = result.schemes[0], max(result.schemes, key=_found)
    is_replayed = first.replayed == first.replayed
    never = result.judged_ceiling if is_replayed else result.ceiling
    ceiling = f"a cache that never forgets would find {never:.0%}"
    how = "replayed" if is_replayed else "predicted"
    if best.scheme == first.scheme or _found(best) - _found(first) < LEAST_MORE:
        others = ", and no other of these schemes much more" if len(result.schemes) > 1 else ""
        return f"{first.scheme} finds {_share(first)} of the prompt blocks ({how}){others}: {ceiling}."
    more = best.capacity_tokens / first.capacity_tokens
    return (
        f"{best.scheme} keeps {more:.1f} × the tokens of {first.scheme} and finds {_share(best)} of the prompt blocks, not "
        f"{_share(first)} ({how}); {ceiling}."
    )


def _found(one: SchemeHitRate) -> float:
    """The hit rate that was replayed; the predicted one where none was."""
    return one.replayed if one.replayed == one.replayed else one.predicted


def _share(one: SchemeHitRate) -> str:
    """That hit rate; a predicted one with its 90 % interval."""
    is_replayed = one.replayed == one.replayed or not one.is_shareable
    return f"{_found(one):.0%}" if is_replayed else f"{one.predicted:.0%} (90 %: {one.low:.0%} to {one.high:.0%})"


def describe_trace(result: TraceReuse, name: str) -> tuple[str, ...]:
    """What a trace of that format holds, and where its first half does not tell the second; "" for what does not apply."""
    return _about(result, name), _set(result), _drift(result), _growth(result), _openings(result)


def _about(result: TraceReuse, name: str) -> str:
    sampled = f", a sample of {result.sampled:.1%} of the blocks" if result.sampled < 1 else ""
    requests, blocks = counted(result.requests, "request"), counted(result.references, "block")
    return (
        f"{name}: {requests}, {blocks} of {result.block_tokens:g} tokens{sampled}; "
        f"{format_digits(result.working_set_tokens)} tokens reach nine tenths of what can be found."
    )


def _set(result: TraceReuse) -> str:
    forecast = result.prediction.forecast
    if forecast is None:
        return ""
    total, low, high = forecast.total
    size = f"{forecast.begun:,} of about {total:,.0f} ({low:,.0f} to {high:,.0f}) begin in the first half"
    if not forecast.is_certain:
        return (
            f"Sessions may come from a closed set that is used up (probability {forecast.probability:.0%}): {size}. Then fewer "
            "compete for the cache, and the second half hits more; predictions are weighed by that, and intervals hold both."
        )
    return (
        f"Sessions come from a closed set that is used up: {size}. The prediction follows it as fewer compete for the cache. Its "
        "interval is wide where caches are neither small nor near the ceiling, for few sessions have ended yet; trust the replay."
    )


def _drift(result: TraceReuse) -> str:
    if not result.is_drifting or _is_followed(result):
        return ""
    return (
        f"Reuse is not stationary: the hit rate changes by {100 * result.drift:.0f} points between quarters of the first "
        "half, so it does not tell what follows; trust the replay."
    )


def _growth(result: TraceReuse) -> str:
    if not result.prediction.is_growing or _is_followed(result):
        return ""
    shares = ", ".join(f"{100 * share:.0f}" for share in result.prediction.repeats)
    return (
        f"Blocks repeat more and more: {shares} % of them in the quarters of the first half were asked for before. The second "
        "half may hit far more than predicted, and nothing bounds its interval from above; trust the replay."
    )


def _is_followed(result: TraceReuse) -> bool:
    """Whether the prediction follows a closed set, which explains drift and growth."""
    return result.prediction.forecast is not None and result.prediction.forecast.is_certain


def _openings(result: TraceReuse) -> str:
    if not result.prediction.begins_together:
        return ""
    earlier, later = result.prediction.openings
    return (
        f"Sessions begin together: {earlier:,} open in the first quarter of the trace and {later:,} in the second. As they end, "
        "fewer compete for the cache, and the second half may hit far more than predicted, so that nothing bounds its interval "
        "from above; trust the replay."
    )
