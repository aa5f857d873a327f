"""Whether an idea is new: what a scheme does, as coordinates, and how far they lie from those of every known scheme."""

from costmodel.analyses.novelty.coordinates import Coordinates, coordinates_of
from costmodel.analyses.novelty.delta import Delta, Neighbour, delta

__all__ = ["Coordinates", "Delta", "Neighbour", "coordinates_of", "delta"]
