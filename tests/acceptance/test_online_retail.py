"""Half a year of a real shop: invoice lines in, published sales out, per session and per day.

A day is a session from 00:00 to 24:00 in London; an invoice is a paid order of its lines with quantity and
price above zero, an invoice C... an unlinked refund that names the session of its day. Prices have three
decimals: they are stored as they are (`NUMERIC(20, 4)`), and nothing is rounded on the way to these sums.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from analytics.models import OrderFact, SessionRollup, SessionSales, ShopPeriod
from analytics.recompute import check
from commerce.connection import worker_connection
from commerce.models import LiveSession, Partner, Stale
from commerce.partitions import make_partitions
from tests import factories
from tests.acceptance.conftest import Shop
from tests.acceptance.real_data import send, truth
from tests.analytics.graphql_client import ask
from tests.factories import NOW

# Sessions started and ended, paid invoices, invoices C...
EVENTS = 2 * 167 + 9659 + 2006
MONTHS = [date(2010, 12, 1), *(date(2011, month, 1) for month in range(1, 7))]


def published() -> list[tuple[date, int, Decimal, int, int, int, Decimal]]:
    """(day, orders, gross, units, known buyers, guest orders, refunds) of every day with an invoice."""
    return [
        (
            date.fromisoformat(row["session_day"]),
            row["orders"],
            Decimal(row["gross"]),
            row["units"],
            row["known_buyers"],
            row["guest_orders"],
            -Decimal(row["cancel_value"] or 0),
        )
        for row in truth("online_retail_days_truth.json")["days"]
    ]


def by_session(partner: Partner) -> list[tuple[Any, ...]]:
    """The same of every session, as stored."""
    guests: dict[Any, int] = {}
    paid = OrderFact.objects.using("worker").filter(partner=partner, paid_at__isnull=False)
    for fact in paid.filter(customer_id=None):
        guests[fact.session_id] = guests.get(fact.session_id, 0) + 1
    sessions = LiveSession.objects.using("worker").filter(partner=partner)
    days = {each.id: date.fromisoformat(each.external_id.removeprefix("retail-")) for each in sessions}
    sales = SessionSales.objects.using("worker").filter(partner=partner, currency="GBP").values()
    return sorted(
        (
            days[row["session_id"]],
            row["orders_paid"],
            row["live_sales_paid"],
            row["items_sold_paid"],
            row["buyers_paid"],
            guests.get(row["session_id"], 0),
            row["refunds_paid"],
        )
        for row in sales
    )


def by_day(partner: Partner) -> list[tuple[Any, ...]]:
    """The same of every day of the shop, as stored."""
    days = ShopPeriod.objects.using("worker").filter(partner=partner, currency="GBP", grain="DAY")
    keys = ("orders", "sales", "items_sold", "buyers", "guest_orders", "refunds")
    return list(days.order_by("date").values_list("date", *(f"{key}_paid" for key in keys)))


def numbers(partner: Partner) -> Iterator[list[tuple[Any, ...]]]:
    """Everything these tests read of a partner."""
    yield by_session(partner)
    yield by_day(partner)


def lies_in(partner: Partner) -> dict[str, int]:
    """Events of a partner by the partition they lie in."""
    query = "SELECT tableoid::regclass::text, count(*) FROM commerce_event WHERE partner_id = %s GROUP BY 1"
    return dict(worker_connection().execute(query, [partner.id]).fetchall())


def test_every_event_of_the_file_is_accepted(shop: Shop) -> None:
    assert shop.counts == (EVENTS, EVENTS, 0, 0)
    assert not Stale.objects.using("worker").filter(partner_id=shop.partner.id).exists()


def test_the_half_year_sums_to_the_published_totals(shop: Shop) -> None:
    days = by_day(shop.partner)
    orders, gross, units, guests = (sum(row[place] for row in days) for place in (1, 2, 3, 5))
    assert (orders, gross, units, guests) == (9659, Decimal("4826466.491"), 2501871, 857)
    assert round(gross / orders, 4) == Decimal("499.6859")
    assert sum(row[6] for row in days) == Decimal("428515.73")


def test_each_of_167_sessions_has_the_published_numbers_of_its_day(shop: Shop) -> None:
    assert len(published()) == 167
    assert by_session(shop.partner) == published()


def test_each_day_of_the_shop_has_the_published_numbers(shop: Shop) -> None:
    assert by_day(shop.partner) == published()


def test_a_session_lasts_as_long_as_its_day_in_london(shop: Shop) -> None:
    rollups = SessionRollup.objects.using("worker").filter(partner=shop.partner).select_related("session")
    hours = {row.session.external_id: row.session_seconds / 3600 for row in rollups}
    assert hours.pop("retail-2011-03-27") == 23
    assert set(hours.values()) == {24}


def test_the_hours_of_a_day_sum_to_the_day(shop: Shop) -> None:
    hours: dict[date, tuple[int, Decimal]] = {}
    for row in ShopPeriod.objects.using("worker").filter(partner=shop.partner, grain="HOUR").values():
        orders, sales = hours.get(row["date"], (0, Decimal(0)))
        hours[row["date"]] = (orders + row["orders_paid"], sales + row["sales_paid"])
    assert hours == {row[0]: (row[1], row[2]) for row in published()}


def test_the_api_tells_the_published_totals_days_and_sessions(shop: Shop) -> None:
    asked = """{ shop(period: {from: "2010-12-01", to: "2011-07-01"}) {
        kpis { orders sales { amount currency } itemsSold guestOrders averageOrderValue { value { amount } } }
        days(first: 212) { date kpis {
            orders sales { amount } itemsSold buyers guestOrders refunds { amount }
        } }
    } }"""
    told = ask(asked, of=shop.partner)["shop"]
    total = told["kpis"]
    assert (int(total["orders"]), int(total["itemsSold"]), int(total["guestOrders"])) == (9659, 2501871, 857)
    assert (Decimal(total["sales"]["amount"]), total["sales"]["currency"]) == (Decimal("4826466.491"), "GBP")
    assert Decimal(total["averageOrderValue"]["value"]["amount"]) == Decimal("499.6859")
    days = [(date.fromisoformat(day["date"]), *shown(day["kpis"], "sales")) for day in told["days"]]
    wanted = {row[0]: row for row in published()}
    none = (0, Decimal(0), 0, 0, 0, Decimal(0))
    assert days == [wanted.get(day[0], (day[0], *none)) for day in days]
    assert len(days) == 212


def test_the_api_tells_the_published_numbers_of_each_session(shop: Shop) -> None:
    asked = """query ($after: String) { liveSessions(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        edges { node { externalId kpis {
            orders liveSales { amount } itemsSold buyers refunds { amount }
        } } }
    } }"""
    found: list[tuple[Any, ...]] = []
    after, goes_on = None, True
    while goes_on:
        page = ask(asked, of=shop.partner, after=after)["liveSessions"]
        after, goes_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        for node in (edge["node"] for edge in page["edges"]):
            day = date.fromisoformat(node["externalId"].removeprefix("retail-"))
            found.append((day, *shown(node["kpis"] | {"guestOrders": 0}, "liveSales")))
    assert sorted(found) == [(*row[:5], 0, row[6]) for row in published()]


def shown(kpis: dict[str, Any], sales: str) -> tuple[Any, ...]:
    """Orders, sales, units, buyers, guests and refunds, as the API writes them."""
    orders, *people = (int(kpis[key]) for key in ("orders", "itemsSold", "buyers", "guestOrders"))
    return (orders, Decimal(kpis[sales]["amount"]), *people, Decimal(kpis["refunds"]["amount"]))


def test_everything_sent_again_shuffled_is_a_duplicate_and_changes_nothing(shop: Shop) -> None:
    before = list(numbers(shop.partner))
    again = list(shop.bodies)
    random.Random(352).shuffle(again)
    assert send(again, to=shop.partner) == (EVENTS, 0, EVENTS, 0)
    assert not Stale.objects.using("worker").filter(partner_id=shop.partner.id).exists()
    factories.fill(shop.partner)
    assert list(numbers(shop.partner)) == before


def test_partitions_take_the_months_out_of_the_default_one_and_no_number_notices(shop: Shop) -> None:
    assert lies_in(shop.partner) == {"commerce_event_default": EVENTS}
    make_partitions(now=NOW, ahead=timedelta(days=62))
    where = lies_in(shop.partner)
    assert set(where) == {f"commerce_event_{month:%Y_%m}" for month in MONTHS}
    assert sum(where.values()) == EVENTS
    left = worker_connection().execute("SELECT count(*) FROM commerce_event_default").fetchone()
    assert left == (0,)
    assert make_partitions(now=NOW, ahead=timedelta(days=62)) == {}
    recomputed = check(partner_id=shop.partner.id, now=NOW)
    assert (recomputed.differences, recomputed.waiting) == (0, 0)
    assert recomputed.cells > 100_000
    assert send(shop.bodies, to=shop.partner) == (EVENTS, 0, EVENTS, 0)
