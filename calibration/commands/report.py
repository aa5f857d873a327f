"""``calibrate report``: errors on rows outside the fits, computed again from the raw measurements; or a page of it."""

import argparse

HELP = "errors on rows outside the fits, from the raw measurements"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--gpu", help="only this GPU")
    parser.add_argument("--engine", help="only this engine")
    parser.add_argument("--out", help="folder: write each profile's numbers, errors, correlations and residuals there")
    parser.add_argument(
        "--force", action="store_true", help="overwrite pages that were changed since they were written"
    )
    parser.add_argument(
        "--seeds", action="store_true", help="fit again under five seeds and show how far errors spread"
    )


def run(args: argparse.Namespace) -> int:
    """Print one table a profile, and the pooled errors; profiles of the data directory count like the package's."""
    import pandas as pd

    from calibration.validation.held_out import profile_ids, reason_not_to_recompute
    from calibration.validation.report import pooled, report, stated_errors
    from calibration.validation.seeds import over_seeds

    identifiers, tables = profile_ids(args.gpu, args.engine), []
    if args.out:
        return _write_pages(identifiers, args.out, args.force)
    for identifier in identifiers:
        reason = reason_not_to_recompute(identifier)
        compute = stated_errors if reason else over_seeds if args.seeds else report
        title = "median errors over five seeds" if args.seeds else "errors on held-out rows"
        title = f"errors as the profile states them, since {reason}" if reason else title
        print(f"\n{identifier}: {title}, percent")
        tables.append(pd.DataFrame(compute(identifier)).drop(columns="pool", errors="ignore"))
        print(tables[-1].to_string(index=False, na_rep="", float_format=lambda x: f"{x:.1f}"))
    if len(identifiers) > 1 and not args.seeds:
        print("\ndecode attention, every GPU, engine, kernel and KV type alike, percent")
        print(pooled(pd.concat(tables)).to_frame().T.to_string(float_format=lambda x: f"{x:.1f}"))
    return 0


def _write_pages(identifiers: list[str], folder: str, force: bool) -> int:
    from pathlib import Path

    from calibration.validation.fit_report import check_targets, write_report

    check_targets(identifiers, Path(folder), force)
    for identifier in identifiers:
        for path in write_report(identifier, Path(folder)):
            print(f"wrote {path}")
    return 0
