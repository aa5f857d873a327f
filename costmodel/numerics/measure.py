"""Run what is not yet in the store: every unit once, for all schemes that lack it; what a scheme gave is kept at once."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from costmodel.numerics.recipe import Recipe
from costmodel.numerics.store import Store, Unit

Progress = Callable[[int, int], None]


def measure(
    store: Store,
    recipes: list[Recipe],
    units: Sequence[Unit],
    run: Callable[[list[Recipe], Unit, Callable[[float], None]], Iterator[np.ndarray]],
    on_progress: Progress = lambda done, total: None,
) -> list[np.ndarray]:
    """By recipe the measurements of all units, stacked along the first axis: from the store, else from ``run``.

    ``run`` takes the recipes that lack a unit, the unit, and a function of the share that is done of it; it gives the recipes'
    measurements in their order, each when it is done.
    """
    missing = [(unit, [r for r in recipes if store.read(r, unit) is None]) for unit in units]
    pending = [(unit, lacking) for unit, lacking in missing if lacking]
    for number, (unit, lacking) in enumerate(pending):

        def on_share(share: float, number: int = number) -> None:
            on_progress(round(1000 * (number + share)), 1000 * len(pending))

        for recipe, values in zip(lacking, run(lacking, unit, on_share), strict=True):
            store.write(recipe, unit, values)
    return [np.stack([store.read(recipe, unit) for unit in units]) for recipe in recipes]


def read_measured(store: Store, recipe: Recipe, units: Sequence[Unit]) -> np.ndarray | None:
    """All units of a recipe from the store, or None where one is missing."""
    values = [store.read(recipe, unit) for unit in units]
    return None if any(value is None for value in values) else np.stack(values)
