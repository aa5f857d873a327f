"""One kernel call on one GPU, shapes as given (per GPU), in the benchmark's condition: L2-warm unless said otherwise.

The same formulas as a whole step, asked for a single layer, product or message, with the kernel family as an input. The
interval is the fitted spread of the regime that the call falls into.
"""

from collections.abc import Iterable
from typing import cast

import pandas as pd

from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.evaluation.ask.kernels import attention, experts, prefill, products, transfers
from costmodel.evaluation.ask.kernels.table import KernelSchema, complete_calls

KERNELS: dict[str, KernelSchema] = {
    "decode-attention": attention.DECODE,
    "mla-decode": attention.LATENT,
    "prefill-attention": prefill.PREFILL,
    "gemm": products.PRODUCT,
    "experts": experts.EXPERTS,
    "quantize": transfers.QUANTIZE,
    "all-reduce": transfers.ALL_REDUCE,
}


def recognize_kernel(columns: Iterable, location: str) -> str:
    """The kernel that a table is of: the one whose required columns are all there.

    ``columns`` are the names of the table's columns, ``location`` names it in messages. A kernel whose required columns are a
    part of another's gives way to it where both fit. Raises InputError for columns that two kernels share, and for those of
    none, with what the nearest kernel lacks.
    """
    names = {str(name) for name in columns}
    fitting = {kernel: set(schema.required) for kernel, schema in KERNELS.items() if names.issuperset(schema.required)}
    kernels = [
        kernel for kernel, required in fitting.items() if not any(required < other for other in fitting.values())
    ]
    if len(kernels) == 1:
        return kernels[0]
    if kernels:
        raise InputError(f"{location}: its columns are those of {' and '.join(kernels)}: say which kernel it is of")
    missing = {kernel: [name for name in schema.required if name not in names] for kernel, schema in KERNELS.items()}
    nearest = min(KERNELS, key=lambda kernel: (len(missing[kernel]), -len(KERNELS[kernel].required)))
    raise InputError(
        f"{location}: expected the columns of a kernel; nearest is {nearest}, which needs "
        f"{', '.join(KERNELS[nearest].required)}: {', '.join(missing[nearest])} "
        f"{'is' if len(missing[nearest]) == 1 else 'are'} missing"
    )


def predict(points: pd.DataFrame, kernel: str, location: str, cold: bool = False) -> tuple[pd.DataFrame, list[str]]:
    """The table with ``latency_us``, its 90 % interval and the ``kernel`` used, and the defaults that were used, in words.

    ``location`` names the table in messages; ``cold`` holds L2 empty where the law knows of it. Raises UnknownName for a
    kernel that is not modelled, InputError naming row and column of what cannot be read.
    """
    if kernel not in KERNELS:
        raise UnknownName("kernel", kernel, KERNELS)
    schema = KERNELS[kernel]
    calls, defaults_used = complete_calls(points, kernel, schema, location)
    fields = [name for name in ("gpu", "engine", "kernel", "kv_dtype", "dtype", "head_dim") if name in calls]
    pieces = []
    for values, rows in calls.groupby(fields, sort=False, dropna=False):
        try:
            columns = schema.law(rows, dict(zip(fields, cast(tuple, values), strict=True)), cold)
        except CostModelError as error:
            raise InputError(f"{location}: row {rows.index[0] + 1}: {error}") from error
        pieces.append(rows.assign(**columns))
    predictions = pd.concat(pieces).sort_index()
    own_columns = {str(name): points[name].to_numpy() for name in points if name != "kernel"}
    return predictions.assign(**own_columns), defaults_used
