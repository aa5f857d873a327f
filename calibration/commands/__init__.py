"""The commands of ``costmodel calibrate``: ``add`` declares a command's options, ``run`` does it and returns a status."""

from calibration.commands import fit, measure, next, report, serving
from calibration.cuda import command as cuda
from calibration.static import command as static

COMMANDS = {
    "measure": measure,
    "fit": fit,
    "report": report,
    "next": next,
    "serving": serving,
    "static": static,
    "cuda": cuda,
}

__all__ = ["COMMANDS"]
