"""Measurements: one module a source, the design of the rows that a fit may see, and rows as inputs of a law."""
