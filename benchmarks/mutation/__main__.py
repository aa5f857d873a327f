"""Whether the tests notice a wrong formula: ``python -m benchmarks.mutation --count 150 --seed 14 --out DIR``.

Each mutant is tested in a copy of the repository whose generated code is written anew, so that stale code kills nothing.
Tests of values run first, snapshots for what outlived them. Needs ``pip install cosmic-ray==8.7.0``; a run that was cut
short goes on where it stopped.
"""

import argparse
import collections
import json
import queue
import re
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict
from pathlib import Path

from benchmarks.mutation.copies import BY_SNAPSHOT, BY_VALUE, NO_PROGRAM, OUTCOMES, ROOT, SURVIVED, Copy
from benchmarks.mutation.places import PACKAGES, Mutant, draw

VALUES = ("formulas mechanisms evaluation stress analyses language/test_units_proof.py language/test_functions.py "
          "facts/test_lifecycle.py facts/test_conflicts.py facts/test_broken_files.py").split()  # fmt: skip
# Whether code is stale says nothing of a value; rivals and recommendations are searched for minutes.
NOT_VALUES = ("evaluation/test_generated.py", "analyses/test_delta.py", "analyses/test_equivalence.py",
              "analyses/test_recommend.py")  # fmt: skip
SNAPSHOTS = ("tests/language/test_tex.py", "tests/docs/test_gallery.py", "tests/test_readme.py")
# Seconds of a file that always runs, and of one in the package's own folder that runs without naming the mutated module.
FAST, SLOW = 1.5, 8.0


def times_of_files(copy: Copy, out: Path) -> dict[str, float]:
    """Seconds by file of tests of values, the fastest first, as a run without a mutant measures them; it must pass."""
    if not (kept := out / "test-times.json").exists():
        chosen = [f"tests/{name}" for name in VALUES] + [f"--ignore=tests/{name}" for name in NOT_VALUES]
        status, output = copy.tests("-o", "junit_family=xunit1", "--junitxml=times.xml", *chosen)
        if status:
            sys.exit(f"the tests fail without a mutant:\n{output[-3000:]}")
        times: dict[str, float] = collections.Counter()
        for case in ElementTree.parse(copy.root / "times.xml").iter("testcase"):
            times[case.get("file", "")] += float(case.get("time", 0))
        kept.write_text(json.dumps(dict(sorted(times.items(), key=lambda item: item[1])), indent=1), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def stages_of(mutant: Mutant, times: dict[str, float], snapshots: bool) -> list[tuple[str, list[str]]]:
    """What is run after what: fast files of the folder that mirrors the package, then other fast ones and some slow ones.

    A slow file runs where it lies in that folder and names the module, or its package within the mutated one.
    """
    _, package, *inner = mutant.file.removesuffix(".py").split("/")
    module = re.compile(rf"\b{package}[.]{inner[0] if package == 'stress' else '[.]'.join(inner)}\b")
    own = {name for name in times if name.split("/")[1] == package}
    first = [name for name in times if name in own and times[name] <= FAST]
    slow = [name for name in own if times[name] > SLOW and module.search((ROOT / name).read_text(encoding="utf-8"))]
    others = {name for name in times if package != "stress" or name.startswith("tests/analyses")}  # who may import it
    fast = {name for name in others if times[name] <= FAST} | {name for name in own if times[name] <= SLOW}
    second = [name for name in times if name in fast and name not in first]
    stages = [(BY_VALUE, first), (BY_VALUE, [*second, *slow])]
    return stages + [(BY_SNAPSHOT, list(SNAPSHOTS))] if snapshots else stages


def summary(results: list[dict]) -> str:
    """Outcomes by package, the survivors, and the share of those killed that can be generated at all."""
    counts = collections.Counter((result["file"].split("/")[1], result["outcome"]) for result in results)
    lines = [f"{package:12} " + ", ".join(f"{counts[package, o]} {o}" for o in OUTCOMES) for package in PACKAGES]
    left = [r for r in results if r["outcome"] == SURVIVED]
    lines += [f"{r['file']}:{r['line']}: {r['before']}  →  {r['after']}" for r in left]
    tested = [r for r in results if r["outcome"] != NO_PROGRAM]
    killed = len(tested) - len(left)
    return "\n".join([*lines, f"{killed} of {len(tested)} killed ({killed / max(len(tested), 1):.0%})"])


def main() -> None:
    """Draw, test, and print what survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--snapshots", action="store_true", help="try snapshots on what outlived the tests of values")
    parser.add_argument("--retry", action="store_true", help="test again what survived an earlier run")
    parser.add_argument("--out", type=Path, default=Path("costmodel-out/mutation"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / "results.jsonl"
    results = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    if options.retry:
        results = [result for result in results if result["outcome"] != SURVIVED]
        kept.write_text("".join(f"{json.dumps(result)}\n" for result in results), encoding="utf-8")
    waiting: queue.Queue[Mutant] = queue.Queue()
    drawn = draw(ROOT, options.count, options.seed)
    known = {tuple(r[k] for k in asdict(drawn[0])) for r in results}
    for mutant in drawn:
        if tuple(asdict(mutant).values()) not in known:
            waiting.put(mutant)
    with tempfile.TemporaryDirectory(prefix="costmodel-mutants-") as folder, kept.open("a", encoding="utf-8") as file:
        copies = [Copy(Path(folder) / str(number)) for number in range(options.workers)]
        times = times_of_files(copies[0], options.out)

        def work(copy: Copy) -> None:
            while True:
                try:
                    mutant, began = waiting.get_nowait(), time.monotonic()
                except queue.Empty:
                    return
                outcome = copy.outcome(mutant, stages_of(mutant, times, options.snapshots))
                results.append(asdict(mutant) | outcome | {"seconds": round(time.monotonic() - began, 1)})
                print(json.dumps(results[-1]), file=file, flush=True)
                print(f"{len(results)}: {mutant.file}:{mutant.line} {outcome['outcome']} {outcome['by']}", flush=True)

        threads = [threading.Thread(target=work, args=(copy,)) for copy in copies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(summary(results))


if __name__ == "__main__":
    main()
