"""What ``test_compile_ahead`` runs in other processes, which find it by this module's name."""

import os
import time
from pathlib import Path


def run(operation: str, shape: dict) -> None:
    """Leave a file with the process's id; fail, or hang, where the shape says so."""
    if shape.get("fails"):
        raise ValueError("at 12:4:\n    HALF = 1\nHALF is already defined")
    time.sleep(shape.get("seconds", 0))
    (Path(shape["folder"]) / f"{shape['numbers']}").write_text(str(os.getpid()))
