"""What ``costmodel validate --pools`` prints: pools that engines printed at their start, row by row, and errors by kind."""

from costmodel.cli import terminal


def print_pools(json: bool) -> None:
    """Print predicted and printed pools, and their errors for models of one kind of layers and for hybrids apart."""
    from costmodel.analyses import pool_validation

    rows = pool_validation.pools()
    errors = pool_validation.summary(rows)
    if json:
        terminal.print_json({"rows": [vars(row) | {"error": row.error} for row in rows], "summary": errors})
        return
    heads = ("set-up", "layers", "", ">printed", ">predicted", ">error")
    listed = [
        (row.setup, row.kind, "settles" * row.settles, f"{row.printed:,.0f}", f"{row.predicted:,.0f}", f"{row.error:+.1%}")
        for row in rows
    ]  # fmt: skip
    terminal.print_table("Pools in tokens, as engines print them at their start", heads, listed)
    terminal.print_line()
    heads = ("layers", ">n", ">median", ">p90", ">worst", ">bias", ">within 5 %")
    table = [
        (e["what"], e["n"], *(f"{e[name]:.1%}" for name in ("median", "p90", "worst")), f"{e['bias']:+.1%}", f"{e['close']:.0%}")
        for e in errors
    ]  # fmt: skip
    terminal.print_table("Errors, of rows that settled no constant", heads, table)
    terminal.print_line("\nSources and notes: costmodel validate --pools --json")
