"""Which character stands between the cells of a table, where it is not the comma that costmodel reads."""

OTHERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def separator_fault(header: str) -> str:
    """What is wrong with the first line of a table whose cells are not separated by commas, in words; "" where nothing is."""
    counts = {mark: header.count(mark) for mark in OTHERS}
    mark = max(counts, key=counts.__getitem__)
    if counts[mark] <= header.count(","):
        return ""
    return f"expected cells separated by commas, got {OTHERS[mark]}: export the table again, or replace them"
