"""Sections in words: each file turns one section's dataclass into paragraphs, tables and figures; nothing is computed."""
