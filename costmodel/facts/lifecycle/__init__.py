"""The life cycle of a cached token: when it is encoded, decoded and dropped, and who else may use what is stored.

Each property follows from the mechanisms of a scheme. A scheme file may declare properties in ``[lifecycle]`` as well: what a
mechanism implies is checked and a contradiction is refused; what none implies is taken from the file. Properties describe the
format, as the formulas do; what one implementation leaves unused belongs into the file's ``notes``.
"""

from costmodel.facts.lifecycle.conflicts import Conflict, conflicts
from costmodel.facts.lifecycle.declared import check, scheme_properties, scheme_reasons
from costmodel.facts.lifecycle.implied import implied_properties
from costmodel.facts.lifecycle.properties import PROPERTIES, describe

__all__ = [
    "PROPERTIES",
    "Conflict",
    "check",
    "conflicts",
    "describe",
    "implied_properties",
    "scheme_properties",
    "scheme_reasons",
]
