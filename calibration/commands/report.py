"""``calibrate report``: errors on rows outside the fits, computed again from the raw measurements; or a page of it."""

import argparse

HELP = "errors on rows outside the fits, from the raw measurements"


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--gpu", help="only this GPU")
    parser.add_argument("--engine", help="only this engine")
    parser.add_argument("--out", help="folder: write each profile's numbers, errors, correlations and residuals there")
    parser.add_argument(
        "--force", action="store_true", help="overwrite pages that were changed since they were written"
    )
    parser.add_argument(
        "--seeds", action="store_true", help="fit again under five seeds and show how far errors spread"
    )


def run(chosen: argparse.Namespace) -> int:
    """Print one table a profile, and the pooled errors."""
    import pandas as pd

    from calibration.report import over_seeds, pooled, profiles, report

    paths, tables = profiles(chosen.gpu, chosen.engine), []
    if chosen.out:
        return _written(paths, chosen.out, chosen.force)
    for path in paths:
        title = "median errors over five seeds" if chosen.seeds else "errors on held-out rows"
        print(f"\n{path.stem}: {title}, percent")
        tables.append(
            pd.DataFrame((over_seeds if chosen.seeds else report)(path)).drop(columns="pool", errors="ignore")
        )
        print(tables[-1].to_string(index=False, na_rep="", float_format=lambda x: f"{x:.1f}"))
    if len(paths) > 1 and not chosen.seeds:
        print("\ndecode attention, every GPU, engine, kernel and KV type alike, percent")
        print(pooled(pd.concat(tables)).to_frame().T.to_string(float_format=lambda x: f"{x:.1f}"))
    return 0


def _written(paths, folder: str, force: bool) -> int:
    from pathlib import Path

    from calibration.written import check, write

    check([path.stem for path in paths], Path(folder), force)
    for path in paths:
        gpu, _, engine = path.stem.partition("--")
        for written in write(gpu, engine, Path(folder)):
            print(f"wrote {written}")
    return 0
