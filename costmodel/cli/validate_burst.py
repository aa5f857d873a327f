"""What ``costmodel validate --burst`` prints: overflow and preemption in closed form against replays of random settings."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path

from costmodel.cli import terminal
from costmodel.text.counted import counted
from costmodel.text.progress import progress

LEGEND = (
    "within: differences up to 10 % of the replayed rate, or 2 points where that is above 2 %; rates below 0.1 % count as equal. "
    "not refuted: with those beyond it that lie inside the replay's own 90 % interval. Differences in points: share of time for "
    "overflow, preemptions of a hundred requests."
)
NAMES = {"overflow": "overflow", "preemptions": "preemptions a request"}
MOST_LISTED = 5


def print_burst(count: int, replays: str | None, json: bool) -> None:
    """Judge so many settings and print how often, and by how much, the closed form errs; every setting as JSON.

    ``replays`` is a file of what was replayed: read where it exists, written as each setting is done.
    """
    from costmodel.stress.overflow import Referee, draw_settings, judge_all

    referee = Referee(file=Path(replays) if replays else None)
    with progress("replaying") as on_progress:
        judged, declined = judge_all(draw_settings(), count, referee, on_progress)
    groups = _groups(judged)
    if json:
        terminal.print_json({
            "summary": _summary(groups), "settings": [_as_json(one) for one in judged],
            "declined": [{"seed": setting.seed, "failing": answer.failing} for setting, answer in declined],
        })  # fmt: skip
        return
    heads = ("rate", "settings", ">n", ">within", ">not refuted", ">median", ">p90", ">bias")
    rows = [_row(name, title, tally) for name in NAMES for title, tally in _tallies(groups, name)]
    terminal.print_table("Overflow and preemption: closed form against replay", heads, rows, LEGEND)
    terminal.print_line(
        f"In {len(declined)} more of {counted(len(judged) + len(declined), 'drawn setting')} the closed form says that its "
        "conditions fail."
    )
    for condition, number in count_conditions(declined).items():
        terminal.print_line(f"  {number}: {condition}")
    print_worst(judged)


def count_conditions(declined) -> dict[str, int]:
    """In how many settings each condition is the first to fail, without its numbers."""
    first = (
        "".join(c for c in answer.failing[0].split(" (")[0] if not c.isdigit() and c not in "%.")
        for _, answer in declined
    )
    return dict(Counter(" ".join(text.split()) for text in first).most_common())


def print_worst(judged) -> None:
    """Print the settings in which the overflow differs most."""
    worst = sorted(judged, key=lambda one: -abs(one.overflow.difference))[:MOST_LISTED]
    heads = ("seed", "setting", ">a second", ">dispersion", ">overflow predicted", ">replayed", ">±")
    rows = [
        (
            one.setting.seed, f"{one.setting.model} on {one.setting.ranks} × {one.setting.gpu}, {one.setting.scheme}",
            f"{one.setting.load.rate:.3g}", f"{one.setting.load.dispersion:.2g}", f"{one.overflow.predicted:.1%}",
            f"{one.overflow.replayed:.1%}", f"{one.overflow.half_width:.1%}",
        )
        for one in worst
    ]  # fmt: skip
    terminal.print_table("Largest differences", heads, rows)


def _groups(judged) -> dict[str, list]:
    """All, and those in which requests wait for more than 2 % of the time or are preempted more than twice in a hundred."""
    return {
        "all": judged,
        "overflow above 2 %": [one for one in judged if one.overflow.replayed > 0.02],
        "preemptions above 2 %": [one for one in judged if one.preemptions.replayed > 0.02],
    }


def _tallies(groups: dict[str, list], name: str):
    from costmodel.stress.overflow import Tally

    return [(title, Tally.of(getattr(one, name) for one in group)) for title, group in groups.items()]


def _row(name: str, title: str, tally) -> tuple:
    shares = (f"{share:.1%}" if tally.count else "–" for share in (tally.within, tally.not_refuted))
    points = (f"{100 * tally.median:.2f}", f"{100 * tally.p90:.2f}", f"{100 * tally.bias:+.2f}")
    return NAMES[name], title, tally.count, *shares, *(points if tally.count else ("–",) * 3)


def _summary(groups) -> list[dict]:
    return [
        {"rate": name, "settings": title} | asdict(tally) for name in NAMES for title, tally in _tallies(groups, name)
    ]


def _as_json(one) -> dict:
    setting = one.setting
    rates = {
        f"{name}_{kind}": getattr(rate, kind)
        for name, rate in (("overflow", one.overflow), ("preemptions", one.preemptions))
        for kind in ("predicted", "replayed", "half_width", "is_within")
    }
    names = {"model": setting.model, "tp": setting.ranks, "gpu": setting.gpu, "scheme": setting.scheme}
    conditions = {name: getattr(one.answer, name) for name in ("load", "prompt_share", "slots", "failing")}
    names |= {"requests": one.requests}
    return {"seed": setting.seed} | names | {"workload": asdict(setting.load)} | rates | conditions
