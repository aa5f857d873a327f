"""LaTeX in the order of the vocabulary: factors as declared, 1 first, what is subtracted last."""

import unicodedata

import sympy as sp
from sympy.core.alphabets import greeks
from sympy.printing.latex import LatexPrinter

from costmodel.language.quantity import Constant, Formula, catalogue


class Number(sp.Symbol):
    """Replaces a quantity in a formula with numbers substituted: printed as ``text``, ordered as the quantity is."""

    text: str

    def __new__(cls, name: str, text: str):
        """The number that stands for the quantity ``name``."""
        self = sp.Symbol.__new__(cls, name, nonnegative=True)
        self.text = text
        return self

    def _latex(self, printer, exp=None):
        return self.text if exp is None else rf"\left({self.text}\right)^{{{exp}}}"


class Printer(LatexPrinter):
    """SymPy's printer with sums and products in the order in which the vocabulary introduces the symbols."""

    def __init__(self, dots: bool = False):
        sign = {"mul_symbol": "dot"} if dots else {}
        super().__init__({"order": "none", "fold_short_frac": False, "root_notation": False} | sign)
        self.rank = {name: index for index, name in enumerate(catalogue)}

    def _rank_of(self, expression):
        if expression.is_number:
            return (0,)
        first = min((self.rank.get(s.name, 1 << 20) for s in expression.free_symbols), default=0)
        return (2 if expression.is_Add else 1, first)

    def _print_Mul(self, expr: sp.Mul):
        if not expr.is_Mul:
            return super()._print_Mul(expr)
        factors = [f for f in expr.args if not _is_one(f) and not (isinstance(f, sp.Pow) and _is_one(f.base))]
        if len(factors) < len(expr.args):
            return self._print(
                sp.Mul(*factors, evaluate=False) if len(factors) > 1 else (factors or [sp.Integer(1)])[0]
            )
        return super()._print_Mul(sp.Mul(*sorted(expr.args, key=self._rank_of), evaluate=False))

    def _print_Add(self, expr: sp.Add, order=None):
        terms = sorted(expr.args, key=lambda t: (t.could_extract_minus_sign(), *self._rank_of(t)))
        return super()._print_Add(sp.Add(*terms, evaluate=False), order="none")


def _is_one(factor: sp.Basic) -> bool:
    """Whether a factor is a constant of value one (``token``), which is not printed."""
    return isinstance(factor, Constant) and factor.definition == 1


def tex(expression, dots: bool = False) -> str:
    """LaTeX of an expression; glue constants of value one (``token``) are not printed.

    ``dots`` puts dots between factors, for numbers.
    """
    return Printer(dots).doprint(expression)


def equations(formulas) -> str:
    r"""An ``align`` block of name = definition, one line per formula, as a paper prints it."""
    lines = [rf"{f.tex} &= {tex(f.definition)}" for f in formulas if isinstance(f, Formula)]
    return "\\begin{align}\n" + " \\\\\n".join(lines) + "\n\\end{align}\n"


def nomenclature(quantities) -> str:
    """A table of symbol, meaning and unit."""
    rows = [rf"${q.tex}$ & {_escape(q.meaning)} & {_escape(q.unit or '1')} \\" for q in quantities]
    head = "\\begin{tabular}{@{}lp{0.62\\linewidth}l@{}}\n\\toprule\nSymbol & Meaning & Unit \\\\\n\\midrule\n"
    return head + "\n".join(rows) + "\n\\bottomrule\n\\end{tabular}\n"


def _escape(text: str) -> str:
    """Text as LaTeX sets it, character by character; a Greek letter by its name."""
    return "".join(_ESCAPES.get(mark) or _greek(mark) or mark for mark in text)


def _greek(mark: str) -> str:
    name = unicodedata.name(mark, "").removeprefix("GREEK SMALL LETTER ").lower().replace("lamda", "lambda")
    return rf"$\{name}$" if name in greeks and name != "omicron" else ""


_ESCAPES = {mark: "\\" + mark for mark in "_%&#${}"} | {
    "\\": r"\textbackslash{}",
    "^": r"\^{}",
    "~": r"\~{}",
    **{mark: f"${mark}$" for mark in "<>|"},
    **{"*": r"$\cdot$", "·": r"$\cdot$", "×": r"$\times$", "÷": r"$\div$", "±": r"$\pm$", "−": "$-$"},
    **{"≥": r"$\ge$", "≤": r"$\le$", "⁰": "$^{0}$", "²": "$^{2}$", "³": "$^{3}$"},
}
