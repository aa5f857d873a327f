"""What tests of the dashboard share: the pages, a small selection, what a page shows for it, the text of a component."""

import pytest

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dashboards.app import all_pages
from dashboards.page import PageContent, view
from dashboards.selection import Selection, restrict_to

PAGES = {page.id: page for page in all_pages()}
SMALL = Selection(batch="1:64:8", context="1K:32K:8", schemes="fp8|h2o")


def content_of(page: str, selection: Selection = SMALL) -> PageContent:
    """What the page of that id shows for a selection."""
    return view(PAGES[page], restrict_to(selection, PAGES[page].fields))


def text(part) -> str:
    """All text of a component."""
    if isinstance(part, (list, tuple)):
        return " ".join(map(text, part))
    return text(part.children) if hasattr(part, "children") else "" if part is None else str(part)
