"""``calibrate serving``: times under load against published runs of whole engines."""

import argparse

HELP = "errors of the time per token and of the first token on published runs of whole engines"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--constants", action="store_true", help="fit the constants of routers and engines again, and print them"
    )
    parser.add_argument(
        "--rival", action="store_true", help="AIConfigurator's errors on the same runs too (five minutes)"
    )


def run(args: argparse.Namespace) -> int:
    """Print errors outside the fit by concurrency, class, engine and GPU, how they transfer, and how many intervals hold."""
    from calibration.validation.serving_report import compared, rival_sections, sections
    from costmodel.text.progress import progress

    together, reasons = compared()
    if args.constants:
        from calibration.validation.router_variation import fit_router_variation
        from calibration.validation.serving_constants import fit_engine

        print(f"router_variation={fit_router_variation(together):.2f}")
        for engine in sorted(together["engine"].unique()):
            print(fit_engine(together, engine))
        return 0
    for heading, table in sections(together, reasons):
        _print(heading, table)
    if args.rival:
        with progress("rival") as on_progress:
            rows = list(rival_sections(together, on_progress))
        for heading, table in rows:
            _print(heading, table)
    return 0


def _print(heading: str, table: object) -> None:
    import pandas as pd

    print(f"\n{heading}")
    if isinstance(table, pd.DataFrame):
        print(table.to_string(float_format=lambda x: f"{x:.1f}"))
