"""Token buckets: how much each key may still ask, in this process."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

_MOST_KEYS = 10_000


class Taken(NamedTuple):
    """The outcome of asking a bucket: `wait` is 0 when granted, else whole seconds until it can be."""

    available: int
    wait: int


class TokenBuckets:
    """One bucket a key: holds at most `limit` points, regains `restore_rate` points a second."""

    def __init__(self, *, limit: int, restore_rate: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.restore_rate = restore_rate
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, *, key: str, points: int) -> Taken:
        """Takes points from a key's bucket when it holds that many; takes nothing otherwise."""
        now = self._clock()
        with self._lock:
            level, since = self._levels.pop(key, (float(self.limit), now))
            level = min(level + (now - since) * self.restore_rate, float(self.limit))
            granted = level >= points
            if granted:
                level -= points
            self._levels[key] = (level, now)
            # The one unused longest is nearly always full again, so forgetting it gives nothing away.
            if len(self._levels) > _MOST_KEYS:
                self._levels.popitem(last=False)
        missing = 0 if granted else points - level
        return Taken(available=int(level), wait=0 if granted else int(missing / self.restore_rate) + 1)
