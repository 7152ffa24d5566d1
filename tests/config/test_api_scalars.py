"""Scalars take what their specification says and nothing else, and give it back exactly."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from graphql import GraphQLError

from config.api import scalars
from tests.config.api_toy import SCHEMA, Client


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type, misc]  # year to microsecond


@pytest.mark.parametrize(
    ("parse", "sent", "meant"),
    [
        (scalars.parse_date_time, "2026-03-29T01:30:00+01:00", utc(2026, 3, 29, 0, 30)),
        (scalars.parse_date_time, "2026-03-29t01:30:00z", utc(2026, 3, 29, 1, 30)),
        (scalars.parse_date_time, "2026-03-29T01:30:00.1234567Z", utc(2026, 3, 29, 1, 30, 0, 123456)),
        (scalars.parse_date_time, "1970-01-01T00:00:00-00:00", utc(1970, 1, 1)),
        (scalars.parse_date_time, "2099-12-31T23:59:59.999999Z", utc(2099, 12, 31, 23, 59, 59, 999999)),
        (scalars.parse_date_time, "1969-12-31T20:00:00-05:00", utc(1970, 1, 1, 1)),
        (scalars.parse_date, "2024-02-29", dt.date(2024, 2, 29)),
        (scalars.parse_date, "2100-01-01", dt.date(2100, 1, 1)),
        (scalars.parse_duration, "PT1H30M", dt.timedelta(minutes=90)),
        (scalars.parse_duration, "P1DT0.5S", dt.timedelta(days=1, milliseconds=500)),
        (scalars.parse_duration, "P2W", dt.timedelta(weeks=2)),
        (scalars.parse_duration, "PT90S", dt.timedelta(seconds=90)),
        (scalars.parse_decimal, "12.50", Decimal("12.50")),
        (scalars.parse_decimal, "-0.001", Decimal("-0.001")),
        (scalars.parse_decimal, 7, Decimal(7)),
        (scalars.parse_decimal, "9" * 40, Decimal("9" * 40)),
        (scalars.parse_big_int, "9223372036854775807", 2**63 - 1),
        (scalars.parse_big_int, "-9223372036854775808", -(2**63)),
        (scalars.parse_big_int, 5, 5),
        (scalars.parse_currency_code, "KWD", "KWD"),
        (scalars.parse_currency_code, "DEM", "DEM"),
        (scalars.parse_time_zone, "Asia/Kuala_Lumpur", "Asia/Kuala_Lumpur"),
        (scalars.parse_time_zone, "UTC", "UTC"),
    ],
)
def test_a_scalar_reads_what_its_specification_allows(
    parse: Callable[[object], object], sent: object, meant: object
) -> None:
    assert parse(sent) == meant


@pytest.mark.parametrize(
    ("parse", "sent"),
    [
        *((scalars.parse_date_time, text) for text in (
            "2026-03-29T01:30:00", "2026-03-29", "2026-03-29 01:30:00Z", "2026-02-30T00:00:00Z",
            "2026-03-29T24:00:00Z", "2026-03-29T01:30:60Z", "1969-12-31T23:59:59Z", "2100-01-01T00:00:00Z",
            "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-03-29T01:30:00+0100",
            "2026-03-29T01:30:00Z\n", "\u0662026-03-29T01:30:00Z", "", 0, None, True, 1774747800,
        )),
        *((scalars.parse_date, text) for text in (
            "2023-02-29", "20230201", "2023-2-1", "1969-12-31", 20230201,
        )),
        *((scalars.parse_duration, text) for text in (
            "P1Y", "P1M", "P", "PT", "P1DT", "1H", "-PT1H", "PT1.5H", "P1W2D", "PT1S\n", 60, "PT9999999999S",
        )),
        *((scalars.parse_decimal, text) for text in (
            1.5, "1e3", "1E400000000", "NaN", "Infinity", "-inf", "1,5", " 1", "1.", ".5", "", True, None,
            "9" * 41, 2**64, "\u0661",
        )),
        *((scalars.parse_big_int, text) for text in (
            1.0, "1.0", "9223372036854775808", 2**63, "1e3", True, "", "0x10", "1_000",
        )),
        *((scalars.parse_currency_code, text) for text in ("myr", "BTC", "XX", "", 458, None)),
        *((scalars.parse_time_zone, text) for text in (
            "Mars/Olympus", "asia/kuala_lumpur", "../../etc/passwd", "/etc/localtime", "+08:00", "", 8,
        )),
    ],
)  # fmt: skip
def test_a_scalar_refuses_everything_else(parse: Callable[[object], object], sent: object) -> None:
    with pytest.raises(GraphQLError, match="cannot represent") as refused:
        parse(sent)
    assert len(refused.value.message) < 160


@pytest.mark.parametrize(
    ("serialize", "value", "shown"),
    [
        (scalars.serialize_date_time, utc(2026, 3, 1, 12), "2026-03-01T12:00:00Z"),
        (
            scalars.serialize_date_time,
            dt.datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=8))),
            "2026-03-01T04:00:00.000005Z",
        ),
        (scalars.serialize_date, dt.date(2026, 3, 1), "2026-03-01"),
        (scalars.serialize_duration, dt.timedelta(0), "PT0S"),
        (scalars.serialize_duration, dt.timedelta(minutes=1), "PT1M"),
        (scalars.serialize_duration, dt.timedelta(days=1), "P1D"),
        (scalars.serialize_duration, dt.timedelta(days=1, seconds=7203, milliseconds=250), "P1DT2H3.25S"),
        (scalars.serialize_decimal, Decimal("4826466.491"), "4826466.491"),
        (scalars.serialize_decimal, Decimal("1E+3"), "1000"),
        (scalars.serialize_decimal, Decimal("0.000"), "0.000"),
        (scalars.serialize_decimal, 3, "3"),
        (scalars.serialize_big_int, 2**53 + 1, "9007199254740993"),
        (scalars.serialize_date_time_series, [utc(2026, 3, 1)], ["2026-03-01T00:00:00Z"]),
        (scalars.serialize_float_series, [1.5, None, 0], [1.5, None, 0]),
    ],
)
def test_a_scalar_shows_a_value_exactly(
    serialize: Callable[[object], object], value: object, shown: object
) -> None:
    assert serialize(value) == shown


@pytest.mark.parametrize(
    ("serialize", "value"),
    [
        (scalars.serialize_date_time, dt.datetime(2026, 3, 1)),
        (scalars.serialize_date_time, "2026-03-01T00:00:00Z"),
        (scalars.serialize_date, utc(2026, 3, 1)),
        (scalars.serialize_duration, dt.timedelta(seconds=-1)),
        (scalars.serialize_decimal, 1.5),
        (scalars.serialize_decimal, Decimal("NaN")),
        (scalars.serialize_big_int, True),
        (scalars.serialize_big_int, 1.0),
        (scalars.serialize_text, 5),
        (scalars.serialize_float_series, (1.0,)),
        (scalars.serialize_date_time_series, "now"),
    ],
)
def test_a_scalar_never_shows_a_value_of_the_wrong_kind(
    serialize: Callable[[object], object], value: object
) -> None:
    with pytest.raises(TypeError):
        serialize(value)


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ('amount: "1.50"', "Decimal('1.50')"),
        ("amount: 3", "Decimal('3')"),
        ("count: 4", "4"),
        ('count: "9007199254740993"', "9007199254740993"),
        ('length: "PT5M"', "datetime.timedelta(seconds=300)"),
        ('currency: "VND"', "'VND'"),
    ],
)
def test_a_literal_reaches_the_resolver(argument: str, shown: str) -> None:
    assert Client().ask(f"{{ echo({argument}) }}").json["data"] == {"echo": shown}


@pytest.mark.parametrize("argument", ["amount: 1.5", "count: 1.0", f"count: {'9' * 6000}", "amount: TRUE"])
def test_a_float_literal_is_refused_where_numbers_are_exact(argument: str) -> None:
    assert Client().ask(f"{{ echo({argument}) }}").codes == ["BAD_USER_INPUT"]


def test_a_variable_above_64_bits_is_refused_and_not_rounded() -> None:
    reply = Client().ask("query ($n: BigInt) { echo(count: $n) }", {"n": 1e300})
    assert reply.codes == ["BAD_USER_INPUT"]


def test_numbers_leave_as_strings_and_columns_as_arrays() -> None:
    query = "{ session { kpis { views liveSales { amount } } trend { timestamps values grain } } }"
    assert Client().ask(query).json["data"] == {
        "session": {
            "kpis": {"views": "9007199254740993", "liveSales": {"amount": "1234567890123.450"}},
            "trend": {
                "timestamps": ["2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z"],
                "values": [1.5, None],
                "grain": "PT1M",
            },
        }
    }


def test_every_scalar_of_ours_names_its_specification_and_describes_itself() -> None:
    for definition in scalars.SCALAR_MAP.values():
        assert definition.specified_by_url is not None
        assert definition.specified_by_url.startswith("https://")
        assert definition.description is not None
        assert f"scalar {definition.name} @specifiedBy" in SCHEMA.as_str()
