"""``calibrate list`` and ``calibrate remove``: the profiles of one's own data directory."""

import argparse
from pathlib import Path

FOLDERS = ("profiles", "profiles/implementations", "engines")


def own_profiles() -> dict[str, Path]:
    """Id → file of every profile in the user's data directory."""
    from costmodel.facts import store

    paths = {}
    for folder in FOLDERS:
        directory = store.data_folder() / folder
        paths |= {path.stem: path for path in sorted(directory.glob("*.toml"))} if directory.is_dir() else {}
    return paths


class ListCommand:
    """List what calibration wrote into the data directory."""

    HELP = "list the profiles of your data directory"

    @staticmethod
    def add(parser: argparse.ArgumentParser) -> None:
        """No options."""

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """One line a profile: id, date, source."""
        from costmodel.facts import store

        paths = own_profiles()
        if not paths:
            print(f"no profiles in {store.data_folder()}; costmodel calibrate steps or measure writes them")
        for identifier, path in paths.items():
            facts = store.read_toml(path)
            print(f"{identifier}  {facts.get('fitted', '')}  {facts.get('source', '')}")
        return 0


class RemoveCommand:
    """Remove a profile from the data directory."""

    HELP = "remove a profile from your data directory"

    @staticmethod
    def add(parser: argparse.ArgumentParser) -> None:
        """The profile's id."""
        parser.add_argument("profile", help="id as costmodel calibrate list prints it")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Remove the file and what lies beside it; UnknownName for a profile that is not there."""
        from costmodel.errors import UnknownName
        from costmodel.facts import profiles

        paths = own_profiles()
        if args.profile not in paths:
            raise UnknownName("profile of your data directory", args.profile, paths)
        path = paths[args.profile]
        for beside in ("points", "certainty"):
            (path.parent / beside / f"{args.profile}.csv").unlink(missing_ok=True)
        path.unlink()
        profiles.clear_caches()
        print(f"removed {path}")
        return 0


LIST, REMOVE = ListCommand, RemoveCommand
