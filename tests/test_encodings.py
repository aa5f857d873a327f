"""Text is UTF-8 wherever it is read or written, whatever the locale: no call leaves the encoding to the system."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    path for room in ("costmodel", "calibration", "dashboards", "benchmarks") for path in (ROOT / room).rglob("*.py")
]
PATH_METHODS = {"read_text": 0, "write_text": 1}  # method of a path → its positional arguments before the encoding


def calls_without_encoding(text: str) -> list[str]:
    """The calls in a source that open text and leave its encoding to the locale."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and _opens_text(node) and not _has_encoding(node)
    ]


def _opens_text(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if name in PATH_METHODS:
        return owner != "files"  # costmodel.files writes UTF-8
    if name != "open" or owner in ("os", "webbrowser", "Image"):
        return False
    modes = [*call.args[: 1 if owner else 2], *(word.value for word in call.keywords if word.arg == "mode")]
    return not any(isinstance(mode, ast.Constant) and mode.value in ("rb", "wb", "ab", "a+b") for mode in modes)


def _has_encoding(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return any(word.arg == "encoding" for word in call.keywords) or len(call.args) > PATH_METHODS.get(name, 99)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_is_utf_8(path):
    assert calls_without_encoding(path.read_text(encoding="utf-8")) == []


def test_a_call_without_an_encoding_is_seen():
    text = "open(a)\nopen(a, 'rb')\np.open()\np.read_text()\np.read_text('utf-8')\np.write_text(t)\np.open(encoding='utf-8')"
    assert calls_without_encoding(text) == ["open(a)", "p.open()", "p.read_text()", "p.write_text(t)"]


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_a_name_beyond_ascii_is_read_and_printed_in_any_locale(tmp_path, locale):
    points = "model,gpu,batch,context,scheme,ноте\nllama-8b,h100-sxm,1,1024,fp8,κ\n"
    (tmp_path / "points.csv").write_text(points, encoding="utf-8")
    environment = os.environ | {
        "LC_ALL": locale,
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "costmodel", "predict"]
    for name, given in (("points.csv", b""), ("-", points.encode())):
        run = subprocess.run(
            [*command, name, "--out", "out.csv"], cwd=tmp_path, env=environment, input=given, capture_output=True
        )
        assert run.returncode == 0, run.stderr
        assert "κ" in (tmp_path / "out.csv").read_text(encoding="utf-8")
    run = subprocess.run([*command, "points.csv"], cwd=tmp_path, env=environment, capture_output=True)
    assert run.returncode == 0 and b"\xce\xba" in run.stdout, run.stderr
