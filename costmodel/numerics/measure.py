"""Run what is not yet in the store: every unit once, for all schemes that lack it, side by side over the same tokens."""

from collections.abc import Callable

import numpy as np

from costmodel.numerics.recipe import Recipe
from costmodel.numerics.store import Store

Progress = Callable[[int, int], None]


def measure(
    store: Store,
    recipes: list[Recipe],
    units: int,
    run: Callable[[list[Recipe], int, Callable[[float], None]], list[np.ndarray]],
    on_progress: Progress = lambda done, total: None,
) -> list[np.ndarray]:
    """By recipe the measurements of all units, stacked along the first axis: from the store, else from ``run``.

    ``run`` takes the recipes that lack a unit, its number, and a function of the share that is done of it.
    """
    missing = {unit: [r for r in recipes if store.read(r, unit) is None] for unit in range(units)}
    pending = [unit for unit in missing if missing[unit]]
    for number, unit in enumerate(pending):

        def on_share(share: float, number: int = number) -> None:
            on_progress(round(1000 * (number + share)), 1000 * len(pending))

        for recipe, values in zip(missing[unit], run(missing[unit], unit, on_share), strict=True):
            store.write(recipe, unit, values)
    return [np.stack([store.read(recipe, unit) for unit in range(units)]) for recipe in recipes]


def read_measured(store: Store, recipe: Recipe, units: int) -> np.ndarray | None:
    """All units of a recipe from the store, or None where one is missing."""
    values = [store.read(recipe, unit) for unit in range(units)]
    return None if any(value is None for value in values) else np.stack(values)
