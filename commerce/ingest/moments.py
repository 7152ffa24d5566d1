"""Between microseconds since 1970, which the river counts in, and datetimes, which entities keep."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(microseconds: int) -> datetime:
    """The UTC datetime of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


def microseconds_of(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    past = moment - EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds
