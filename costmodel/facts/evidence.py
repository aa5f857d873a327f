"""What a time or a ratio is known from: one list, strongest first, and the rules by which evidence combines.

A time has the evidence of its weakest kernel that matters, a ratio that of the weaker of its two sides. Only what somebody
measured, here or in a publication, can decide whether a scheme wins.
"""

from collections.abc import Iterable

EVIDENCE = ("measured", "relative", "published", "compiled", "ideal", "assumed")
MEANINGS = {
    "measured": "kernels of this GPU and implementation were measured",
    "relative": "the same kernels on another GPU of the architecture, at another head width or minor version",
    "published": "fitted to published times of this implementation",
    "compiled": "a static estimate, or a kernel of our own",
    "ideal": "its bytes at the efficiency of the engine's 16-bit kernel",
    "assumed": "nothing but what the user stated",
}
WEAKEST_DECISIVE = "published"
OF_ORIGIN = {"measured": "measured", "inherited": "relative", "ideal": "ideal"}  # of a profile


def weakest(evidence: Iterable[str]) -> str:
    """The weakest of several; ``measured`` of none."""
    return max(evidence, key=EVIDENCE.index, default="measured")


def is_decisive(evidence: str) -> bool:
    """Whether a verdict may rest on it: measured, relative or published."""
    return EVIDENCE.index(evidence) <= EVIDENCE.index(WEAKEST_DECISIVE)
