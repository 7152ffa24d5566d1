"""The numbers of the shop over a period, at their published values, through the door and the API."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.recompute import check
from commerce.models import Partner, new_id
from tests.analytics.graphql_client import ask
from tests.factories import NOW, deliver, event, fill

Raw = dict[str, Any]
MAY = {"from": "2026-05-01", "to": "2026-06-01"}
RATE = "{ value numerator denominator reason }"
MONEY = "{ value { amount } numerator { amount } denominator reason }"
COVERED = "{ value { amount } coverage { value numerator denominator } reason }"
ZONE = ZoneInfo("Asia/Singapore")


def at(day: int, hour: float = 12, *, month: int = 5, year: int = 2026) -> datetime:
    """A moment by the shop's own clock."""
    return datetime(year, month, day, tzinfo=ZONE) + timedelta(hours=hour)


def told(type_: str, time: datetime, **data: Any) -> Raw:
    return event(type_, time, subject=None, **data)


def order(id: str, time: datetime, price: str = "10", **data: Any) -> Raw:
    line = {"item_id": data.pop("item", "lip"), "price": price}
    if (cost := data.pop("cost", None)) is not None:
        line["cost"] = cost
    return told("purchase", time, transaction_id=id, items=[line], **data)


def added(time: datetime, **data: Any) -> Raw:
    return told("add_to_cart", time, items=[{"item_id": "lip"}], **data)


def shop(partner: Partner, fields: str, *, basis: str = "PAID", **period: str) -> Any:
    query = "query ($period: PeriodInput!, $basis: SalesBasis!) { shop(period: $period, basis: $basis) "
    return ask(
        query + "{ kpis { FIELDS } isFresh } }".replace("FIELDS", fields),
        of=partner, period=period or MAY, basis=basis,
    )["shop"]["kpis"]  # fmt: skip


def pour(partner: Partner, events: list[Raw]) -> None:
    for start in range(0, len(events), 5000):
        assert deliver(partner, events[start : start + 5000]).rejected == 0
    fill(partner)


# -- visits and carts ----------------------------------------------------------------------------


def test_fifty_buyers_of_two_thousand_visitors_are_two_and_a_half_per_cent(partner: Partner) -> None:
    seen = [told("page_view", at(1 + n % 30), viewer_id=f"v{n}", visit_id=f"n{n}") for n in range(2000)]
    # Forty buy as themselves, ten as the customers they are; who did not visit is no visitor who bought.
    bought = [order(f"o{n}", at(2 + n % 9, 13), viewer_id=f"v{n}") for n in range(40)]
    known = [told("identify", at(3), viewer_id=f"v{n}", customer_id=f"c{n}") for n in range(40, 50)]
    bought += [order(f"o{n}", at(20), customer_id=f"c{n}") for n in range(40, 50)]
    bought += [order("o50", at(20), viewer_id="elsewhere"), order("late", at(1, month=6), viewer_id="v99")]
    bought += [order("unpaid", at(20), viewer_id="v60", status="placed")]
    pour(partner, seen + bought + known)
    got = shop(partner, f"visitors conversionRate {RATE} ordersPerVisitor {RATE} visits")
    assert got["visitors"] == "2000"
    assert got["conversionRate"] == {
        "value": 0.025, "numerator": "50", "denominator": "2000", "reason": None,
    }  # fmt: skip
    assert got["ordersPerVisitor"]["value"] == "0.0255"
    assert got["visits"] == "2000"
    placed = shop(partner, f"conversionRate {RATE}", basis="PLACED")["conversionRate"]
    assert placed["numerator"] == "51"


def test_three_hundred_and_twenty_adds_in_four_thousand_visits_are_eight_per_cent(partner: Partner) -> None:
    events: list[Raw] = []
    for n in range(4000):
        who = {"viewer_id": f"v{n % 1500}", "visit_id": f"n{n}"}
        events += [told("page_view", at(1 + n % 31, hour), **who) for hour in (9, 10)]
        if n < 320:
            # Half say in which visit; twice in one visit is one.
            said = who if n % 2 else {"viewer_id": who["viewer_id"], "cart_id": f"c{n}"}
            events += [added(at(1 + n % 31, 11), **said), added(at(1 + n % 31, 11.5), **said)]
    pour(partner, events)
    got = shop(partner, f"visits visitsWithAdd addToCartRate {RATE} visitors")
    assert got == {
        "visits": "4000", "visitsWithAdd": "320", "visitors": "1500",
        "addToCartRate": {"value": "0.08", "numerator": "320", "denominator": "4000", "reason": None},
    }  # fmt: skip


def test_three_hundred_orders_of_a_thousand_carts_leave_seventy_per_cent(partner: Partner) -> None:
    events: list[Raw] = []
    for n in range(1000):
        cart = {"cart_id": f"c{n}"} if n % 2 else {"viewer_id": f"v{n}"}
        events.append(added(at(1 + n % 30, month=4), **cart))
        if n < 300:
            # A cart with an id may be bought any day; of a viewer's day only that day.
            later = 24 * 25 if n % 2 else 5
            events.append(order(f"o{n}", at(1 + n % 30, 12 + later, month=4), **cart))
        elif n < 400 and n % 2 == 0:
            events.append(order(f"next-{n}", at(2 + n % 30, month=4), viewer_id=f"v{n}"))
    pour(partner, events)
    fields = f"carts completedCarts cartAbandonmentRate {RATE} cartConversionRate {RATE}"
    got = shop(partner, fields, **{"from": "2026-04-01", "to": "2026-05-01"})
    assert (got["carts"], got["completedCarts"]) == ("1000", "300")
    assert got["cartAbandonmentRate"]["value"] == "0.7"
    assert got["cartConversionRate"]["value"] == "0.3"


def test_a_cart_over_midnight_is_one_of_the_day_it_was_begun_and_moves_with_an_earlier_add(
    partner: Partner,
) -> None:
    def days() -> list[tuple[str, str]]:
        query = "query ($p: PeriodInput!) { shop(period: $p) { days { kpis { carts completedCarts } } } }"
        rows = ask(query, of=partner, p={"from": "2026-05-01", "to": "2026-05-05"})["shop"]["days"]
        return [(row["kpis"]["carts"], row["kpis"]["completedCarts"]) for row in rows]

    pour(partner, [added(at(3, 23.9), cart_id="c"), added(at(4, 0.1), cart_id="c")])
    assert days() == [("0", "0"), ("0", "0"), ("1", "0"), ("0", "0")]
    pour(partner, [order("o", at(9), cart_id="c", status="placed")])
    assert days()[2] == ("1", "0")
    pour(partner, [told("order_paid", at(10), transaction_id="o")])
    assert days()[2] == ("1", "1")
    pour(partner, [added(at(2, 1), cart_id="c")])
    assert days() == [("0", "0"), ("1", "1"), ("0", "0"), ("0", "0")]
    # Said otherwise later, it was another cart.
    pour(partner, [order("o", at(11), cart_id="d")])
    assert days() == [("0", "0"), ("1", "0"), ("0", "0"), ("0", "0")]
    assert check(partner_id=partner.id, now=NOW).differences == 0


# -- money ---------------------------------------------------------------------------------------


def campaign(partner: Partner, name: str, *costs: tuple[str, date]) -> UUID:
    """A KOL campaign with lines in its ledger."""
    from kol.models import Campaign, CostLine

    made = Campaign.objects.using("worker").create(
        id=new_id(), partner=partner, name=name, starts_on=date(2026, 5, 1), ends_on=date(2026, 6, 1),
        currency="SGD",
    )  # fmt: skip
    for amount, day in costs:
        CostLine.objects.using("worker").create(
            partner=partner, campaign=made, kind="FEE", amount=Decimal(amount), currency="SGD", on_date=day
        )
    return made.id


def spent(id: str, amount: str, **data: Any) -> Raw:
    known = {"currency": "SGD", "from": "2026-05-01", "to": "2026-06-01", "amount": amount}
    return event("marketing_spend", at(1), id=id, subject=None, **{**known, **data})


def test_ten_thousand_for_two_hundred_new_customers_are_fifty_each(partner: Partner) -> None:
    june = campaign(partner, "June", ("3000", date(2026, 5, 31)), ("99", date(2026, 6, 1)))
    events = [
        spent("a", "7000", purpose="ACQUISITION"),
        spent("b", "500", purpose="BRAND"),
        spent("c", "700", purpose="ACQUISITION", campaign=" june "),  # It is in the campaign's ledger.
        spent("d", "600", purpose="ACQUISITION", campaign=str(june)),
        spent("e", "400", purpose="ACQUISITION", currency="USD"),
        order("before", at(1, month=4), customer_id="old"), order("again", at(3), customer_id="old"),
    ]  # fmt: skip
    events += [order(f"o{n}", at(1 + n % 31), customer_id=f"c{n}") for n in range(200)]
    events += [order(f"g{n}", at(5)) for n in range(19)]
    events += [told("generate_lead", at(6), email=f"x{n % 40}@example.com") for n in range(44)]
    pour(partner, events)
    got = shop(
        partner,
        "newCustomers marketingSpend { amount } acquisitionCosts { amount } campaignCosts { amount } leads "
        f"customerAcquisitionCost {MONEY} costPerOrder {MONEY} costPerLead {MONEY} "
        f"marketingSpendShare {RATE}",
    )
    assert got["newCustomers"] == "200"
    assert got["customerAcquisitionCost"] == {
        "value": {"amount": "50.00"}, "numerator": {"amount": "10000.00"}, "denominator": "200",
        "reason": None,
    }  # fmt: skip
    assert (got["marketingSpend"]["amount"], got["campaignCosts"]["amount"]) == ("8800.00", "3000.00")
    assert got["costPerOrder"]["value"]["amount"] == "40.00"  # 8,800 for 220
    assert (got["leads"], got["costPerLead"]["value"]["amount"]) == ("40", "220.00")
    assert got["marketingSpendShare"]["value"] == "4"  # 8,800 of 2,200


def test_spend_is_spread_over_its_days_and_adds_up_to_the_last_decimal(partner: Partner) -> None:
    pour(partner, [
        spent("a", "100", **{"from": "2026-05-10", "to": "2026-05-13"}),
        spent("b", "0.0002", **{"from": "2026-05-10", "to": "2026-05-17"}),
        spent("c", "-7", **{"from": "2026-05-10", "to": "2026-05-13"}),
        spent("d", "5", **{"from": "2026-05-14", "to": "2026-05-14"}),
    ])  # fmt: skip
    query = '{ shop(period: {from: "2026-05-09", to: "2026-05-18"}) { kpis { F } days { kpis { F } } } }'
    answer = ask(query.replace("F", "marketingSpend { amount }"), of=partner)["shop"]
    days = [Decimal(row["kpis"]["marketingSpend"]["amount"]) for row in answer["days"]]
    # 33.3333 and -2.3333 first, what is left of both last; 0.0002 over seven days is 0.0001 twice.
    least = Decimal("0.0001")
    assert days == [0, 31, 31, 31, least, 5, 0, least, 0]
    assert sum(days) == Decimal(answer["kpis"]["marketingSpend"]["amount"]) == Decimal("98.0002")
