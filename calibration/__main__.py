"""``costmodel calibrate``, or ``python -m calibration``: measure, fit, report, propose.

Each command is a file in ``calibration/commands``. A command may also be given as an option (``--next 8`` for ``next 8``).
"""

import sys

from calibration.commands.registry import COMMANDS, parser
from costmodel.errors import CostModelError

DEFAULT = "measure"


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
        if argument.startswith("--") and argument[2:] in COMMANDS:
            return [argument[2:], *arguments[index + 1 :], *arguments[:index]]
    return list(arguments)


if __name__ == "__main__":
    sys.exit(main())
