"""The class of every sub-command: an option that takes one value is refused where it is typed twice, not overridden.

Click keeps the last of repeated options, so that ``--scheme fp8 --scheme int8`` would answer for one of the two in silence.
"""

from collections import Counter

from typer.core import TyperCommand

from costmodel.errors import InputError


class OnceCommand(TyperCommand):
    """A command whose options may be repeated only where they collect a list."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        """Read the command line as Typer does; InputError naming an option that stands twice where one is taken."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for param, times in Counter(order).items():
            if times > 1 and not getattr(param, "multiple", False):
                raise InputError(f"{_option(param)}: expected once, got it {times} times; {ctx.info_name} takes one")
        return super().parse_args(ctx, args)


def _option(param) -> str:
    """The name under which help shows a parameter: the longest of its spellings."""
    return max(param.opts, key=len)
