"""``calibrate fit``: fit all measured kernels of a GPU and engine and write their profile."""

import argparse

HELP = "fit all kernels of a GPU and engine from the imported tables and write their profile"
LAWS = ("all", "profile", "prefill", "latent")


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--gpu", required=True, help="canonical id, such as h100-sxm")
    parser.add_argument("--engine", required=True, help="vllm, tensorrt-llm or sglang")
    parser.add_argument("--kernel", help="only decode attention of this kernel family")
    parser.add_argument("--law", choices=LAWS, default="all", help="only the profile itself, or only one beside it")
    parser.add_argument("--refit", action="store_true", help="fit again what an earlier run has finished")


def run(chosen: argparse.Namespace) -> int:
    """Fit, write, and say what was written."""
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
