"""``calibrate step-kernels``: what an engine's steps pay beside products and attention, from their kernels by name."""

import argparse

from costmodel.text.counted import counted

HELP = "learn from a step's kernels by name what it pays beside products and attention"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options: the two tables, and what ran where."""
    parser.add_argument(
        "kernels", help="CSV or Parquet file: kv_cache_dtype, batch, prompt_len, kernel, calls_a_step, us_a_step"
    )
    parser.add_argument(
        "steps", help="CSV or Parquet file: kv_cache_dtype, batch, prompt_len, step_ms of some of the same steps"
    )
    parser.add_argument("--engine", required=True, help="engine id")
    parser.add_argument("--gpu", required=True, help="GPU id")
    parser.add_argument("--model", required=True, help="model id")
    parser.add_argument("--tp", type=int, default=1, help="GPUs that share every layer")
    parser.add_argument(
        "--gap-from", metavar="NAMES", help="cache types whose steps show the gap between kernels (all)"
    )
    parser.add_argument("--source", default="", help="where the times come from, kept in the profile")
    parser.add_argument("--out", help="data directory (the user's by default)")


def run(args: argparse.Namespace) -> int:
    """Fit, write the profile, print what was learnt."""
    from pathlib import Path

    from calibration.profiles.step_sections import learn_step_sections
    from costmodel.evaluation.ask import table_io

    kernels, steps = table_io.read(args.kernels), table_io.read(args.steps)
    from calibration.steps.rows import check_subject
    from costmodel.facts import store

    subject = {
        **{name: store.resolve(f"{name}s", getattr(args, name)) for name in ("engine", "gpu", "model")}, "tp": args.tp
    }  # fmt: skip
    for table, location in ((kernels, args.kernels), (steps, args.steps)):
        check_subject(table, subject, location)
    if args.gap_from and "kv_cache_dtype" in steps:
        steps = steps[steps["kv_cache_dtype"].isin(args.gap_from.split(","))]
    learnt = learn_step_sections(
        kernels,
        steps,
        model=args.model,
        gpu=args.gpu,
        engine=args.engine,
        ranks=args.tp,
        source=args.source or args.kernels,
        folder=Path(args.out) if args.out else None,
    )
    print_sections(learnt)
    return 0


def print_sections(learnt) -> None:
    """What was learnt, as text."""
    from costmodel.facts.profiles.write import format_coefficient
    from costmodel.facts.vocabulary import vocabulary

    for section in (learnt.small_kernel, learnt.in_step):
        print(f"{section.name}, {counted(section.points, 'step')}")
        for name, number in section.values.items():
            print(f"  {name:<20} {format_coefficient(number, vocabulary()[name]['unit'])}")
        for name, number in section.spread.items():
            print(f"  {'spread, ' + name:<20} {number:.1%}")
    print(f"\nwrote {learnt.path}")
