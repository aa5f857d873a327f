"""The vision tower that a configuration describes beside its text tower: its weights, and what its largest image takes.

Layers of a plain transformer: four square projections of attention and two of the feed-forward block; what joins the towers is
left out. Engines keep all of it at 16 bit.
"""

from collections.abc import Mapping
from typing import Any

from costmodel.facts.huggingface.fields import Fields

KEYS = ("vision_config", "vision_tower_config", "vit_config")
DEPTH = ("num_hidden_layers", "depth", "num_layers", "layers")
WIDTH = ("hidden_size", "embed_dim", "width")
INTERMEDIATE = ("intermediate_size", "mlp_dim", "ffn_hidden_size")


def vision_table(config: Mapping[str, Any], location: str) -> dict[str, Any]:
    """The keys of a model table for its vision tower; nothing where none is described by depth, width and feed-forward width.

    Raises FactError for a number that is no whole one.
    """
    tower = next((config[key] for key in KEYS if isinstance(config.get(key), Mapping)), None)
    if tower is None:
        return {}
    fields = Fields(tower, f"{location}: vision_config")
    if any(fields.get(*names) is None for names in (DEPTH, WIDTH, INTERMEDIATE)):
        return {}
    depth, width, intermediate = (fields.integer(*names) for names in (DEPTH, WIDTH, INTERMEDIATE))
    table: dict[str, Any] = {
        "vision_parameters": depth * (4 * width**2 + 2 * width * intermediate),
        "vision_width": width,
        "vision_intermediate_size": intermediate,
    }
    sizes = [fields.get(name) for name in ("image_size", "patch_size")]
    if all(isinstance(size, int) and size > 0 for size in sizes):
        table["vision_patches"] = (sizes[0] // sizes[1]) ** 2
    return table
