"""One scheme on one deployment as a compiled C loop over a grid of batch and context, for sweeps of millions of points.

The C comes from the same SymPy definitions as everything else. What does not vary with the context (matrix products,
all-reduces, weights) is left to the NumPy evaluator, once for each batch, and handed over as arrays; the rest is fused.
Built with ``cc`` into the cache folder; condition: every prompt is as long as the context, as in ``setting.table``.
"""

import ctypes
from collections.abc import Callable

import numpy as np
import sympy as sp
from sympy.printing.c import C99CodePrinter

from costmodel.errors import CostModelError
from costmodel.evaluation.assemble.axes import validate_axis
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled, pipeline
from costmodel.evaluation.compile.c_compiler import shared_library
from costmodel.evaluation.compile.numpy_source import plain
from costmodel.facts.deployment import Deployment
from costmodel.language.functions import FUNCTIONS
from costmodel.language.quantity import Total, chain, lookup_quantity

PROBE = np.array([1.0, 3.0, 9.0])[:, None], np.array([512.0, 6000.0])[None, :]
HUGE = 1e300  # stands for an infinite window: -ffast-math knows no infinity
HEAD = """#include <math.h>
#define TILE 512
#define Minimum fmin
#define Maximum fmax
#define PositivePart(x) fmax(0.0, (x))
#define Indicator(x) ((x) > 0.0 ? 1.0 : 0.0)
/* A quotient of whole numbers may come out one rounding beside a whole number under -ffast-math. */
#define Ceil(x) ceil((x) * (1.0 - 1e-13))
#define Floor(x) floor((x) * (1.0 + 1e-13))
/* Powers as exp and log: both have vector forms that cost less than that of pow. */
static inline double PNorm(double a, double b, double p) {
    double z = p * log(b / a);
    return (z > 0.0 ? b : a) * exp(log(1.0 + exp(-fabs(z))) / p);
}
static inline double PNormWeight(double a, double b, double p) { return 1.0 / (1.0 + exp(p * log(b / a))); }
static inline double PNorm4(double x) { return sqrt(sqrt(1.0 + x * x * x * x)); }
static inline double HarmonicSum(double a, double b) { return a * b / (a + b); }
"""


class _C(C99CodePrinter):
    """C expressions over named values; the smooth functions keep their names."""

    def __init__(self, names: dict[str, str]):
        super().__init__({"user_functions": {"ceiling": "Ceil"}})
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
        if p == 4 and a == 1:
            return f"PNorm4({self._print(b)})"
        return self._print_Function(expr)

    def _print_Integer(self, expr):
        return f"{int(expr)}.0"


def compiled(deployment: Deployment, scheme: compiled.Scheme, targets) -> Callable[..., dict[str, np.ndarray]]:
    """A function of two vectors, batch and context, that gives every target as an array (batch, context).

    A target that does not vary along an axis has size 1 there. Raises UnknownName for no such quantity, CostModelError
    where there is no C compiler or a target sums matrix products that vary with the context.
    """
    targets = list(dict.fromkeys(targets))
    probe = build_evaluator(deployment, scheme, *PROBE)
    steps = {}
    redefined = pipeline.slots(scheme.spec)[0]
    for quantity, definition in chain([lookup_quantity(name) for name in targets], redefined).items():
        if _axes(probe[quantity.name])[1] or _axes(probe[quantity.name])[3]:
            steps[quantity.name] = (plain(sp.sympify(definition)), quantity.over if isinstance(quantity, Total) else ())
    outputs = [name for name in targets if _axes(probe[name])[1]]
    loop = _Loop({n: s for n, s in steps.items() if _axes(probe[n])[1]}, probe, outputs)
    run = _build(loop.source)

    def evaluate(batch, context) -> dict[str, np.ndarray]:
        batch = validate_axis("batch", batch).reshape(-1)
        context = validate_axis("context", context).reshape(-1)
        made = build_evaluator(deployment, scheme, batch[:, None], context[None, :])
        inputs = [_laid_out(made[name], loop.axes[name], len(batch), len(context), loop.groups) for name in loop.inputs]
        results = [np.empty((len(context), len(batch) if loop.axes[name][0] else 1)) for name in outputs]
        work = np.empty(max(loop.scratch, 1))
        pointer = ctypes.c_void_p
        run(
            len(batch), len(context), (pointer * (len(inputs) + 1))(*(a.ctypes.data for a in inputs)),
            (pointer * (len(results) + 1))(*(a.ctypes.data for a in results)), pointer(work.ctypes.data),
        )  # fmt: skip
        found = {name: result.T for name, result in zip(outputs, results, strict=True)}
        return {name: found[name] if name in found else _plane(made[name]) for name in targets}

    evaluate.source = loop.source
    return evaluate


def _axes(array) -> tuple[bool, bool, bool, bool]:
    """Whether an array of the probe varies along batch, context, layer group, matrix product."""
    shape = (1,) * (4 - np.ndim(array)) + np.shape(array)
    return tuple(size > 1 for size in shape)


def _laid_out(array, axes, batches, contexts, groups) -> np.ndarray:
    """The array as C reads it: context, layer group, batch, each only where it varies."""
    shape = tuple(n if varies else 1 for n, varies in zip((batches, contexts, groups), axes[:3], strict=True))
    array = np.asarray(array).reshape((1,) * (4 - np.ndim(array)) + np.shape(array))[..., 0]
    array = np.broadcast_to(array, shape).transpose(1, 2, 0)
    return np.ascontiguousarray(np.nan_to_num(array, nan=np.nan, posinf=HUGE))


def _plane(array) -> np.ndarray:
    array = np.asarray(array)
    return array.reshape((1,) * (4 - array.ndim) + array.shape)[:, :, 0, 0]


def _folded(expression, steps: dict, probe):
    """The expression with inputs that are exactly 0 or 1 put in: what a scheme does not use falls away."""
    known = {}
    for symbol in expression.free_symbols:
        value = np.asarray(probe[symbol.name])
        if symbol.name not in steps and value.size == 1 and value.item() in (0.0, 1.0):
            known[symbol] = sp.Integer(int(value.item()))
    folded = expression.xreplace(known)
    return expression if folded.has(sp.zoo, sp.nan) else folded


class _Loop:
    """C source of the steps: loops over contexts, tiles of batches, and in them layer groups, as each step needs."""

    def __init__(self, steps: dict, probe, outputs: list[str]):
        self.axes = {name: _axes(probe[name]) for name in steps}
        # Whether a step runs for every layer group is asked before folding: a sum counts groups that add nothing new.
        self.inner = {n: any(_axes(probe[s.name])[2] for s in e.free_symbols) for n, (e, _) in steps.items()}
        steps = {name: (_folded(expression, steps, probe), over) for name, (expression, over) in steps.items()}
        used = {s.name for expression, _ in steps.values() for s in expression.free_symbols}
        self.inputs = sorted(used - set(steps))
        self.axes |= {name: _axes(probe[name]) for name in self.inputs}
        if bad := [name for name in (*steps, *self.inputs) if self.axes[name][3]]:
            text = f"{bad[0]} varies along context and matrix products; use the NumPy evaluator"
            raise CostModelError(f"{', '.join(outputs)}: {text}")
        self.groups = max((np.shape(probe[n])[-2] for n in self.axes if self.axes[n][2]), default=1)
        self.steps, self.outputs, self.scratch = steps, outputs, 0
        self.source = self._source()

    def _segments(self):
        """Steps in groups that share one nest of loops; a sum over layer groups ends the nest that makes it."""
        left, done = dict(self.steps), set(self.inputs)
        kinds = {n: (self.axes[n][0], self.inner[n]) for n in left}
        while left:
            for kind in ((False, False), (False, True), (True, False), (True, True)):
                taken, summed = [], set()
                for name, (expression, _) in left.items():
                    needs = {s.name for s in expression.free_symbols}
                    if kinds[name] == kind and needs <= done | set(taken) and not needs & summed:
                        taken.append(name)
                        if kind[1] and not self.axes[name][2]:
                            summed.add(name)
                if taken:
                    yield kind, taken
                    done |= set(taken)
                    for name in taken:
                        del left[name]
                    break

    def _source(self) -> str:
        lines, segments = [], list(self._segments())
        place = {name: number for number, (_, names) in enumerate(segments) for name in names}
        uses = [(s.name, n) for n, (e, _) in self.steps.items() for s in e.free_symbols]
        kept = {used for used, by in uses if place.get(used, place[by]) != place[by]} | set(self.outputs)
        stored = {n for n in self.steps if n in kept or self.inner[n] and not self.axes[n][2]}
        for number, ((batch, group), names) in enumerate(segments):
            lines += self._segment(batch, group, names, stored, {n for n in place if place[n] < number})
        pointers = [f"const double *restrict x_{n} = in[{i}];" for i, n in enumerate(self.inputs)]
        buffers, size = [], 0
        for name in self.steps:
            if name in stored:
                buffers.append(f"double *restrict s_{name} = work + {size};")
                size += (512 if self.axes[name][0] else 1) * (self.groups if self.axes[name][2] else 1)
        self.scratch = size
        outs = [f"double *restrict y_{n} = out[{i}];" for i, n in enumerate(self.outputs)]
        for name in self.outputs:
            batch = self.axes[name][0]
            line = f"y_{name}[c * batches + first + b] = s_{name}[b];" if batch else f"y_{name}[c] = s_{name}[0];"
            lines.append(f"for (long b = 0; b < count; b++) {line}" if batch else line)
        body = "\n        ".join(lines)
        return (
            HEAD + f"#define GROUPS {self.groups}\n"
            "void run(long batches, long contexts, const double *const *in, double *const *out, double *work) {\n    "
            + "\n    ".join([*pointers, *buffers, *outs])
            + "\n    for (long c = 0; c < contexts; c++) for (long first = 0; first < batches; first += TILE) {\n"
            "        const long count = batches - first < TILE ? batches - first : TILE;\n        "
            + body
            + "\n    }\n}\n"
        )

    def _segment(self, batch, group, names, stored, earlier) -> list[str]:
        zeros, fixed, body = [], [], []
        access = {name: f"v_{name}" for name in names}
        for name in sorted({s.name for n in names for s in self.steps[n][0].free_symbols} - set(names)):
            access[name] = self._slot(name) if name in earlier else self._input(name)
            if not self.axes[name][0]:  # read once before the inner loop, which can then be vectorised
                fixed.append(f"const double f_{name} = {access[name]};")
                access[name] = f"f_{name}"
        for name in names:
            value = _C(access).doprint(self.steps[name][0])
            if group and not self.axes[name][2]:  # a sum over the layer groups
                each = "for (long b = 0; b < count; b++) " * self.axes[name][0]
                zeros.append(f"{each}{self._slot(name)} = 0.0;")
                body.append(f"{self._slot(name)} += {value};")
            else:
                body.append(f"const double v_{name} = {value};")
                if name in stored:
                    body.append(f"{self._slot(name)} = v_{name};")
        loop = "\n#pragma GCC ivdep\n            for (long b = 0; b < count; b++) " * batch
        inner = loop + "{ " + "\n            ".join(body) + " }"
        outer = "for (long g = 0; g < GROUPS; g++) " * group
        return [*zeros, outer + "{ " + "\n            ".join([*fixed, inner]) + " }"]

    def _slot(self, name) -> str:
        batch, _, group, _ = self.axes[name]
        return f"s_{name}[{'g * TILE + b' if batch and group else 'b' if batch else 'g' if group else '0'}]"

    def _input(self, name) -> str:
        batch, context, group, _ = self.axes[name]
        place = "c" if context else "0"
        place = f"({place}) * GROUPS + g" if group else place
        return f"x_{name}[{f'({place}) * batches + first + b' if batch else place}]"


def _build(source: str):
    """The loop as a loaded function."""
    run = shared_library(source).run
    run.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    run.restype = None
    return run
