"""``costmodel validate``: predicted against measured, every row listed."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    kernels: Annotated[
        bool, typer.Option("--kernels", help="Errors of the fitted kernels on rows they did not see.")
    ] = False,
    json: o.Json = False,
) -> None:
    """Hold predictions against measurements: memory, or with --kernels the fitted kernels.

    Kernel errors are those that the profiles store; costmodel calibrate report computes them again from the raw tables.

    Example: costmodel validate
    """
    from costmodel.analyses import validation
    from costmodel.cli import show

    if kernels:
        _kernels(validation.kernels(), json)
        return
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


def _kernels(held, json: bool) -> None:
    from costmodel.cli import show

    if json:
        show.as_json([h.__dict__ for h in held])
        return

    def pair(values, slash=" / "):
        return "" if values is None or values[0] != values[0] else f"{values[0]:.1f}{slash}{values[1]:.1f}"

    heads = ("profile", ">fits", ">16 bit", ">fp8", ">fp8 faster", ">bf16 products", ">fp8 products")
    rows = [
        (h.profile, h.fits, pair(h.attention["bfloat16"]), pair(h.attention["fp8"]),
         f"{h.sign:.1f}" if h.sign == h.sign else "", pair(h.products.get("bfloat16")), pair(h.products.get("fp8")))
        for h in held
    ]  # fmt: skip
    show.table("", heads, rows)
    show.say(
        "\nPercent, on rows outside the fits. 16 bit, fp8: decode attention, median / p90 of the error, medians over head"
    )
    show.say(
        "widths. fp8 faster: pairs that differ by more than 5 % whose winner is right. Products: median for m up to 256 /"
    )
    show.say("from 1,024.")
