"""What an experiment on a decoder consists of, and how it is run or read from what was run before.

An experiment has units (conversations, haystacks). What a scheme gave in a unit is kept as soon as it is there.
Conditions: one decoder; another model may answer otherwise, and no result says that it would not.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from costmodel.errors import InputError
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.schemes import SchemeSpec
from costmodel.numerics import weights
from costmodel.numerics.measure import Progress, measure, read_measured
from costmodel.numerics.read_recipe import read_recipe
from costmodel.numerics.recipe import DecoderShape, Recipe
from costmodel.numerics.store import Store, Unit
from costmodel.numerics.texts import Prose, read_prose
from costmodel.stress.base import Condition, StressTest


@dataclass(frozen=True)
class Setting:
    """One run of an experiment: its conditions as whole numbers, its axis, the decoder's folder (None: SmolLM2), the text."""

    numbers: dict[str, int]
    axis_values: tuple[int, ...]
    folder: Path | None
    prose: Prose

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]


@dataclass(frozen=True)
class MeasuredTable:
    """A table for people: title, column heads (``>`` aligns right), rows of text."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Measured:
    """What was measured: labelled data, tables, by scheme a sentence and numbers, and what they are known from.

    ``numbers`` are by scheme and quantity of the vocabulary a mean with its 90 % interval, for the closed form to meet; ``idle``
    says by scheme why its eviction had nothing to do; ``last`` is the last value of the stress test's axis.
    """

    data: xr.Dataset
    tables: tuple[MeasuredTable, ...]
    sentences: dict[str, str]
    numbers: dict[str, dict[str, tuple[float, float, float]]]
    evidence: str
    conditions: str
    idle: dict[str, str] = field(default_factory=dict)
    last: float = math.nan


@dataclass(frozen=True)
class Experiment:
    """A stress test on a decoder: conditions, schemes unless others are named, and the functions that run and read it.

    ``units`` are those of a setting, ``length`` the tokens that it needs; ``run`` (decoder, recipes, setting, unit, on share)
    gives one array a recipe, when it is done; ``tabulate`` (setting, scheme ids, arrays) gives data, tables, sentences and
    numbers; ``closed_form`` (setting) gives axis values and conditions under which the stress test states the same.
    """

    test: str
    conditions_template: str
    conditions: dict[str, Condition]  # whole numbers all
    axis: tuple[int, ...]
    schemes: tuple[str, ...]
    units: Callable[[Setting], Sequence[Unit]]
    length: Callable[[Setting], int]
    identity: Callable[[Setting], dict]
    run: Callable[..., Iterator[np.ndarray]]
    tabulate: Callable[..., tuple[xr.Dataset, tuple[MeasuredTable, ...], dict[str, str], dict]]
    closed_form: Callable[[Setting], tuple[tuple[float, ...], dict[str, float]]]

    def setting(
        self, numbers: dict[str, float], axis=None, folder: Path | None = None, text: Path | None = None
    ) -> Setting:
        """A checked setting; InputError for a condition that the experiment lacks, or a number out of bounds."""
        from costmodel.stress.run import condition_numbers

        checked = condition_numbers(f"{self.test} --numerics", self, numbers)
        whole = {name: int(value) for name, value in checked.items()}
        deepest = max(axis or (), default=0)
        if deepest > whole.get("context", math.inf):
            raise InputError(
                f"{self.test} --numerics: --over: expected at most the context of {whole['context']:,}, got {deepest:,.0f}"
            )
        axis_values = self.axis if axis is None else tuple(sorted({int(value) for value in axis}))
        return Setting(whole, axis_values, folder, read_prose(text))

    resolve_condition = StressTest.resolve_condition

    @property
    def id(self) -> str:
        """The stress test that it is an independent check of."""
        return self.test

    def store(self, setting: Setting) -> Store:
        """Where what is measured in a setting is kept."""
        identity = {"decoder": weights.decoder_digest(setting.folder), "text": setting.prose.digest}
        return Store(self.test, identity | self.identity(setting))


def run_experiment(
    experiment: Experiment, setting: Setting, schemes: list[str], on_progress: Progress = lambda done, total: None
) -> Measured:
    """Measure what is missing and return all of it.

    Raises InputError for a scheme that numerics cannot run, a decoder that is not there, or a context beyond its limit.
    """
    if missing := weights.missing_parts(setting.folder):
        raise InputError(missing)
    specs = [load_scheme(text).spec for text in dict.fromkeys(schemes)]
    decoder = weights.load_decoder(setting.folder)
    recipes = [read_recipe(spec, decoder.shape) for spec in specs]
    if repeated := {recipe.scheme for recipe in recipes if [r.scheme for r in recipes].count(recipe.scheme) > 1}:
        raise InputError(
            f"--scheme: expected schemes of different names, got {sorted(repeated)[0]} twice; rename a file"
        )
    length = experiment.length(setting)
    if length > decoder.longest_context:
        raise InputError(
            f"{experiment.test} --numerics: {length:,} tokens exceed the {decoder.longest_context:,} that {decoder.id} can read"
        )

    def run(missing: list[Recipe], unit: Unit, on_share) -> Iterator[np.ndarray]:
        return experiment.run(decoder, missing, setting, unit, on_share)

    store = experiment.store(setting)
    arrays = measure(store, recipes, experiment.units(setting), run, on_progress)
    for recipe in recipes:
        store.write_run(recipe, note_setting(setting))
    return collect(experiment, setting, recipes, arrays)


def read_experiment(experiment: Experiment, setting: Setting, spec: SchemeSpec) -> Measured | None:
    """What was measured of one scheme before; None where it was not run, or where numerics cannot run it."""
    shape = read_shape(setting.folder)
    if shape is None:
        return None
    try:
        recipe = read_recipe(spec, shape)
        values = read_measured(experiment.store(setting), recipe, experiment.units(setting))
    except (InputError, OSError):
        return None
    return None if values is None else collect(experiment, setting, [recipe], [values])


def note_setting(setting: Setting) -> dict:
    """A setting as it is noted of a run; the text by its name alone."""
    return {
        "numbers": setting.numbers, "axis": list(setting.axis_values), "text": setting.prose.source,
        "folder": None if setting.folder is None else str(setting.folder),
    }  # fmt: skip


def read_shape(folder: Path | None) -> DecoderShape | None:
    """The shape of a decoder from its config.json alone; None where there is none yet."""
    path = (folder or weights.converted_folder()) / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        heads = config["num_attention_heads"]
        width = config.get("head_dim") or config["hidden_size"] // heads
        return DecoderShape(config["num_hidden_layers"], config.get("num_key_value_heads", heads), heads, width)
    except (OSError, ValueError, KeyError):
        return None


def collect(experiment: Experiment, setting: Setting, recipes: list[Recipe], arrays: list[np.ndarray]) -> Measured:
    """What the arrays of some recipes say, in a setting."""
    data, tables, sentences, numbers = experiment.tabulate(setting, [recipe.scheme for recipe in recipes], arrays)
    name = "SmolLM2-135M (4-bit weights)" if setting.folder is None else setting.folder.name
    evidence = f"measured on {name}, bfloat16; another model may answer otherwise"
    axis = ", ".join(f"{value:,}" for value in setting.axis_values)
    conditions = experiment.conditions_template.format(**setting.numbers, axis=axis, text=setting.prose.source)
    tokens = setting.numbers.get("context", experiment.length(setting))
    idle = {recipe.scheme: reason for recipe in recipes if (reason := idle_eviction(recipe, tokens))}
    last = float(experiment.closed_form(setting)[0][-1])
    return Measured(data, tables, sentences, numbers, evidence, conditions, idle, last)


def idle_eviction(recipe: Recipe, tokens: int) -> str:
    """Why an eviction had nothing to drop in so many tokens; "" where it had, and for a scheme without one."""
    if recipe.eviction is None or (budget := min(recipe.eviction.budgets)) < tokens:
        return ""
    return f"nothing was evicted: a budget of {budget:,} tokens is not below the {tokens:,} that were run"
