"""``costmodel validate``: predicted against measured, every row listed."""

from costmodel.cli import options as o


def command(json: o.Json = False) -> None:
    """Hold predicted memory against measured pools, sessions, caches and ratios; list every row.

    Kernel errors on unseen rows are recomputed by: costmodel calibrate report.

    Example: costmodel validate
    """
    from costmodel.analyses import validation
    from costmodel.cli import show

    checks, running = validation.capacity(), validation.concurrency()
    told = validation.summary(checks)
    if json:
        show.as_json({"capacity": [c.__dict__ | {"error": c.error} for c in checks], "summary": told,
                      "concurrency": [c.__dict__ | {"error": c.error} for c in running]})  # fmt: skip
        return
    heads = ("what was measured", ">measured", ">predicted", "", ">error")
    show.table("Capacity", heads, [_row(check) for check in checks])
    spread = f"median {told['median']:.1%}, p90 {told['p90']:.1%}, worst {told['worst']:.1%}, bias {told['bias']:+.1%}"
    show.say(f"\n{told['n']} rows: {spread}")
    show.say("\nEffective batch size, which is a mean over a request's stay, against a peak of running requests")
    show.table("", heads, [_row(check) for check in running])
    show.say("\nSources: costmodel validate --json")


def _row(check):
    return check.what, f"{check.measured:,.6g}", f"{check.predicted:,.6g}", check.unit, f"{check.error:+.1%}"
