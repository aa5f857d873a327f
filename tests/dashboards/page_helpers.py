"""What tests of the dashboard share: the words of a component."""


def text(part) -> str:
    """All words of a component."""
    if isinstance(part, (list, tuple)):
        return " ".join(map(text, part))
    return text(part.children) if hasattr(part, "children") else "" if part is None else str(part)
