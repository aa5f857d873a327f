"""``calibrate bench``: an engine's constants from results of serving benchmarks, on the shipped ones as a prior."""

import argparse

from costmodel.text.counted import counted

COLUMNS = ("concurrency", "prompt_len", "gen_len", "tpot_ms", "ttft_ms", "model", "gpu")
FILE, ROW = "its file", "its place there"
HELP = "an engine's constants from your own serving benchmarks, on the shipped ones as a prior"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options: results, and what they leave out."""
    parser.add_argument(
        "results", nargs="+", help="results of vllm bench serve or SGLang's bench_serving, or CSV files"
    )
    parser.add_argument("--engine", required=True, help="engine id")
    parser.add_argument("--gpu", help="GPU id")
    parser.add_argument("--model", help="model id")
    parser.add_argument("--tp", type=int, help="GPUs that share every layer")
    parser.add_argument("--weight-dtype", help="type of the weights")
    parser.add_argument("--scheme", help="scheme that the engine ran")
    parser.add_argument("--out", help="data directory (the user's by default)")


def run(args: argparse.Namespace) -> int:
    """Update, write the engine's file, print constants and errors before and after."""
    import sys
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from calibration.bench.update import update
    from calibration.bench.write import write_engine
    from calibration.data import results, table
    from costmodel.errors import InputError
    from costmodel.evaluation.ask import table_io

    defaults = {name: getattr(args, name) for name in ("model", "gpu", "tp", "weight_dtype", "scheme")}
    defaults = {name: value for name, value in defaults.items() if value is not None}
    tables, paths = [], _each_once(args.results)
    for path in paths:
        if Path(path).suffix in results.SUFFIXES or Path(path).is_dir():
            rows, measured = results.read(Path(path), "", defaults | {"engine": args.engine})
            if measured != "tpot_ms":
                raise InputError(f"{path}: expected times under load (tpot_ms), got {measured}")
            for remark in rows.attrs["remarks"]:
                print(f"Remark: {remark}.", file=sys.stderr)
        else:
            rows = table.fill_in(table_io.read(path), defaults | {"engine": args.engine}, path)
        for column in COLUMNS:
            if column not in rows:
                raise InputError(f"{path}: there is no column {column}, and no option states it")
        tables.append(rows.assign(**{FILE: path, ROW: range(1, len(rows) + 1)}))
    runs = pd.concat(tables, ignore_index=True)
    _refuse_twice(runs)
    updated = update(runs, args.engine)
    source = f"calibrate bench: {counted(len(updated.errors), 'run')} of one's own, on the shipped value as a prior"
    target = write_engine(updated, source, Path(args.out) if args.out else None)
    print(f"{updated.engine}: {counted(len(updated.errors), 'run')}; {updated.left_out} beyond the pool left out\n")
    for name, value in updated.constants.items():
        print(f"  {name:<20} {updated.shipped[name]:>10.4g} → {value:.4g}")
    for what in ("tpot", "ttft"):
        before, after = (
            100 * np.expm1(updated.errors[f"{what}_{when}"].abs()).median() for when in ("before", "after")
        )
        print(f"\n{what.upper()}: median error {before:.1f} % → {after:.1f} % on these runs, which are no judges of it")
    print(f"\nwrote {target}")
    return 0


def _each_once(paths: list[str]) -> list[str]:
    """The paths; InputError for one that is given twice, under whatever name."""
    from pathlib import Path

    from costmodel.errors import InputError

    seen: dict[Path, str] = {}
    for path in paths:
        if (place := Path(path).resolve()) in seen:
            raise InputError(f"{path}: given twice (as {seen[place]}): its runs would count twice")
        seen[place] = path
    return paths


def _refuse_twice(runs) -> None:
    """InputError for a run that two files hold: times that agree in every digit at one load are one run."""
    from costmodel.errors import InputError

    first: dict[tuple, tuple] = {}
    for run in runs.to_dict("records"):
        key, place = tuple(str(run[name]) for name in COLUMNS), (run[FILE], run[ROW])
        if key in first and first[key][0] != place[0]:
            raise InputError(
                f"{place[0]}: run {place[1]} is run {first[key][1]} of {first[key][0]}: it would count twice; give each run once"
            )
        first.setdefault(key, place)
