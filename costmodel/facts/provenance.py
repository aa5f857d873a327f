"""Where each number comes from: datasheet, measured, published, compiled, assumed; as text beside the number.

A fact keeps its source in its file; what a fit stores carries device, date and error. Nothing is looked up twice: this
reads what the deployment already holds.
"""

from dataclasses import dataclass

from costmodel.facts import profiles
from costmodel.facts.codec_costs import select_codec_costs
from costmodel.facts.deployment import Deployment
from costmodel.facts.vocabulary import vocabulary

LAWS = {
    "gemm": "gemm",
    "all-reduce": "all_reduce",
    "codec": "codec",
    "small-kernel": "small_kernel",
    "in-step": "in_step",
}


@dataclass(frozen=True)
class Origin:
    """The kind of a source (datasheet, measured, inherited, ideal, published, compiled, assumed, asked) and its text."""

    kind: str
    text: str


def origin(deployment: Deployment, name: str, label: str = "") -> Origin:
    """The origin of one input of the vocabulary on a deployment; ``label`` names the fit of attention in use."""
    entry = vocabulary().get(name, {})
    if entry.get("kind") == "coefficient":
        return _fitted(deployment, entry["law"], label)
    table = entry.get("table", "")
    gpu, engine, model = deployment.gpu, deployment.engine, deployment.model
    for file in (gpu, engine):
        if name in file.defaults:
            return Origin("assumed", f"{file.id}: {file.defaults[name]}")
    if table == "link":
        link = deployment.link
        return Origin(link.status.get(name, "published"), f"link {link.id}: {link.sources.get(name, link.source)}")
    if name == "link_bandwidth":
        name = deployment.link.lanes
    if table == "gpu" or name == "peak":
        key = name if name in gpu.sources else "peak_16bit"
        return Origin(
            gpu.status.get(key, "datasheet").replace("read", "datasheet"), f"{gpu.id}: {gpu.sources.get(key, gpu.name)}"
        )
    if table == "engine":
        source = engine.sources.get(name, f"no source of its own; the file's: {engine.source}")
        return Origin(engine.status.get(name, "published"), f"{engine.id}: {source}")
    if table in ("model", "layer"):
        return Origin("published" if model.status == "read" else "recalled", f"{model.id}: {model.source}")
    if name == "conversion_spread":
        return Origin("compiled", select_codec_costs(gpu).describe())
    if name.startswith("knob"):
        return Origin("asked", "a knob of the scheme")
    if table == "codec":
        return Origin("compiled", "instruction counts of compiled kernels, × or ÷ 2")
    return Origin("asked", "the set-up that was asked for")


def _fitted(deployment: Deployment, law: str, label: str) -> Origin:
    profile = deployment.profile
    if law == "prefill-attention":
        return _beside(profile, "prefill")
    if law == "grouped":
        return _beside(profile, "grouped")
    if law == "attention" and label.endswith(profiles.LATENT):
        return _beside(profile, "latent")
    if law in LAWS and not _has(profile, LAWS[law]):
        profile = profiles.ideal()
    if law == "spread":
        return Origin(profile.origin, f"{profile.id}: spread of held-back residuals")
    if (section := profile.file.sections.get(LAWS.get(law, ""))) and section.source:
        return Origin(profile.origin if section.points else "assumed", f"{profile.id}: {section.source}")
    if not profile.calibrated:
        return Origin("ideal", "uncalibrated: typical values, no measurement of this GPU and engine")
    fit = f"{label}, " if law == "attention" and label else ""
    return Origin(profile.origin, f"{profile.id}: {fit}fitted {profile.fitted}, {profile.source}")


def _has(profile: profiles.Profile, law: str) -> bool:
    return bool(profile.file.gemm) if law == "gemm" else law in profile.file.sections


def _beside(profile: profiles.Profile, law: str) -> Origin:
    """A law that is fitted apart, in a file of its own beside the profile."""
    file = {"prefill": profile.prefill_file, "latent": profile.latent_file, "grouped": profile.grouped_file}[law]
    if file is None:
        what = "grouped products of experts" if law == "grouped" else f"{law} attention"
        return Origin("ideal", f"uncalibrated: typical values, no {what} of this GPU and engine was measured")
    text = f"profiles/{law}/{profile.id}: fitted {file.header.fitted}, {file.header.source}"
    return Origin(profile.origin, text)
