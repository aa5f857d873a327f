"""The parts of a sweep on a Dask cluster: an existing one, or one of this machine's processors.

Parts go out a few at a time for every worker and come back as tables in any order; a worker that dies loses nothing but the
parts that it was at, which Dask gives to another.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from costmodel.errors import InputError
from costmodel.evaluation.ask.stream import Part, part_table
from costmodel.evaluation.ask.sweep_axes import SweepAxes

IN_FLIGHT = 3  # parts for every thread of the cluster: one under way, one waiting, one coming back
Runner = Callable[[Iterable[Part], SweepAxes], Iterator[tuple[Part, pa.Table]]]


@contextlib.contextmanager
def dask_runner(address: str) -> Iterator[Runner]:
    """What computes parts on the cluster at ``address`` (``tcp://host:port``), or on one started here for ``local``.

    Raises InputError where Dask is not installed, for another form of address, or where no scheduler answers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise InputError("--dask needs Dask: pip install 'costmodel[distributed]'") from error
    if address != "local" and "://" not in address:
        raise InputError(f"--dask: expected 'local' or an address such as tcp://host:8786, got {address!r}")
    with contextlib.ExitStack() as stack:
        if address == "local":
            options = {"threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
            scheduler = stack.enter_context(LocalCluster(**options))
        else:
            scheduler = address
        try:
            client = stack.enter_context(Client(scheduler, timeout="10s"))
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"--dask {address}: no scheduler answers: {error}") from error
        yield lambda parts, axes: run_on_cluster(client, parts, axes)


def run_on_cluster(client, parts: Iterable[Part], axes: SweepAxes) -> Iterator[tuple[Part, pa.Table]]:
    """The tables of the parts as the workers of a ``distributed.Client`` finish them, in whatever order that is.

    A part is tried again where its worker is lost; what a worker raises is raised here.
    """
    from distributed import as_completed

    waiting, by_key = iter(parts), {}

    def submit():
        part = next(waiting, None)
        if part is None:
            return None
        future = client.submit(part_table, axes.part(part.place, part.block), pure=False, retries=3)
        by_key[future.key] = part
        return future

    slots = IN_FLIGHT * max(1, sum(client.nthreads().values()))
    futures = as_completed([future for future in (submit() for _ in range(slots)) if future is not None])
    for future in futures:
        yield by_key.pop(future.key), future.result()
        if (following := submit()) is not None:
            futures.add(following)
