"""``costmodel calibrate``, or ``python -m calibration``: measure, fit, report, propose.

Each command is a file in ``calibration/commands``. The words may also be given as options (``--next 8`` for ``next 8``).
"""

import argparse
import sys

from calibration.commands import COMMANDS
from costmodel.errors import CostModelError

DEFAULT = "measure"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0, or 2 after a mistake that the caller can mend."""
    parser = argparse.ArgumentParser(prog="costmodel calibrate", description="Fit the formulas to measured kernels.")
    commands = parser.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        command.add(commands.add_parser(name, help=command.HELP, description=command.HELP))
    chosen = parser.parse_args(_worded(sys.argv[1:] if arguments is None else arguments) or [DEFAULT])
    try:
        return COMMANDS[chosen.command].run(chosen)
    except CostModelError as error:
        print(f"calibration: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("calibration: stopped; finished work is kept, run the same command to go on", file=sys.stderr)
        return 130


def _worded(arguments: list[str]) -> list[str]:
    """``--next 8 …`` as ``next 8 …``: a command given as an option comes first."""
    for place, word in enumerate(arguments):
        if word.startswith("--") and word[2:] in COMMANDS:
            return [word[2:], *arguments[place + 1 :], *arguments[:place]]
    return list(arguments)


if __name__ == "__main__":
    sys.exit(main())
