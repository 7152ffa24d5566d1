"""What a cell of a cohort counts, and from when on it is complete; every number set by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.models.cohorts import CohortDimension, CohortGrain
from analytics.queries.cohorts import MOST_PARTS, CellStatus, Cohort, CohortTable, LtvCell
from commerce.models import Partner
from tests import factories
from tests.analytics.compare_cohorts import asked
from tests.factories import deliver, event, fill

LONDON = ZoneInfo("Europe/London")
YEAR = (date(2026, 1, 1), date(2027, 1, 1))
LATER = datetime(2027, 6, 1, tzinfo=UTC)
Raw = dict[str, Any]


@pytest.fixture
def london() -> Partner:
    """A shop where clocks go forward on 2026-03-29 at 01:00."""
    return factories.partner(timezone="Europe/London", currency="GBP")


def at(month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A moment of 2026 by the clock in London."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=LONDON)


def bought(
    order: str, when: datetime, price: str, customer: str | None = "ann", *, item: str = "lip", **data: Any
) -> Raw:
    """An order of one thing; paid if nothing else is said."""
    person = {} if customer is None else {"customer_id": customer}
    given: Raw = {
        "transaction_id": order,
        "items": [{"item_id": item, "price": price, **data.pop("line", {})}],
    }
    return event("purchase", when, subject=None, **given, **person, **data)


def tell(partner: Partner, *events: Raw) -> None:
    """Through the door, and filled."""
    outcome = deliver(partner, events, now=LATER)
    assert (outcome.accepted, outcome.rejected) == (len(events), 0), outcome.errors
    fill(partner, now=LATER)


def only(told: CohortTable) -> Cohort:
    """Its one cohort."""
    (one,) = told.cohorts
    return one


def within(told: CohortTable, days: int) -> LtvCell:
    """So many days of its one cohort."""
    return next(cell for cell in only(told).ltv if cell.days == days)


def whole(amount: Decimal) -> int:
    """An amount without cents."""
    assert amount == int(amount)
    return int(amount)


def sales(partner: Partner, days: int, basis: str = "PAID") -> int:
    """Of the one cohort within so many days, all of it observed."""
    return whole(within(asked(partner, starts=YEAR, until=LATER, basis=basis), days).bought.sales)


def test_thirty_days_end_at_the_same_time_on_the_clock_after_it_was_put_forward(london: Partner) -> None:
    # By elapsed time they would end at 13:00.
    tell(
        london,
        bought("o1", at(2, 28), "1"),
        bought("o2", at(3, 30, 11, 59, 59), "10"),
        bought("o3", at(3, 30, 12), "100"),
        bought("o4", at(3, 30, 12, 30), "1000"),
    )
    assert (sales(london, 30), sales(london, 60)) == (11, 1111)


def test_a_customer_is_mature_when_the_clock_shows_the_time_of_the_first_order(london: Partner) -> None:
    tell(
        london,
        bought("o1", at(2, 28), "1"),
        bought("o2", at(2, 28, 12, 0, 1), "2", "ben"),
        bought("o3", at(3, 30, 12), "100"),  # When his thirty days are over, to the second: not in them.
    )
    statuses = []
    for until in (at(3, 30, 11, 59, 59), at(3, 30, 12), at(3, 30, 12, 0, 1)):
        cell = within(asked(london, starts=YEAR, until=until), 30)
        statuses.append((cell.status.name, cell.customers, whole(cell.bought.sales)))
    assert statuses == [("NOT_STARTED", 0, 0), ("IN_PROGRESS", 1, 1), ("COMPLETE", 2, 3)]


def test_who_was_won_before_the_clock_was_put_back_is_there_after_it(london: Partner) -> None:
    # At 01:50; twenty minutes later it is 01:10 again.
    won = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    tell(london, bought("o1", won, "1"))
    told = only(asked(london, starts=YEAR, until=won + timedelta(minutes=20)))
    assert (told.size, told.periods[0].active) == (1, 1)


def test_a_cohort_whose_month_goes_on_is_not_complete_though_all_of_it_so_far_are(london: Partner) -> None:
    tell(london, bought("o1", at(1, 1), "1"))
    quarter = asked(london, starts=YEAR, until=at(3, 1), by=CohortGrain.QUARTER)
    month = asked(london, starts=YEAR, until=at(3, 1))
    assert (within(quarter, 30).status, within(month, 30).status) == (
        CellStatus.IN_PROGRESS,
        CellStatus.COMPLETE,
    )


def test_guests_who_paid_for_nothing_and_who_only_gave_back_are_in_no_cohort(london: Partner) -> None:
    tell(
        london,
        bought("o1", at(1, 1), "1", None),
        bought("o2", at(1, 1), "2", "ben", status="placed"),
        event("refund", at(1, 1), subject=None, refund_id="r1", customer_id="cy", value="3"),
    )
    told = asked(london, starts=YEAR, until=LATER)
    assert (told.cohorts, told.size, told.is_fresh) == ([], 0, True)
    assert {cell.status for cell in told.ltv} == {CellStatus.NOT_STARTED}


def test_what_was_not_paid_counts_as_placed_from_the_first_purchase_on(london: Partner) -> None:
    tell(
        london,
        bought("o1", at(1, 1), "1", status="placed"),
        bought("o2", at(1, 2), "10"),
        bought("o3", at(1, 3), "100", status="placed"),
    )
    assert [sales(london, 30, basis) for basis in ("PLACED", "PAID", "NET")] == [110, 10, 10]
    (cell, *_) = only(asked(london, starts=YEAR, until=LATER, basis="PLACED")).periods
    assert (cell.active, cell.bought.orders, cell.bought.paid_orders) == (1, 2, 1)


def test_refunds_and_cancellations_follow_their_order_whenever_they_come(london: Partner) -> None:
    tell(
        london,
        bought("o1", at(1, 1), "10"),
        bought("o2", at(1, 2), "100"),
        event("refund", at(9, 1), subject=None, refund_id="r1", transaction_id="o1", value="4"),
        event("order_cancelled", at(9, 1), subject=None, transaction_id="o2"),
    )
    assert [sales(london, days, "NET") for days in (30, 365)] == [6, 6]
    assert sales(london, 30, "PAID") == 110


def test_a_refund_without_an_order_counts_by_its_own_clock_and_makes_nobody_active(london: Partner) -> None:
    refund = {"subject": None, "customer_id": "ann"}
    tell(
        london,
        bought("o1", at(1, 10), "100"),
        event("refund", at(1, 10, 11, 59, 59), refund_id="r1", value="1", **refund),
        event("refund", at(2, 9, 11, 59, 59), refund_id="r2", value="10", **refund),
        event("refund", at(2, 9, 12), refund_id="r3", value="20", **refund),
    )
    assert [sales(london, days, "NET") for days in (30, 60)] == [90, 70]
    january, february, *_ = only(asked(london, starts=YEAR, until=LATER, basis="NET")).periods
    assert (january.active, whole(january.bought.sales)) == (1, 100)
    assert (february.active, february.bought.orders, whole(february.bought.sales)) == (0, 0, -30)


def test_other_currencies_than_the_first_are_left_out_and_those_of_others_named(london: Partner) -> None:
    tell(
        london,
        bought("o1", at(1, 1), "1"),
        bought("o2", at(1, 2), "10", currency="USD"),
        bought("o3", at(1, 3), "100", "ben", currency="USD"),
    )
    own = asked(london, starts=YEAR, until=LATER)
    assert (own.currency, own.other_currencies, only(own).size, sales(london, 30)) == ("GBP", ["USD"], 1, 1)
    other = asked(london, starts=YEAR, until=LATER, currency="USD")
    assert (other.other_currencies, whole(within(other, 30).bought.sales)) == (["GBP"], 100)


def test_weeks_begin_on_the_day_the_partner_says() -> None:
    starts = []
    for first in (0, 6):
        partner = factories.partner(timezone="Europe/London", currency="GBP", week_starts_on=first)
        tell(partner, bought("o1", at(1, 10), "1"), bought("o2", at(1, 11), "2"))  # a Saturday and a Sunday
        one = only(asked(partner, starts=YEAR, until=at(1, 25, 0), by=CohortGrain.WEEK))
        starts.append((one.starts_on.day, [(cell.starts_on.day, cell.active) for cell in one.periods]))
    assert starts == [(5, [(5, 1), (12, 0), (19, 0)]), (4, [(4, 1), (11, 1), (18, 0)])]


def test_what_comes_at_or_after_the_end_of_the_observed_world_is_not_there(london: Partner) -> None:
    tell(
        london,
        bought("o1", at(1, 5), "1"),
        bought("o2", at(2, 10), "10"),
        bought("o3", at(2, 10, 12, 0, 1), "100"),
        bought("o4", at(2, 10, 12, 0, 1), "1000", "ben"),
    )
    told = asked(london, starts=YEAR, until=at(2, 10, 12, 0, 1))
    january, february = only(told).periods
    assert (january.status, whole(january.bought.sales)) == (CellStatus.COMPLETE, 1)
    assert (february.status, february.active, whole(february.bought.sales)) == (CellStatus.IN_PROGRESS, 1, 10)
    at_once = only(asked(london, starts=YEAR, until=at(2, 10, 12))).periods[1]
    assert (at_once.active, whole(at_once.bought.sales)) == (0, 0)


def test_profit_is_known_where_all_costs_are(london: Partner) -> None:
    tell(london, bought("o1", at(1, 1), "10", line={"quantity": 2, "cost": "3"}))
    assert within(asked(london, starts=YEAR, until=LATER), 30).bought.profit == 14
    tell(london, bought("o2", at(1, 2), "10"))
    cell = within(asked(london, starts=YEAR, until=LATER), 30)
    assert (cell.bought.profit, cell.bought.uncosted_orders, cell.bought.paid_orders) == (None, 1, 2)


def test_parts_beyond_the_largest_are_told_together_and_all_add_up_to_everybody(london: Partner) -> None:
    most = [bought(f"a{n}", at(1, 1), "1", f"a{n}", item=f"i{n % MOST_PARTS}") for n in range(2 * MOST_PARTS)]
    few = [bought(f"b{n}", at(1, 1), "7", f"b{n}", item=f"j{n}") for n in range(3)]
    tell(london, *most, *few)
    told = asked(london, starts=YEAR, until=LATER, split=CohortDimension.PRODUCT)
    assert [one.size for one in told.cohorts] == [2] * MOST_PARTS + [3]
    assert [one.is_rest for one in told.cohorts] == [False] * MOST_PARTS + [True]
    rest = told.cohorts[-1]
    assert (rest.part, whole(rest.ltv[0].bought.sales), told.size) == (None, 21, 2 * MOST_PARTS + 3)


def test_days_one_by_one_are_told_until_the_92nd_after_the_first(london: Partner) -> None:
    first = at(1, 1)
    tell(
        london,
        bought("o1", first, "1"),
        bought("o2", first + timedelta(days=92), "10"),
        bought("o3", first + timedelta(days=93), "100"),
    )
    one = only(asked(london, starts=YEAR, until=LATER, by=CohortGrain.DAY))
    assert (len(one.periods), one.periods[92].active, whole(one.periods[92].bought.sales)) == (93, 1, 10)
    assert sum(cell.bought.sales for cell in one.periods) == 11
