"""What ``costmodel calibrate static`` prints beside its tables: static estimates compared with measured kernels."""

from costmodel.errors import InputError
from costmodel.text.counted import counted


def print_frozen(every_row: bool = False) -> None:
    """The estimates as they stood before the project's kernels ran on a GPU, by codec; every measured pair if asked."""
    from calibration.data.suite_runs import H100_GRAPHS, load_suite_runs
    from calibration.static import frozen

    table, estimates = frozen.read_comparison(), frozen.frozen_estimates()
    print(f"\nThe project's own decode attention on one H100: estimates frozen before it ran, {estimates['frozen']}")
    print(f"speed-up over the 16-bit cache, medians; {estimates['method']}")
    print(f"estimated: {estimates['shape']}")
    if every_row:
        print("\n" + table.to_string(index=False, float_format=lambda x: f"{x:.2f}"))
    print("\n" + frozen.score(table).to_string(index=False, float_format=lambda x: f"{x:.2f}"))
    print(
        f"{(table['device'] == 'no').sum()} of {len(table)} pairs do not count: the host's launch rules one of their times;"
        " right: signs, of pairs that differ by more than 10 %"
    )
    again = frozen.compare(H100_GRAPHS)
    print(
        f"\nThe same estimates beside the run of {load_suite_runs(H100_GRAPHS).header['measured']}, timed on the device itself"
    )
    print("\n" + frozen.score(again).to_string(index=False, float_format=lambda x: f"{x:.2f}"))
    print(f"{(again['device'] == 'yes').sum()} of {len(again)} pairs count, short ones too")


def print_validation() -> None:
    """Predict every measured kernel, then compare; the reason where Triton or the measurements are missing."""
    import pandas as pd

    from calibration.static import validation

    try:
        rows = validation.predictions(*validation.saturating_rows())
    except InputError as error:
        print(f"\nno validation here: {error}")
        return
    print(
        "\nSGLang's Triton decode attention (aiconfigurator-core): predicted before compared, nothing fitted, percent"
    )
    print(f"{counted(len(rows), 'row')}: cache above twice L2, every multiprocessor full without splitting a context")
    for columns in (["bound"], ["kv_dtype"], ["gpu", "head_dim", "shares", "kv_dtype"]):
        print("\n" + validation.errors(rows, columns).to_string(float_format=lambda x: f"{x:.1f}"))
    pairs = validation.signs(rows)
    right = pairs[[*validation.METHODS]]
    table = pd.DataFrame({"all": right.mean(), "balanced": right.groupby(pairs["faster"]).mean().mean()}).T
    print(f"\nfp8 against 16 bit, {len(pairs)} matched shapes that differ by more than 5 %: right signs, percent")
    print((100 * table).to_string(float_format=lambda x: f"{x:.1f}"))
    faster, off = 100 * pairs["faster"].mean(), pairs["ratio off"].median()
    print(f"fp8 is faster in {faster:.1f} %; predicted ratio off by {off:.1f} % (median)")
