"""The documentation builds strictly, asks no other host for anything, and holds what it says is generated."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (
    "index tour accuracy concepts adding howto/regime-map howto/add-gpu howto/calibrate howto/paper howto/notebooks dashboard \
    gallery equations validation limits api".split()
)
# No connection can be opened while the site is built: that it needs none is what is tested.
OFFLINE = """
import socket
def refuse(*_):
    raise OSError("the documentation asked for the network")
socket.socket.connect = refuse
from mkdocs.__main__ import cli
cli()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site: text of its pages by name."""
    for needed in ("mkdocs", "material", "mkdocstrings", "latex2mathml"):
        pytest.importorskip(needed, reason="needs the documentation's tools: pip install -c constraints.txt '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-c", OFFLINE, "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {str(p.relative_to(folder).with_suffix("")): p.read_text(encoding="utf-8") for p in folder.rglob("*.html")}


def test_every_page_is_there(site):
    assert set(PAGES) <= set(site)


def test_no_page_asks_another_host(site):
    for name, page in site.items():
        asked = re.findall(r'<(?:script|img|link|iframe)[^>]*(?:src|href)="(https?:)?//', page)
        assert not asked, name


def test_every_formula_stands_on_its_page_and_is_drawn(site):
    import costmodel.formulas  # noqa: F401 - fills the catalogue
    from costmodel.language.quantity import Coefficient, Constant, Formula, Input, catalogue

    formulas = [q for q in catalogue.values() if isinstance(q, Formula) and not isinstance(q, Constant)]
    symbols = [q for q in catalogue.values() if isinstance(q, (Input, Coefficient))]
    page = site["equations"]
    assert [q.name for q in formulas + symbols if f"<code>{q.name}</code>" not in page] == []
    assert page.count("<math") >= len(formulas) + len(symbols)


def test_no_latex_is_left_as_text(site):
    for name in ("tour", "concepts", "equations"):
        prose = re.sub(r"<(pre|code)\b.*?</\1>", "", site[name], flags=re.DOTALL)
        assert "<math" in prose and not re.findall(r"\\(?:mathrm|frac|left|sum)\b|\\\(", prose), name


def test_validation_is_what_the_command_prints(site):
    from costmodel.facts import store

    measured = [name for name in store.files("profiles") if "--" in name]
    assert len(measured) > 20 and all(name in site["validation"] for name in measured)


def test_the_reference_shows_docstrings(site):
    from costmodel.analyses.breakeven import break_even

    first = break_even.__doc__.splitlines()[0]
    assert first in re.sub(r"<[^>]+>", "", site["api"])
