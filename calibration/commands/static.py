"""``costmodel calibrate static``: codec costs from compiled kernels; of a user's own kernel where a file is given.

A kernel file is Python and is imported, that is run, like any script: pass no file that you do not trust.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

from calibration.commands import static_comparisons
from costmodel.errors import InputError

HELP = "codec costs from compiled kernels, without a GPU; your own kernel: static FILE"

EXAMPLE = """\
the file is Python, and is run: it defines COSTMODEL, a list of dictionaries with

  name, kernel      a name, and the function under @triton.jit
  pointers          argument -> element type (bf16, fp16, fp32, fp8e4nv, fp8e5, i8, u8, i16, i32, i64)
  constants         argument -> value of every tl.constexpr
  tokens, numbers   cached tokens that one turn of the loop covers; numbers of one token, keys and values together
  warps, stages     as launched (4 and 2)
  floats            scalars that are 32-bit floats; the others count as 32-bit integers divisible by 16
  near_loads        widths in bit of loads that L2 serves ([16]: scales); all others come from memory
"""
COLUMNS = ("registers", "spilled", "shared", "blocks", "instructions", "issue", "port", "simulated")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = __doc__
    parser.epilog = EXAMPLE
    parser.add_argument("kernels", nargs="?", type=Path, help="a Python file of Triton kernels; it is run")
    parser.add_argument("--architecture", action="append", help="sm-80, sm-89, sm-90, sm-100 or sm-120; again for more")
    parser.add_argument("--rows", action="store_true", help="also every measured pair of the frozen comparison")
    parser.add_argument(
        "--write",
        action="store_true",
        help="compile the shipped codecs anew and write their tables; the frozen comparison from the kept runs",
    )


def run(args: argparse.Namespace) -> int:
    """Print the requested tables; InputError for what cannot be compiled or read."""
    from calibration.static.compile import ARCHITECTURES

    names = [f"sm-{number}" for number in ARCHITECTURES]
    selected = args.architecture or names
    for name in selected:
        if name not in names:
            raise InputError(f"--architecture: expected one of {', '.join(names)}, got {name!r}")
    architectures = [int(name.removeprefix("sm-")) for name in selected]
    if args.kernels is not None:
        _print_user_kernels(args.kernels, architectures)
    elif args.write:
        _write(architectures)
    else:
        _print_codec_tables(selected)
        static_comparisons.print_frozen(every_row=args.rows)
        static_comparisons.print_validation()
    return 0


def load_specs(path: Path) -> list:
    """The specs of a user's kernel file, which is imported; InputError where it cannot be, or does not define them."""
    from calibration.static.compile import version
    from calibration.static.spec import parse_spec

    version()
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    module_spec = importlib.util.spec_from_file_location(f"costmodel_kernels_{path.stem}", path)
    if module_spec is None:
        raise InputError(f"{path}: expected a Python file")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[module_spec.name] = module
    try:
        module_spec.loader.exec_module(module)
    except Exception as error:  # the user's own file may raise anything; its text is the message
        raise InputError(f"{path}: {type(error).__name__}: {error}") from error
    tables = getattr(module, "COSTMODEL", None)
    if not isinstance(tables, list) or not tables:
        raise InputError(f"{path}: COSTMODEL is missing; expected a list of dictionaries, as --help shows")
    return [parse_spec(table, f"{path}: COSTMODEL[{index}]") for index, table in enumerate(tables)]


def _print_user_kernels(path: Path, architectures: list[int]) -> None:
    from calibration.static.kernel_cost import kernel_cost
    from calibration.static.pipes import load_rates

    specs = load_specs(path)
    for architecture in architectures:
        clock = load_rates(architecture).clock
        print(f"\nsm-{architecture}, ns per token and cached head on one multiprocessor at {clock / 1e9:.2f} GHz")
        _print_head()
        for spec in specs:
            try:
                cost = kernel_cost(spec, architecture)
            except InputError as error:
                print(f"{spec.name:16s} {error}")
                continue
            _print_row(cost.name, vars(cost), clock)
    print(
        "\nstatic: counts are lower bounds, the simulation a prior (× or ÷ 2); rates are recalled; measure to replace it"
    )


def _write(architectures: list[int]) -> None:
    from calibration.static.codec_tables import write
    from calibration.static.frozen import write_comparison

    for architecture in architectures:
        print(f"wrote {write(architecture)}")
    print(f"wrote {write_comparison()}")


def _print_codec_tables(names: list[str]) -> None:
    from calibration.static.pipes import load_rates
    from costmodel.facts.codec_costs import load_codec_costs

    for name in names:
        table, clock = load_codec_costs(name), load_rates(int(name.removeprefix("sm-"))).clock
        print(
            f"\n{name}, ns per token and cached head on one multiprocessor at {clock / 1e9:.2f} GHz; {table.facts['shape']}"
        )
        _print_head("work")
        for codec, cost in table.facts["codec"].items():
            error = f"{cost['work']:6.2f} × ÷ {cost['error']:g}" if "work" in cost else ""
            _print_row(codec, cost, clock, error)
    print("\nwork: issue slots of a thread for each cached number beyond the 16-bit loop; static, no measurement")
    print("issue and port are lower bounds; every rate behind port and simulated is recalled")


def _print_head(*columns: str) -> None:
    print(f"{'':16s} " + " ".join(f"{name:>12s}" for name in COLUMNS) + "  " + " ".join(columns))


def _print_row(name: str, cost: dict, clock: float, comment: str = "") -> None:
    times = [1e9 * cost[key] / clock for key in ("issue_cycles", "port_cycles", "cycles")]
    counts = [f"{cost[key]:12d}" for key in ("registers", "spilled", "shared", "blocks")]
    shown = [*counts, f"{cost['instructions']:12.2f}", *(f"{time:12.2f}" for time in times)]
    print(f"{name:16s} " + " ".join(shown) + f"  {comment}")
