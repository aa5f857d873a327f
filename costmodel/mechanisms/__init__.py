"""The vocabulary of compression: one primitive per file, its fields, and the slots of the cache that it changes."""

from costmodel.mechanisms.base import Field, Mechanism, Pipeline, load_mechanisms

__all__ = ["Field", "Mechanism", "Pipeline", "load_mechanisms"]
