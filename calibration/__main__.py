"""``costmodel calibrate``, or ``python -m calibration``: measure, fit, report, propose.

Each command is a file in ``calibration/commands``. A command may also be given as an option (``--next 8`` for ``next 8``),
except where other commands have an option of that name.
"""

import sys

from calibration.commands.registry import COMMANDS, parser
from costmodel.errors import CostModelError

DEFAULT = "measure"
OPTIONS_OF_OTHERS = ("engine",)  # commands that are no command where they are written as an option


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0, 2 after a mistake that the caller can mend, 130 where it was stopped."""
    args = parser().parse_args(_command_first(sys.argv[1:] if arguments is None else arguments) or [DEFAULT])
    try:
        return COMMANDS[args.command].run(args)
    except CostModelError as error:
        print(f"calibration: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("calibration: stopped; finished work is kept, run the same command to go on", file=sys.stderr)
        return 130


def _command_first(arguments: list[str]) -> list[str]:
    """``--next 8 …`` as ``next 8 …``: a command given as an option comes first."""
    for index, argument in enumerate(arguments):
        name = argument.removeprefix("--")
        if name != argument and name in COMMANDS and name not in OPTIONS_OF_OTHERS:
            return [name, *arguments[index + 1 :], *arguments[:index]]
    return list(arguments)


if __name__ == "__main__":
    sys.exit(main())
