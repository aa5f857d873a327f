"""``calibrate serving``: the time per token against published runs of whole engines."""

import argparse

HELP = "errors of the time per token on published runs of whole engines"
LABELS = {
    ("serving_ms", "tpot_ms"): "time per output token: continuous batching, prompts of others included",
    ("static_ms", "tpot_ms"): "time per output token: decode alone",
    ("first_ms", "ttft_ms"): "time to first token: no burst at the start of a benchmark is modelled",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare no options."""


def run(args: argparse.Namespace) -> int:
    """Print errors by concurrency, with and without the prompts of others, of dense models and of mixtures of experts."""
    from calibration.validation.serving_runs import by_concurrency, by_group, compare_expert_runs, compare_runs

    comparisons = {"dense models": compare_runs(), "mixtures of experts": compare_expert_runs()}
    for title, (rows, left_out) in comparisons.items():
        print(f"published serving runs of {title}, none of them fitted, percent")
        for columns, label in LABELS.items():
            print(f"\n{label}")
            print(by_concurrency(rows, *columns).to_string(float_format=lambda x: f"{x:.1f}"))
        print("left out: " + "; ".join(f"{count} runs {reason}" for reason, count in left_out.items()) + "\n")
    print("mixtures of experts by model and engine: time per output token, continuous batching")
    errors = by_group(comparisons["mixtures of experts"][0], ["model", "engine"])
    print(errors.to_string(float_format=lambda x: f"{x:.1f}"))
    return 0
