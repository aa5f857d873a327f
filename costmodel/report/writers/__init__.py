"""Three forms of one report: Markdown, one HTML file that needs nothing else, and JSON with a hash of its content."""

from costmodel.report.writers.html import to_html
from costmodel.report.writers.json import content_hash, to_json
from costmodel.report.writers.markdown import to_markdown

__all__ = ["content_hash", "to_html", "to_json", "to_markdown"]
