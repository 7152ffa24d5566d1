"""How a session loses its audience, from everybody's presences."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.series import MINUTE, minute_of
from tests.oracle.session import SessionTruth


@dataclass(frozen=True, kw_only=True)
class LossTruth:
    """A stretch, who was there when it began, and how many fewer when it ended."""

    starts_at: datetime
    ends_at: datetime
    audience: int
    lost: int

    @property
    def share(self) -> Fraction:
        """Of those who were there."""
        return Fraction(self.lost, self.audience)


def minutes(truth: SessionTruth) -> list[datetime]:
    """Every minute that has a part in the session."""
    if truth.start is None or truth.end is None:
        return []
    found, minute = [], minute_of(truth.start)
    while minute < truth.end:
        found.append(minute)
        minute += MINUTE
    return found


def leaves(truth: SessionTruth, minute: datetime) -> int:
    """Presences that end in the minute and before the session does."""
    return sum(
        minute <= each.end < minute + MINUTE and each.end < _end(truth)
        for viewer in truth.viewers.values()
        for each in viewer.intervals
    )


def joins(truth: SessionTruth, minute: datetime) -> int:
    """Presences that begin in the minute."""
    return sum(
        minute <= each.start < minute + MINUTE
        for viewer in truth.viewers.values()
        for each in viewer.intervals
    )


def present_before(truth: SessionTruth, time: datetime) -> int:
    """People there just before a moment; after the session's end, those who stayed to it."""
    return sum(
        each.start < time and (each.end >= time or each.end >= _end(truth))
        for viewer in truth.viewers.values()
        for each in viewer.intervals
    )


def steepest(truth: SessionTruth, *, window: int) -> LossTruth | None:
    """The stretch of so many minutes that loses most, the earliest of equals; None where none loses."""
    every = minutes(truth)
    length = min(window, len(every))
    best: LossTruth | None = None
    for starts_at in every[: len(every) - length + 1] if length else []:
        ends_at = starts_at + timedelta(minutes=length)
        audience = present_before(truth, starts_at)
        lost = audience - present_before(truth, ends_at)
        if lost > 0 and (best is None or lost > best.lost):
            best = LossTruth(starts_at=starts_at, ends_at=ends_at, audience=audience, lost=lost)
    return best


def _end(truth: SessionTruth) -> datetime:
    assert truth.end is not None
    return truth.end
