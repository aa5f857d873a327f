"""A stress test on a real decoder, beside its closed form: the room ``numerics`` is reached by entry point, so nothing is early.

What was measured before is read without a decoder; what was not is run where torch, transformers and a decoder are installed.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts.schemes import SchemeSpec
from costmodel.files.plugins import load_plugin
from costmodel.stress.base import StressCurve, StressTest
from costmodel.stress.run import run_test

MISSING = "--numerics: the room costmodel.numerics is not installed: pip install 'costmodel[numerics]'"
DECODER_MODEL, ANY_GPU = "smollm2-135m", "h100-sxm"  # the closed form needs the decoder's shape; no time is asked


@dataclass(frozen=True)
class Comparison:
    """One quantity of one scheme: measured and in closed form, each with its interval (nan where no formula tells)."""

    scheme: str
    quantity: str
    measured: tuple[float, float, float]
    derived: tuple[float, float, float]

    @property
    def agree(self) -> bool | None:
        """Whether the two intervals overlap; None where no formula tells, or one sample has none."""
        if np.isnan(self.derived[0]) or np.isnan(self.measured[1]):
            return None
        return self.derived[1] <= self.measured[2] and self.measured[1] <= self.derived[2]


def load_experiment(test: StressTest):
    """The room of experiments and the one of this test; InputError for a test that no experiment checks."""
    room = load_plugin("numerics", MISSING)
    if test.id not in room.EXPERIMENTS:
        unknown = UnknownName("experiment", test.id, room.EXPERIMENTS)
        raise InputError(f"--numerics: {unknown} (tests that a decoder can run)")
    return room, room.EXPERIMENTS[test.id]


def measure(
    test: StressTest, schemes: list[str] | None, axis, numbers: dict[str, float], folder: Path | None, text: Path | None,
    on_progress,
):  # fmt: skip
    """What a decoder gives for a test, and every quantity that the closed form states as well.

    Raises InputError for what is not installed, schemes that cannot be run, and conditions that the experiment lacks.
    """
    room, experiment = load_experiment(test)
    setting = experiment.setting(numbers, axis, folder, text)
    texts = list(schemes or experiment.schemes)
    measured = room.run_experiment(experiment, setting, texts, on_progress)
    return measured, _compare(test, experiment, setting, measured, texts) if folder is None else []


def read_kept(test: StressTest, spec: SchemeSpec) -> list:
    """Runs of a scheme that lie in the user's cache: in the experiment's own setting, in others, then those with other knobs.

    Every one says which scheme and which conditions it ran; none where it was not run, or cannot be.
    """
    try:
        room, experiment = load_experiment(test)
    except InputError:
        return []
    return room.read_kept(experiment, spec)


def has_experiment(test: StressTest) -> bool:
    """Whether a decoder can run this test."""
    try:
        load_experiment(test)
    except InputError:
        return False
    return True


def _compare(test: StressTest, experiment, setting, measured, texts: list[str]) -> list[Comparison]:
    axis, conditions = experiment.closed_form(setting)
    result = run_test(test, resolve_deployment(DECODER_MODEL, ANY_GPU, ranks=1), texts, axis, **conditions)
    rows = []
    for curve in result.curves:
        for quantity, numbers in measured.numbers[curve.scheme].items():
            if quantity in curve.columns:
                rows.append(Comparison(curve.scheme, quantity, numbers, _derived(curve, quantity)))
    return rows


def _derived(curve: StressCurve, quantity: str) -> tuple[float, float, float]:
    """The closed form, mean over the axis."""
    value, low, high = (float(np.mean(curve.columns[f"{quantity}{suffix}"])) for suffix in ("", "_lo", "_hi"))
    return value, low, high
