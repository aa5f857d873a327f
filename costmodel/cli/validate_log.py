"""``costmodel validate --vllm-log``: a start-up log beside the prediction."""

from pathlib import Path

from costmodel.errors import InputError


def print_log(path: str, given: dict[str, object], json: bool) -> None:
    """Print what a log and the prediction say of memory, and which part explains the difference."""
    from costmodel.analyses.startup_log import compare_log, explain, read_log
    from costmodel.cli import terminal

    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    log = read_log(text, path)
    parts, answer, assumed = compare_log(log, given, path)
    sentence = explain(parts)
    if json:
        terminal.print_json({
            "stated": log.stated, "conclusion": sentence, "assumed": assumed,
            "parts": [
                {"part": p.name, "logged": p.logged, "predicted": p.predicted, "difference": p.difference} for p in parts
            ],
        })  # fmt: skip
        return
    terminal.print_line(sentence)
    terminal.print_line(
        f"\n{answer['model']} on {answer['tp']:g} × {answer['gpu']}, {answer['scheme']} cache; the log states: "
        + ", ".join(f"{key} {value}" for key, value in log.stated.items())
        + "."
    )
    rows = [
        (_name(part), _amount(part.name, part.logged), _amount(part.name, part.predicted), f"{part.difference:+.1%}")
        for part in parts
    ]
    terminal.print_table("", ("", ">log", ">predicted", ">difference"), rows)
    if assumed:
        terminal.print_line("Assumed: " + "; ".join(assumed) + ".")


def _name(part) -> str:
    return {"weights": "weights of a GPU", "pool": "cache of a GPU", "tokens": "pool"}[part.name]


def _amount(name: str, value: float) -> str:
    return f"{value:,.0f} tokens" if name == "tokens" else f"{value / 2**30:,.2f} GiB"
