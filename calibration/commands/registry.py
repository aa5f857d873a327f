"""The commands of ``costmodel calibrate`` by name, and the parser over them."""

import argparse

from calibration.commands import (
    bench,
    cuda,
    engine,
    fit,
    learnt,
    measure,
    next,
    published,
    report,
    serving,
    static,
    step_kernels,
    steps,
)

COMMANDS = {
    "measure": measure,
    "fit": fit,
    "report": report,
    "next": next,
    "serving": serving,
    "bench": bench,
    "static": static,
    "cuda": cuda,
    "steps": steps,
    "step-kernels": step_kernels,
    "published": published,
    "list": learnt.LIST,
    "remove": learnt.REMOVE,
    "engine": engine,
}


def parser() -> argparse.ArgumentParser:
    """The parser of ``costmodel calibrate`` with all commands."""
    parser = argparse.ArgumentParser(prog="costmodel calibrate", description="Fit the formulas to measured kernels.")
    commands = parser.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        command.add(commands.add_parser(name, help=command.HELP, description=command.HELP))
    return parser
