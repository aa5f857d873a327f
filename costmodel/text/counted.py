"""A number with the noun that it counts, in the singular where it is one."""


def counted(number: float, noun: str, plural: str = "") -> str:
    """``1 row``, ``1,024 rows``; ``plural`` where it is no mere s. The noun may stand behind its adjectives: ``bad row``."""
    return f"{number:,.0f} {noun if number == 1 else plural or f'{noun}s'}"
