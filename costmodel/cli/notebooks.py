"""``costmodel notebooks``: copies of the notebooks that come with the package, to be run and changed."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to copy into; made where it is missing.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite notebooks of the same name.")] = False,
) -> None:
    """Copy six notebooks: one token, regimes, break-even, calibration, a scheme of one's own, what gets tight.

    They need Jupyter and Matplotlib: pip install jupyterlab 'costmodel[plot]'.

    Example: costmodel notebooks tour
    """
    from costmodel import files
    from costmodel.errors import InputError

    found = shipped()
    taken = [path.name for path in found if (folder / path.name).exists()]
    if taken and not force:
        raise InputError(f"{folder} has {', '.join(taken)} already; --force overwrites, or name another folder")
    files.make_folder(folder)
    for path in found:
        files.write_bytes(folder / path.name, path.read_bytes())
    typer.echo(f"wrote {', '.join(path.name for path in found)} to {folder}")


def shipped() -> list[Path]:
    """The notebooks: inside the installed package, or beside it in a source tree. InputError where there are none."""
    import costmodel
    from costmodel.errors import InputError

    package = Path(costmodel.__file__).parent
    for place in (package / "notebooks", package.parent / "notebooks"):
        if found := sorted(place.glob("0*.ipynb")):
            return found
    raise InputError(f"no notebooks lie in {package / 'notebooks'}: this installation left them out; install it again")
