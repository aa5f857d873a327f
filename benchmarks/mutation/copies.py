"""A copy of the repository in which one mutant after the other is tested, its generated code written anew."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.mutation.places import Mutant

ROOT = Path(__file__).parents[2]
COMPILED = tuple(f"costmodel/{name}/" for name in ("formulas", "mechanisms", "evaluation/compile"))
SLOWEST = 900  # seconds after which a mutant that still runs counts as killed
NO_PROGRAM, BY_VALUE = "cannot be generated", "killed by a value"
BY_SNAPSHOT, SURVIVED = "killed by a snapshot alone", "survived"
OUTCOMES = (NO_PROGRAM, BY_VALUE, BY_SNAPSHOT, SURVIVED)


class Copy:
    """A copy of the repository in which one mutant after the other is tested."""

    def __init__(self, root: Path):
        self.root = root
        listed = ["git", "ls-files", "-co", "--exclude-standard"]
        for name in subprocess.check_output(listed, cwd=ROOT, text=True).splitlines():
            if (ROOT / name).exists():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        written = [*root.glob("costmodel/evaluation/compile/generated/*.py"), *root.rglob("costmodel/**/*.json")]
        self.generated = {path: path.read_bytes() for path in written}

    def python(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of Python in the copy; the status of a run that is too slow is 124."""
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=self.root, env=os.environ | {"PYTHONPATH": str(self.root)}, text=True,
            start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            output = process.communicate(timeout=SLOWEST)[0]
            return process.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return 124, process.communicate()[0]

    def tests(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of pytest in one process."""
        options = ("-x", "-q", "-n", "0", "--no-header", "--tb=line", "-k", "not cluster")  # whose workers may be late
        options += ("--hypothesis-profile", "brief", f"--basetemp={self.root / 'scratch'}")
        return self.python("-m", "pytest", *options, *arguments)

    def outcome(self, mutant: Mutant, stages: list[tuple[str, list[str]]]) -> dict:
        """What the tests make of a mutant, stage by stage (outcome, files); the copy is as before afterwards."""
        path = self.root / mutant.file
        original = path.read_text(encoding="utf-8")
        changed = mutant.source(original)
        path.write_text(changed, encoding="utf-8")
        try:
            if mutant.file.startswith(COMPILED) and self.python("-m", "costmodel.evaluation.compile.generate")[0]:
                return self._described(NO_PROGRAM, "generate", original, changed)
            for outcome, chosen in stages:
                status, output = self.tests(*chosen)
                if status:
                    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
                    return self._described(outcome, failed[1] if failed else output[-300:], original, changed)
            return self._described(SURVIVED, "", original, changed)
        finally:
            path.write_text(original, encoding="utf-8")
            for file, content in self.generated.items():
                if file.read_bytes() != content:
                    file.write_bytes(content)

    @staticmethod
    def _described(outcome: str, by: str, original: str, changed: str) -> dict:
        pairs = zip(original.splitlines(), changed.splitlines(), strict=False)
        before, after = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
        return {"outcome": outcome, "by": by, "before": before.strip(), "after": after.strip()}
