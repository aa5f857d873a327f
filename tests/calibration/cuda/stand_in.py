"""A device made of arithmetic: an L2 that forgets the oldest, a memory, a host that takes long to launch, no clock."""

from collections import OrderedDict

from calibration.cuda.measure import Work

MEBI = 2**20
COLD, WARM = 1.0, 4.0  # bytes a microsecond are a million times these


class StandIn:
    """Its time line moves when calls run; ``log`` lists what ran, by copy, with what was found in the L2."""

    def __init__(self, l2_bytes=50 * MEBI, memory=80_000 * MEBI, launch=40.0, floor=2.0):
        self.l2_bytes, self.memory, self.launch, self.floor = l2_bytes, memory, launch, floor
        self.used, self.elapsed, self.log, self.flushed, self.lost, self.released = 0, 0.0, [], 0, False, 0
        self.l2: OrderedDict[object, int] = OrderedDict()

    def build(self, size: int, captures: bool = True) -> Work:
        """One copy of so many bytes, and the call that reads them."""
        copy, self.used = object(), self.used + size

        def read():
            is_warm = copy in self.l2
            self._touch(copy, size)
            self.log.append((copy, is_warm))
            self.elapsed += max(self.floor, size / MEBI / (WARM if is_warm else COLD))

        return Work(read, "read", captures)

    def _touch(self, copy, size):
        self.l2.pop(copy, None)
        self.l2[copy] = size
        while sum(self.l2.values()) > self.l2_bytes and len(self.l2) > 1:
            self.l2.popitem(last=False)
        if size > self.l2_bytes:  # a stream longer than the L2 finds nothing of itself when it begins again
            self.l2.pop(copy)

    def free_bytes(self):
        return self.memory - self.used

    def used_bytes(self):
        return self.used

    def flush(self):
        self.l2.clear()
        self.flushed += 1

    def capture(self, calls):
        return lambda: [call() for call in calls]

    def time(self, run, before, repeats):
        times = []
        for _ in range(repeats):
            if before is not None:
                before()
            self.elapsed = 0.0
            run()
            times.append(self.elapsed)
        return times

    def time_alone(self, run, before, repeats):
        return [self.launch + time for time in self.time(run, before, repeats)]

    def is_lost(self):
        return self.lost

    def release(self):
        self.released += 1
