"""Kernel budgets as text and JSON, for every command that prints them."""


def budget_json(budget, batch, context) -> dict:
    """A KernelBudget at one point, in nanoseconds a token and head."""
    from costmodel.analyses.kernel_budget import CONDITION, EQUATION

    return {
        "batch": batch, "context": context, "equation": EQUATION, "condition": CONDITION,
        "kernel_budget_ns": 1e9 * budget.latency, "kernel_budget_own_batch_ns": 1e9 * budget.capacity,
        "kernels": [
            {"name": kernel.name, "evidence": kernel.evidence, "kernel_ns": 1e9 * kernel.seconds}
            for kernel in budget.kernels
        ],
        "slow_end": budget.slow_end,
    }  # fmt: skip


def print_budget(budget, batch: float, context: float) -> None:
    """A KernelBudget at one point: the equation, the budgets, and what the kernels take."""
    from costmodel.analyses.kernel_budget import CONDITION, EQUATION
    from costmodel.cli import terminal

    point = f"batch {terminal.format_tokens(batch)}, context {terminal.format_tokens(context)}"
    terminal.print_line(f"\nKernel budget of {budget.scheme} at {point}: how long its attention may take")
    terminal.print_line(f"{EQUATION}\n{CONDITION}")
    rows = [
        ("budget, same batch", _format(budget.latency), "", ""),
        ("budget, each at its own largest batch", _format(budget.capacity), "", ""),
    ]
    for index, kernel in enumerate(budget.kernels):
        pays = "" if index == 0 else "pays" if kernel.seconds < budget.latency else "too slow"
        rows.append((kernel.name, _format(kernel.seconds), kernel.evidence, pays))
    terminal.print_table("", ("kernel", ">ns a token and head", "evidence", "at the same batch"), rows)
    terminal.print_line(f"Where nobody measured: {budget.slow_end}.")


def _format(seconds) -> str:
    from costmodel.cli import terminal

    nanoseconds = 1e9 * float(seconds)
    digits = terminal.format_digits(nanoseconds)
    return digits if nanoseconds > 0 else f"{digits}: even a free kernel loses"
