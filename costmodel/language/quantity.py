"""A quantity is a SymPy symbol that knows its unit, its LaTeX and its meaning.

An Input gets its number from a fact file or a sweep; a Coefficient from a fitted profile; a Formula follows from other
quantities; a Slot is a formula that a compression scheme may redefine; a Constant is one of something (``token``).
"""

import math
from collections.abc import Callable, Iterable
from typing import cast

import sympy as sp

from costmodel.errors import UnknownName

catalogue: dict[str, "Quantity"] = {}


def lookup_quantity(name: str) -> "Quantity":
    """The quantity of that name; UnknownName with the nearest names otherwise."""
    if name not in catalogue:
        raise UnknownName("quantity", name, catalogue)
    return catalogue[name]


class Quantity(sp.Symbol):
    """A symbol of the catalogue: one name, one unit, one meaning for the whole project."""

    unit: str
    tex: str
    meaning: str

    def __new__(cls, name: str, unit: str, tex: str, meaning: str, positive: bool = False):
        if name in catalogue:
            raise NameError(f"{name} already means {catalogue[name].meaning!r}")
        self = sp.Symbol.__new__(cls, name, **({"positive": True} if positive else {"nonnegative": True}))
        self.unit, self.tex, self.meaning = unit, tex, meaning
        catalogue[name] = self
        return self

    def _latex(self, printer, exp=None):
        return self.tex if exp is None else f"{{{self.tex}}}^{{{exp}}}"

    def __reduce__(self):
        return lookup_quantity, (self.name,)


class Input(Quantity):
    """Known from a fact file (``table`` says which kind) or set by a sweep.

    ``default`` is for files older than the quantity: plain numbers, or names of other numbers of the file; the first that
    there is counts.
    """

    table: str
    default: tuple[str | float, ...]

    def __new__(cls, name, unit, tex, meaning, table, positive=False, default=()):
        self = super().__new__(cls, name, unit, tex, meaning, positive)
        self.table, self.default = table, tuple(default)
        return self


class Coefficient(Quantity):
    """A number of the machine, fitted between two bounds from a start; ``by`` names what it may depend on."""

    start: float
    low: float
    high: float
    by: tuple[str, ...]
    law: str

    def __new__(cls, name, unit, tex, meaning, start, low, high, by="", law=""):
        self = super().__new__(cls, name, unit, tex, meaning, positive=True)
        self.start, self.low, self.high, self.by, self.law = start, low, high, tuple(by.split()), law
        return self


class Formula(Quantity):
    """A quantity that follows from others."""

    definition: sp.Expr

    def __new__(cls, name, unit, tex, meaning, definition):
        self = super().__new__(cls, name, unit, tex, meaning)
        self.definition = sp.sympify(definition)
        return self

    @property
    def equation(self) -> sp.Eq:
        """Name = definition, as it is printed."""
        return cast(sp.Eq, sp.Eq(self, self.definition, evaluate=False))  # unevaluated, it is never a truth value


class Total(Formula):
    """A sum of its definition over axes of the model: the kinds of layers, the matrix products."""

    over: tuple[str, ...]

    def __new__(cls, name, unit, tex, meaning, definition, over):
        self = super().__new__(cls, name, unit, tex, meaning, definition)
        self.over = tuple(over.split())
        return self


class Slot(Formula):
    """A formula that a compression scheme may redefine; its definition here is the uncompressed cache.

    Whatever redefines it stays between ``low`` and ``high``, and above ``low`` where it is ``above_low``.
    """

    low: float
    high: float
    above_low: bool

    def __new__(cls, name, unit, tex, meaning, definition, low=0.0, high=math.inf, above_low=False):
        self = super().__new__(cls, name, unit, tex, meaning, definition)
        self.low, self.high, self.above_low = low, high, above_low
        return self


class Constant(Formula):
    """One of something: ``16 * bit`` is two bytes, ``batch / sequence`` a pure number."""


def formula(unit: str, tex: str) -> Callable[[Callable], Formula]:
    """Decorate a function that returns the definition; its name and docstring become name and meaning."""
    return lambda build: Formula(build.__name__, unit, tex, _meaning(build), build())


def slot(
    unit: str, tex: str, low: float = 0.0, high: float = math.inf, above_low: bool = False
) -> Callable[[Callable], Slot]:
    """As ``formula``, for what a scheme may redefine between two bounds."""
    return lambda build: Slot(build.__name__, unit, tex, _meaning(build), build(), low, high, above_low)


def total(unit: str, tex: str, over: str) -> Callable[[Callable], Total]:
    """As ``formula``, for a sum over the named axes (``"layer_group"``, ``"layer_group product"``)."""
    return lambda build: Total(build.__name__, unit, tex, _meaning(build), build(), over)


def _meaning(build: Callable) -> str:
    return " ".join((build.__doc__ or "").split())


def symbols_of(expression: sp.Basic) -> list[sp.Symbol]:
    """The symbols of an expression in the order of their names, so that what is written from them is always the same."""
    return sorted((symbol for symbol in expression.free_symbols if isinstance(symbol, sp.Symbol)), key=str)


def chain(
    targets: Iterable[Quantity], redefined: dict | None = None, supplied: Iterable[Quantity] = ()
) -> dict[Formula, sp.Expr]:
    """The formulas behind the targets, each after everything it uses, with its definition.

    ``redefined`` maps slots to the expressions of a scheme; ``supplied`` quantities are not unfolded: their numbers will be
    supplied.
    """
    steps: dict[Formula, sp.Expr] = {}
    redefined, supplied = redefined or {}, set(supplied)

    def visit(quantity):
        folded = isinstance(quantity, Formula) and not isinstance(quantity, Constant)
        if folded and quantity not in supplied and quantity not in steps:
            definition = redefined.get(quantity, quantity.definition)
            for used in symbols_of(definition):
                visit(used)
            steps[quantity] = definition

    for target in targets:
        visit(target)
    return steps
