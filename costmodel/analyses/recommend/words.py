"""What a recommendation says, on a page and in a terminal: its sentence, the command that starts it, its table.

Numbers are those of the search; nothing is computed here.
"""

from costmodel.analyses.load import Workload
from costmodel.analyses.recommend.candidates import Setup
from costmodel.analyses.recommend.search import Recommendation
from costmodel.analyses.recommend.targets import Judged, Targets
from costmodel.errors import InputError
from costmodel.evaluation.ask.starting import startable_limit
from costmodel.facts.commands import command_line
from costmodel.facts.deployment import Deployment
from costmodel.text.counted import counted
from costmodel.text.digits import format_digits

NOTE = (
    "Most users: requests in flight without think time, spread over the replicas, within the targets. TPOT, TTFT: at the "
    "percentile of the targets, in ms, with 90 % intervals, whose centre the targets bind; they and tokens/s are at the users "
    "asked for, or at the most where these are fewer; tokens/s and cost are left out where nobody is served within the targets. "
    "Cost: of a million output tokens, their prompts included. Loss: published for the cache (costmodel quality); nobody's "
    "figures of quantised weights are here."
)

UNCHECKED = "that the engine runs the model's architecture, which is not checked"


def sentence(answer: Recommendation) -> str:
    """The answer: whether there is a set-up, which, and for how many users."""
    best, targets = answer.best, answer.best.targets
    if not answer.is_feasible:
        most = f"at most {best.capacity:,} of {counted(targets.users, 'user')}" if best.capacity else "nobody"
        return f"No: the closest set-up serves {most} within the targets: {best.setup.describe()}."
    sure = "" if best.is_certain else " (a target lies within the 90 % interval)"
    unknown = "" if best.quality_is_known else f"; what {_unknown(best)} lose is unknown here"
    return (
        f"Yes, {best.setup.describe()}: up to {counted(best.capacity or 0, 'user')} within the targets{sure}{unknown}."
    )


def _unknown(one: Judged) -> str:
    deployment = one.setup.deployment
    weights = [f"{deployment.weight_dtype} weights"] if deployment.weight_dtype != deployment.model.weight_dtype else []
    return " and ".join([*weights, *([f"a {one.setup.scheme.id} cache"] if one.quality is None else [])])


def start_command(one: Judged) -> str:
    """The command that starts a set-up, its limit of sequences that of the users within the targets."""
    setup, deployment = one.setup, one.setup.deployment
    if not deployment.engine.command:
        return f"no command known for {deployment.engine.id}"
    model, numbers = deployment.model, deployment.engine.numbers
    weights = "" if deployment.weight_dtype == model.weight_dtype else deployment.weight_dtype
    seats = max(-(-(one.capacity or one.targets.users) // setup.replicas), 1)
    implementation = setup.implementation
    checkpoint = model.checkpoint
    if _is_placeholder(deployment):
        checkpoint = f"{checkpoint.rpartition('/')[2]}-WITH-{deployment.weight_dtype.upper()}-WEIGHTS"
    return command_line(
        deployment.engine.command, checkpoint, weights,
        implementation.flag if implementation else "", implementation.kv_cache_dtype if implementation else "",
        tensor_parallel=deployment.ranks, memory_fraction=deployment.memory_fraction,
        max_sequences=min(seats, numbers["max_sequences"]), max_batched_tokens=numbers["max_batched_tokens"],
        max_context=startable_limit(deployment, setup.scheme),
    )  # fmt: skip


def remarks(setup: Setup) -> list[str]:
    """What the command does not do: replicas beside the first, and weights that no option quantises."""
    deployment, lines = setup.deployment, []
    if _is_placeholder(deployment):
        own = deployment.model.weight_dtype
        lines.append(f"with a checkpoint whose weights are {deployment.weight_dtype} in place of {own}")
    if setup.replicas > 1:
        each = counted(deployment.ranks, "GPU")
        lines.append(f"{setup.replicas} times, each on {each} and a port of its own, requests spread evenly")
    return lines


def _is_placeholder(deployment: Deployment) -> bool:
    """Whether the weights are of another type than the checkpoint's, which no option of the engine makes while loading."""
    quantises = deployment.engine.command.get("weights", {})
    return deployment.weight_dtype != deployment.model.weight_dtype and deployment.weight_dtype not in quantises


def assumed(workload: Workload, targets: Targets) -> str:
    """The load, the targets and what nobody checked, on which the answer rests."""
    limits = " and ".join(
        f"{name} ≤ {_time(limit)}"
        for name, limit in (("TPOT", targets.tpot), ("TTFT", targets.ttft))
        if limit is not None
    )
    bound = f"{limits} for {targets.percentile:g} % of requests" if limits else "no time asked for (--tpot, --ttft)"
    if targets.ttft is None:
        bound += "; at most 5 % of the users wait for room (no --ttft)"
    return f"{workload.describe()}; {bound}; {UNCHECKED}"


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{1e3 * seconds:g} ms"


def check_prompt(workload: Workload, max_context: float, name: str) -> None:
    """Raise InputError, naming the option ``name``, for prompts that are as long as the model's context."""
    if workload.prompt >= max_context:
        raise InputError(
            f"{name}: expected less than the model's context of {max_context:,.0f}, got {workload.prompt:,.0f}"
        )


def length_remarks(workload: Workload, max_context: float) -> list[str]:
    """That the longest requests exceed the model's context, where they do."""
    if workload.longest <= max_context:
        return []
    return [f"Requests of {workload.longest:,.0f} tokens: beyond the model's context limit of {max_context:,.0f}."]


def heads(price: float | None) -> tuple[str, ...]:
    """The columns of the table; those that begin with ``>`` hold numbers."""
    cost = ">cost/M" if price else ">GPU h/M"
    return "", "set-up", ">users", ">TPOT", ">TTFT", ">tokens/s", cost, ">loss", "evidence"


def rows(answer: Recommendation, price: float | None) -> list[tuple[str, ...]]:
    """The rows of the best set-up and of the runner-up."""
    named = [("best", answer.best), *([("runner-up", answer.runner_up)] if answer.runner_up else [])]
    return [(name, *row(one, price)) for name, one in named]


def row(one: Judged, price: float | None) -> tuple[str, ...]:
    """The cells of a set-up, but the first."""

    def time(name: str) -> str:
        low, high = one.ends(name)
        return f"{format_digits(one.at_percentile(name))} [{format_digits(low)}, {format_digits(high)}]"

    rate, cost = "–", "–"
    if one.serves:
        rate, cost = format_digits(one.throughput), format_digits(one.gpu_hours_per_million * (price or 1.0))
    users = "–" if one.capacity is None else f"{one.capacity:,}"
    return (
        one.setup.describe(), users, time("tpot_ms"), time("ttft_ms"), rate, cost,
        _loss(one), one.answer.evidence,
    )  # fmt: skip


def _loss(one: Judged) -> str:
    if one.quality is None:
        return "unknown"
    weights = "" if one.quality_is_known else " + weights"
    return f"{100 * one.quality.value:.1f}%{weights}"


def left_out(answer: Recommendation) -> str:
    """Which set-ups were none, by reason, with how many; nothing where every one was."""
    return "; ".join(f"{reason} ({count})" for reason, count in answer.left_out.items())
