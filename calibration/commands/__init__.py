"""One command of ``costmodel calibrate`` a file: ``add`` declares its options, ``run`` does it and returns a status."""

from calibration.commands import fit, measure, next, report, serving

COMMANDS = {"measure": measure, "fit": fit, "report": report, "next": next, "serving": serving}

__all__ = ["COMMANDS"]
