"""Which tested version of an engine an installed one is closest to."""

import re
from collections.abc import Sequence


def nearest_version(installed: str, tested: Sequence[str]) -> tuple[str, bool]:
    """The tested version closest to the installed one, and whether the installed one is of that version.

    ``tested`` are versions such as "0.24", each standing for all its patches; a version without numbers, such as "dev", is
    taken as newer than all.
    """
    wanted = _numbers(installed) or (float("inf"), float("inf"))
    ordered = sorted(tested, key=_numbers)
    for version in ordered:
        numbers = _numbers(version)
        if wanted[: len(numbers)] == numbers:
            return version, True
    newer = [version for version in ordered if _numbers(version) > wanted]
    older = [version for version in ordered if _numbers(version) <= wanted]
    # The newest of the older ones: an interface is kept longer after it was written than it existed before.
    return (older[-1] if older else newer[0]), False


def version_message(name: str, installed: str, tested: Sequence[str]) -> str | None:
    """What to tell a user whose version was not tested; None where it was."""
    version, is_tested = nearest_version(installed, tested)
    if is_tested:
        return None
    known = ", ".join(f"{one}.x" for one in tested)
    return f"{name} {installed} is outside the tested range {known}; going on with the adapter written for {version}"


def _numbers(version: str) -> tuple[float, ...]:
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(float(part) for part in match[1].split(".")) if match else ()
