"""``calibrate serving``: times under load against published runs of whole engines."""

import argparse

HELP = "errors of the time per token and of the first token on published runs of whole engines"
LABELS = {
    ("serving_ms", "tpot_ms"): "time per output token: continuous batching, prompts of others included",
    ("static_ms", "tpot_ms"): "time per output token: decode alone",
    ("first_ms", "ttft_ms"): "time to first token: a benchmark of ten requests a slot, all slots at once",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the option."""
    parser.add_argument(
        "--constants", action="store_true", help="fit the constants of the engines' files again, and print them"
    )


def run(args: argparse.Namespace) -> int:
    """Print errors outside the fit by concurrency, of dense models and of mixtures of experts, and how many intervals hold."""
    import pandas as pd

    from calibration.data.published_runs import published_count
    from calibration.validation import serving_runs as runs

    compared = {"dense models": runs.compare_runs(), "mixtures of experts": runs.compare_expert_runs()}
    together = pd.concat([rows for rows, _ in compared.values()], keys=compared, names=["kind"]).reset_index(level=0)
    together = together.reset_index(drop=True)
    together = together.assign(is_fitted=runs.is_fitted(together))
    if args.constants:
        from calibration.validation.serving_constants import fit_engine

        for engine in sorted(together["engine"].unique()):
            print(fit_engine(together, engine))
        return 0
    for title, (_, left_out) in compared.items():
        rows = together[together["kind"] == title]
        judged = rows[~rows["is_fitted"]]
        print(f"published serving runs of {title}: {len(judged)} outside the fit of the engines' constants, percent")
        for columns, label in LABELS.items():
            print(f"\n{label}")
            print(runs.by_concurrency(judged, *columns).to_string(float_format=lambda x: f"{x:.1f}"))
        print("\n90 % intervals under load")
        print(runs.coverage(judged).to_string(float_format=lambda x: f"{x:.1f}"))
        left_out = {"of the deployments that were fitted to": int(rows["is_fitted"].sum())} | left_out
        print("left out: " + "; ".join(f"{count} runs {reason}" for reason, count in left_out.items()) + "\n")
    disaggregated = published_count("disagg")
    print(f"{disaggregated:,} runs with prompts and decoding on different GPUs are not modelled.\n")
    judged = together[~together["is_fitted"]]
    classes = judged.assign(**{"class": judged["model"].map(runs.class_of)})
    print("time per output token by class and engine, outside the fit")
    print(runs.by_group(classes, ["class", "engine"]).to_string(float_format=lambda x: f"{x:.1f}"))
    for measured, predicted in runs.MEASURED.items():
        print(f"{measured} by engine and kind, outside the fit")
        judged = together[~together["is_fitted"]]
        print(
            runs.by_group(judged, ["kind", "engine"], predicted, measured).to_string(float_format=lambda x: f"{x:.1f}")
        )
    print("mixtures of experts by model and engine: time per output token, outside the fit")
    errors = runs.by_group(judged[judged["kind"] == "mixtures of experts"], ["model", "engine"])
    print(errors.to_string(float_format=lambda x: f"{x:.1f}"))
    return 0
