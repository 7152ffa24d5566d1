"""Where an audience is lost: the steepest loss over any stretch of a session's minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, kw_only=True)
class Loss:
    """From the beginning of minute `first` on, over `minutes` of them: how many of `audience` were lost."""

    first: int
    minutes: int
    audience: int
    lost: int


def steepest_loss(net: Sequence[int], *, minutes: int) -> Loss | None:
    """The stretch that loses most, the earliest of equals; None where none loses anybody.

    `net` is joins - leaves of each minute. A session shorter than the stretch is one stretch.
    """
    length = min(minutes, len(net))
    if length == 0:
        return None
    # How many are there before each minute; whoever stays to the session's end never leaves.
    present = [0, *accumulate(net)]
    stretches = range(len(present) - length)
    first = max(stretches, key=lambda place: (present[place] - present[place + length], -place))
    lost = present[first] - present[first + length]
    return Loss(first=first, minutes=length, audience=present[first], lost=lost) if lost > 0 else None
