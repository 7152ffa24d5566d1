"""Periods of a calendar and the numbers over them, beside the slow truth."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics import BASES, Cadence, Scope, metric_of
from analytics.plans.decomposition import decompose
from analytics.plans.periods import Period, period_of
from analytics.plans.reporting import day_start, last_closed
from analytics.queries.periods import PeriodNumbers, period_numbers
from commerce.access import row_security
from commerce.models import Partner
from tests.analytics.compare import world
from tests.analytics.graphql_client import actor_of
from tests.analytics.scenes import scene
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, fill
from tests.oracle.plans import period as true_period
from tests.oracle.plans import sessions_between

DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1))


MONDAY, TUESDAY, SATURDAY, SUNDAY = 0, 1, 5, 6


@pytest.mark.parametrize(
    ("cadence", "week_starts_on", "day", "starts_on", "ends_on"),
    [
        (Cadence.WEEKLY, MONDAY, "2026-06-01", "2026-06-01", "2026-06-08"),
        (Cadence.WEEKLY, MONDAY, "2026-05-31", "2026-05-25", "2026-06-01"),
        (Cadence.WEEKLY, SUNDAY, "2026-05-31", "2026-05-31", "2026-06-07"),
        (Cadence.WEEKLY, SUNDAY, "2026-05-30", "2026-05-24", "2026-05-31"),
        (Cadence.WEEKLY, SATURDAY, "2026-06-05", "2026-05-30", "2026-06-06"),
        (Cadence.BIWEEKLY, MONDAY, "2026-06-01", "2026-05-25", "2026-06-08"),
        (Cadence.BIWEEKLY, MONDAY, "2026-06-08", "2026-06-08", "2026-06-22"),
        # 5 January 1970 was a Monday: with weeks from Sunday fortnights began a day before it, from Tuesday
        # on 30 December 1969.
        (Cadence.BIWEEKLY, SUNDAY, "1970-01-04", "1970-01-04", "1970-01-18"),
        (Cadence.BIWEEKLY, SUNDAY, "2026-06-07", "2026-06-07", "2026-06-21"),
        (Cadence.BIWEEKLY, TUESDAY, "1970-01-05", "1969-12-30", "1970-01-13"),
        (Cadence.MONTHLY, SUNDAY, "2026-12-31", "2026-12-01", "2027-01-01"),
        (Cadence.MONTHLY, MONDAY, "2028-02-29", "2028-02-01", "2028-03-01"),
        (Cadence.QUARTERLY, MONDAY, "2026-06-30", "2026-04-01", "2026-07-01"),
        (Cadence.QUARTERLY, SUNDAY, "2026-12-01", "2026-10-01", "2027-01-01"),
        (Cadence.YEARLY, SUNDAY, "2026-12-31", "2026-01-01", "2027-01-01"),
        (Cadence.YEARLY, MONDAY, "2028-02-29", "2028-01-01", "2029-01-01"),
    ],
)
def test_a_day_lies_in_its_period(
    cadence: Cadence, week_starts_on: int, day: str, starts_on: str, ends_on: str
) -> None:
    found = period_of(cadence, date.fromisoformat(day), week_starts_on=week_starts_on)
    assert (found.starts_on.isoformat(), found.ends_on.isoformat()) == (starts_on, ends_on)


@given(day=DAYS, cadence=st.sampled_from(list(Cadence)), week_starts_on=st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_periods_cover_the_calendar_without_a_gap(day: date, cadence: Cadence, week_starts_on: int) -> None:
    def at(one: date) -> Period:
        return period_of(cadence, one, week_starts_on=week_starts_on)

    found = at(day)
    assert found.starts_on <= day < found.ends_on
    assert found == at(found.starts_on)
    assert found == at(found.ends_on - timedelta(days=1))
    assert found.previous.ends_on == found.starts_on
    assert found.previous == at(found.starts_on - timedelta(days=1))
    assert found.following == at(found.ends_on)
    if cadence in (Cadence.WEEKLY, Cadence.BIWEEKLY):
        weeks = 1 if cadence is Cadence.WEEKLY else 2
        assert (found.starts_on.weekday(), found.ends_on - found.starts_on) == (
            week_starts_on, timedelta(weeks=weeks),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "now", "week_starts_on", "first"),
    [
        # Sunday evening in New York is Monday in Singapore.
        ("Asia/Singapore", "2026-06-07T16:00:00+00:00", MONDAY, "2026-06-01"),
        ("America/New_York", "2026-06-07T16:00:00+00:00", MONDAY, "2026-05-25"),
        ("America/New_York", "2026-06-07T16:00:00+00:00", SUNDAY, "2026-05-31"),
        # The clocks go forward in London on 29 March: its Monday begins an hour earlier by UTC.
        ("Europe/London", "2026-03-29T22:59:59+00:00", MONDAY, "2026-03-16"),
        ("Europe/London", "2026-03-29T23:00:00+00:00", MONDAY, "2026-03-23"),
    ],
)
def test_a_week_closes_by_the_partners_clock(zone: str, now: str, week_starts_on: int, first: str) -> None:
    found = last_closed(
        Cadence.WEEKLY,
        zone=ZoneInfo(zone),
        now=datetime.fromisoformat(now),
        week_starts_on=week_starts_on,
    )
    assert found.starts_on.isoformat() == first


def test_a_day_begins_also_where_there_is_no_midnight() -> None:
    # In Cairo the clocks went from 24:00 on 23 April 2026 straight to 01:00.
    began = day_start(date(2026, 4, 24), ZoneInfo("Africa/Cairo")).astimezone(UTC)
    assert began == datetime(2026, 4, 23, 22, tzinfo=UTC)


# -- numbers -----------------------------------------------------------------------------------


def read(partner: Partner, *periods: Period) -> list[PeriodNumbers]:
    actor = actor_of(partner)
    with row_security(actor):
        days = [(one.starts_on, one.ends_on) for one in periods]
        return period_numbers(days, partner_id=partner.id, actor=actor, now=NOW)


def moved(events: list[dict[str, Any]], to: datetime) -> list[dict[str, Any]]:
    """The same events, so that the first session starts at a moment."""
    start = next(datetime.fromisoformat(one["time"]) for one in events if one["subject"] == "live-0")
    return [
        {**one, "time": (datetime.fromisoformat(one["time"]) + (to - start)).isoformat()} for one in events
    ]


def near(found: Decimal | None, wanted: Any) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return abs(Fraction(found) - Fraction(wanted)) < Fraction(1, 10**15)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("timezone", "start"),
    [
        # The second session starts after the week's end, forty minutes later.
        ("Asia/Singapore", "2026-05-10T15:40:00+00:00"),
        # Sunday has 23 hours in London, and 25 in New York half a year before.
        ("Europe/London", "2026-03-29T22:40:00+00:00"),
        ("America/New_York", "2025-11-03T04:40:00+00:00"),
    ],
)
def test_numbers_of_weeks_are_the_truths(
    make_partner: PartnerFactory, timezone: str, start: str, seed: int
) -> None:
    partner = make_partner(timezone=timezone)
    at = datetime.fromisoformat(start)
    events = moved(scene(random.Random(seed)), at)
    assert deliver(partner, events).rejected == 0
    fill(partner)
    truth = world(events, partner)
    week = period_of(Cadence.WEEKLY, at.astimezone(ZoneInfo(timezone)).date(), week_starts_on=MONDAY)
    weeks = [week.previous, week, week.following]
    for one, found in zip(weeks, read(partner, *weeks), strict=True):
        assert found.sessions == len(sessions_between(truth, one.starts_on, one.ends_on))
        for basis in BASES:
            for key, wanted in true_period(truth, one.starts_on, one.ends_on, basis=basis).items():
                metric = metric_of(Scope.SESSION, key)
                got = found.value(metric, basis=basis, currency=partner.currency)
                assert near(got, wanted), (one, basis, key, got, wanted)
            shop = truth.shop(one.starts_on, one.ends_on, basis=basis)
            for key in ("orders", "sales", "refunds", "buyers", "items_sold"):
                got = found.value(metric_of(Scope.SHOP, key), basis=basis, currency=partner.currency)
                assert got == shop[key], (one, basis, key, got, shop[key])


def test_weeks_of_a_world_lie_apart(make_partner: PartnerFactory) -> None:
    """What the walk above compares is there: one session on each side of the week's end."""
    partner = make_partner(timezone="Europe/London")
    at = datetime(2026, 3, 29, 22, 40, tzinfo=UTC)
    deliver(partner, moved(scene(random.Random(3)), at))
    fill(partner)
    week = period_of(Cadence.WEEKLY, date(2026, 3, 29), week_starts_on=MONDAY)
    assert [one.sessions for one in read(partner, week, week.following)] == [1, 1]
    both, month = read(partner, week, period_of(Cadence.QUARTERLY, date(2026, 3, 29), week_starts_on=MONDAY))
    assert both.starts_at == datetime(2026, 3, 23, tzinfo=UTC)
    assert both.ends_at == datetime(2026, 3, 29, 23, tzinfo=UTC)
    assert month.ends_at == datetime(2026, 3, 31, 23, tzinfo=UTC)


# -- what moved a sum --------------------------------------------------------------------------


def test_a_change_is_taken_apart_without_a_remainder() -> None:
    """30.00 of 10 viewers, 2 of whom bought once; 36.00 of 30 viewers, 2 of whom bought, one twice."""
    before, now = ([Decimal(one) for one in told] for told in ((10, 2, 2, 30), (30, 2, 3, 36)))
    found = decompose(before, now)
    assert found is not None
    mean = 6 / math.log(36 / 30)
    wanted = [mean * math.log(ratio) for ratio in (3, 1 / 3, 1.5, 0.8)]
    assert [float(one.contribution) for one in found] == pytest.approx(wanted, abs=1e-4)
    assert sum(one.contribution for one in found) == 6
    assert [one.before for one in found] == [10, Decimal("0.2"), 1, 15]


@given(
    before=st.lists(st.integers(1, 10**9), min_size=4, max_size=4),
    now=st.lists(st.integers(1, 10**9), min_size=4, max_size=4),
)
@settings(max_examples=100, deadline=None)
def test_what_the_factors_contribute_is_always_the_change(before: list[int], now: list[int]) -> None:
    found = decompose([Decimal(one) for one in before], [Decimal(one) for one in now])
    assert found is not None
    assert sum(one.contribution for one in found) == now[-1] - before[-1]
    for one in found:
        # A factor that grew never takes anything; rounding is of four decimals, three times at most.
        assert (one.now - one.before) * one.contribution >= -Decimal("0.001") * abs(one.now - one.before)


def test_what_has_a_factor_of_nothing_is_not_taken_apart() -> None:
    assert decompose([Decimal(10), Decimal(0)], [Decimal(10), Decimal(5)]) is None
    assert decompose([Decimal(10), Decimal(5)], [Decimal(10), Decimal(-5)]) is None
    same = decompose([Decimal(10), Decimal(5)], [Decimal(10), Decimal(5)])
    assert same is not None
    assert [one.contribution for one in same] == [0, 0]
