"""``calibrate next``: the shapes whose measurement would narrow a prediction most."""

import argparse

HELP = "propose the shapes whose measurement narrows one prediction most"
MAX_SHAPES = 1000


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options: how many shapes, and which prediction."""
    parser.add_argument("count", type=int, help="how many shapes")
    parser.add_argument("--model", required=True, help="model id")
    parser.add_argument("--gpu", help="GPU id (without it one is picked, as everywhere)")
    parser.add_argument("--engine", help="engine id")
    parser.add_argument("--tp", type=int, help="GPUs that share every layer")
    parser.add_argument("--scheme", default="none", help="scheme of the prediction")
    parser.add_argument("--batch", default="8", help="sequences")
    parser.add_argument("--context", default="8K", help="tokens")
    parser.add_argument("--out", help="CSV file to write the shapes to")


def run(args: argparse.Namespace) -> int:
    """Print the shapes in order, and what they would leave of the fitted numbers' variance."""
    from calibration.profiles.proposal import propose
    from costmodel import files
    from costmodel.errors import InputError
    from costmodel.evaluation.assemble.deployments import resolve_deployment
    from costmodel.text.parse import parse_count

    if args.out:
        files.check_target(args.out, label=f"--out {args.out}")
    if not 1 <= args.count <= MAX_SHAPES:
        raise InputError(f"next: expected 1 to {MAX_SHAPES:,} shapes, got {args.count}")
    deployment = resolve_deployment(args.model, args.gpu, ranks=args.tp, engine=args.engine)
    batch, context = parse_count(args.batch, "--batch"), parse_count(args.context, "--context")
    shapes, fraction = propose(deployment, args.scheme, batch, context, args.count)
    print(f"{deployment.label}; {args.scheme}, batch {batch:,.0f}, context {context:,.0f}")
    print(
        f"Fitted coefficients account for {fraction:.1%} of the step-time variance. "
        "left: fraction of it that remains after each measurement.\n"
    )
    print(
        shapes.to_string(index=False, na_rep="", float_format=lambda x: f"{x:g}", formatters={"left": "{:.1%}".format})
    )
    if args.out:
        with files.replace_file(args.out, f"--out {args.out}") as partial:
            shapes.to_csv(partial, index=False)
        print(f"\nwrote {args.out}")
    return 0
