"""What past sessions say about another: percentiles, and how far they had come by a share of their length."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.series import MINUTE
from tests.oracle.session import SessionTruth

SECOND = timedelta(seconds=1)


def percentile(values: Collection[Fraction], share: Fraction) -> Fraction:
    """Linear interpolation between the two values around the place share x (n - 1)."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    before = place.numerator // place.denominator
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (place - before) * (ordered[after] - ordered[before])


def had_by(session: SessionTruth, key: str, share: Fraction) -> Fraction | None:
    """The share of what a session had in all that it had after a share of its length; None: it had none."""
    assert session.start is not None
    assert session.end is not None
    cut = session.start + (session.end - session.start) * min(float(share), 1.0)
    rows = {minute: Fraction(row[key]) for minute, row in session.trend().items()}
    whole = sum(rows.values(), Fraction(0))
    if not whole:
        return None
    then = sum((value * _passed(minute, session, cut) for minute, value in rows.items()), Fraction(0))
    return then / whole


def _passed(minute: datetime, session: SessionTruth, cut: datetime) -> Fraction:
    assert session.start is not None
    assert session.end is not None
    start, end = max(minute, session.start), min(minute + MINUTE, session.end)
    if cut <= start:
        return Fraction(0)
    return Fraction(1) if cut >= end else Fraction((cut - start) / SECOND) / Fraction((end - start) / SECOND)


def projected(
    so_far: Fraction, key: str, *, elapsed: timedelta, past: Sequence[SessionTruth]
) -> Fraction | None:
    """What a session ends with if it goes on as those before; their median length is taken for its own."""
    if len(past) < 3:
        return None
    length = percentile([Fraction(session.seconds) for session in past], Fraction(1, 2))
    share = Fraction(elapsed / SECOND) / length
    shares = [had for session in past if (had := had_by(session, key, share)) is not None]
    if len(shares) < 3 or not sum(shares):
        return None
    return so_far / (sum(shares, Fraction(0)) / len(shares))
