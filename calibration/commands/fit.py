"""``calibrate fit``: fit all measured kernels of a GPU and engine and write their profile."""

import argparse

HELP = "fit all kernels of a GPU and engine from the imported tables and write their profile"
LAWS = ("all", "profile", "prefill", "latent", "grouped")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--gpu", required=True, help="canonical id, such as h100-sxm")
    parser.add_argument(
        "--engine", required=True, help="vllm, tensorrt-llm or sglang; embedded: the project's own kernels"
    )
    parser.add_argument("--kernel", help="only decode attention of this kernel family")
    parser.add_argument("--law", choices=LAWS, default="all", help="only the profile itself, or only one beside it")
    parser.add_argument("--refit", action="store_true", help="fit again what an earlier run has finished")


def run(args: argparse.Namespace) -> int:
    """Fit, write, and print what was written; UnknownName for a GPU or an engine that was not measured."""
    from calibration.data.aiconfigurator import require_measured
    from calibration.profiles.companion_profiles import calibrate_grouped, calibrate_latent, calibrate_prefill
    from calibration.profiles.fit_profile import calibrate
    from calibration.profiles.kept_profile import calibrate_kept
    from calibration.profiles.local_profile import ENGINE
    from costmodel.facts import gpus, store

    identifier, engine = store.normal(args.gpu), store.normal(args.engine)
    if engine == ENGINE:
        profile = calibrate_kept(gpus.load(identifier).id)
        print(f"wrote {profile.path.name} with {len(profile.sections)} fits")
        return 0
    require_measured(identifier)
    gpu, engine, written = gpus.load(identifier), "tensorrt-llm" if engine == "trtllm" else engine, []
    if args.law in ("all", "profile"):
        written.append(calibrate(gpu, engine, args.kernel, args.refit))
    if args.law == "prefill" or (args.law == "all" and args.kernel is None):
        written.append(calibrate_prefill(gpu, engine, args.refit))
    if args.law == "latent" or (args.law == "all" and args.kernel is None):
        written.append(calibrate_latent(gpu, engine, args.refit))
    if args.law == "grouped" or (args.law == "all" and args.kernel is None):
        written.append(calibrate_grouped(gpu, engine, args.refit))
    for profile in filter(None, written):
        folder = "" if profile.file_kind == "profile" else f"{profile.file_kind}/"
        print(f"wrote {folder}{profile.path.name} with {len(profile.sections)} fits")
    return 0
