"""The ``costmodel`` command: its sub-commands, and how a user's mistake is reported (one message, exit status 2)."""

import errno
import os
import sys
import warnings
from typing import Annotated

import typer

from costmodel.cli import (
    breakeven,
    calibrate,
    cite,
    claims,
    dashboard,
    delta,
    equivalent,
    explain,
    facts,
    fragmentation,
    hit_rate,
    load,
    notebooks,
    plot,
    predict,
    quality,
    recommend,
    referee,
    regime,
    replay,
    schemes,
    stress,
    sweep,
    tex,
    validate,
)
from costmodel.cli.once import OnceCommand
from costmodel.errors import CostModelError, CostModelWarning

# Errors of a write to what standard output was sent to: no room, a quota, a limit of size, a fault of the device.
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
app = typer.Typer(
    name="costmodel",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Start with: costmodel sweep --model llama-70b",
)
for name, module in {
    "sweep": sweep,
    "predict": predict,
    "regime": regime,
    "breakeven": breakeven,
    "explain": explain,
    "load": load,
    "recommend": recommend,
    "stress": stress,
    "hit-rate": hit_rate,
    "fragmentation": fragmentation,
    "replay": replay,
    "plot": plot,
    "dashboard": dashboard,
    "delta": delta,
    "equivalent": equivalent,
    "referee": referee,
    "claims": claims,
    "notebooks": notebooks,
    "schemes": schemes,
    "quality": quality,
    "cite": cite,
    "tex": tex,
    "validate": validate,
}.items():
    app.command(name, cls=getattr(module, "COMMAND_CLASS", OnceCommand))(module.command)
for name in ("models", "gpus", "engines", "implementations"):
    app.command(name, cls=OnceCommand)(getattr(facts, name))
app.command(
    "calibrate", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(calibrate.command)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        import costmodel

        typer.echo(f"costmodel {costmodel.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Where KV-cache compression pays off in LLM inference, where it loses, and why."""


def print_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """A replacement for ``warnings.showwarning`` that prints costmodel's own warnings as one line on stderr."""
    if issubclass(category, CostModelWarning):
        typer.echo(f"Warning: {message}", err=True)
    else:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def _print_utf8() -> None:
    """Let what goes to a file or a pipe be UTF-8 in any locale; on a terminal, what its locale lacks is replaced."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(**({"errors": "replace"} if stream.isatty() else {"encoding": "utf-8"}))


def main() -> None:
    """Run the command line; exit status 2 for a mistake that the user can correct."""
    warnings.showwarning = print_warning
    _print_utf8()
    try:
        try:
            app(prog_name="costmodel")
        finally:
            sys.stdout.flush()  # here, where a full disk can be told, not when the interpreter ends
    except CostModelError as error:
        typer.secho(f"costmodel: {error}", err=True, fg="red" if sys.stderr.isatty() else None)
        raise SystemExit(2) from None
    except BrokenPipeError:  # the reader of a pipe closed it, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as error:  # of a stream: a file's own errors carry its name
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        typer.echo(f"costmodel: standard output: cannot be written: {error.strerror}", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
