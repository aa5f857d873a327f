"""The file of a sweep: where it may go, and sweeps that are never held whole."""

from pathlib import Path

from costmodel import files
from costmodel.cli import terminal
from costmodel.errors import InputError
from costmodel.text.counted import counted
from costmodel.text.progress import progress

MAX_HELD_POINTS = 2_000_000  # more are written part by part, to Parquet


def parse_outputs(text: str) -> str | list[str] | None:
    """The columns that ``--outputs`` names, as ``sweep`` takes them."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise InputError("--outputs: expected all, default, or names of columns, got nothing")
    return {"all": "all", "default": None}.get(text.strip(), names)


def check_out(out: str | None, deployment, force: bool, points: int, is_reduced: bool, dask: str | None) -> Path:
    """The file to write, checked before any work; the default one where the user named none.

    Raises InputError for a name that cannot be written, a file that is the user's own, or a format that cannot be streamed.
    """
    from costmodel.evaluation.ask.write import check_sweep_target

    suffix = ".nc" if is_reduced else ".parquet" if dask or points > MAX_HELD_POINTS else ".csv"
    if out:
        target = check_sweep_target(out)
        if is_reduced and target.suffix not in (".nc", ".zarr"):
            raise InputError(f"--out {out}: --cells writes a map; expected a name that ends in .nc or .zarr")
        if not is_reduced and target.suffix != ".parquet" and (dask or points > MAX_HELD_POINTS):
            reason = "--dask" if dask else counted(points, "point")
            raise InputError(f"--out {out}: {reason} can only be written to a name that ends in .parquet")
        return target
    target = files.make_folder("costmodel-out") / f"sweep-{deployment.model.id}-{deployment.gpu.id}{suffix}"
    files.refuse_existing([check_sweep_target(str(target)), _record(target)], _record(target), force, str(target))
    return target


def stamp(target: Path) -> None:
    """Record what was written under a name that the user did not give, so that a change of it is noticed."""
    files.write_text(_record(target), files.stamp([target.read_bytes(), b""]) + "\n")


def _record(target: Path) -> Path:
    """Where the stamp of a file that the user did not name stands, for CSV has no comments."""
    return target.with_suffix(".stamp")


def write_streamed(axes, target: Path, dask: str | None, json: bool) -> None:
    """Write a sweep part by part, here or on a cluster, and say how often each scheme wins."""
    from costmodel.evaluation.ask.stream import run_parts, stream_sweep

    with progress("sweep") as tick, terminal.kept_when_stopped("the parts that are done are kept"):
        if dask:
            from costmodel.evaluation.ask.distributed import dask_runner

            with dask_runner(dask) as run:
                streamed = stream_sweep(axes, target, tick, run)
        else:
            streamed = stream_sweep(axes, target, tick, run_parts)
    counts = _count_verdicts(target) if "verdict" in axes.names else {}
    if json:
        terminal.print_json(
            {"points": axes.points, "written": str(target), "resumed_parts": streamed.resumed, "verdicts": counts}
        )
        return
    _print_counts(axes.deployments[0][0], counts)
    if streamed.resumed:
        terminal.print_line(
            f"{streamed.resumed:,} of {streamed.parts:,} parts were there from a run that was cut short."
        )
    terminal.print_line(f"Full result: {target} ({counted(axes.points, 'point')})")


def _count_verdicts(path: Path) -> dict[str, dict[str, int]]:
    """Points by scheme and verdict, read from the file a row group at a time."""
    import pyarrow.parquet as pq

    counts: dict[str, dict[str, int]] = {}
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=["scheme", "verdict"])
        for row in table.group_by(["scheme", "verdict"]).aggregate([([], "count_all")]).to_pylist():
            by_verdict = counts.setdefault(row["scheme"], {})
            by_verdict[row["verdict"]] = by_verdict.get(row["verdict"], 0) + row["count_all"]
    return counts


VERDICTS = ("wins", "loses", "cannot tell", "needs kernel", "does not fit", "beyond context limit")


def _print_counts(deployment, counts: dict[str, dict[str, int]]) -> None:
    from costmodel.analyses.sentences import counts_sentence

    if not counts:
        terminal.print_deployment(deployment)
        return
    terminal.print_answer(counts_sentence(counts), deployment)
    verdicts = [verdict for verdict in VERDICTS if any(verdict in found for found in counts.values())]
    rows = [
        (scheme, *(f"{by_verdict.get(verdict, 0) / sum(by_verdict.values()):.1%}" for verdict in verdicts))
        for scheme, by_verdict in counts.items()
    ]
    terminal.print_table("Points by verdict, same batch:", ("scheme", *(f">{verdict}" for verdict in verdicts)), rows)
    terminal.print_assumed(deployment)


def write_shares(deployment, schemes, axes: dict, cells: int, target: Path, json: bool) -> None:
    """Write shares of verdicts on a map, and say them over the whole of it."""
    from costmodel.evaluation.ask.shares import verdict_shares
    from costmodel.evaluation.ask.write import write_sweep

    with progress("sweep") as tick:
        shares = verdict_shares(deployment, scheme=schemes, cells=(cells, cells), progress=tick, **axes)
    write_sweep(shares, str(target))
    counts = (shares["share"] * shares["points"]).sum(["batch", "context"]).round().astype(int)
    table = {
        scheme: {verdict: int(counts.sel(scheme=scheme, verdict=verdict)) for verdict in counts["verdict"].values}
        for scheme in shares["scheme"].values
    }
    points = int(shares["points"].sum())
    if json:
        terminal.print_json({"points": points, "written": str(target), "verdicts": table})
        return
    _print_counts(deployment, table)
    sizes = f"{shares.sizes['batch']} × {shares.sizes['context']}"
    terminal.print_line(f"Full result: {target} ({counted(points, 'point')} on {sizes} cells)")
