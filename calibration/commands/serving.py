"""``calibrate serving``: the time per token against published runs of whole engines."""

import argparse

HELP = "errors of the time per token on published runs of whole engines"
WORDS = {"serving": "continuous batching, prompts of others included", "static": "decode alone"}


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(chosen: argparse.Namespace) -> int:
    """Print errors by concurrency, with and without the prompts of others."""
    from calibration.serving import by_concurrency, compared

    rows, left_out = compared()
    print("time per output token against published serving runs, none of them fitted, percent")
    for mode, words in WORDS.items():
        print(f"\n{words}")
        print(by_concurrency(rows, mode).to_string(float_format=lambda x: f"{x:.1f}"))
    print("left out: " + "; ".join(f"{count} runs {reason}" for reason, count in left_out.items()))
    return 0
