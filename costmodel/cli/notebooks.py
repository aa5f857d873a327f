"""``costmodel notebooks``: copies of the notebooks that come with the package, to be run and changed."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to copy into; created if missing.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite notebooks of the same name.")] = False,
) -> None:
    """Copy the six example notebooks: one token, regimes, break-even, calibration, a custom scheme, capacity limits.

    They need Jupyter and Matplotlib: pip install jupyterlab 'costmodel[plot]'.

    Example: costmodel notebooks tour
    """
    from costmodel import files
    from costmodel.errors import InputError

    paths = shipped_notebooks()
    existing = [path.name for path in paths if (folder / path.name).exists()]
    if existing and not force:
        raise InputError(f"{folder} already has {', '.join(existing)}; --force overwrites, or name another folder")
    files.make_folder(folder)
    for path in paths:
        files.write_bytes(folder / path.name, path.read_bytes())
    typer.echo(f"wrote {', '.join(path.name for path in paths)} to {folder}")


def shipped_notebooks() -> list[Path]:
    """Paths of the notebooks, inside the installed package or beside it in a source tree; raises InputError without any."""
    import costmodel
    from costmodel.errors import InputError

    package = Path(costmodel.__file__).parent
    for directory in (package / "notebooks", package.parent / "notebooks"):
        if paths := sorted(directory.glob("0*.ipynb")):
            return paths
    raise InputError(
        f"there are no notebooks in {package / 'notebooks'}: this installation left them out; install it again"
    )
