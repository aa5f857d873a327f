"""One kernel call on one GPU, shapes as given (per GPU), in the benchmark's condition: L2-warm unless said otherwise.

The same formulas as a whole step, asked for a single layer, product or message, with the kernel family as an input. The
interval is the fitted spread of the regime that the call falls into.
"""

import pandas as pd

from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.evaluation.ask.kernels import attention, prefill, products, transfers
from costmodel.evaluation.ask.kernels.table import KernelSchema, complete

KERNELS: dict[str, KernelSchema] = {
    "decode-attention": attention.DECODE,
    "mla-decode": attention.LATENT,
    "prefill-attention": prefill.PREFILL,
    "gemm": products.PRODUCT,
    "quantize": transfers.QUANTIZE,
    "all-reduce": transfers.ALL_REDUCE,
}


def recognised(columns, where: str) -> str:
    """The kernel that a table is of: the one whose required columns are all there.

    A kernel that asks for a part of what another asks for gives way to it where both fit. Raises InputError for columns that
    two kernels share, and for those of none, with what the nearest kernel lacks.
    """
    found = {str(name) for name in columns}
    fitting = {name: set(each.required) for name, each in KERNELS.items() if found.issuperset(each.required)}
    own = [name for name, due in fitting.items() if not any(due < other for other in fitting.values())]
    if len(own) == 1:
        return own[0]
    if own:
        raise InputError(f"{where}: its columns are those of {' and '.join(own)}: say which kernel it is of")
    missing = {name: [each for each in one.required if each not in found] for name, one in KERNELS.items()}
    near = min(KERNELS, key=lambda name: (len(missing[name]), -len(KERNELS[name].required)))
    raise InputError(
        f"{where}: found the columns of no kernel; nearest is {near}, which needs {', '.join(KERNELS[near].required)}: "
        f"{', '.join(missing[near])} {'is' if len(missing[near]) == 1 else 'are'} missing"
    )


def predict(points: pd.DataFrame, kernel: str, where: str, cold: bool = False) -> tuple[pd.DataFrame, list[str]]:
    """The table with ``latency_us``, its 90 % interval and the ``kernel`` used, and the defaults in words.

    ``cold`` holds L2 empty where the law knows of it. Raises UnknownName for a kernel that is not modelled, InputError
    naming row and column of what cannot be read.
    """
    if kernel not in KERNELS:
        raise UnknownName("kernel", kernel, KERNELS)
    columns = KERNELS[kernel]
    table, said = complete(points, kernel, columns, where)
    keys = [name for name in ("gpu", "engine", "kernel", "kv_dtype", "dtype", "head_dim") if name in table]
    pieces = []
    for key, rows in table.groupby(keys, sort=False, dropna=False):
        try:
            found = columns.law(rows, dict(zip(keys, key, strict=True)), cold)
        except CostModelError as error:
            raise InputError(f"{where}: row {rows.index[0] + 1}: {error}") from error
        pieces.append(rows.assign(**found))
    result = pd.concat(pieces).sort_index()
    return result.assign(**{name: points[name].to_numpy() for name in points if name != "kernel"}), said
