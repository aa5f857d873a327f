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
    """Print errors by concurrency, with and without the prompts of others."""
    from calibration.validation.serving_runs import by_concurrency, compare_runs

    rows, left_out = compare_runs()
    print("published serving runs, none of them fitted, percent")
    for columns, label in LABELS.items():
        print(f"\n{label}")
        print(by_concurrency(rows, *columns).to_string(float_format=lambda x: f"{x:.1f}"))
    print("left out: " + "; ".join(f"{count} runs {reason}" for reason, count in left_out.items()))
    return 0
