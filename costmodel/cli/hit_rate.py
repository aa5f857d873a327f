"""``costmodel hit-rate``: how often a trace's prefixes are found in the pool of each scheme, and what more memory would bring."""

import math
from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o

LEGEND = (
    "Predicted from the trace's first half, with its 90 % interval. Replayed and optimal: its second "
    "half, block by block (of a sample, where one is named above), under LRU and under Belady's optimum, after the first has "
    "filled the cache. Twice: predicted for twice the pool. First token: the prompt pass of a prompt of mean length at the "
    "predicted hit rate, with the 90 % interval of its kernels; beside it the same without any hit. Infinite: a cache that never "
    "forgets, which no number of its column exceeds."
)


class LongestContext:
    """Requests as they pass, and the tokens of the longest of them, prompt and answer."""

    def __init__(self, requests):
        self.requests, self.tokens = requests, 1.0

    def __iter__(self):
        for request in self.requests:
            self.tokens = max(self.tokens, float(request.input_tokens + request.output_tokens))
            yield request


@o.with_deployment_options
def command(
    trace: Annotated[Path, typer.Argument(help="Trace with hashes of prompt blocks: Mooncake's JSON Lines.")],
    deployment_options: o.DeploymentOptions,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; repeat for several (costmodel schemes).")
    ] = None,
    in_use: Annotated[
        str, typer.Option("--in-use", help="Share of the pool that running requests hold, e.g. 50%.")
    ] = "0%",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave rows out that cannot be read.")] = False,
    replay: Annotated[bool, typer.Option("--replay/--no-replay", help="Judge the prediction by exact replay.")] = True,
    json: o.Json = False,
) -> None:
    """Predict the hit rate of the prefix cache under each scheme's pool, and judge it by replay.

    A smaller cache keeps more prefixes. Whether that brings hits depends on how long blocks wait until they are asked for again:
    the ceiling is what a cache that never forgets would answer.

    Example: costmodel hit-rate conversation_trace.jsonl --model llama-8b --gpu h100-sxm --in-use 50%
    """
    from costmodel.cli import reuse_sentences, terminal
    from costmodel.cli.trace_remarks import ORDER, print_trace_remarks
    from costmodel.stress.reuse import collect_references
    from costmodel.stress.reuse.analysis import SCHEMES, hit_rates
    from costmodel.text import parse
    from costmodel.text.progress import progress
    from costmodel.traces import BadRows, read_trace

    deployment = deployment_options.resolve(*(scheme or []))
    share = parse.parse_fraction(in_use, "--in-use")
    bad = BadRows(str(trace), skip_bad)
    with progress(f"reading {trace.name}") as on_progress:
        trace_format, requests = read_trace(trace, bad, on_progress)
        longest = LongestContext(requests)
        references = collect_references(longest, str(trace))
    print_trace_remarks(trace_format, [ORDER])
    terminal.print_limits(deployment, scheme or SCHEMES, [1.0], [longest.tokens], json)
    with progress("replaying" if replay else "predicting") as on_progress:
        result = hit_rates(
            deployment, references, trace_format.block_tokens, scheme or SCHEMES, share, replay, on_progress
        )
    if json:
        terminal.print_json(_as_json(result, trace_format.name, bad))
        return
    terminal.print_answer(reuse_sentences.answer(result), deployment)
    terminal.print_line()
    for line in filter(None, (bad.text, *reuse_sentences.describe_trace(result, trace_format.name))):
        terminal.print_line(line)
    heads = (
        "scheme",
        ">tokens kept",
        ">predicted",
        ">90 %",
        ">twice",
        ">replayed",
        ">optimal",
        ">first token",
        ">without hits",
    )
    rows = [*(_row(one) for one in result.schemes), _infinite(result)]
    terminal.print_table("\nHit rate of the prefix cache", heads, rows, LEGEND)
    terminal.print_assumed(deployment)


def _row(one) -> tuple:
    from costmodel.cli import terminal
    from costmodel.text.durations import format_duration

    without = format_duration(one.prefill_time_without)
    if not one.is_shareable:
        return (
            one.scheme,
            terminal.format_digits(one.capacity_tokens),
            "none: chosen by later tokens",
            "",
            "",
            "",
            "",
            "",
            without,
        )
    exact = ("–" if rate != rate else f"{rate:.1%}" for rate in (one.replayed, one.optimal))
    first_token = format_duration(one.prefill_time, one.prefill_low, one.prefill_high)
    interval = f"{one.low:.1%} to {one.high:.1%}"
    return (
        one.scheme,
        terminal.format_digits(one.capacity_tokens),
        f"{one.predicted:.1%}",
        interval,
        f"{one.doubled:.1%}",
        *exact,
        first_token,
        without,
    )


def _infinite(result) -> tuple:
    """The row of a cache that never forgets: predicted from the first half, replayed over the second."""
    low, high = result.prediction.interval(math.inf)
    is_replayed = result.schemes[0].replayed == result.schemes[0].replayed
    judged = f"{result.judged_ceiling:.1%}" if is_replayed else "–"
    return "infinite", "all", f"{result.ceiling:.1%}", f"{low:.1%} to {high:.1%}", "", judged, judged, "", ""


def _as_json(result, name: str, bad) -> dict:
    prediction = result.prediction
    forecast = prediction.forecast
    total, low, high = (None, None, None) if forecast is None else forecast.total
    ceiling_low, ceiling_high = prediction.interval(math.inf)
    return {
        "format": name, "requests": result.requests, "blocks": result.references, "sampled": result.sampled,
        "block_tokens": result.block_tokens, "ceiling": result.ceiling, "ceiling_lo": ceiling_low, "ceiling_hi": ceiling_high,
        "ceiling_judged": result.judged_ceiling,
        "working_set_tokens": result.working_set_tokens, "drift": result.drift, "is_drifting": result.is_drifting,
        "openings": prediction.openings, "begins_together": prediction.begins_together,
        "repeats": prediction.repeats, "is_growing": prediction.is_growing,
        "closed_set_probability": 0.0 if forecast is None else forecast.probability,
        "sessions_begun": None if forecast is None else forecast.begun,
        "sessions": total, "sessions_lo": low, "sessions_hi": high,
        "bad_rows": bad.count, "bad_rows_listed": bad.listed,
        "schemes": [
            {
                "scheme": one.scheme, "capacity_tokens": one.capacity_tokens, "hit_rate": one.predicted, "hit_rate_lo": one.low,
                "hit_rate_hi": one.high, "hit_rate_doubled": one.doubled, "hit_rate_replayed": one.replayed,
                "hit_rate_optimal": one.optimal, "ttft_ms": 1e3 * one.prefill_time,
                "ttft_ms_lo": 1e3 * one.prefill_low, "ttft_ms_hi": 1e3 * one.prefill_high,
                "ttft_ms_without_hits": 1e3 * one.prefill_time_without, "shareable": one.is_shareable,
            }
            for one in result.schemes
        ],
    }  # fmt: skip
