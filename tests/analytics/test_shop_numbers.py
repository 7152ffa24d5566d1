"""The numbers of the shop over a period, at their published values, through the door and the API."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.recompute import check
from commerce.models import Partner, new_id
from kol.marks import campaigns_changed
from kol.models import CostLine
from tests.analytics import attribution_scenes
from tests.analytics.graphql_client import ask, refusal, statements
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
    made = attribution_scenes.campaign(partner, name=name)
    for amount, day in costs:
        CostLine.objects.using("worker").create(
            partner=partner, campaign=made, kind="FEE", amount=Decimal(amount), currency="SGD", on_date=day
        )
    campaigns_changed([made.id], partner_id=partner.id, now=NOW, using="worker")
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


def test_goods_cost_what_lines_say_or_products_cost_today_and_nothing_is_said_where_one_is_missing(
    partner: Partner,
) -> None:
    fields = f"netSales {{ amount }} costOfGoodsSold {COVERED} grossProfit {COVERED} grossMargin {RATE}"
    lines = [
        {"item_id": "lip", "price": "10", "quantity": 3, "cost": "4"},
        {"item_id": "hat", "price": "20", "quantity": 2},
        {"item_id": "lip", "price": "10", "quantity": 1, "cost": "5"},
    ]
    one = {"item_id": "lip", "quantity": 1}
    pour(partner, [
        told("purchase", at(2), transaction_id="a", items=lines, seller_discount="8"),
        told("purchase", at(3), transaction_id="b", items=lines[:1]),
        told("purchase", at(3), transaction_id="unpaid", items=lines, status="placed"),
        told("refund", at(8), transaction_id="a", items=[one]),
        told("order_cancelled", at(9), transaction_id="b"),
    ])  # fmt: skip
    got = shop(partner, fields)
    # Sold 72 + 30, of lips 3 x 4 + 5 and 3 x 4; one lip of the first line and all of b came back.
    assert got["netSales"] == {"amount": "62.00"}
    assert got["costOfGoodsSold"] == {
        "value": None, "reason": "MISSING_COSTS",
        "coverage": {"value": "0.833333", "numerator": "5", "denominator": "6"},
    }  # fmt: skip
    assert (got["grossProfit"]["value"], got["grossMargin"]["reason"]) == (None, "MISSING_COSTS")
    # A product's cost is read when it is asked for: no day is filled again.
    deliver(partner, [told("product_updated", at(20), item_id="hat", cost="7.5")])
    got = shop(partner, fields)
    assert got["costOfGoodsSold"]["value"] == {"amount": "28.00"}  # 12 + 15 + 5 - 4, and 12 - 12
    assert (got["grossProfit"]["value"], got["grossMargin"]["value"]) == ({"amount": "34.00"}, "0.548387")
    query = "query ($p: PeriodInput!) { shop(period: $p) { days(first: 9) { kpis { FIELDS } } } }"
    query = query.replace("FIELDS", "costOfGoodsSold { value { amount } }")
    days = ask(query, of=partner, p=MAY)["shop"]["days"]
    costs = [Decimal(row["kpis"]["costOfGoodsSold"]["value"]["amount"]) for row in days]
    assert costs == [0, 32, 12, 0, 0, 0, 0, -4, -12]


def test_a_click_earns_what_the_last_touch_credits_to_campaigns(partner: Partner) -> None:
    from analytics.models import CampaignCredit, CampaignRollup

    # As the fills of campaigns leave them: campaigns as a whole, of an agency, and other days and models.
    june, july = new_id(), new_id()
    of = {"partner": partner, "kind": "CAMPAIGN"}
    for subject, day, clicks, agency in (
        (june, date(2026, 5, 2), 30, None), (july, date(2026, 5, 31), 10, None),
        (june, date(2026, 6, 1), 99, None), (june, None, 40, None), (june, date(2026, 5, 2), 30, new_id()),
    ):  # fmt: skip
        CampaignRollup.objects.using("worker").create(
            **of, subject_id=subject, agency_id=agency, date=day, link_clicks=clicks, reach_parts={},
            people_before={}, computed_at=NOW,
        )  # fmt: skip
        for model, sales in (("LAST", clicks * 2), ("FIRST", 7)):
            CampaignCredit.objects.using("worker").create(
                **of, subject_id=subject, agency_id=agency, date=day, currency="SGD", model=model,
                people_before={}, sales_paid=sales, sales_net=sales / 2,
            )  # fmt: skip
    paid = shop(partner, f"linkClicks creditedSales {{ amount }} revenuePerClick {MONEY}")
    assert (paid["linkClicks"], paid["creditedSales"]["amount"]) == ("40", "80.00")
    assert paid["revenuePerClick"]["value"]["amount"] == "2.00"
    net = shop(partner, f"revenuePerClick {MONEY}", basis="NET")["revenuePerClick"]
    assert net["value"]["amount"] == "1.00"


# -- customers -----------------------------------------------------------------------------------


def test_four_orders_a_year_are_one_every_ninety_one_and_a_quarter_days(partner: Partner) -> None:
    year = {"from": "2025-01-01", "to": "2026-01-01"}
    quarters = [at(1, month=month, year=2025) for month in (1, 4, 7, 10)]
    events = [order(f"{who}{n}", when, customer_id=who) for who in "ab" for n, when in enumerate(quarters)]
    events += [order("guest", at(2, month=2, year=2025))]
    pour(partner, events)
    fields = f"purchaseFrequency {RATE} textbookTimeBetweenPurchases {RATE} timeBetweenPurchases {RATE}"
    got = shop(partner, fields, **year)
    assert got["textbookTimeBetweenPurchases"]["value"] == "91.25"
    assert got["purchaseFrequency"]["value"] == "4"
    # The gaps themselves: 90, 91 and 92 days.
    assert got["timeBetweenPurchases"] == {
        "value": "91", "numerator": "546", "denominator": "6", "reason": None,
    }  # fmt: skip
    # A gap is of the period its later order is of.
    spring = shop(partner, fields, **{"from": "2025-04-01", "to": "2025-07-01"})
    assert spring["timeBetweenPurchases"]["value"] == "90"
    assert shop(partner, fields)["timeBetweenPurchases"]["reason"] == "NO_DENOMINATOR"


def test_of_five_hundred_active_customers_forty_lost_are_eight_per_cent_whoever_is_new(
    partner: Partner,
) -> None:
    events = [order(f"o{n}", at(20, month=2), customer_id=f"c{n}") for n in range(500)]
    # 460 come back before 90 days are over at the end of May; 60 are new, and some had long stopped before.
    events += [order(f"a{n}", at(3 + n % 25), customer_id=f"c{n}") for n in range(40, 500)]
    events += [order(f"n{n}", at(3 + n % 25), customer_id=f"new{n}") for n in range(60)]
    events += [order(f"l{n}", at(1, 0, month=1), customer_id=f"long{n}") for n in range(7)]
    pour(partner, events)
    fields = f"activeCustomers lostCustomers churnRate {RATE} annualChurnRate {RATE}"
    got = shop(partner, fields)
    assert (got["activeCustomers"], got["lostCustomers"]) == ("500", "40")
    assert got["churnRate"] == {"value": 0.08, "numerator": "40", "denominator": "500", "reason": None}
    assert got["annualChurnRate"]["value"] == "0.632334"
    # Of other days the rate is scaled: 31 days in another place are not a calendar month.
    scaled = shop(partner, fields, **{"from": "2026-04-30", "to": "2026-05-31"})["annualChurnRate"]
    assert scaled["value"] == str(round(1 - 0.92 ** (365.25 / 31), 6))


def test_nobody_is_lost_yet_for_not_buying_on_days_to_come(partner: Partner) -> None:
    # Asked on 1 June: by the end of August 90 days without an order will be over for all, and are for none.
    pour(partner, [order(f"o{n}", at(20, month=4), customer_id=f"c{n}") for n in range(10)])
    pour(partner, [order("o", at(1, 9, month=6), "9", customer_id="c0", cost="8")])
    fields = f"lostCustomers churnRate {RATE} annualChurnRate {RATE} textbookTimeBetweenPurchases {RATE}"
    got = shop(partner, fields, **{"from": "2026-06-01", "to": "2026-09-01"})
    assert (got["lostCustomers"], got["churnRate"]["value"], got["annualChurnRate"]["value"]) == ("0", 0, "0")
    # One order on the one day there was.
    assert got["textbookTimeBetweenPurchases"]["value"] == "1"
    later = shop(partner, fields, **{"from": "2026-07-01", "to": "2026-08-01"})
    assert (later["churnRate"]["value"], later["annualChurnRate"]["value"]) == (0, "0")


def test_a_year_that_lost_a_tenth_loses_a_tenth_a_year_and_so_do_four_quarters(partner: Partner) -> None:
    who = [f"c{n}" for n in range(10)]
    pour(partner, [order(f"o{one}", at(1, month=12, year=2024), customer_id=one) for one in who])
    pour(partner, [order(f"p{one}", at(1, month=3, year=2025), customer_id=one) for one in who[:9]])
    pour(partner, [order(f"q{one}", at(1, month=12, year=2025), customer_id=one) for one in who[:9]])
    for end, lost in (("2026-01-01", "0.1"), ("2025-04-01", "0.3439")):
        got = shop(partner, f"churnRate {RATE} annualChurnRate {RATE}", **{"from": "2025-01-01", "to": end})
        assert (got["churnRate"]["value"], got["annualChurnRate"]["value"]) == (0.1, lost)


def test_customers_come_back_by_orders_and_by_days(partner: Partner) -> None:
    events = [order(f"{who}1", at(4), customer_id=who) for who in "abcde"]
    events += [order("a2", at(4, 20), customer_id="a"), order("b2", at(5, 1), customer_id="b")]
    events += [order("c2", at(5), customer_id="c", status="placed")]
    events += [order("d2", at(1, month=6), customer_id="d")]
    pour(partner, events)
    fields = f"repurchaseRate {RATE} repurchaseRateByDays {RATE}"
    got = shop(partner, fields)
    assert (got["repurchaseRate"]["numerator"], got["repurchaseRate"]["denominator"]) == ("2", "5")
    assert (got["repurchaseRateByDays"]["value"], got["repurchaseRateByDays"]["numerator"]) == (0.2, "1")
    assert shop(partner, fields, basis="PLACED")["repurchaseRate"]["numerator"] == "3"


def test_what_a_new_customer_is_worth_is_told_once_ninety_days_are_over_and_costs_are_known(
    partner: Partner,
) -> None:
    fields = f"ltvToCac {RATE} newCustomerMargin {COVERED} simpleClv {COVERED} daysActive {RATE}"
    january = {"from": "2026-01-01", "to": "2026-02-01"}
    campaign(partner, "January", ("40", date(2026, 1, 5)), ("10", date(2026, 3, 5)))
    events = [
        order("a1", at(10, month=1), "50", customer_id="a", cost="10"),
        order("a2", at(10, 11.9, month=4), "60", customer_id="a", cost="20"),  # The 90th day is not over.
        order("a3", at(10, 12, month=4), "500", customer_id="a", cost="1"),
        order("b1", at(20, month=1), "90", customer_id="b", cost="50"),
        told("refund", at(1), transaction_id="b1", value="30"),
    ]
    pour(partner, events)
    got = shop(partner, fields, **january)
    # 40 + 40 of a, 60 - 50 of b: 90 of two, for 40.
    assert got["newCustomerMargin"]["value"] == {"amount": "90.00"}
    assert got["ltvToCac"] == {"value": "2.25", "numerator": "90", "denominator": "40", "reason": None}
    # 80 of January's goods a year's 12 for one of two, times no day between purchases, less 20.
    assert got["simpleClv"]["value"] == {"amount": "-20.00"}
    pour(partner, [order("a0", at(1, month=1), "50", customer_id="a")])
    got = shop(partner, fields, **january)
    assert (got["ltvToCac"]["value"], got["ltvToCac"]["reason"]) == (None, "MISSING_COSTS")
    assert (got["simpleClv"]["value"], got["simpleClv"]["reason"]) == (None, "MISSING_COSTS")
    assert got["daysActive"] == {"value": "4.5", "numerator": "9", "denominator": "2", "reason": None}
    pour(partner, [order("c1", at(20, month=3), customer_id="c", cost="1")])
    march = shop(partner, fields, **{"from": "2026-03-01", "to": "2026-04-01"})
    assert (march["ltvToCac"]["reason"], march["newCustomerMargin"]["reason"]) == ("NOT_YET", "NOT_YET")
    assert shop(partner, fields, **{"from": "2026-02-01", "to": "2026-03-01"})["ltvToCac"]["reason"] == (
        "NO_DENOMINATOR"
    )


# -- asking --------------------------------------------------------------------------------------


def test_what_is_read_apart_is_read_once_for_all_days_and_only_when_asked(partner: Partner) -> None:
    pour(partner, [order(f"o{n}", at(1 + n), customer_id="c", cost="1") for n in range(5)])
    query = '{ shop(period: {from: "2026-05-01", to: "2026-05-30"}) { days(first: %s) { kpis { %s } } } }'
    plain = statements(query % (29, "orders visits carts"), of=partner)
    for fields in ("visitors", "grossProfit { reason }", "repurchaseRate { value }", "churnRate { value }"):
        assert [statements(query % (first, fields), of=partner) for first in (1, 29)] == [plain + 1] * 2


def test_hours_refuse_what_only_days_have(partner: Partner) -> None:
    pour(partner, [added(at(1, 9), cart_id="c")])
    query = '{ shop(period: {from: "2026-05-01", to: "2026-05-02"}) { hours { kpis { %s } } } }'
    hours = ask(query % "carts", of=partner)["shop"]["hours"]
    assert [hour["kpis"]["carts"] for hour in hours] == ["1" if n == 9 else "0" for n in range(24)]
    assert refusal(query % "visitors", of=partner) == (
        "BAD_USER_INPUT", "Hours have no such number; days and periods have: Visitors.",
    )  # fmt: skip
