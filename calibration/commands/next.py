"""``calibrate next``: the shapes whose measurement would narrow a prediction most."""

import argparse

HELP = "propose the shapes whose measurement narrows one prediction most"


def add(parser: argparse.ArgumentParser) -> None:
    """Options: how many shapes, and which prediction."""
    parser.add_argument("count", type=int, help="how many shapes")
    parser.add_argument("--model", required=True, help="model id")
    parser.add_argument("--gpu", help="GPU id (without it one is picked, as everywhere)")
    parser.add_argument("--engine", help="engine id")
    parser.add_argument("--tp", type=int, help="GPUs that share every layer")
    parser.add_argument("--scheme", default="none", help="scheme of the prediction")
    parser.add_argument("--batch", default="8", help="sequences")
    parser.add_argument("--context", default="8K", help="tokens")
    parser.add_argument("--out", help="CSV file to write the shapes to")


def run(chosen: argparse.Namespace) -> int:
    """Print the shapes in order, and what they would leave of the numbers' variance."""
    from calibration.proposal import propose
    from costmodel import files
    from costmodel.cli.options import parse_count
    from costmodel.errors import InputError
    from costmodel.facts.deployment import resolve_deployment

    if chosen.out:
        files.check_target(chosen.out, label=f"--out {chosen.out}")
    if not 1 <= chosen.count <= 1000:
        raise InputError(f"next: found {chosen.count} shapes, due 1 to 1,000")
    where = resolve_deployment(chosen.model, chosen.gpu, ranks=chosen.tp, engine=chosen.engine)
    at = parse_count(chosen.batch, "--batch"), parse_count(chosen.context, "--context")
    table, share = propose(where, chosen.scheme, *at, chosen.count)
    print(f"{where.label}; {chosen.scheme}, batch {at[0]:,.0f}, context {at[1]:,.0f}")
    print(
        f"Fitted numbers hold {share:.1%} of the step's variance. left: what of that remains after each measurement.\n"
    )
    print(
        table.to_string(index=False, na_rep="", float_format=lambda x: f"{x:g}", formatters={"left": "{:.1%}".format})
    )
    if chosen.out:
        with files.replace_file(chosen.out, f"--out {chosen.out}") as partial:
            table.to_csv(partial, index=False)
        print(f"\nwrote {chosen.out}")
    return 0
