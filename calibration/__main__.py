"""``python -m calibration fit --gpu h100-sxm --engine vllm`` writes a profile; ``report`` prints its errors."""

import argparse
import sys

from costmodel.errors import CostModelError

LAWS = ("all", "profile", "prefill", "latent")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0, or 2 after a mistake that the caller can mend."""
    parser = argparse.ArgumentParser(prog="python -m calibration", description="Fit the formulas to measured kernels.")
    commands = parser.add_subparsers(dest="command", required=True)
    fit = commands.add_parser("fit", help="fit all kernels of a GPU and engine and write their profile")
    fit.add_argument("--gpu", required=True, help="canonical id, such as h100-sxm")
    fit.add_argument("--engine", required=True, help="vllm, tensorrt-llm or sglang")
    fit.add_argument("--kernel", help="only decode attention of this kernel family")
    fit.add_argument("--law", choices=LAWS, default="all", help="only the profile itself, or only one beside it")
    fit.add_argument("--refit", action="store_true", help="fit again what an earlier run has finished")
    show = commands.add_parser("report", help="errors on rows outside the fits, from the raw measurements")
    show.add_argument("--gpu", help="only this GPU")
    show.add_argument("--engine", help="only this engine")
    show.add_argument("--seeds", action="store_true", help="fit again under five seeds and show how far errors spread")
    commands.add_parser("serving", help="errors of the time per token on published runs of whole engines")
    from calibration.cuda import command as cuda
    from calibration.static import command as static

    cuda.arguments(commands.add_parser("cuda", help="measure the CUDA device at hand"))
    static.arguments(
        commands.add_parser("static", help="codec costs from compiled kernels, without a GPU; --static FILE")
    )
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen = parser.parse_args(["static", *given[1:]] if given[:1] == ["--static"] else given)
    try:
        return {"fit": _fit, "report": _report, "serving": _serving, "static": static.run, "cuda": cuda.run}[
            chosen.command
        ](chosen)
    except CostModelError as error:
        print(f"calibration: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("calibration: stopped; finished fits are kept, run the same command to go on", file=sys.stderr)
        return 130


def _fit(chosen: argparse.Namespace) -> int:
    from calibration.companions import calibrate_latent, calibrate_prefill
    from calibration.run import calibrate

    gpu, engine = chosen.gpu.lower().replace("_", "-"), chosen.engine.lower().replace("_", "-")
    engine, written = "tensorrt-llm" if engine == "trtllm" else engine, []
    if chosen.law in ("all", "profile"):
        written.append(calibrate(gpu, engine, chosen.kernel, chosen.refit))
    if chosen.law == "prefill" or (chosen.law == "all" and chosen.kernel is None):
        written.append(calibrate_prefill(gpu, engine, chosen.refit))
    if chosen.law == "latent" or (chosen.law == "all" and chosen.kernel is None):
        written.append(calibrate_latent(gpu, engine, chosen.refit))
    for profile in filter(None, written):
        place = "/".join(filter(None, (profile.part, profile.path.name)))
        print(f"wrote {place} with {len(profile.blocks)} fits")
    return 0


def _report(chosen: argparse.Namespace) -> int:
    import pandas as pd

    from calibration.report import over_seeds, pooled, profiles, report

    paths, tables = profiles(chosen.gpu, chosen.engine), []
    for path in paths:
        title = "median errors over five seeds" if chosen.seeds else "errors on held-out rows"
        print(f"\n{path.stem}: {title}, percent")
        tables.append(pd.DataFrame((over_seeds if chosen.seeds else report)(path)))
        print(tables[-1].to_string(index=False, na_rep="", float_format=lambda x: f"{x:.1f}"))
    if len(paths) > 1 and not chosen.seeds:
        print("\ndecode attention, every GPU, engine, kernel and KV type alike, percent")
        print(pooled(pd.concat(tables)).to_frame().T.to_string(float_format=lambda x: f"{x:.1f}"))
    return 0


def _serving(chosen: argparse.Namespace) -> int:
    from calibration.serving import by_concurrency, compared

    rows, left_out = compared()
    print("time per output token: the static step against published serving runs, none of them fitted, percent")
    print(by_concurrency(rows).to_string(float_format=lambda x: f"{x:.1f}"))
    print("left out: " + "; ".join(f"{count} runs {reason}" for reason, count in left_out.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
