"""Link, controls, uploads and a page's own inputs, kept in agreement: whichever changed last decides the selection."""

from dataclasses import replace

from dash import Input, ctx, html, no_update

from costmodel.errors import CostModelError
from dashboards import controls, uploads
from dashboards.controls import control_id
from dashboards.page import Page
from dashboards.selection import SEPARATOR, Selection, format_query, parse_query, restrict_to

UPLOAD_FIELDS = {"scheme": "scheme", "config": "model", "measurements": "measured"}


def sync_selection(page: Page, query, values, own_values, dropped, filenames, previous) -> tuple:
    """What changes in link, stores, messages and controls, in the order of the callback's outputs.

    ``previous`` are the links for which figures, and the page's own parts, were last drawn.
    """
    trigger, message = ctx.triggered_id, ""
    selection = _apply_inputs(page, parse_query(query or ""), trigger, values, own_values)
    for kind, contents, filename in zip(page.uploads, dropped, filenames, strict=True):
        if trigger == f"{page.id}-upload-{kind}" and contents:
            selection, message = _apply_upload(page, selection, kind, filename or "file", contents)
    link, point_link, full_link = (
        format_query(restrict_to(selection, page.fields)),
        format_query(restrict_to(selection, page.control_names)),
        format_query(selection),
    )
    shown = {name: controls.to_value(name, getattr(selection, name)) for name in page.control_names}
    # A control that stays as it is costs the browser as much to write as one that moves.
    moved = {name for name, before in zip(shown, values, strict=True) if shown[name] != before}
    is_bare = trigger in (None, f"{page.id}-url") and not query
    return (
        no_update if full_link == query or is_bare else full_link,
        no_update if link == previous[0] else link,
        no_update if point_link == previous[1] or not page.point_fields else point_link,
        message,
        [None if any(dropped) else no_update] * len(page.uploads),
        [value if name in moved else no_update for name, value in shown.items()],
        [controls.choices_with(name, shown[name]) if name in moved else no_update for name in page.open_choices],
        page.echo(selection),
    )


def _apply_inputs(page: Page, selection: Selection, trigger, values, own_values) -> Selection:
    """The selection after the control or the page's own input that triggered the callback, if one did."""
    for name, value in zip(page.control_names, values, strict=True):
        if trigger == control_id(page.id, name):
            selection = replace(selection, **{name: controls.to_text(value)})
    for own, value in zip(page.inputs, own_values, strict=True):
        if _is_trigger(own.source, trigger) and value is not None:
            selection = own.change(selection, value)
    return selection


def _is_trigger(source: Input, trigger) -> bool:
    """Whether an input, perhaps one of many with a pattern for an id, triggered the callback."""
    id_ = source.component_id
    if isinstance(trigger, dict) and isinstance(id_, dict):
        return trigger.keys() == id_.keys()
    return trigger is not None and trigger == id_


def _apply_upload(page: Page, selection: Selection, kind: str, filename: str, contents: str) -> tuple:
    """The selection with an uploaded file, and the message that says so or why it was rejected."""
    try:
        name = uploads.store_upload(kind, filename, contents)
    except CostModelError as error:
        return selection, html.Span(["Upload rejected: ", str(error)], className="bad")
    if kind == "scheme" and "schemes" in page.fields:  # beside the others, also where it is the one in detail
        selection = replace(selection, schemes=SEPARATOR.join([*selection.scheme_names, name]))
    if kind != "scheme" or "scheme" in page.fields:
        selection = replace(selection, **{UPLOAD_FIELDS[kind]: name})
    message = f"Uploaded {uploads.label_of(name)}; the server stores it {uploads.STORED}."
    reveal = {"data-reveal": name} if kind == "scheme" else {}  # the browser scrolls to its tile
    return selection, html.Span(message, **reveal)
