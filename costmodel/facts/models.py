"""A model as groups of identical layers, from its TOML file or a Hugging Face config.json.

A name, an alias, a repository on the hub or a path to a configuration: each gives the same kind of table, checked against
one schema, and a model counts its parameters from its shapes.
"""

import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from costmodel.errors import FactError, UnknownName
from costmodel.facts import layers, store
from costmodel.facts.vocabulary import number
from costmodel.facts.weight_types import canonical_weight_type

MAX_PARAMETERS = 1e15  # hundreds of times the largest model
REPOSITORY = r"[\w.-]+/[\w.-]+"
KEYS = [
    "name",
    "family",
    "huggingface",
    "aliases",
    "source",
    "status",
    "read",
    "notes",
    "left_out",
    "hidden_size",
    "vocabulary_size",
    "tied_embeddings",
    "max_context",
    "weight_dtype",
    "unquantised",
    "weight_dtypes",
    "parameters",
    "parameters_published",
    "parameters_active",
    "other_parameters",
    "rotary_positions",
    "vision_parameters",
    "vision_patches",
    "vision_width",
    "vision_intermediate_size",
    "layers",
]
VISION = {"vision_parameters": "", "vision_patches": "token", "vision_width": "", "vision_intermediate_size": ""}


PARTS = ("attention", "mixer", "feed-forward", "shared-experts", "experts")
HUB = "hf:"  # before a repository of Hugging Face
WITHOUT_HUB = "its config.json, downloaded by hand, does without: --hf-config config.json"


@dataclass(frozen=True, eq=False)
class Model:
    """The facts of one model; ``groups`` are tables under the names of the vocabulary, one per kind of layer.

    ``left_out`` says what of the model is left out or assumed. ``part_types`` are the weight types of parts (of ``PARTS``) that
    differ where the checkpoint's own weight type runs.
    """

    id: str
    name: str
    source: str
    status: str
    hidden_size: float
    vocabulary_size: float
    tied_embeddings: bool
    max_context: float
    weight_dtype: str
    other_parameters: float
    groups: tuple[dict, ...]
    requested_name: str = ""
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    part_types: dict[str, str] = field(default_factory=dict)
    vision: dict[str, float] = field(default_factory=dict)
    facts: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def parameters(self) -> float:
        """Parameters counted from the shapes: projections, experts, embeddings; norms and biases left out."""
        embeddings = (2 - self.tied_embeddings) * self.vocabulary_size * self.hidden_size
        return embeddings + self.other_parameters + sum(layers.parameters(g, self.hidden_size) for g in self.groups)

    @property
    def checkpoint(self) -> str:
        """Its repository on Hugging Face: as the file states it, as it was asked for, or as its source names it."""
        if "huggingface" in self.facts:
            return self.facts["huggingface"]
        if re.fullmatch(REPOSITORY, self.requested_name):
            return self.requested_name
        named = re.search(rf"config\.json of ({REPOSITORY})", self.source)
        return named[1] if named else f"CHECKPOINT_OF_{self.id.upper().replace('-', '_')}"

    @property
    def rotary_table(self) -> tuple[float, float]:
        """Positions and numbers of a position in the table of rotary angles; no positions where the context has no limit.

        Linear scaling multiplies the positions, which a file then states (``rotary_positions``); other scalings extend the
        context itself.
        """
        default = self.max_context if math.isfinite(self.max_context) else 0.0
        positions = number(self.facts, "rotary_positions", "token", self.id, default=default)
        widths = [layers.rotary_width(group) for group in self.groups if group["attends"]]
        return (positions, max(widths)) if widths else (0.0, 0.0)

    def inner_width(self, input_copies: float = 0.0) -> float:
        """Widest activations of a token inside a layer over all GPUs, experts left out: gate, up and product, or a mixer's.

        ``input_copies`` are further copies of the product: its cast to the input type of the weights.
        """
        return max(1.0, *(layers.inner_width(group, self.hidden_size, input_copies) for group in self.groups))

    @property
    def has_experts(self) -> bool:
        """Whether any of its layers chooses among experts."""
        return any(group["experts"] > 0 for group in self.groups)

    def with_router_variation(self, variation: float) -> "Model":
        """The model whose routers choose their experts with that coefficient of variation (``layers.ROUTER_VARIATION``)."""
        groups = (g | {"router_variation": variation} if g["experts"] > 0 else g for g in self.groups)
        return replace(self, groups=tuple(groups))

    def has_shapes_of(self, other: "Model") -> bool:
        """Whether the two run the same kernels on the same shapes, whatever they are called."""
        sizes = [(m.hidden_size, m.vocabulary_size, m.groups) for m in (self, other)]
        return sizes[0] == sizes[1]


def load(name: str) -> Model:
    """The model of that id, alias, ``hf:org/name`` repository or path to a config.json.

    Raises UnknownName for no such model, FactError for a file that cannot be trusted.
    """
    if name.startswith(HUB):
        return from_hub(name.removeprefix(HUB))
    identifier = store.resolve("models", name)
    path = store.files("models")[identifier]
    return build(identifier, store.read_fact_file("models", identifier), str(path), requested_name=name)


def from_config(path: str | Path) -> Model:
    """The model that a Hugging Face config.json (or the folder that contains it) describes.

    Raises FactError for a file that cannot be read or describes what is not modelled.
    """
    from costmodel.facts import huggingface

    if str(path).startswith(HUB):
        raise FactError(f"{path}: expected the path of a config.json; a repository is named as --model {path}")
    path = Path(path)
    if path.is_dir():
        path = path / "config.json"
    config = huggingface.read_config(path)
    stem = path.stem if path.stem != "config" else path.parent.name
    return build(
        store.normal(stem) or "config", huggingface.model_table(config, str(path)), str(path), requested_name=str(path)
    )


def from_hub(repository: str) -> Model:
    """The model of a Hugging Face repository ``org/name``, by its config.json.

    Raises FactError where that names no repository, or huggingface_hub is not installed or cannot fetch the file, with what
    does without it.
    """
    if not re.fullmatch(REPOSITORY, repository, re.ASCII):
        raise FactError(f"hf:{repository}: expected a repository such as hf:Qwen/Qwen3-8B")
    try:
        from huggingface_hub import hf_hub_download  # pyright: ignore[reportMissingImports] - of the extra ``hub``
    except ImportError as error:
        raise FactError(
            f"hf:{repository} needs huggingface_hub: pip install 'costmodel[hub]' (or huggingface_hub alone); {WITHOUT_HUB}"
        ) from error
    try:
        path = hf_hub_download(repository, "config.json")
    except Exception as error:  # the hub's client raises a dozen unrelated types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise FactError(f"hf:{repository}: config.json could not be fetched: {reason}; {WITHOUT_HUB}") from error
    from costmodel.facts import huggingface

    table = huggingface.model_table(huggingface.read_config(Path(path)), f"hf:{repository}")
    return build(
        store.normal(repository.rsplit("/", 1)[-1]), table, f"hf:{repository}", requested_name=f"hf:{repository}"
    )


def build(identifier: str, facts: dict, location: str, requested_name: str = "") -> Model:
    """A Model from a table; ``requested_name`` is what the user typed.

    Raises FactError, naming ``location`` and the key, for what is missing, unknown or absurd.
    """
    store.check_keys(facts, KEYS, location, ("name", "source", "hidden_size", "vocabulary_size", "layers"))
    store.check_types(
        facts,
        {"tied_embeddings": bool, "notes": list[str], "left_out": list[str], "aliases": list[str], "weight_dtype": str},
        location,
    )
    store.check_types(facts, {"name": str, "source": str, "huggingface": str, "status": str}, location)
    if not isinstance(facts["layers"], list) or not facts["layers"]:
        raise FactError(f"{location}: layers: expected at least one [[layers]] table, got {facts['layers']!r}")
    hidden = number(facts, "hidden_size", "", location, positive=True)
    groups = tuple(
        layers.group(layer_table, f"{location}: layers[{index}]", hidden)
        for index, layer_table in enumerate(facts["layers"])
    )
    model = Model(
        id=identifier,
        name=facts["name"],
        source=facts["source"],
        status=facts.get("status", "read"),
        hidden_size=hidden,
        vocabulary_size=number(facts, "vocabulary_size", "", location, positive=True),
        tied_embeddings=bool(facts.get("tied_embeddings", False)),
        max_context=number(facts, "max_context", "token", location, default=math.inf, positive=True),
        weight_dtype=facts.get("weight_dtype", "bfloat16"),
        other_parameters=number(facts, "other_parameters", "", location, default=0.0),
        groups=groups,
        requested_name=requested_name,
        notes=tuple(facts.get("notes", ())),
        left_out=tuple(facts.get("left_out", ())),
        part_types=_part_types(facts, location),
        vision={key: number(facts, key, unit, location, default=0.0) for key, unit in VISION.items()},
        facts=facts,
    )
    if not 0 < model.parameters <= MAX_PARAMETERS:
        raise FactError(
            f"{location}: its widths, layers and experts make {model.parameters:.3g} parameters; expected at most "
            f"{MAX_PARAMETERS:.0e}"
        )
    return model


def _part_types(facts: dict, location: str) -> dict[str, str]:
    """Parts that stay at 16 bit (``unquantised``) or have a weight type of their own (``weight_dtypes``)."""
    kept, others = facts.get("unquantised", []), facts.get("weight_dtypes", {})
    if not isinstance(kept, list) or (unknown := [part for part in kept if part not in PARTS]):
        found = kept if not isinstance(kept, list) else unknown[0]
        raise FactError(f"{location}: unquantised: expected a list of {', '.join(PARTS)}, got {found!r}")
    if not isinstance(others, dict):
        raise FactError(f"{location}: weight_dtypes: expected a table of {', '.join(PARTS)}, got {others!r}")
    store.check_keys(others, PARTS, f"{location}: weight_dtypes", ())
    try:
        types = {part: canonical_weight_type(str(name)) for part, name in others.items()}
    except UnknownName as error:
        raise FactError(f"{location}: weight_dtypes: {error}") from None
    return dict.fromkeys(kept, "bfloat16") | types
