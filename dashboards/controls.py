"""Controls out of fact files: whatever model, GPU, engine or scheme has a file can be chosen here.

A number carries the unit and the meaning that the vocabulary gives it.
"""

from dash import dcc, html

from costmodel.facts import store
from costmodel.facts.vocabulary import vocabulary
from dashboards.selection import KINDS, NAMES, POINT, Selection

LABELS = {
    "model": "Model", "gpu": "GPU", "tp": "Tensor parallel", "engine": "Engine", "scheme": "Scheme",
    "comparison": "Comparison", "tpot": "TPOT ≤", "ttft": "TTFT ≤", "batch": "Batch", "context": "Context",
    "at_batch": "Batch", "at_context": "Context",
}  # fmt: skip
QUANTITIES = {"tp": "ranks", "tpot": "tpot", "ttft": "ttft", "batch": "batch", "context": "context", "at_batch": "batch",
              "at_context": "context"}  # fmt: skip
UNITS = {"tp": "GPUs", "tpot": "ms", "ttft": "ms"}  # where a person counts in another unit than the formulas
EMPTY = {"tp": "auto", "ttft": "any", "tpot": "any", "context": "to the model's longest", "batch": "1:256"}
HINTS = {
    "scheme": "Names joined by +, knobs in brackets: h2o[budget=1024]+fp8",
    "batch": "8 or 1,8,64 or 1:256 (doubling) or 1:256:20 (20 points)",
}
COMPARED = {
    "same-batch": "same batch (latency)",
    "own-batch": "own largest batch (capacity)",
    "objective": "objective (goodput)",
}
NUMBERS = ("tp", "tpot", "ttft", *POINT)


def panel() -> list:
    """The controls of the regime map in the order in which one asks."""
    names = html.Datalist(id="scheme-names", children=[html.Option(value=each) for each in store.files("schemes")])
    objective = html.Div([control("tpot"), control("ttft")], id="objective", className="pair", hidden=True)
    return [
        *(control(name) for name in ("model", "gpu", "engine", "tp", "scheme")),
        names,
        control("comparison"),
        objective,
        *(control(name) for name in ("batch", "context")),
    ]


def control(name: str):
    """One control with its label, its unit and a tooltip that says what it means."""
    entry = vocabulary().get(QUANTITIES.get(name, ""), {})
    unit = UNITS.get(name, _plain(entry.get("unit", "")))
    label = [LABELS[name], html.Span(f" {unit}", className="unit")] if unit else LABELS[name]
    parts = [html.Label(label, htmlFor=name, id=f"{name}-label"), _field(name)]
    if name in HINTS:
        parts.append(html.Small(HINTS[name], id=f"{name}-hint"))
    return html.Div(parts, id=f"{name}-control", className="control", title=entry.get("meaning") or HINTS.get(name))


def _field(name: str):
    value = getattr(Selection(), name)
    if name in KINDS:
        return dcc.Dropdown(choices(name), value, id=name, clearable=False, maxHeight=320)
    if name == "comparison":
        listed = [{"label": words, "value": key} for key, words in COMPARED.items()]
        return dcc.Dropdown(listed, value, id=name, clearable=False, searchable=False)
    kind = {"type": "number", "step": "any"} if name in NUMBERS else {"type": "text"}
    suggested = {"list": "scheme-names", "spellCheck": "false"} if name == "scheme" else {}
    return dcc.Input(
        id=name, value=shown(name, value), placeholder=EMPTY.get(name, ""), debounce=True, autoComplete="off", **kind,
        **suggested,
    )  # fmt: skip


def choices(name: str) -> list[dict]:
    """What can be chosen, by name, with the id as value."""
    kind = KINDS[name]
    found = [{"label": store.table(kind, each).get("name", each), "value": each} for each in store.files(kind)]
    return found if name == "engine" else sorted(found, key=lambda choice: choice["label"].lower())


def values(chosen: Selection) -> list:
    """What every control shows for a selection."""
    return [shown(name, getattr(chosen, name)) for name in NAMES]


def shown(name: str, text: str):
    """A text as its control holds it: a number where it is one."""
    if name not in NUMBERS:
        return text
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number == int(number) else number


def chosen(given) -> Selection:
    """The selection that the controls hold."""
    return Selection(**{name: _text(value) for name, value in zip(NAMES, given, strict=True)})


def _text(value) -> str:
    return "" if value is None else f"{value:.12g}" if isinstance(value, (int, float)) else str(value).strip()


def _plain(unit: str) -> str:
    return {"sequence": "sequences", "token/sequence": "tokens"}.get(unit, unit)
