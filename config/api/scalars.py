"""The scalars of the API: strict on the way in, exact on the way out, each with a published specification."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NewType
from zoneinfo import available_timezones

import strawberry
from babel.numbers import list_currencies
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
CurrencyCode = NewType("CurrencyCode", str)
TimeZone = NewType("TimeZone", str)
FloatSeries = NewType("FloatSeries", list[float | None])
DateTimeSeries = NewType("DateTimeSeries", list[dt.datetime])

EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
BIGGEST = 2**63 - 1

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,6})W|(?:([0-9]{1,7})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})(?:\.([0-9]{1,6}))?S)?)?)"
)
# No exponent: "1e999999999" would be nine bytes to read and a gigabyte to write.
_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,20})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


def _refuse(*, scalar: str, value: object, expected: str) -> GraphQLError:
    """The coercion error of a scalar; shows at most 40 characters of what was sent."""
    shown = value if isinstance(value, str) else repr(value) if isinstance(value, int | float) else "a value"
    short = shown if len(shown) <= 40 else shown[:40] + "..."
    return GraphQLError(f"{scalar} cannot represent {short!r}: expected {expected}.")


def _iso(value: dt.datetime) -> str:
    if value.tzinfo is not dt.UTC:
        if value.tzinfo is None:
            raise TypeError("a DateTime without a time zone cannot be shown")
        value = value.astimezone(dt.UTC)
    return value.isoformat()[:-6] + "Z"


def parse_date_time(value: object) -> dt.datetime:
    """An RFC 3339 text with an offset as a UTC datetime in [1970, 2100); beyond microseconds is cut off."""
    if isinstance(value, str) and _DATE_TIME.fullmatch(value):
        try:
            moment = dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass
        else:
            if EARLIEST <= moment < LATEST:
                return moment
    raise _refuse(scalar="DateTime", value=value, expected="RFC 3339 with an offset, from 1970 to 2100")


def serialize_date_time(value: object) -> str:
    """A time zone aware datetime as UTC, for example `2026-11-21T20:15:00Z`."""
    if not isinstance(value, dt.datetime):
        raise TypeError("a DateTime is a datetime")
    return _iso(value)


def parse_date(value: object) -> dt.date:
    """A `YYYY-MM-DD` text as a date from 1970-01-01 to 2100-01-01, which may end a half-open period."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            day = dt.date.fromisoformat(value)
        except ValueError:
            pass
        else:
            if EARLIEST.date() <= day <= LATEST.date():
                return day
    raise _refuse(scalar="Date", value=value, expected="YYYY-MM-DD, from 1970 to 2100")


def serialize_date(value: object) -> str:
    """A date as `YYYY-MM-DD`."""
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise TypeError("a Date is a date")
    return value.isoformat()


def parse_duration(value: object) -> dt.timedelta:
    """An ISO 8601 duration of weeks or of days, hours, minutes and seconds (no years, no months)."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _refuse(scalar="Duration", value=value, expected="an ISO 8601 duration such as PT1H30M")
    weeks, days, hours, minutes, seconds, fraction = (group or "0" for group in match.groups())
    return dt.timedelta(
        weeks=int(weeks),
        days=int(days),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        microseconds=int(fraction.ljust(6, "0")),
    )


def serialize_duration(value: object) -> str:
    """A timedelta of zero or more in its shortest ISO 8601 form: `PT1M`, `P1DT2H`, `PT0S`."""
    if not isinstance(value, dt.timedelta) or value < dt.timedelta(0):
        raise TypeError("a Duration is a timedelta of zero or more")
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or fraction:
        clock += f"{seconds}{fraction}S"
    day = f"{value.days}D" if value.days else ""
    return f"P{day}" + (f"T{clock}" if clock else "" if day else "T0S")


def parse_decimal(value: object) -> Decimal:
    """A finite decimal from a plain text ("12.50") or an integer; never from a float, never an exponent."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= BIGGEST:
        return Decimal(value)
    raise _refuse(scalar="Decimal", value=value, expected='a string such as "12.50" or an integer')


def serialize_decimal(value: object) -> str:
    """A finite decimal or integer as plain text with the digits it has; no exponent."""
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError("a Decimal is a finite decimal, never a float")


def parse_big_int(value: object) -> int:
    """A whole number of 64 bits from a text or an integer."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -BIGGEST - 1 <= value <= BIGGEST:
        return value
    raise _refuse(scalar="BigInt", value=value, expected="a whole number of 64 bits, string or integer")


def serialize_big_int(value: object) -> str:
    """A whole number as text, because JSON numbers lose digits above 2^53 in many clients."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a BigInt is an int")
    return str(value)


@lru_cache(maxsize=1)
def currency_codes() -> frozenset[str]:
    """Every ISO 4217 code that Unicode CLDR knows, former currencies too: old orders keep theirs."""
    return frozenset(list_currencies("en"))


def parse_currency_code(value: object) -> str:
    """An ISO 4217 code in upper case."""
    if isinstance(value, str) and value in currency_codes():
        return value
    raise _refuse(scalar="CurrencyCode", value=value, expected="an ISO 4217 code in upper case such as MYR")


@lru_cache(maxsize=1)
def time_zone_names() -> frozenset[str]:
    """Every IANA time zone name this machine can compute with."""
    return frozenset(available_timezones())


def parse_time_zone(value: object) -> str:
    """The name of an IANA time zone."""
    if isinstance(value, str) and value in time_zone_names():
        return value
    raise _refuse(scalar="TimeZone", value=value, expected="an IANA name such as Asia/Kuala_Lumpur")


def serialize_text(value: object) -> str:
    """Text as it is."""
    if not isinstance(value, str):
        raise TypeError("expected text")
    return value


def serialize_float_series(value: object) -> list[float | None]:
    """A list of numbers and nulls, handed to the JSON writer whole and not completed value by value."""
    if not isinstance(value, list):
        raise TypeError("a FloatSeries is a list")
    return value


def serialize_date_time_series(value: object) -> list[str]:
    """A list of time zone aware datetimes as RFC 3339 texts in UTC."""
    if not isinstance(value, list):
        raise TypeError("a DateTimeSeries is a list")
    return [_iso(moment) for moment in value]


def _output_only(value: object) -> object:
    raise GraphQLError("A series cannot be used as input.")


def _define(
    *, name: str, url: str, about: str, serialize: object, parse: object = _output_only
) -> ScalarDefinition:
    assert callable(serialize)
    assert callable(parse)
    return strawberry.scalar(
        name=name, specified_by_url=url, description=about, serialize=serialize, parse_value=parse
    )


_RFC_3339 = "https://www.rfc-editor.org/rfc/rfc3339"
_XML_SCHEMA = "https://www.w3.org/TR/xmlschema11-2/"

_DEFINITIONS: Iterable[tuple[object, ScalarDefinition]] = (
    (
        dt.datetime,
        _define(
            name="DateTime",
            url=f"{_RFC_3339}#section-5.6",
            about="A moment as RFC 3339 with an offset, from 1970 to 2100. Answers are in UTC.",
            serialize=serialize_date_time,
            parse=parse_date_time,
        ),
    ),
    (
        dt.date,
        _define(
            name="Date",
            url=f"{_RFC_3339}#section-5.6",
            about="A calendar day as YYYY-MM-DD, from 1970 to 2100.",
            serialize=serialize_date,
            parse=parse_date,
        ),
    ),
    (
        dt.timedelta,
        _define(
            name="Duration",
            url=f"{_RFC_3339}#appendix-A",
            about="A length of time as ISO 8601, in weeks or in days, hours, minutes and seconds: PT1H30M.",
            serialize=serialize_duration,
            parse=parse_duration,
        ),
    ),
    (
        Decimal,
        _define(
            name="Decimal",
            url=f"{_XML_SCHEMA}#decimal",
            about="An exact decimal number, always a string in answers. Input: a string or an integer.",
            serialize=serialize_decimal,
            parse=parse_decimal,
        ),
    ),
    (
        BigInt,
        _define(
            name="BigInt",
            url=f"{_XML_SCHEMA}#long",
            about="A whole number of 64 bits, always a string in answers. Input: a string or an integer.",
            serialize=serialize_big_int,
            parse=parse_big_int,
        ),
    ),
    (
        CurrencyCode,
        _define(
            name="CurrencyCode",
            url="https://www.iso.org/iso-4217-currency-codes.html",
            about="A currency as its ISO 4217 code in upper case: MYR.",
            serialize=serialize_text,
            parse=parse_currency_code,
        ),
    ),
    (
        TimeZone,
        _define(
            name="TimeZone",
            url="https://www.iana.org/time-zones",
            about="A time zone as its IANA name: Asia/Kuala_Lumpur.",
            serialize=serialize_text,
            parse=parse_time_zone,
        ),
    ),
    (
        FloatSeries,
        _define(
            name="FloatSeries",
            url="https://www.rfc-editor.org/rfc/rfc8259#section-5",
            about="One column of numbers for drawing, as an array. null is no data, 0 is zero.",
            serialize=serialize_float_series,
        ),
    ),
    (
        DateTimeSeries,
        _define(
            name="DateTimeSeries",
            url=f"{_RFC_3339}#section-5.6",
            about="One column of moments, as an array of RFC 3339 strings in UTC.",
            serialize=serialize_date_time_series,
        ),
    ),
)

# For `StrawberryConfig(scalar_map=SCALAR_MAP)`: the Python type of an annotation -> its scalar.
SCALAR_MAP: Mapping[object, ScalarDefinition] = dict(_DEFINITIONS)
