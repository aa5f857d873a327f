"""Where the law of open arrivals holds: found on development settings, and named in words where it does not."""

from costmodel.text.counted import counted

MAX_LOAD, MAX_PROMPT_SHARE, MIN_SLOTS = 0.9, 0.4, 8.0  # beyond them the law fails on development settings


def failing_conditions(offered: float, share: float, slots: float, max_sequences: int) -> tuple[str, ...]:
    """The conditions that do not hold, in words."""
    served = f"the load is {offered:.0%} of what a full pool serves"
    checks = (
        (offered >= 1, f"{served}, and the queue grows without end"),
        (MAX_LOAD < offered < 1, f"{served} (at most {MAX_LOAD:.0%})"),
        (share > MAX_PROMPT_SHARE, f"prompts take {share:.0%} of the time (at most {MAX_PROMPT_SHARE:.0%})"),
        (slots < MIN_SLOTS, f"the pool holds {slots:.3g} requests of mean length (at least {MIN_SLOTS:.0f})"),
        (slots > max_sequences, f"the scheduler's limit of {counted(max_sequences, 'sequence')} binds before the pool"),
    )
    return tuple(text for fails, text in checks if fails)
