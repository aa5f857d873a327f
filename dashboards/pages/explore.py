"""One step of several schemes from every side: what it waits for, what it stores, where it stands under the roof."""

import numpy as np

from costmodel.analyses.batches import curves
from costmodel.analyses.explain import explain
from costmodel.analyses.layers import layers as by_layer
from costmodel.analyses.load_curves import curves as under_load
from costmodel.analyses.memory import memory as stacks
from costmodel.analyses.roofline import roofline as under_the_roof
from costmodel.plots import first_token, latency, layers, load, memory, roofline, throughput, waterfall
from dashboards import place
from dashboards.page import Drawn, Found, Page, about
from dashboards.selection import PLACE as WHERE
from dashboards.selection import Selection, command

PLACE = 1
FIELDS = ("schemes", "at_batch", "at_context", *WHERE)
STEPS = 60  # batches of a curve
GENERATED = 256  # output tokens of a request under load, as costmodel plot load has it


def find(chosen: Selection) -> Found:
    """Eight figures of the chosen schemes and the uncompressed cache."""
    here, point, names = place.where(chosen), place.point(chosen), place.listed(chosen, baseline=True)
    batch, context = point
    most = int(here.engine.numbers["max_sequences"])
    batches = np.unique(np.geomspace(1, most, STEPS).round())
    over = throughput.table(curves(here, names, batches, context))
    at = f"{here.label}; batch {batch:g}, context {context:,.0f}"
    along = f"{here.label}; context {context:,.0f}"

    def told(figure: str, **more) -> str:
        return command(chosen, ("plot", figure), (*WHERE, "schemes", "at_batch", "at_context"), schemes=names, **more)

    batch_axis = f"1:{most}:{STEPS}"
    loaded = load.table(under_load(here, names, batches, context, GENERATED))
    flight = f"{here.label}; prompts of {context:,.0f} tokens, outputs of {GENERATED}"
    drawn = {
        "waterfall": Drawn(
            waterfall, waterfall.table([explain(here, name, *point) for name in names]), at, told("waterfall")
        ),
        "memory": Drawn(memory, memory.table(stacks(here, names, *point)), at, told("memory")),
        "roofline": Drawn(roofline, roofline.table(under_the_roof(here, names, *point)), at, told("roofline")),
        "throughput": Drawn(throughput, over, along, told("throughput", at_batch=batch_axis)),
        "latency": Drawn(latency, over, along, told("latency", at_batch=batch_axis)),
        "load": Drawn(load, loaded, flight, told("load", at_batch=batch_axis)),
        "first-token": Drawn(first_token, loaded, flight, told("first-token", at_batch=batch_axis)),
        "layers": Drawn(layers, layers.table(by_layer(here, names, *point)), at, told("layers")),
    }
    return Found(drawn, about(here), where=here)


PAGE = Page(
    path="/explore",
    name="Explore",
    lead="One decode step of several schemes: what it waits for, what it stores, how far it goes with the batch.",
    fields=FIELDS,
    figures={
        "waterfall": "What a step waits for",
        "memory": "Memory of one GPU",
        "roofline": "Under the roof",
        "throughput": "Throughput over the batch",
        "latency": "Time of a token over the batch",
        "load": "Time of a token under load",
        "first-token": "First token under load",
        "layers": "Layer by layer",
    },
    find=find,
    uploads=("scheme", "config"),
)
