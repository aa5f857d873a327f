"""Tiles beside the heads of a model: one that spans more channels than a head has would count its metadata too low."""

from costmodel.errors import FactError, shown
from costmodel.facts.field_bounds import entries
from costmodel.facts.models import Model
from costmodel.facts.schemes import SchemeSpec

CHANNELS = 1  # place of the channels in a tile
WIDTHS = ("key_width", "value_width", "expanded_key_width", "expanded_value_width")


def check_tiles(spec: SchemeSpec, model: Model) -> None:
    """FactError naming file, field and head width for a tile of more channels than the widest cached head of the model.

    A scheme that caches a code in place of heads (``project``) has tiles of that code, which its own numbers describe.
    """
    widest = max((group[name] for group in model.groups if group["attends"] for name in WIDTHS), default=0.0)
    tables = [table for part in spec.parts for table in part.facts.get("mechanism", [])]
    if widest == 0 or any(table.get("kind") == "project" for table in tables):
        return
    for part in spec.parts:
        for index, table in enumerate(part.facts.get("mechanism", [])):
            for entry in entries({"kind": table.get("kind"), "tile": table.get("tile", [])}, part.knobs):
                if entry.place == CHANNELS and entry.number > widest:
                    raise FactError(
                        f"{part.location}: mechanism[{index}].tile: expected at most {widest:g} channels, the width of a head of "
                        f"{model.id}, got {entry.number:g} from {shown(entry.text)}"
                    )
