"""The experiments of this room by the stress test that each checks; ``stress`` finds them here, by entry point."""

from costmodel.numerics import drift, retrieval
from costmodel.numerics.experiment import Experiment, Measured, Setting, read_experiment, run_experiment
from costmodel.numerics.kept import Kept, read_kept

EXPERIMENTS: dict[str, Experiment] = {one.test: one for one in (drift.EXPERIMENT, retrieval.EXPERIMENT)}

__all__ = ["EXPERIMENTS", "Experiment", "Kept", "Measured", "Setting", "read_experiment", "read_kept", "run_experiment"]
