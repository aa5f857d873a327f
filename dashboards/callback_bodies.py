"""Whether a request has the form in which the page sends a callback: what has not is refused before Dash reads it."""

from collections.abc import Mapping

EXPECTED = "expected a callback as a page of costmodel sends it\n"


def is_callback(body: object, callback_map: Mapping[str, dict]) -> bool:
    """Whether a parsed body names a callback of the application, with the inputs, states and outputs that it has."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        return False
    callback = callback_map.get(body["output"])
    changed = body.get("changedPropIds", [])
    if callback is None or "callback" not in callback or not isinstance(changed, list):
        return False
    stated = all(
        _is_stated(body.get(key, []), callback[key]) for key in ("inputs", "state") if body.get(key) or callback[key]
    )
    return (
        stated
        and all(isinstance(name, str) for name in changed)
        and _are_outputs(body.get("outputs"), callback["output"])
    )


def _is_stated(properties: object, due: list[dict]) -> bool:
    """Whether the properties are those due, in their order; of a pattern of ids, any number."""
    if not isinstance(properties, list) or len(properties) != len(due):
        return False
    return all(_matches(stated, entry) for stated, entry in zip(properties, due, strict=True))


def _matches(stated: object, due: dict) -> bool:
    if isinstance(stated, list):
        return due["id"].startswith("{") and all(
            _is_property(one) and isinstance(one["id"], dict) and one["property"] == due["property"] for one in stated
        )
    return _is_property(stated) and (stated["id"], stated["property"]) == (due["id"], due["property"])


def _is_property(value: object) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("id"), (str, dict)) and isinstance(value.get("property"), str)
    )


def _are_outputs(stated: object, due: object) -> bool:
    if isinstance(due, (list, tuple)):
        return isinstance(stated, list) and len(stated) == len(due) and all(map(_is_property, stated))
    return _is_property(stated)
