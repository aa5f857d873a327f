"""The path at which version 0.1 documented ``sweep``; ``from costmodel import sweep`` is the shorter one."""

from costmodel.evaluation.ask.sweep import sweep

__all__ = ["sweep"]
