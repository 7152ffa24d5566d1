"""Times in files: a column, its format and the zone its clock is in."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

_UNITS: Final = {"unix": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class CellError(Exception):
    """A cell that does not say what its column is for."""


class Moments(Struct, kw_only=True, forbid_unknown_fields=True):
    """How a file writes times.

    `format` is one of strptime's, or iso, unix, unix_ms, unix_us. `zone` is the IANA name of the clock's
    zone, for times that carry no offset. When clocks go back, a local time stands for two moments:
    `ambiguous` takes the earlier or the later one, or refuses the row. When they go forward, some local
    times never were: `missing` shifts such a time by the gap (02:30 is 03:30, as on a clock nobody has put
    forward), or refuses the row.
    """

    column: str
    format: str = "iso"
    zone: str | None = None
    ambiguous: Literal["earlier", "later", "refuse"] = "earlier"
    missing: Literal["shift", "refuse"] = "shift"

    def __post_init__(self) -> None:
        if self.zone is not None:
            zone_of(self.zone)

    def read(self, text: str) -> datetime:
        """The moment in UTC; raises CellError with the rule."""
        if (unit := _UNITS.get(self.format)) is not None:
            try:
                return _EPOCH + timedelta(microseconds=int(text) * unit)
            except (ValueError, OverflowError):
                raise CellError(f"{text[:40]!r} is not a time in whole {self.format}") from None
        is_iso = self.format == "iso"
        try:
            told = datetime.fromisoformat(text) if is_iso else datetime.strptime(text, self.format)
        except ValueError:
            raise CellError(f"{text[:40]!r} is not a time in the format {self.format}") from None
        if told.tzinfo is None:
            if self.zone is None:
                raise CellError(f"{text[:40]!r} has no offset, and the mapping names no zone")
            told = self._place(told, zone_of(self.zone))
        try:
            return told.astimezone(UTC)
        except OverflowError:
            raise CellError(f"{text[:40]!r} is beyond the calendar") from None

    def _place(self, told: datetime, zone: ZoneInfo) -> datetime:
        first, second = told.replace(tzinfo=zone, fold=0), told.replace(tzinfo=zone, fold=1)
        before, after = first.utcoffset(), second.utcoffset()
        if before == after or before is None or after is None:
            return first
        if before > after:
            if self.ambiguous == "refuse":
                raise CellError(f"{told} stands for two moments in {self.zone}")
            return second if self.ambiguous == "later" else first
        if self.missing == "refuse":
            raise CellError(f"{told} never was in {self.zone}")
        return first


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; raises ValueError for any other text."""
    if name in ("localtime", "posixrules", "Factory"):  # Files of a machine, that a database does not know.
        raise ValueError(f"{name!r} is not an IANA time zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone") from None


def rfc3339(moment: datetime) -> str:
    """A moment as events write it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def convert(told: Any, shape: type[Any], *, name: str) -> Any:
    """A mapping file's content in its shape; raises ValueError that names the file, the key and the rule."""
    try:
        return msgspec.convert(told, shape)
    except msgspec.ValidationError as error:
        raise ValueError(f"{name}: {error}") from None
