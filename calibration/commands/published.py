"""``calibrate published``: implementations fitted to published steps, and judged on publications that were not fitted."""

import argparse

HELP = "fit implementations to published steps, and judge them on what was not fitted"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options: which implementation, and where to write profiles."""
    parser.add_argument("implementation", nargs="?", help="id (all by default)")
    parser.add_argument("--out", help="data directory to write profiles into (none is written by default)")


def run(args: argparse.Namespace) -> int:
    """Print one line a fit: rows inside and outside, errors of steps outside, sides of the speed-up that are right.

    Without an implementation, also how whole predictions do on published speed-ups that no fit saw.
    """
    from pathlib import Path

    from calibration.published.fit import architectures_of, fit_published, write_published
    from calibration.published.judge import HEADS, judgement
    from calibration.published.table import published_steps
    from costmodel.facts import store

    names = sorted(published_steps()["implementation"].unique())
    if args.implementation:
        names = [store.resolve("implementations", args.implementation)]
    lines = [HEADS]
    for name in names:
        for architecture in architectures_of(name):
            published = fit_published(name, architecture)
            lines.append(judgement(published, architecture))
            if args.out:
                write_published(published, Path(args.out))
    _print_table(lines)
    print(
        "\nout: other models, GPUs or publications of the architecture (of a single group, every other step). side: speed-ups on"
    )
    print("the right side of 1, of those that differ from 1 by more than 2 %.")
    if not args.implementation:
        from calibration.published import speedups

        print("\nWhole predictions (no measured 16-bit step) of schemes other than fp8, on rows that no fit saw:\n")
        _print_table([speedups.HEADS, *speedups.score_lines(speedups.predicted_speedups(speedups.rows_outside()))])
        print("\nside right: of those with a verdict of wins or loses. half-width: median of the 90 % interval's.")
    return 0


def _print_table(lines: list[tuple[str, ...]]) -> None:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
