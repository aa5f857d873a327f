"""What ``costmodel validate`` prints: memory, fitted kernels as stated or computed again, and a user's own data."""

from costmodel.cli import show
from costmodel.errors import InputError

LEGEND = """Percent, on rows outside the fits; a group is a profile, a kernel and a KV type. cold: more than twice the L2.
within: rows inside their 90 % interval; ±: its median half-width. Medians of simpler laws: roofline: bytes over
bandwidth; share: a launch, and a share of the bandwidth; surface: radial functions over the shape; the latter two
were given the points that the law was given."""
LISTED = 20  # rows of a user's table that are printed one by one


def capacity(json: bool) -> None:
    """Memory whose conditions somebody stated, row by row."""
    from costmodel.analyses import validation

    checks, running = validation.capacity(), validation.concurrency()
    told = validation.summary(checks)
    if json:
        show.print_json({"capacity": [c.__dict__ | {"error": c.error} for c in checks], "summary": told,
                      "concurrency": [c.__dict__ | {"error": c.error} for c in running]})  # fmt: skip
        return
    heads = ("what was measured", ">measured", ">predicted", "", ">error")
    show.print_table("Capacity", heads, [_check(check) for check in checks])
    spread = f"median {told['median']:.1%}, p90 {told['p90']:.1%}, worst {told['worst']:.1%}, bias {told['bias']:+.1%}"
    show.print_line(f"\n{told['n']} rows: {spread}")
    show.print_line("\nEffective batch size, which is a mean over a request's stay, against a peak of running requests")
    show.print_table("", heads, [_check(check) for check in running])
    show.print_line("\nSources: costmodel validate --json")


def _check(check) -> tuple:
    return check.what, f"{check.measured:,.6g}", f"{check.predicted:,.6g}", check.unit, f"{check.error:+.1%}"


def kernels(json: bool) -> None:
    """Held-out errors as every profile states them."""
    from costmodel.analyses import validation

    held = validation.kernels()
    if json:
        show.print_json([h.__dict__ for h in held])
        return

    def pair(values, slash=" / "):
        return "" if values is None or values[0] != values[0] else f"{values[0]:.1f}{slash}{values[1]:.1f}"

    heads = ("profile", ">fits", ">16 bit", ">fp8", ">fp8 faster", ">bf16 products", ">fp8 products")
    rows = [
        (h.profile, h.fits, pair(h.attention["bfloat16"]), pair(h.attention["fp8"]),
         f"{h.sign:.1f}" if h.sign == h.sign else "", pair(h.products.get("bfloat16")), pair(h.products.get("fp8")))
        for h in held
    ]  # fmt: skip
    show.print_table("", heads, rows)
    show.print_line(
        "\nPercent, on rows outside the fits. 16 bit, fp8: decode attention, median / p90 of the error, medians over head"
    )
    show.print_line(
        "widths. fp8 faster: pairs that differ by more than 5 % whose winner is right. Products: median for m up to 256 /"
    )
    show.print_line("from 1,024.")


def recomputed(gpu: str | None, engine: str | None, plot: str | None, json: bool, force: bool = False) -> None:
    """Held-out errors computed again from the raw measurements, beside simpler laws given the same points."""
    from costmodel.cli.calibrate import MISSING
    from costmodel.cli.plugins import load_plugin
    from costmodel.facts import gpus, store
    from costmodel.plots import parity

    gpu, engine = (gpu and gpus.load(gpu).id), (engine and store.resolve("engines", engine))
    target = _target(plot, force)
    with show.progress("validate") as tick:
        found = load_plugin("recompute", MISSING)(gpu, engine, tick)
    if target:
        of = found.rows.assign(what="decode attention, " + found.rows["kv_dtype"], measured_us=found.rows["latency_us"])
        _draw(parity.table(of), target, "Decode attention, predicted against measured, outside the fits")
    if json:
        names = ("summary", "attention", "winners", "others")
        show.print_json({name: getattr(found, name).to_dict(orient="records") for name in names})
        return
    single = gpu is not None and engine is not None
    if single and len(found.attention):
        for kernel, part in found.attention[found.attention["head_dim"] != "all"].groupby("kernel"):
            show.print_table(f"Decode attention, {kernel}, by KV type and head width", *_frame(part, ATTENTION))
            show.print_line()
    if len(found.winners):
        show.print_table(
            "fp8 against 16 bit: whose winner is right, and the error of the ratio", *_frame(found.winners, WINNERS)
        )
        show.print_line()
    if single:
        show.print_table("Other laws", *_frame(found.others.assign(what=_named(found.others)), OTHERS))
        show.print_line()
    show.print_table("Medians over groups, every group alike", *_frame(found.summary, SUMMARY))
    for identifier, reason in found.skipped.items():
        show.print_line(f"\n{identifier} is not recomputed: {reason}")
    show.print_line("\n" + LEGEND)


ERRORS = {"n": "n", "median": "median", "p90": "p90", "p99": "p99", "bias": "bias"}
MORE = {
    "cold_median": "cold", "cold_p90": "p90", "coverage": "within", "width": "±",
    "roofline": "roofline", "efficiency": "share", "interpolation": "surface",
}  # fmt: skip
ATTENTION = {"kv_dtype": "KV", "head_dim": "width"} | ERRORS | MORE
WINNERS = {
    "profile": "profile", "n": "pairs", "sign_all": "all", "sign_5": "> 5 %", "sign_20": "> 20 %", "sign_cold_5": "cold",
    "balanced_5": "balanced", "ratio_median": "ratio off", "ratio_p90": "p90",
}  # fmt: skip
OTHERS = {"what": "law"} | ERRORS
SUMMARY = {"law": "law", "groups": "groups", "median": "median", "p90": "p90", "bias": "bias"} | MORE


def _named(others) -> list[str]:
    return [
        what if what.startswith(law) else f"{law} {what}".strip()
        for law, what in zip(others["law"], others["what"], strict=True)
    ]


def _frame(table, names: dict) -> tuple[list, list]:
    """Heads and rows of a DataFrame; what is no number is empty."""
    kept = [name for name in names if name in table]
    words = [names[name] if table[name].dtype.kind not in "if" else f">{names[name]}" for name in kept]
    return words, [[_cell(value) for value in row] for row in table[kept].itertuples(index=False, name=None)]


def _cell(value) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    return f"{value:.1f}" if isinstance(value, float) and value < 1e4 and value % 1 else f"{value:,.0f}"


def own(
    path: str, form: str, given: dict, kernel: str | None, plot: str | None, json: bool, force: bool = False
) -> None:
    """A user's measurements against predictions: the errors of all, and row by row where there are few."""
    from costmodel.cli.calibrate import MISSING
    from costmodel.cli.plugins import load_plugin
    from costmodel.plots import parity

    target, comparison = _target(plot, force), load_plugin("compare", MISSING)
    rows = comparison.compare(path, form, given, kernel)
    told, unit = comparison.errors(rows), parity.UNITS[rows["unit"].iloc[0]]
    if target:
        _draw(parity.own(rows), target, f"Predicted against measured: {path}")
    if json:
        show.print_json({"errors": told, "rows": rows.to_dict(orient="records")})
        return
    if len(rows) <= LISTED:
        heads = ("row", f">measured {unit}", f">predicted {unit}", ">90 %", ">error")
        show.print_table("", heads, [_row(place, row) for place, row in enumerate(rows.itertuples(), 1)])
        show.print_line()
    show.print_line(f"{told['n']:,} rows of {path}, {' and '.join(rows['what'].unique())}: {comparison.describe(told)}")


def _row(place: int, row) -> tuple:
    interval = f"{row.lo:,.4g} to {row.hi:,.4g}"
    return place, f"{row.measured:,.4g}", f"{row.predicted:,.4g}", interval, f"{row.error:+.1%}"


def _target(plot: str | None, force: bool):
    from costmodel.plots import files

    return files.check(plot, "--plot", force) if plot else None


def _draw(frame, target, title: str) -> None:
    from costmodel.plots import files, parity

    if frame.empty:
        raise InputError("--plot: there is nothing to draw")
    for path in files.save(lambda: parity.paper(frame, title), frame, target, parity.caption(frame)):
        show.print_line(f"wrote {path}")
