"""Runs of a scheme that lie in the user's cache, whatever their settings: under the default ones, under others, with other knobs.

Nothing is taken for something else: every run carries the sentence of its scheme and its conditions, and says whether it is the
very scheme that was asked for.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import CostModelError, InputError
from costmodel.facts.schemes import SchemeSpec, parse_scheme
from costmodel.numerics.experiment import (
    Experiment,
    Measured,
    Setting,
    collect,
    note_setting,
    read_experiment,
    read_shape,
)
from costmodel.numerics.measure import read_measured
from costmodel.numerics.read_recipe import read_recipe
from costmodel.numerics.recipe import Recipe
from costmodel.numerics.store import Store, read_runs
from costmodel.numerics.texts import Prose

KNOBS = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class Kept:
    """One run: the sentence of its scheme, whether that is the scheme asked for, what it gave."""

    scheme: str
    is_same: bool
    measured: Measured

    @property
    def sentence(self) -> str:
        """What it gave, in a sentence."""
        return self.measured.sentences[self.scheme]


def read_kept(experiment: Experiment, spec: SchemeSpec) -> list[Kept]:
    """Kept runs of a scheme: under the experiment's own setting, then the newest under others, then those with other knobs."""
    default = experiment.setting({})
    own = read_experiment(experiment, default, spec)
    kept = [Kept(spec.id, True, own)] if own else []
    for run in read_runs(experiment.test):
        if _stem(run["scheme"]) != _stem(spec.id) or (
            run["scheme"] == spec.id and run["setting"] == note_setting(default)
        ):
            continue
        try:
            found = _read(experiment, run, spec)
        except (CostModelError, OSError, KeyError, TypeError, ValueError):
            continue
        if found is not None:
            kept.append(found)
    return sorted(kept, key=lambda one: not one.is_same)


def _stem(scheme: str) -> str:
    """A scheme without its knobs."""
    return KNOBS.sub("", scheme)


def _read(experiment: Experiment, run: dict, spec: SchemeSpec) -> Kept | None:
    noted = run["setting"]
    folder = None if noted["folder"] is None else Path(noted["folder"])
    setting = Setting(noted["numbers"], tuple(noted["axis"]), folder, Prose("", noted["text"]))
    recipe, is_same = _recipe_of(run, spec, folder)
    if recipe is None:
        return None
    values = read_measured(Store(experiment.test, run["identity"]), recipe, experiment.units(setting))
    if values is None:
        return None
    return Kept(recipe.scheme, is_same, collect(experiment, setting, [recipe], [values]))


def _recipe_of(run: dict, spec: SchemeSpec, folder: Path | None) -> tuple[Recipe | None, bool]:
    """The recipe that was run, and whether it is the scheme's own; a shipped scheme's, where its sentence still means it."""
    shape = read_shape(folder)
    if shape is None:
        return None, False
    for is_same, read in ((True, lambda: spec), (False, lambda: parse_scheme(run["scheme"]))):
        try:
            recipe = read_recipe(read(), shape)
        except InputError:
            continue
        if repr(recipe) == run["recipe"]:
            return recipe, is_same
    return None, False
