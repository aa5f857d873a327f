"""LaTeX: every formula prints, and a few equations print as they have been read and approved."""

import re

import pytest

from costmodel.evaluation.compile import pipeline  # noqa: F401 - importing defines every formula
from costmodel.language import tex
from costmodel.language.quantity import Constant, Formula, catalogue

FORMULAS = sorted(n for n, q in catalogue.items() if isinstance(q, Formula) and not isinstance(q, Constant))
GOLDEN = (
    "kept_tokens key_size read_size attention_traffic l2_hit_fraction attention_memory_time multiprocessor_time attention_time "
    "product_time all_reduce_time sequence_size tail_block_padding max_batch resident_generation step_time throughput step_spread"
).split()


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_prints(name):
    text = tex.tex(catalogue[name].definition)
    assert text and text.count("{") == text.count("}")
    left, right = len(re.findall(r"\\left", text)), len(re.findall(r"\\right(?!a)", text))
    assert left == right
    used = {s for s in catalogue[name].definition.free_symbols if not isinstance(s, Constant)}
    assert all(symbol.tex in text for symbol in used), "a symbol is printed by its name, not its LaTeX"


def test_equations(snapshot):
    snapshot("equations.tex", tex.equations(catalogue[name] for name in GOLDEN))


def test_glue_constants_of_one_are_not_printed():
    assert r"\mathrm{tok}" not in tex.tex(catalogue["key_elements"].definition)
    assert r"\mathrm{bit}" in tex.tex(catalogue["key_bits"].definition)


def test_nomenclature_escapes_what_latex_would_read():
    text = tex.nomenclature(catalogue.values())
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and line.startswith("$")]
    assert len(rows) == len(catalogue)
    for row in rows:
        meaning = row.split(" & ", 1)[1]
        assert not re.search(r"(?<!\\)[%#]", meaning) and meaning.count("&") - meaning.count(r"\&") == 1, row


def test_characters_that_pdflatex_does_not_know_are_commands():
    assert tex._escape("κ⁰ < λ, 5 % of a_b × −1") == r"$\kappa$$^{0}$ $<$ $\lambda$, 5 \% of a\_b $\times$ $-$1"
    assert tex._escape("\\{x}$~^") == r"\textbackslash{}\{x\}\$\~{}\^{}"
    assert tex.nomenclature(catalogue.values()).isascii()


def test_a_letter_means_one_thing():
    meanings = {}
    for name, quantity in catalogue.items():
        meanings.setdefault(quantity.tex, []).append(name)
    twice = {letter: names for letter, names in meanings.items() if len(names) > 1}
    assert not twice, f"a reader of these equations cannot tell {twice}"
