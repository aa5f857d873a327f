"""Along which axes of a grid every quantity of the compiled formulas may vary."""

import functools
from collections.abc import Mapping

from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.evaluation.compile.dependence import axes_by_name
from costmodel.facts.vocabulary import vocabulary

BY_PATH = ("heads_per_work_unit", "kernel_width")  # inputs that follow the path of a kernel, beside its coefficients


@functools.cache
def axes_of(dispatches_by_length: bool = False) -> Mapping[str, frozenset[str]]:
    """Axes by name, as long as no slot of a scheme looks at the batch.

    Where kernels dispatch by the length of a call, their coefficients vary along batch and context too.
    """
    reads = {name: (arguments, over) for name, (_, arguments, over) in load_formulas().formulas.items()}
    entries = vocabulary()
    if dispatches_by_length:
        varying = {"kind": "input", "table": "baseline"}
        entries = {
            name: varying if entry.get("law") == "attention" or name in BY_PATH else entry
            for name, entry in entries.items()
        }
    return axes_by_name(reads, entries)
