"""What a claimed speed-up consists of, and what is left of it on the strongest baseline that exists where it was measured."""

from costmodel.analyses.claims.factors import Factor
from costmodel.analyses.claims.rebase import Rebased, Strongest, rebase

__all__ = ["Factor", "Rebased", "Strongest", "rebase"]
