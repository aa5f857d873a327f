"""What ``costmodel validate`` prints: memory, fitted kernels as stated or computed again, and a user's own data."""

from costmodel.cli import terminal
from costmodel.errors import InputError
from costmodel.text.counted import counted
from costmodel.text.progress import progress

LEGEND = """Percent, on rows outside the fits; a group is a profile, a kernel and a KV type. cold: more than twice the L2.
within: rows inside their 90 % interval; ±: its median half-width. Medians of simpler laws: roofline: bytes over
bandwidth; share: a launch, and a fraction of the bandwidth; surface: radial functions over the shape; the latter two
were given the same points as the law."""
MAX_LISTED_ROWS = 20  # rows of a user's table that are printed one by one
ERRORS = {"n": "n", "median": "median", "p90": "p90", "p99": "p99", "bias": "bias"}
OTHER_MEASURES = {
    "cold_median": "cold", "cold_p90": "p90", "coverage": "within", "width": "±",
    "roofline": "roofline", "efficiency": "share", "interpolation": "surface",
}  # fmt: skip
ATTENTION = {"kv_dtype": "KV", "head_dim": "width"} | ERRORS | OTHER_MEASURES
WINNERS = {
    "profile": "profile", "n": "pairs", "sign_all": "all", "sign_5": "> 5 %", "sign_20": "> 20 %", "sign_cold_5": "cold",
    "balanced_5": "balanced", "ratio_median": "ratio off", "ratio_p90": "p90",
}  # fmt: skip
OTHERS = {"what": "law"} | ERRORS
SUMMARY = {"law": "law", "groups": "groups", "median": "median", "p90": "p90", "bias": "bias"} | OTHER_MEASURES


def print_steps(json: bool) -> None:
    """Print errors of whole decode steps of real engines, by cache type."""
    from costmodel.analyses.step_validation import step_accuracy

    results = step_accuracy()
    if json:
        terminal.print_json([vars(result) for result in results])
        return
    heads = (
        "engine",
        "GPU",
        "model",
        "cache type",
        "evidence",
        ">steps",
        ">median",
        ">p90",
        ">bias",
        ">within",
        ">±",
        "fitted",
    )
    rows = [
        (
            r.engine, r.gpu, r.model, r.kv_cache_dtype, r.evidence, r.rows, f"{r.median:.1%}", f"{r.p90:.1%}", f"{r.bias:+.1%}",
            f"{r.inside:.0%}", f"{r.half_width:.1%}", "yes" if r.is_learnt else "no",
        )
        for r in results
    ]  # fmt: skip
    terminal.print_table("Whole decode steps: predicted against measured", heads, rows)
    terminal.print_line(
        "within: steps inside their 90 % interval; ±: its median half-width. Steps whose kernels by name taught the profile"
    )
    terminal.print_line(
        "what a step pays beside its kernels' benchmarks are left out. fitted: the steps themselves taught it, and prove nothing."
    )
    for source in dict.fromkeys(r.source for r in results):
        terminal.print_line(f"Source: {source}")


def print_capacity(json: bool) -> None:
    """Print predicted and measured memory, row by row."""
    from costmodel.analyses import validation

    capacity, concurrency = validation.capacity(), validation.concurrency()
    statistics = validation.summary(capacity)
    if json:
        terminal.print_json({
            "capacity": [_comparison_as_json(row) for row in capacity], "summary": statistics,
            "concurrency": [_comparison_as_json(row) for row in concurrency],
        })  # fmt: skip
        return
    heads = ("what was measured", ">measured", ">predicted", "", ">error")
    terminal.print_table("Capacity", heads, [_comparison_row(row) for row in capacity])
    errors = ", ".join(f"{name} {statistics[name]:.1%}" for name in ("median", "p90", "worst"))
    terminal.print_line(f"\n{counted(statistics['n'], 'row')}: {errors}, bias {statistics['bias']:+.1%}")
    terminal.print_line(
        "\nEffective batch size, a mean over a request's residence, beside the peak of running requests"
    )
    terminal.print_table("", heads, [_comparison_row(row) for row in concurrency])
    terminal.print_line("\nSources: costmodel validate --json")


def _comparison_as_json(row) -> dict:
    return {
        "what": row.what, "measured": row.measured, "predicted": row.predicted, "unit": row.unit, "source": row.source,
        "error": row.error,
    }  # fmt: skip


def _comparison_row(row) -> tuple:
    return row.what, f"{row.measured:,.6g}", f"{row.predicted:,.6g}", row.unit, f"{row.error:+.1%}"


def print_kernels(json: bool) -> None:
    """Print the held-out errors that every profile states."""
    from costmodel.analyses import validation

    profiles = validation.kernels()
    if json:
        terminal.print_json([
            {"profile": p.profile, "fits": p.fits, "attention": p.attention, "sign": p.sign, "products": p.products}
            for p in profiles
        ])  # fmt: skip
        return

    def format_pair(values) -> str:
        return "" if values is None or values[0] != values[0] else f"{values[0]:.1f} / {values[1]:.1f}"

    heads = ("profile", ">fits", ">16 bit", ">fp8", ">fp8 faster", ">bf16 products", ">fp8 products")
    rows = [
        (p.profile, p.fits, format_pair(p.attention["bfloat16"]), format_pair(p.attention["fp8"]),
         f"{p.sign:.1f}" if p.sign == p.sign else "", format_pair(p.products.get("bfloat16")),
         format_pair(p.products.get("fp8")))
        for p in profiles
    ]  # fmt: skip
    terminal.print_table("", heads, rows)
    terminal.print_line(
        "\nPercent, on rows outside the fits. 16 bit, fp8: decode attention, median / p90 of the error, medians over head"
    )
    terminal.print_line(
        "widths. fp8 faster: among pairs that differ by more than 5 %, how often the faster format is predicted correctly."
    )
    terminal.print_line("Products: median error for m up to 256 / from 1,024.")


def print_serving(rival: bool) -> None:
    """Print times under load against published runs, as ``costmodel calibrate serving`` does, beside a rival's where asked."""
    from costmodel.cli.calibrate import MISSING
    from costmodel.files.plugins import load_plugin

    if status := load_plugin("calibrate", MISSING)(["serving", *(["--rival"] if rival else [])]):
        raise SystemExit(status)


def print_recomputed(gpu: str | None, engine: str | None, plot: str | None, json: bool, force: bool = False) -> None:
    """Print held-out errors computed again from the raw measurements, beside simpler laws fitted to the same points."""
    from costmodel.cli.calibrate import MISSING
    from costmodel.facts import gpus, store
    from costmodel.files.plugins import load_plugin
    from costmodel.plots import parity

    gpu, engine = (gpu and gpus.load(gpu).id), (engine and store.resolve("engines", engine))
    target = _check_target(plot, force)
    with progress("validate") as on_progress:
        errors = load_plugin("recompute", MISSING)(gpu, engine, on_progress)
    if target:
        rows = errors.rows
        rows = rows.assign(what="decode attention, " + rows["kv_dtype"], measured_us=rows["latency_us"])
        title = "Decode attention, predicted and measured, outside the fits"
        _draw(parity.to_frame(rows), target, title)
    if json:
        names = ("summary", "attention", "winners", "others")
        terminal.print_json({name: getattr(errors, name).to_dict(orient="records") for name in names})
        return
    single = gpu is not None and engine is not None
    if single and len(errors.attention):
        for kernel, rows in errors.attention[errors.attention["head_dim"] != "all"].groupby("kernel"):
            title = f"Decode attention, {kernel}, by KV type and head width"
            terminal.print_table(title, *_heads_and_rows(rows, ATTENTION))
            terminal.print_line()
    if len(errors.winners):
        title = "fp8 and 16 bit: whether the winner is right, and the error of the ratio"
        terminal.print_table(title, *_heads_and_rows(errors.winners, WINNERS))
        terminal.print_line()
    if single:
        others = errors.others.assign(what=_law_labels(errors.others))
        terminal.print_table("Other laws", *_heads_and_rows(others, OTHERS))
        terminal.print_line()
    terminal.print_table("Medians over groups, equally weighted", *_heads_and_rows(errors.summary, SUMMARY))
    for identifier, reason in errors.skipped.items():
        terminal.print_line(f"\n{identifier} is not recomputed: {reason}")
    terminal.print_line("\n" + LEGEND)


def _law_labels(others) -> list[str]:
    return [
        what if what.startswith(law) else f"{law} {what}".strip()
        for law, what in zip(others["law"], others["what"], strict=True)
    ]


def _heads_and_rows(frame, labels: dict) -> tuple[list, list]:
    """Heads and rows of those columns of a DataFrame that ``labels`` names; what is no number is empty."""
    columns = [name for name in labels if name in frame]
    heads = [labels[name] if frame[name].dtype.kind not in "if" else f">{labels[name]}" for name in columns]
    return heads, [[_format_cell(value) for value in row] for row in frame[columns].itertuples(index=False, name=None)]


def _format_cell(value) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    return f"{value:.1f}" if isinstance(value, float) and value < 1e4 and value % 1 else f"{value:,.0f}"


def print_user_data(
    path: str, form: str, defaults: dict, kernel: str | None, plot: str | None, json: bool, force: bool = False
) -> None:
    """Print a user's measurements beside predictions: the errors of all rows, and row by row where there are few."""
    from costmodel.cli.calibrate import MISSING
    from costmodel.files.plugins import load_plugin
    from costmodel.plots import parity

    target, comparison = _check_target(plot, force), load_plugin("compare", MISSING)
    rows = comparison.compare(path, form, defaults, kernel)
    statistics, unit = comparison.errors(rows), parity.UNITS[rows["unit"].iloc[0]]
    if target:
        _draw(parity.user_rows_to_frame(rows), target, f"Predicted and measured: {path}")
    if json:
        terminal.print_json({
            "errors": statistics, "rows": rows.to_dict(orient="records"), "remarks": rows.attrs["remarks"],
        })  # fmt: skip
        return
    for remark in rows.attrs["remarks"]:
        terminal.print_line(f"Remark: {remark}.")
    if len(rows) <= MAX_LISTED_ROWS:
        heads = ("row", f">measured {unit}", f">predicted {unit}", ">90 %", ">error")
        terminal.print_table("", heads, [_user_row(number, row) for number, row in enumerate(rows.itertuples(), 1)])
        terminal.print_line()
    kinds = " and ".join(rows["what"].unique())
    terminal.print_line(f"{counted(statistics['n'], 'row')} of {path}, {kinds}: {comparison.describe(statistics)}")


def _user_row(number: int, row) -> tuple:
    interval = f"{row.lo:,.4g} to {row.hi:,.4g}"
    return number, f"{row.measured:,.4g}", f"{row.predicted:,.4g}", interval, f"{row.error:+.1%}"


def _check_target(plot: str | None, force: bool):
    from costmodel.plots import files

    return files.validate_target(plot, "--plot", force) if plot else None


def _draw(frame, target, title: str) -> None:
    from costmodel.plots import files, parity

    if frame.empty:
        raise InputError("--plot: there is nothing to draw")
    for path in files.write_figure(
        lambda: parity.draw_matplotlib(frame, title), frame, target, parity.format_caption(frame)
    ):
        terminal.print_line(f"wrote {path}")
