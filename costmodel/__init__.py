"""costmodel tells when KV-cache compression pays off in LLM inference, and when it does not."""


def __getattr__(name: str) -> str:
    """``__version__``, read when it is asked for: looking it up takes longer than all else that importing this does."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(__name__)
    except PackageNotFoundError:  # run from a source tree that nobody installed
        return "0+unknown"
