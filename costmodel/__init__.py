"""costmodel tells when KV-cache compression pays off in LLM inference, and when it does not."""

PUBLIC = {
    "sweep": "costmodel.evaluation.ask.sweep",
    "verdict_shares": "costmodel.evaluation.ask.shares",
    "predict": "costmodel.evaluation.ask.predict",
    "resolve_deployment": "costmodel.evaluation.assemble.deployments",
    "load_scheme": "costmodel.evaluation.compile.compiled",
    "build_evaluator": "costmodel.evaluation.assemble.evaluators",
}
__all__ = ["__version__", *PUBLIC]


def __getattr__(name: str):
    """A public function, or ``__version__``, loaded when it is asked for, so that importing this costs next to nothing."""
    if name in PUBLIC:
        import importlib

        return getattr(importlib.import_module(PUBLIC[name]), name)
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(__name__)
    except PackageNotFoundError:  # run from a source tree that nobody installed
        return "0+unknown"


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
