"""Drift on a decoder: how far answers drift from the full cache's as a conversation grows to a hundred turns."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from costmodel.facts.decoders import FACTORS
from costmodel.numerics.conversation import METRICS, Talk, converse, read_answers
from costmodel.numerics.experiment import Experiment, MeasuredTable, Setting
from costmodel.numerics.intervals import cluster_interval, cluster_share_interval
from costmodel.numerics.recipe import FULL
from costmodel.numerics.texts import cut_conversation
from costmodel.stress.base import Condition

FLOOR = 3e-3  # nats: int8 in bfloat16 gave 2.5e-3, in float32 2.6e-4, so what lies below is arithmetic, not the cache
UNITS = {"answer_divergence": "nat"}


def _talk(setting: Setting) -> Talk:
    return Talk(setting["turns"], setting["user"], setting["output"])


def _run(decoder, recipes, setting: Setting, unit: int, on_share) -> Iterator[np.ndarray]:
    """By recipe [turn, metric], one after the other; the full cache's answers are read first, and for all."""
    talk, parts = _talk(setting), len(recipes) + 1

    def on_turn(part: int):
        return lambda turn: on_share((part + turn / talk.turns) / parts)

    tokens = cut_conversation(decoder.encode(setting.prose.text), talk.length, unit, setting["conversations"])
    store = EXPERIMENT.store(setting)
    answers = store.unfinished("answers", FULL, unit)
    reference = read_answers(decoder, tokens, talk, on_turn(0), answers)
    for part, recipe in enumerate(recipes, 1):
        under_way = store.unfinished("scheme", recipe, unit)
        yield converse(decoder, recipe, reference, tokens, talk, on_turn(part), under_way)
        under_way.remove()  # behind the yield: the measurement lies in the store by then
    answers.remove()


def groups(turns: int) -> list[slice]:
    """Turns in four groups that grow by a factor: about a hundredth, a tenth, a third and the rest of them."""
    edges = sorted({0, *(min(turns, max(1, round(turns * share))) for share in (0.03, 0.12, 0.39, 1.0))})
    return [slice(low, high) for low, high in zip(edges[:-1], edges[1:], strict=True)]


def _last_turns(setting: Setting) -> tuple[int, ...]:
    last = groups(setting["turns"])[-1]
    return tuple(range(last.start + 1, last.stop + 1))


def label(group: slice) -> str:
    """A group as people read it: turns from 1."""
    return f"{group.start + 1}" if group.stop == group.start + 1 else f"{group.start + 1}–{group.stop}"


def _cell(values: np.ndarray) -> str:
    """Nats [conversation, turn] as text."""
    mean, low, high = cluster_interval(values)
    if np.isnan(low):
        return "< 0.003" if mean < FLOOR else f"{mean:.2g}"
    return "< 0.003" if high < FLOOR else f"{mean:.2g} ({low:.2g}–{high:.2g})"


def _over(conversations: int) -> str:
    """What an interval is over, in words."""
    if conversations == 1:
        return "one conversation, which has no interval"
    return f"90 % intervals over {conversations} conversations"


def _tabulate(setting: Setting, schemes: list[str], arrays: list[np.ndarray]):
    values = np.stack(arrays)  # scheme, conversation, turn, metric
    axes = {
        "scheme": schemes, "conversation": np.arange(values.shape[1]), "turn": np.arange(1, values.shape[2] + 1),
    }  # fmt: skip
    data = xr.Dataset(
        {name: (tuple(axes), values[..., index], {"units": UNITS.get(name, "")}) for index, name in enumerate(METRICS)},
        axes,
    )
    parts = groups(setting["turns"])
    first, last = parts[0], parts[-1]
    divergences, shares, sentences, numbers = [], [], {}, {}
    over = _over(setting["conversations"])
    for scheme in schemes:
        one = data.sel(scheme=scheme)
        blocks = [one["answer_divergence"].values[:, part] for part in parts]
        divergences.append((scheme, *map(_cell, blocks)))
        agreed = one["top1_agreement"].values[:, last]
        share, low, high = cluster_share_interval(
            agreed.sum(1) * setting["output"], agreed.shape[1] * setting["output"]
        )
        errors = [float(one[name].values[:, last].mean()) for name in METRICS[2:]]
        numbers[scheme] = {name: cluster_interval(one[name].values[:, last]) for name in FACTORS}
        agreement = f"{share:.1%}" if np.isnan(low) else f"{share:.1%} ({low:.1%}–{high:.1%})"
        shares.append((scheme, agreement, *(f"{error:.3f}" for error in errors)))
        sentences[scheme] = (
            f"KL to the full cache {_cell(blocks[0])} nat in turns {label(first)}, {_cell(blocks[-1])} in turns {label(last)}; "
            f"its likeliest token is the full cache's in {agreement}; {over}"
        )
    heads = ("scheme", *(f">turns {label(part)}" for part in parts))
    tables = (
        MeasuredTable(f"KL divergence to the full cache (nats); {over}", heads, tuple(divergences)),
        MeasuredTable(
            f"Turns {label(last)}: agreement of the likeliest token ({over}), relative errors",
            ("scheme", ">same token", ">logits", ">attention output", ">stored keys", ">stored values"),
            tuple(shares),
        ),
    )
    return data, tables, sentences, numbers


EXPERIMENT = Experiment(
    test="drift",
    conditions_template=(
        "{conversations} × {turns} turns; every turn adds {user} tokens of {text} and is answered with the next "
        "{output}, the same for every scheme"
    ),
    conditions={
        "turns": Condition(100, "", "Turns of a conversation", 1, 10_000, whole=True),
        "user": Condition(32, "token/sequence", "Tokens that the user adds in a turn", 1, 8192, aliases=("asked",), whole=True),
        "output": Condition(8, "token/sequence", "Tokens of an answer", 1, 8192, whole=True),
        "conversations": Condition(2, "", "Conversations", 1, 64, whole=True),
    },
    axis=(),
    schemes=(
        "none", "fp8", "int4", "kivi-4bit[residual=32]", "kivi-2bit[residual=32]", "h2o[budget=256]",
        "streaming-llm[sinks=4,recent=252]", "snapkv[budget=256]",
    ),
    units=lambda setting: range(setting["conversations"]),
    length=lambda setting: _talk(setting).length,
    identity=lambda setting: dict(setting.numbers),
    run=_run,
    tabulate=_tabulate,
    closed_form=lambda setting: (_last_turns(setting), {"user": setting["user"], "output": setting["output"]}),
)  # fmt: skip
