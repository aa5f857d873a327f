"""What a scheme makes of the cache of one model: every slot within its bounds, at every context, in every layer that attends.

A file is checked over a designed range when it is compiled; here stands the model itself, with its latents and widths.
"""

from collections.abc import Mapping

import numpy as np

from costmodel.errors import UnknownName
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_formulas
from costmodel.evaluation.compile.range_check import CONTEXTS, check_slot, slot_location
from costmodel.facts.models import Model
from costmodel.facts.tile_widths import check_tiles


def check_on_model(scheme: Scheme, model: Model, constants: Mapping[str, np.ndarray]) -> None:
    """FactError naming file, slot, model and context for a number that no cache of this model can have."""
    check_tiles(scheme.spec, model)
    contexts = np.array(CONTEXTS, dtype=float).reshape(-1, 1, 1)
    workload = {"context": contexts, "prompt": contexts, "batch": 1.0, "generated": 0.0, "prompts": 1.0}
    evaluator = Evaluator({**constants, **workload}, load_formulas().formulas, scheme.slots)
    attends = np.asarray(constants["attends"]) > 0

    def place_of(bad: np.ndarray) -> str:
        first = int(np.argmax(bad.reshape(bad.shape[0], -1).any(axis=1))) if bad.ndim == 3 else 0
        return f"at context = {contexts[first, 0, 0]:,g} on {model.id}"

    for name in scheme.slots:
        try:
            value = evaluator[name]
        except UnknownName:  # a slot that reads what only a pass decides
            continue
        check_slot(name, np.where(attends, value, 1.0), contexts, slot_location(scheme.spec, name), place_of)
