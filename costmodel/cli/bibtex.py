"""Sources as BibTeX: an entry each, as text that LaTeX typesets as it stands, with the preprint or address that it names."""

import re
from collections.abc import Iterable

import costmodel

ARXIV = re.compile(r"arXiv[:\s]*(\d{4}\.\d{4,5})", re.IGNORECASE)
ADDRESS = re.compile(r"https?://[^\s;,)]+")
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def to_bibtex(rows: Iterable[tuple[str, str, str]]) -> str:
    """Entries for (kind, id, source), costmodel's own first; a key that stands twice gets a number."""
    title = f"costmodel {costmodel.__version__}: when KV-cache compression pays off in LLM inference"
    entries, keys = [_entry("costmodel", {"title": title, "author": "{the costmodel developers}"})], {"costmodel": 1}
    for kind, identifier, source in rows:
        key = re.sub(r"[^a-z0-9-]+", "-", f"{kind}-{identifier}".lower()).strip("-")
        keys[key] = keys.get(key, 0) + 1
        key = key if keys[key] == 1 else f"{key}-{keys[key]}"
        entries.append(_entry(key, _fields(kind, identifier, source)))
    return "\n\n".join(entries)


def _fields(kind: str, identifier: str, source: str) -> dict[str, str]:
    fields = {"title": f"{{{_escape(f'{kind} {identifier}')}}}", "note": _escape(source)}
    if preprint := ARXIV.search(source):
        fields |= {"eprint": preprint[1], "archiveprefix": "arXiv", "year": f"20{preprint[1][:2]}"}
    if address := ADDRESS.search(source):
        fields["url"] = address[0].rstrip(".")
    return fields


def _entry(key: str, fields: dict[str, str]) -> str:
    return f"@misc{{{key},\n" + "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items()) + "}"


def _escape(text: str) -> str:
    """A text that LaTeX prints as it is."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)
