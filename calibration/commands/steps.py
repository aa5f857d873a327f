"""``calibrate steps``: learn an implementation from a handful of decode steps of a real engine."""

import argparse

from costmodel.text.counted import counted

HELP = "learn an implementation from a handful of step times"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options: the rows, and what ran where."""
    parser.add_argument(
        "rows",
        help="CSV or Parquet file: batch, context (or prompt_len, gen_len), step_ms; fitted = no keeps a step back to judge",
    )
    parser.add_argument("--scheme", required=True, help="scheme that the engine ran")
    parser.add_argument("--engine", required=True, help="engine id")
    parser.add_argument("--gpu", required=True, help="GPU id")
    parser.add_argument("--model", required=True, help="model id")
    parser.add_argument("--tp", type=int, default=1, help="GPUs that share every layer")
    parser.add_argument("--first-tokens", help="CSV or Parquet file of prompts: prompt_len, ttft_ms")
    parser.add_argument("--source", default="", help="where the times come from, kept in the profile")
    parser.add_argument("--out", help="data directory (the user's by default)")


def run(args: argparse.Namespace) -> int:
    """Fit, write the profile, print constants, errors of rows left out, and the next rows to time."""
    from pathlib import Path

    from calibration.steps.learn import learn_steps
    from costmodel.evaluation.ask import table_io

    frame = table_io.read(args.rows)
    prompts = _of_scheme(table_io.read(args.first_tokens), args) if args.first_tokens else None
    learnt = learn_steps(
        frame,
        scheme=args.scheme,
        engine=args.engine,
        gpu=args.gpu,
        model=args.model,
        ranks=args.tp,
        prompts=prompts,
        source=args.source,
        location=args.rows,
        prompts_location=args.first_tokens or "",
        folder=Path(args.out) if args.out else None,
    )
    print_learnt(learnt, bool(args.first_tokens))
    return 0


def _of_scheme(prompts, args):
    """The first tokens of the scheme, where the table tells the engine's cache types apart."""
    from costmodel.facts import store
    from costmodel.facts.cache_words import scheme_of_word

    if "kv_cache_dtype" not in prompts:
        return prompts
    engine, scheme = store.resolve("engines", args.engine), store.resolve("schemes", args.scheme)
    return prompts[[scheme_of_word(str(word), engine) == scheme for word in prompts["kv_cache_dtype"]]]


def print_learnt(learnt, has_first_tokens: bool = False) -> None:
    """What was learnt, as text."""
    import numpy as np

    from calibration.steps.learn import constants_table
    from costmodel.facts.profiles.write import format_coefficient
    from costmodel.facts.vocabulary import vocabulary

    (fit,) = learnt.profile.attention
    header = learnt.profile.header
    print(f"{header.scheme} under {header.engine} on {header.gpu}: {fit.kernel}, {counted(len(learnt.rows), 'step')}\n")
    for row in constants_table(learnt.fit):
        value = format_coefficient(row["value"], vocabulary()[row["constant"]]["unit"])
        note = "the rows do not identify it; kept near the engine's 16-bit kernel" if row["kept"] else ""
        print(f"  {row['constant']:<20} {value!s:<22} ± {row['error']:.0%}  {note}")
    errors = 100 * np.abs(learnt.fit.left_out)
    fitted = 100 * np.abs(learnt.fit.residuals)
    print(f"\nFitted within {np.median(fitted):.1f} % (median), {fitted.max():.1f} % (largest).")
    print(f"Each step predicted from the others: median {np.median(errors):.1f} %, largest {errors.max():.1f} %.")
    if len(kept_back := 100 * learnt.kept_back_errors):
        print(
            f"Steps kept back: median error {np.median(np.abs(kept_back)):.1f} %, largest {np.abs(kept_back).max():.1f} %, "
            f"bias {np.median(kept_back):+.1f} %, {counted(len(kept_back), 'step')}."
        )
    if len(learnt.baseline_errors):
        of_baseline = 100 * learnt.baseline_errors
        print(
            f"16-bit steps among the rows (not fitted): median error {np.median(np.abs(of_baseline)):.1f} %, "
            f"bias {np.median(of_baseline):+.1f} %, {counted(len(of_baseline), 'step')}."
        )
    for prefill in learnt.profile.prefill:
        share = prefill.main[header.scheme]["prefill_peak_share"]
        of = counted(prefill.points, "first token") if has_first_tokens else "the profile that was known before"
        print(f"Prefill: {share:.1%} of the tensor peak, ± {prefill.spread[header.scheme]['all']:.0%}, from {of}.")
    if not learnt.profile.prefill:
        print("Prefill: taken as the engine's 16-bit kernel; --first-tokens measures it.")
    if len(learnt.next_rows):
        print("\nTime next (what the constants leave uncertain there):")
        for row in learnt.next_rows.itertuples():
            print(f"  batch {row.batch:g}, context {row.context:,.0f}: ± {np.expm1(row.error):.0%}")
    print(f"\nwrote {learnt.path}")
