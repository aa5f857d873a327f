"""Controls out of fact files: whatever model, GPU, engine or scheme has a file can be chosen here.

A number carries the unit and the meaning that the vocabulary gives it. Every page has its own set of them; an id is the
page's name and the field's, so that two pages never answer for one another.
"""

from dash import dcc, html

from costmodel import stress
from costmodel.analyses import model_sizes
from costmodel.evaluation.ask.kernels import KERNELS
from costmodel.facts import store
from costmodel.facts.deployment import WEIGHT_TYPES
from costmodel.facts.vocabulary import vocabulary
from costmodel.plots.pareto import LABELS as QUANTITIES
from dashboards import uploads
from dashboards.selection import BETWEEN, KINDS, UPLOADED, Selection

LABELS = {
    "model": "Model", "gpu": "GPU", "tp": "Tensor parallel", "engine": "Engine", "scheme": "Scheme", "schemes": "Schemes",
    "comparison": "Comparison", "tpot": "TPOT ≤", "ttft": "TTFT ≤", "batch": "Batch", "context": "Context",
    "at_batch": "Batch", "at_context": "Context", "weight_dtype": "Weights", "memory_fraction": "Memory fraction",
    "beside": "Side by side", "binding": "Overlay", "x": "Across", "y": "Up", "price": "Price of a GPU hour",
    "benchmark": "Benchmark", "target": "Quantity", "chain": "Chain", "measured": "Measurements",
    "kernel": "Kernel", "test": "Test", "conditions": "Conditions", "over": "Axis",
}  # fmt: skip
MEANT = {
    "tp": "ranks", "tpot": "tpot", "ttft": "ttft", "batch": "batch", "context": "context", "at_batch": "batch",
    "at_context": "context", "memory_fraction": "memory_fraction",
}  # fmt: skip
UNITS = {
    "tp": "GPUs",
    "tpot": "ms",
    "ttft": "ms",
    "price": "any currency",
}  # where people count otherwise than formulas
EMPTY = {
    "tp": "auto", "ttft": "any", "tpot": "any", "context": "to the model's longest", "batch": "1:256:100",
    "memory_fraction": "the engine's", "price": "none", "weight_dtype": "the model's own", "kernel": "as the columns say",
    "conditions": "the test's", "over": "the test's",
}  # fmt: skip
HINTS = {
    "scheme": "Names joined by +, knobs in brackets: h2o[budget=1024]+fp8",
    "batch": "8 or 1,8,64 or 1:256 (doubling) or 1:256:100 (100 points)",
    "at_context": "8192 or 16K",
    "benchmark": "Of the quality loss: published scores against the 16-bit cache",
    "conditions": "Numbers by name: context=64K own=1K",
    "over": "1,8,64 or 1:128 (doubling) or 1:1K:40 (40 points)",
    "kernel": "Of calls of your own, where their columns leave it open",
    "schemes": "Type a sentence such as h2o[budget=1024]+fp8 under Scheme to see one of your own",
}
CHOICES = {
    "comparison": {"same-batch": "same batch (latency)", "own-batch": "own largest batch (capacity)",
                   "objective": "objective (goodput)"},
    "beside": {"schemes": "schemes", "models": "model sizes"},
    "x": QUANTITIES, "y": QUANTITIES, "measured": {"tables": "aiconfigurator's tables"},
    "kernel": {name: name.replace("-", " ") for name in KERNELS},
}  # fmt: skip
SWITCHES = {"binding": "name the term that binds", "chain": "every formula behind it"}
NUMBERS = ("tp", "tpot", "ttft", "price")
PAIRS = (("tpot", "ttft"), ("at_batch", "at_context"), ("batch", "context"), ("x", "y"), ("tp", "weight_dtype"))


def identity(page: str, name: str) -> str:
    """The id of a control."""
    return f"{page}-{name}"


def panel(page: str, names) -> list:
    """The controls of a page in the order of its fields; what belongs together stands side by side."""
    parts, done = [], set()
    for name in names:
        if name in done:
            continue
        pair = next((p for p in PAIRS if p[0] == name and p[1] in names), None)
        done.update(pair or (name,))
        parts.append(html.Div([control(page, one) for one in pair], className="pair") if pair else control(page, name))
    return parts


def control(page: str, name: str):
    """One control with its label, its unit and a tooltip that says what it means."""
    entry = vocabulary().get(MEANT.get(name, ""), {})
    unit = UNITS.get(name, _plain(entry.get("unit", "")))
    label = [LABELS[name], html.Span(f" {unit}", className="unit")] if unit else LABELS[name]
    place = identity(page, name)
    parts = [html.Label(label, htmlFor=place, id=f"{place}-label"), _field(page, name)]
    if name in HINTS:
        parts.append(html.Small(HINTS[name], id=f"{place}-hint"))
    return html.Div(parts, id=f"{place}-control", className="control", title=entry.get("meaning") or HINTS.get(name))


def _field(page: str, name: str):
    place, value = identity(page, name), shown(name, getattr(Selection(), name))
    if name in SWITCHES:
        return dcc.Checklist([{"label": SWITCHES[name], "value": "yes"}], value, id=place)
    if name in KINDS or name in CHOICES or name in ("weight_dtype", "schemes", "target", "test"):
        many = name == "schemes"
        return dcc.Dropdown(choices(name), value, id=place, multi=many, clearable=many or name in EMPTY, maxHeight=320,
                            placeholder=EMPTY.get(name, "Choose"))  # fmt: skip
    kind = {"type": "number", "step": "any"} if name in NUMBERS else {"type": "text"}
    if name == "scheme":
        kind |= {"list": f"{place}-names", "spellCheck": "false"}
    field = dcc.Input(id=place, value=value, placeholder=EMPTY.get(name, ""), debounce=True, autoComplete="off", **kind)
    if name != "scheme":
        return field
    names = [html.Option(value=each) for each in store.files("schemes")]
    return html.Div([field, html.Datalist(names, id=f"{place}-names")])


def choices(name: str) -> list[dict]:
    """What can be chosen, by name, with the id as value."""
    if name in CHOICES:
        return [{"label": words, "value": key} for key, words in CHOICES[name].items()]
    if name == "weight_dtype":
        return [{"label": each, "value": each} for each in WEIGHT_TYPES]
    if name == "schemes":
        return [{"label": each, "value": each} for each in store.files("schemes")]
    if name == "test":
        return [
            {"label": key.capitalize(), "value": key, "title": test.question}
            for key, test in stress.load_tests().items()
        ]
    if name == "target":
        told = sorted((key, e) for key, e in vocabulary().items() if e["kind"] in ("formula", "total", "slot"))
        return [{"label": key.replace("_", " "), "value": key, "title": e["meaning"]} for key, e in told]
    kind = KINDS[name]
    found = [{"label": store.read_fact_file(kind, each).get("name", each), "value": each} for each in store.files(kind)]
    return found if name == "engine" else sorted(found, key=lambda choice: choice["label"].lower())


def options(name: str, value) -> list[dict]:
    """The choices of a control that shows ``value``: also what was uploaded or typed and has no file here."""
    known = choices(name)
    given = value if isinstance(value, list) else [value] if value else []
    more = [each for each in given if each not in {choice["value"] for choice in known}]
    return [
        {"label": uploads.label(each) if each.startswith(UPLOADED) else each, "value": each} for each in more
    ] + known


def shown(name: str, text: str):
    """A text as its control holds it: a number, a list, nothing."""
    if name in SWITCHES:
        return ["yes"] if text == "yes" else []
    if name == "schemes":
        return [each for each in text.split(BETWEEN) if each]
    if name in ("weight_dtype", "kernel"):
        return text or None
    if name not in NUMBERS:
        return text
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number == int(number) else number


def text(value) -> str:
    """What a control holds, as a selection keeps it."""
    if isinstance(value, list):
        return BETWEEN.join(map(str, value))
    return "" if value is None else f"{value:.12g}" if isinstance(value, (int, float)) else str(value).strip()


def sizes(page: str):
    """A slider over the ladder of model sizes; it moves the model."""
    marks = {place: {"label": _size(name)} for place, name in enumerate(model_sizes.SIZES)}
    slider = dcc.Slider(
        0, len(marks) - 1, 1, value=None, marks=marks, id=f"{page}-size", included=False, updatemode="mouseup"
    )
    label = html.Label("Model size", id=f"{page}-size-label", htmlFor=f"{page}-size")
    return html.Div([label, slider], className="control size", title="Moves the model up and down a ladder of sizes.")


def _size(model: str) -> str:
    return store.read_fact_file("models", model)["name"].rsplit(" ", 1)[-1]


def _plain(unit: str) -> str:
    return {"sequence": "sequences", "token/sequence": "tokens"}.get(unit, unit)
