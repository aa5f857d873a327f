"""The table of claims in the documentation is what its command prints today.

``pytest tests/docs --update-snapshots`` prints it anew into docs/claims.md.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "claims.md"
BLOCK = re.compile(r"(```console\n\$ costmodel claims\n)(.*?)(```)", re.DOTALL)


def test_the_page_shows_what_the_command_prints(request):
    environment = os.environ | {"COLUMNS": "118", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "costmodel", "claims"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    printed = "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip("\n") + "\n"
    text = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-snapshots"):
        PAGE.write_text(BLOCK.sub(lambda match: match[1] + printed + match[3], text), encoding="utf-8")
        text = PAGE.read_text(encoding="utf-8")
    assert BLOCK.search(text)[2] == printed, "docs/claims.md is stale: --update-snapshots prints it anew"
