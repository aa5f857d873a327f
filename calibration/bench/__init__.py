"""An engine's constants from a person's own benchmarks, on the shipped ones as a prior."""
