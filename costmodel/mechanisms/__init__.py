"""The vocabulary of compression: one primitive a file, its fields, and the slots of the cache that it changes."""

from costmodel.mechanisms.base import Field, Mechanism, Pipeline, mechanisms

__all__ = ["Field", "Mechanism", "Pipeline", "mechanisms"]
