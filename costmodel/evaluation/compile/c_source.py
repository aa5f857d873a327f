"""Formulas as one C function over a grid: for every batch, over the kinds of layers, a loop along the contexts.

The function computes only what varies along batch and context at once; everything else reaches it as arrays that are as
small as what they hold. The inner loop runs along the contexts, so that results are written in order and the compiler can
use vectors. Powers go through exp and log, which have vector forms.
"""

from collections.abc import Mapping

from sympy.printing.c import C99CodePrinter

from costmodel.evaluation.compile.dependence import BATCH, BOTH, CONTEXT, GROUP
from costmodel.evaluation.compile.graph import Node
from costmodel.language.functions import FUNCTIONS

TILE = 512  # contexts of an inner loop: intermediate sums stay in the first-level cache
HEADER = """#include <math.h>
#define TILE 512
#define Minimum fmin
#define Maximum fmax
#define PositivePart(x) fmax(0.0, (x))
#define Indicator(x) ((x) > 0.0 ? 1.0 : 0.0)
#define HarmonicSum(a, b) ((a) * (b) / ((a) + (b)))
static inline double PNorm(double a, double b, double p) {
    double z = p * log(b / a);
    return (z > 0.0 ? b : a) * exp(log(1.0 + exp(-fabs(z))) / p);
}
static inline double PNormWeight(double a, double b, double p) {
    double z = p * log(b / a), e = exp(-fabs(z));
    return (z > 0.0 ? e : 1.0) / (1.0 + e);
}
"""
SIGNATURE = (
    "void run(long batches, long contexts, long groups, long row, const double *const *in, double *const *out, "
    "double *work)"
)


class _CPrinter(C99CodePrinter):
    """C expressions over named values; the smooth functions keep their names."""

    def __init__(self, names: Mapping[str, str]):
        super().__init__()
        self.names = names

    def _print_Symbol(self, expr):
        return self.names[expr.name]

    _print_Quantity = _print_Symbol  # SymPy's own Quantity has a printer of that name, which would win

    def _print_Function(self, expr):
        if expr.func.__name__ not in FUNCTIONS:
            return super()._print_Function(expr)
        return f"{expr.func.__name__}({', '.join(map(self._print, expr.args))})"

    def _print_PNorm(self, expr):
        a, b, p = expr.args
        if p == -1:
            return f"HarmonicSum({self._print(a)}, {self._print(b)})"
        return self._print_Function(expr)

    def _print_Integer(self, expr):
        return f"{int(expr)}.0"


class GridLoop:
    """C source of a set of nodes that all vary along batch and context, and what it takes and gives.

    ``inputs`` are the names that it reads, each an array over the axes of ``axes[name]`` in the order batch, kind of layer,
    context; ``outputs`` are written as rows of batches, the contexts side by side.
    """

    def __init__(self, nodes: Mapping[str, Node], axes: Mapping[str, frozenset[str]], outputs: tuple[str, ...]):
        self.nodes = {name: node for name, node in nodes.items() if axes[name] >= BOTH}
        self.axes, self.outputs = axes, outputs
        self.inputs = tuple(sorted({read for node in self.nodes.values() for read in node.reads} - set(self.nodes)))
        self._grouped = {name: GROUP in axes[name] or GROUP in node.over for name, node in self.nodes.items()}
        self._segments = list(self._cut())
        self.source = self._write()

    def scratch(self) -> tuple[int, int]:
        """Doubles that a call works in: of all kinds of layers together, and of each kind."""
        stored = self._stored()
        by_group = sum(GROUP in self.axes[name] for name in stored)
        return TILE * (len(stored) - by_group), TILE * by_group

    def _cut(self):
        """Names in groups that share one nest of loops; a sum over the kinds of layers ends the nest that makes it."""
        left, done = dict(self.nodes), set(self.inputs)
        while left:
            for grouped in (True, False):
                names, summed = [], set()
                for name, node in left.items():
                    reads = set(node.reads)
                    if self._grouped[name] == grouped and reads <= done | set(names) and not reads & summed:
                        names.append(name)
                        if grouped and GROUP not in self.axes[name]:
                            summed.add(name)
                if names:
                    yield grouped, names
                    done |= set(names)
                    left = {name: node for name, node in left.items() if name not in done}
                    break
            else:
                raise ValueError(f"no order for {sorted(left)}")

    def _stored(self) -> list[str]:
        """Names that live in scratch: sums, and what a later nest reads."""
        nest = {name: number for number, (_, names) in enumerate(self._segments) for name in names}
        read_later = {
            read for name, node in self.nodes.items() for read in node.reads if nest.get(read, nest[name]) != nest[name]
        }
        sums = {name for name in self.nodes if self._grouped[name] and GROUP not in self.axes[name]}
        return [name for name in self.nodes if name in sums | read_later]

    def _write(self) -> str:
        stored, offset, lines = self._stored(), "0", []
        for number, name in enumerate(self.inputs):
            lines.append(f"const double *restrict x_{name} = in[{number}];")
        for name in stored:
            lines.append(f"double *restrict s_{name} = work + {offset};")
            offset += f" + TILE{' * groups' if GROUP in self.axes[name] else ''}"
        for number, name in enumerate(self.outputs):
            lines.append(f"double *const y_{name} = out[{number}];")
        body, earlier = [], set()
        for grouped, names in self._segments:
            body += self._nest(grouped, names, set(stored), earlier)
            earlier |= set(names)
        opening = "\n    ".join(lines)
        inner = "\n        ".join(body)
        return (
            f"{HEADER}{SIGNATURE} {{\n    {opening}\n"
            "    for (long b = 0; b < batches; b++) for (long first = 0; first < contexts; first += TILE) {\n"
            "        const long count = contexts - first < TILE ? contexts - first : TILE;\n"
            f"        {inner}\n    }}\n}}\n"
        )

    def _nest(self, grouped: bool, names: list[str], stored: set[str], earlier: set[str]) -> list[str]:
        zeros, fixed, body = [], [], []
        access = {name: f"v_{name}" for name in names}
        for name in sorted({read for n in names for read in self.nodes[n].reads} - set(names)):
            access[name] = self._slot(name) if name in earlier else self._input(name)
            if name not in earlier and CONTEXT not in self.axes[name]:  # read once, so that the loop can be vectorised
                fixed.append(f"const double f_{name} = {access[name]};")
                access[name] = f"f_{name}"
        for name in names:
            value = _CPrinter(access).doprint(self.nodes[name].definition)
            if grouped and GROUP not in self.axes[name]:
                zeros.append(f"for (long c = 0; c < count; c++) {self._slot(name)} = 0.0;")
                body.append(f"{self._slot(name)} += {value};")
            else:
                body.append(f"const double v_{name} = {value};")
                if name in stored:
                    body.append(f"{self._slot(name)} = v_{name};")
                if name in self.outputs:
                    body.append(f"y_{name}[b * row + first + c] = v_{name};")
        sums = [name for name in names if grouped and GROUP not in self.axes[name] and name in self.outputs]
        copies = [f"for (long c = 0; c < count; c++) y_{n}[b * row + first + c] = {self._slot(n)};" for n in sums]
        outer = "for (long g = 0; g < groups; g++) " if grouped else ""
        loop = "#pragma GCC ivdep\n            for (long c = 0; c < count; c++) {"
        text = "\n            ".join([f"{outer}{{", *fixed, loop, *body, "}", "}"])
        return [*zeros, text, *copies]

    def _slot(self, name: str) -> str:
        return f"s_{name}[{'g * TILE + c' if GROUP in self.axes[name] else 'c'}]"

    def _input(self, name: str) -> str:
        axes, place = self.axes[name], ""
        for axis, index, size in ((BATCH, "b", ""), (GROUP, "g", "groups"), (CONTEXT, "(first + c)", "contexts")):
            if axis in axes:
                place = f"({place}) * {size} + {index}" if place else index
        return f"x_{name}[{place or '0'}]"
