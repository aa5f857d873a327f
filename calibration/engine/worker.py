"""The process that holds one engine, for one KV type: ``python -m calibration.engine.worker REQUEST RECORDS``.

REQUEST is a file with a JSON object: the adapter's entry point and, to measure, a setup and a budget; RECORDS is appended to,
one JSON object a line. Without a setup the only record is what is installed. What the engine prints goes wherever this
process's output goes. A record ``refused`` carries a message for the user; anything else that goes wrong is printed, with the
last calls that led there.
"""

import importlib
import json
import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from calibration.engine.interface import EngineAdapter, Setup
from calibration.engine.measure import measure
from costmodel.errors import CostModelError

CALLS = 2  # of a traceback: a whole one would push the engine's own last lines out of what is shown


def main(request_path: str, records_path: str) -> int:
    """Serve one request; 0, 2 after a refusal, 1 after any other error."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    with Path(records_path).open("a", encoding="utf-8") as file:

        def write(record: dict) -> None:
            file.write(json.dumps(record) + "\n")
            file.flush()

        try:
            adapter = load_adapter(request["adapter"])
            if "setup" not in request:
                write({"what": "installed", **asdict(adapter.installed())})
                return 0
            setup = Setup(**request["setup"] | {"config": Path(request["setup"]["config"])})
            for record in measure(adapter.start(setup), setup, request["budget"]):
                write(record)
        except CostModelError as error:
            write({"what": "refused", "message": str(error)})
            return 2
        except Exception:  # an engine may raise anything
            traceback.print_exc(limit=-CALLS)
            return 1
    return 0


def load_adapter(entry_point: str) -> EngineAdapter:
    """The adapter behind ``module:factory``, a function without parameters that returns it."""
    module, _, factory = entry_point.partition(":")
    return getattr(importlib.import_module(module), factory)()


if __name__ == "__main__":
    status = main(*sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: an engine's threads and process groups may keep a finished interpreter, and the GPU's memory, for minutes.
    os._exit(status)
