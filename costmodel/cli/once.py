"""The class of every sub-command: options are refused in words where they are typed twice, or by another tool's name.

Click keeps the last of repeated options, so that ``--scheme fp8 --scheme int8`` would answer for one of the two in silence; and
it finds names that are spelt alike, not those that mean the same (``--users`` and ``--concurrency``).
"""

import re
from collections import Counter

from typer.core import TyperCommand

from costmodel.errors import InputError

SAID_OTHERWISE = {"gen_len": ("output",), "concurrency": ("batch",)}  # columns whose options have names of their own


class OnceCommand(TyperCommand):
    """A command whose options may be repeated only where they collect a list; its help fills the lines of the screen."""

    def format_help(self, ctx, formatter) -> None:
        """Write the help with lines as wide as the screen: those of a docstring end where the source's do."""
        self.help = re.sub(r"(?<!\n)\n(?!\n)", " ", self.help or "")
        super().format_help(ctx, formatter)

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        """Read the command line as Typer does.

        Raises InputError naming an option that stands twice where one is taken, or the one that is meant by another word.
        """
        try:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        except Exception as error:
            typed = getattr(error, "option_name", "")
            if meant := _meant(typed, self.get_params(ctx)):
                raise InputError(
                    f"{typed}: {ctx.info_name} has no such option; did you mean {' or '.join(meant)}?"
                ) from None
            raise
        for param, times in Counter(order).items():
            if times > 1 and not getattr(param, "multiple", False):
                raise InputError(f"{_option(param)}: expected once, got it {times} times; {ctx.info_name} takes one")
        return super().parse_args(ctx, args)


def _meant(typed: str, params) -> list[str]:
    """The options among ``params`` that mean what somebody typed; none where it is one of them, or no other word for any."""
    from costmodel.evaluation.ask.column_names import OTHER_WORDS

    if any(typed in param.opts for param in params):  # whose value is missing
        return []
    plain = typed.lstrip("-").replace("-", "_")
    same = [{name, *words, *SAID_OTHERWISE.get(name, ())} for name, words in OTHER_WORDS.items()]
    words = set().union(*(group for group in same if plain in group))
    return [_option(param) for param in params if param.name in words and not getattr(param, "hidden", False)]


def _option(param) -> str:
    """The name under which help shows a parameter: the longest of its spellings."""
    return max(param.opts, key=len)
