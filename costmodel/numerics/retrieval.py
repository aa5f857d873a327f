"""Retrieval on a decoder: keys in haystacks at several depths, and which heads of which layers still hold them."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from costmodel.numerics.experiment import Experiment, MeasuredTable, Setting
from costmodel.numerics.intervals import mean_interval, share_interval
from costmodel.numerics.passkey import ask
from costmodel.numerics.store import Unit
from costmodel.numerics.texts import build_haystack
from costmodel.stress.base import Condition


def _units(setting: Setting) -> list[Unit]:
    """Every haystack: the depth of its needle and the seed that it is drawn with, so that longer runs go on from shorter ones."""
    return [
        {"depth": depth, "seed": 1000 * trial + number}
        for trial in range(setting["trials"])
        for number, depth in enumerate(setting.axis_values)
    ]


def _run(decoder, recipes, setting: Setting, unit: dict[str, int], on_share) -> Iterator[np.ndarray]:
    """By recipe [1 + layer · head]: whether the key came back, then the share of it that every head holds."""
    haystack = build_haystack(decoder.encode, setting["context"], unit["depth"], unit["seed"], setting["needles"])
    answers = ask(decoder, recipes, haystack, bool(setting["question_after"]))
    on_share(1.0)
    for answer in answers:
        yield np.array([answer.returns_key, *answer.held_shares.ravel()])


def _tabulate(setting: Setting, schemes: list[str], arrays: list[np.ndarray]):
    shape = len(schemes), setting["trials"], len(setting.axis_values), -1
    values = np.stack(arrays).reshape(shape)  # scheme, trial, depth, 1 + layer · head
    axes = {"scheme": schemes, "trial": np.arange(values.shape[1]), "needle_depth": list(setting.axis_values)}
    data = xr.Dataset(
        {
            "passkey_found": (tuple(axes), values[..., 0], {"units": ""}),
            "needle_retention": (tuple(axes), values[..., 1:].mean(-1), {"units": ""}),
        },
        axes,
    )
    rows, sentences, numbers = [], {}, {}
    for scheme in schemes:
        one = data.sel(scheme=scheme)
        returned, retained = one["passkey_found"].values, one["needle_retention"].values
        cells = []
        for index in range(returned.shape[1]):
            cells.append(f"{returned[:, index].sum():.0f} of {returned.shape[0]}, {retained[:, index].mean():.0%}")
        share, low, high = share_interval(returned.sum(), returned.size)
        mean, least, most = mean_interval(retained)
        numbers[scheme] = {"needle_retention": (mean, least, most), "passkey_found": (share, low, high)}
        everywhere = f"{share:.0%} ({low:.0%}–{high:.0%})"
        held = f"{mean:.0%}" if np.isnan(least) else f"{mean:.0%} ({least:.0%}–{most:.0%})"
        rows.append((scheme, *cells, everywhere, held))
        sentences[scheme] = (
            f"gives the key back in {everywhere} of {returned.size} haystacks; heads hold {mean:.0%} of it"
        )
    heads = ("scheme", *(f">{depth:,} back" for depth in setting.axis_values), ">found", ">held by heads")
    title = "Keys that came back, and the share that heads still hold (90 % intervals)"
    return data, (MeasuredTable(title, heads, tuple(rows)),), sentences, numbers


EXPERIMENT = Experiment(
    test="retrieval",
    conditions_template=(
        "haystacks a depth: {trials}, of {context} tokens; keys in each: {needles}, the first is asked for; the question comes "
        "after tokens were dropped (question_after 1) or is in the prompt (0): {question_after}"
    ),
    conditions={
        "context": Condition(1024, "token/sequence", "Tokens of the haystack and the question", 128, 1 << 20, whole=True),
        "trials": Condition(4, "", "Haystacks a depth", 1, 1000, whole=True),
        "needles": Condition(1, "", "Keys in a haystack", 1, 8, whole=True),
        "question_after": Condition(0, "", "Whether the question comes after the cut (1) or in the prompt", 0, 1, whole=True),
    },
    axis=(64, 256, 512, 896),
    schemes=(
        "none", "fp8", "int4", "kivi-4bit[residual=32]", "kivi-2bit[residual=32]", "h2o[budget=256]",
        "streaming-llm[sinks=4,recent=252]", "snapkv[budget=256]", "tova[budget=256]", "knorm[budget=256]",
    ),
    units=_units,
    length=lambda setting: setting["context"] + 8,
    identity=lambda setting: {name: value for name, value in setting.numbers.items() if name != "trials"},
    run=_run,
    tabulate=_tabulate,
    closed_form=lambda setting: (
        setting.axis_values, {name: setting[name] for name in ("context", "needles", "question_after")},
    ),
)  # fmt: skip
