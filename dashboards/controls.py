"""Controls built from fact files: whatever model, GPU, engine or scheme has a file can be chosen here.

A number has the unit and the meaning that the vocabulary gives it. Every page has controls of its own: their ids begin with
the page's.
"""

import math

from dash import dcc, html

from costmodel import stress
from costmodel.analyses import model_sizes
from costmodel.facts import store
from costmodel.facts.deployment import WEIGHT_TYPES
from costmodel.facts.vocabulary import vocabulary
from dashboards import uploads
from dashboards.control_text import (
    CHOICES,
    HINTS,
    LABELS,
    NUMBERS,
    PAIRS,
    PLACEHOLDERS,
    PLURAL_UNITS,
    QUANTITY_NAMES,
    SWITCHES,
    UNITS,
)
from dashboards.selection import FACT_FOLDERS, SEPARATOR, UPLOAD_PREFIX, Selection

DROPDOWNS = (*FACT_FOLDERS, *CHOICES, "weight_dtype", "schemes", "target", "test")


def control_id(page_id: str, name: str) -> str:
    """The id of a control of a page."""
    return f"{page_id}-{name}"


def build_panel(page_id: str, names: tuple[str, ...]) -> list:
    """The controls of a page in the order of its fields; what belongs together stands side by side."""
    parts, done = [], set()
    for name in names:
        if name in done:
            continue
        pair = next((pair for pair in PAIRS if pair[0] == name and pair[1] in names), (name,))
        done.update(pair)
        controls = [build_control(page_id, member) for member in pair]
        parts.append(html.Div(controls, className="pair") if len(pair) > 1 else controls[0])
    return parts


def build_control(page_id: str, name: str):
    """One control with its label, its unit and a tooltip that says what it means."""
    entry = vocabulary().get(QUANTITY_NAMES.get(name, ""), {})
    unit = UNITS.get(name, PLURAL_UNITS.get(entry.get("unit", ""), entry.get("unit", "")))
    label = [LABELS[name], html.Span(f" {unit}", className="unit")] if unit else LABELS[name]
    id_ = control_id(page_id, name)
    parts = [html.Label(label, htmlFor=id_, id=f"{id_}-label"), _build_field(id_, name)]
    if name in HINTS:
        parts.append(html.Small(HINTS[name], id=f"{id_}-hint"))
    return html.Div(parts, id=f"{id_}-control", className="control", title=entry.get("meaning") or HINTS.get(name))


def _build_field(id_: str, name: str):
    value = to_value(name, getattr(Selection(), name))
    if name in SWITCHES:
        return dcc.Checklist([{"label": SWITCHES[name], "value": "yes"}], value, id=id_)
    if name in DROPDOWNS:
        is_list = name == "schemes"
        return dcc.Dropdown(choices(name), value, id=id_, multi=is_list, clearable=is_list or name in PLACEHOLDERS,
                            maxHeight=320, placeholder=PLACEHOLDERS.get(name, "Choose"))  # fmt: skip
    kind = {"type": "number", "step": "any"} if name in NUMBERS else {"type": "text"}
    if name == "scheme":
        kind |= {"list": f"{id_}-names", "spellCheck": "false"}
    placeholder = PLACEHOLDERS.get(name, "")
    field = dcc.Input(id=id_, value=value, placeholder=placeholder, debounce=True, autoComplete="off", **kind)
    if name != "scheme":
        return field
    names = [html.Option(value=scheme) for scheme in store.files("schemes")]
    return html.Div([field, html.Datalist(names, id=f"{id_}-names")])


def choices(name: str) -> list[dict]:
    """The options of a dropdown, with ids as values."""
    if name in CHOICES:
        return [{"label": label, "value": value} for value, label in CHOICES[name].items()]
    if name in ("weight_dtype", "schemes"):
        values = WEIGHT_TYPES if name == "weight_dtype" else store.files("schemes")
        return [{"label": value, "value": value} for value in values]
    if name == "test":
        tests = stress.load_tests().items()
        return [{"label": id_.capitalize(), "value": id_, "title": test.question} for id_, test in tests]
    if name == "target":
        quantities = sorted((id_, q) for id_, q in vocabulary().items() if q["kind"] in ("formula", "total", "slot"))
        return [{"label": id_.replace("_", " "), "value": id_, "title": q["meaning"]} for id_, q in quantities]
    folder = FACT_FOLDERS[name]
    named = [{"label": store.read_fact_file(folder, id_).get("name", id_), "value": id_} for id_ in store.files(folder)]
    return named if name == "engine" else sorted(named, key=lambda choice: choice["label"].lower())


def choices_with(name: str, value) -> list[dict]:
    """The options of a dropdown that shows ``value``: also what was uploaded or typed and has no file here."""
    listed = choices(name)
    values = value if isinstance(value, list) else [value] if value else []
    added = [text for text in values if text not in {choice["value"] for choice in listed}]
    labels = [uploads.label_of(text) if text.startswith(UPLOAD_PREFIX) else text for text in added]
    return [{"label": label, "value": text} for label, text in zip(labels, added, strict=True)] + listed


def to_value(name: str, text: str):
    """The value with which a control shows a text of a selection: a number, a list, None."""
    if name in SWITCHES:
        return ["yes"] if text == "yes" else []
    if name == "schemes":
        return [scheme for scheme in text.split(SEPARATOR) if scheme]
    if name in ("weight_dtype", "kernel"):
        return text or None
    if name not in NUMBERS:
        return text
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) else number


def to_text(value) -> str:
    """The text of a selection for the value of a control."""
    if isinstance(value, list):
        return SEPARATOR.join(map(str, value))
    return "" if value is None else f"{value:.12g}" if isinstance(value, (int, float)) else str(value).strip()


def build_size_slider(page_id: str):
    """A slider over the ladder of model sizes; it changes the model."""
    names = [store.read_fact_file("models", model)["name"] for model in model_sizes.SIZES]
    marks = {index: {"label": name.rsplit(" ", 1)[-1]} for index, name in enumerate(names)}
    slider = dcc.Slider(
        0, len(marks) - 1, 1, value=None, marks=marks, id=f"{page_id}-size", included=False, updatemode="mouseup"
    )
    label = html.Label("Model size", id=f"{page_id}-size-label", htmlFor=f"{page_id}-size")
    return html.Div([label, slider], className="control size", title="Moves the model up and down a ladder of sizes.")
