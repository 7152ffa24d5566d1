"""What offers go along with, by fractions: every minute of a session beside the minutes of its offers."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.markers import markers
from tests.oracle.series import MINUTE, concurrent_before, minute_of
from tests.oracle.session import SessionTruth

FLANK, AFTER = 10, 5


def touched(start: datetime, end: datetime) -> list[datetime]:
    """The minutes a span touches; one at least."""
    found = [minute_of(start)]
    while found[-1] + MINUTE < end:
        found.append(found[-1] + MINUTE)
    return found


def uplift(
    sessions: Iterable[SessionTruth], *, kind: str, metric: str, window: str, is_random_only: bool
) -> tuple[Fraction | None, int, int]:
    """(ratio, sessions, offers) pooled over the offers of a kind; None where nothing can be divided."""
    above = below = Fraction(0)
    counted: set[str] = set()
    offers = 0
    for session in sessions:
        assert session.start is not None
        assert session.end is not None
        inside = touched(session.start, session.end)
        spans = [
            (touched(one.at, min(one.ended_at or session.end, session.end)), one.scheduled_at_random)
            for one in markers(session.events)
            if one.kind == kind and one.is_start_told and session.start <= one.at < session.end
        ]
        own = {minute for minutes, _ in spans for minute in minutes}
        tails = {minute for minutes, _ in spans for minute in _following(minutes[-1], 1, AFTER)}
        for minutes, is_random in spans:
            if is_random_only and not is_random:
                continue
            during = [minute for minute in minutes if minute in inside]
            after = [
                minute
                for minute in _following(minutes[-1], 1, AFTER)
                if minute in inside and minute not in own
            ]
            sides = _following(minutes[0], -FLANK, FLANK) + _following(minutes[-1], 1 + AFTER, FLANK)
            flank = [minute for minute in sides if minute in inside and minute not in own | tails]
            here = during if window == "DURING" else after
            amount, exposure = _sum(session, here, metric)
            beside, exposure_beside = _sum(session, flank, metric)
            if exposure and exposure_beside:
                above += amount * exposure_beside / (exposure + exposure_beside)
                below += beside * exposure / (exposure + exposure_beside)
                counted.add(session.subject)
                offers += 1
    return (above / below if below else None), len(counted), offers


def _following(minute: datetime, first: int, count: int) -> list[datetime]:
    return [minute + (first + number) * MINUTE for number in range(count)]


def _sum(session: SessionTruth, minutes: list[datetime], metric: str) -> tuple[Fraction, Fraction]:
    """What happened in some minutes, and over how many viewer-minutes (or minutes)."""
    trend = session.trend()
    viewers = {minute: _present(session, minute) for minute in minutes}
    if metric == "CONCURRENT_VIEWERS":
        return Fraction(sum(viewers.values())), Fraction(len(minutes))
    key = {"ORDERS": "orders", "LIVE_SALES": "live_sales", "PRODUCT_CLICKS": "product_clicks"}[metric]
    amount = sum((Fraction(trend.get(minute, {}).get(key, 0)) for minute in minutes), Fraction(0))
    return amount, Fraction(sum(viewers.values()))


def _present(session: SessionTruth, minute: datetime) -> int:
    return concurrent_before(session.points, minute + timedelta(minutes=1))
