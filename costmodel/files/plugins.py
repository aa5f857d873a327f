"""What packages and rooms with heavy requirements offer, reached by entry point so that nothing is imported early."""

from costmodel.errors import InputError

GROUP = "costmodel.plugins"


def load_plugin(name: str, missing: str):
    """The function or module that the entry point ``name`` names; InputError with the text ``missing`` where there is none."""
    from importlib.metadata import entry_points

    plugins = list(entry_points(group=GROUP, name=name))
    if not plugins:
        raise InputError(missing)
    return plugins[0].load()
