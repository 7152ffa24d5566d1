"""docs/customers.md does what it says: its queries are asked of the running demo, their answers looked at."""

import csv
import io
import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.config import test_docs_sessions as sessions
from tests.config.up_run import PROJECT, Up, run

PAGE = (PROJECT / "docs" / "customers.md").read_text()
QUERIES = {
    re.split(r"\W+", query, maxsplit=2)[1]: query
    for query in re.findall(r"^```graphql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}
HERE = Path(__file__).read_text()
HORIZONS = ["30", "60", "90", "180", "365"]
MICRO = Decimal("0.000001")


class Page(sessions.Page):
    """The demo behind its address, asked as this page asks it."""

    def ask(self, name: str, **variables: Any) -> Any:
        """The data a query of the page is answered with."""
        return self.data(QUERIES[name], **variables)

    def shop(self, name: str, period: dict[str, str]) -> Any:
        """What a query about the shop tells of a period."""
        return self.ask(name, period=period)["shop"]["kpis"]

    @property
    def today(self) -> date:
        """The day it is with the demo's brand."""
        return datetime.fromisoformat(
            self.ask("RepeatPurchases")["repeatPurchaseCurve"]["observedUntil"]
        ).date()

    def weeks(self, number: int, *, ago: int = 0) -> dict[str, str]:
        """So many weeks up to so many weeks ago."""
        end = self.today - timedelta(weeks=ago)
        return {"from": str(end - timedelta(weeks=number)), "to": str(end)}


@pytest.fixture(scope="module")
def page(first: Up, data_dir: Path, port: int) -> Page:
    first.wait_for("ready")
    scopes = "read,read:audience,read:pii,manage"
    issued = run("issue_key", "--partner", "demo", "--scopes", scopes, "--name", "crm", data_dir=data_dir)
    return Page(address=f"http://127.0.0.1:{port}", key=issued.stdout.splitlines()[-1])


def nodes(connection: Any) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


def amount(told: Any) -> Decimal:
    return Decimal(told["amount"])


def cohorts(page: Page) -> list[Any]:
    """All cohorts there are by month, the oldest first."""
    told: list[Any] = page.ask("Cohorts", **{"from": page.weeks(72)["from"]})["cohorts"]["cohorts"]
    return told


def test_every_query_of_the_page_has_a_name_and_a_test() -> None:
    assert len(QUERIES) == PAGE.count("```graphql") >= 15
    assert [name for name in QUERIES if f'"{name}"' not in HERE] == []


def test_a_period_of_the_shop_is_what_it_sold(page: Page) -> None:
    told = page.ask("ShopNumbers", period=page.weeks(4))["shop"]
    kpis = told["kpis"]
    assert (told["timezone"], told["otherCurrencies"]) == ("Asia/Singapore", [])
    orders, sales = int(kpis["orders"]), amount(kpis["sales"])
    assert abs(sales / orders - amount(kpis["averageOrderValue"]["value"])) < Decimal("0.0001")
    assert 0 < int(kpis["nonLiveOrders"]) < orders
    assert 0 < amount(kpis["nonLiveSales"]) < sales
    assert 0 < int(kpis["guestOrders"]) < orders
    assert 0 < int(kpis["newCustomers"]) <= int(kpis["buyers"])
    assert int(kpis["repurchaseRate"]["denominator"]) == int(kpis["buyers"])
    assert amount(told["net"]["netSales"]) < sales


def test_a_period_is_compared_with_the_one_before_and_with_last_year(page: Page) -> None:
    period = page.weeks(4)
    told = page.ask("ShopBefore", period=period)["shop"]
    change = told["compare"]
    assert (change["comparedTo"], change["comparedFrom"]) == (period["from"], page.weeks(4, ago=4)["from"])
    before = page.ask("ShopNumbers", period=page.weeks(4, ago=4))["shop"]["kpis"]
    assert [one["metric"] for one in change["kpis"]] == [
        "SALES", "ORDERS", "NEW_CUSTOMERS", "AVERAGE_ORDER_VALUE",
    ]  # fmt: skip
    sales, orders = change["kpis"][:2]
    assert Decimal(sales["second"]["value"]) == amount(before["sales"])
    assert Decimal(orders["second"]["value"]) == int(before["orders"])
    for one in change["kpis"]:
        apart = Decimal(one["first"]["value"]) - Decimal(one["second"]["value"])
        assert abs(apart - Decimal(one["difference"])) <= MICRO
        assert one["isBetter"] is (apart > 0)
    # A year ago there was a smaller shop.
    assert Decimal(told["lastYear"]["kpis"][0]["relative"]) > 1


def test_parts_of_the_shop_add_up_to_it(page: Page) -> None:
    told = page.ask("ShopParts", period=page.weeks(4))["shop"]
    sales, orders = amount(told["kpis"]["sales"]), int(told["kpis"]["orders"])
    for name in ("byCustomer", "byCountry"):
        parts = [one["kpis"] for one in nodes(told[name])]
        assert sum((amount(one["sales"]) for one in parts), Decimal()) == sales
        assert sum(int(one["orders"]) for one in parts) == orders
    assert {one["key"] for one in nodes(told["byCustomer"])} >= {"NEW", "RETURNING", "GUEST"}
    assert {one["label"] for one in nodes(told["byCountry"])} >= {"Singapore", "Malaysia", "Not known"}
    sold = [int(one["kpis"]["itemsSold"]) for one in nodes(told["byProduct"])]
    assert (len(sold), sold, told["byProduct"]["pageInfo"]["hasNextPage"]) == (
        3, sorted(sold, reverse=True), True,
    )  # fmt: skip


def test_months_of_the_shop_are_told_as_columns(page: Page) -> None:
    period = page.weeks(60)
    trend = page.ask("ShopByMonth", period=period)["shop"]["trend"]
    columns = {one["metric"]: one["values"] for one in trend["series"]}
    assert {len(values) for values in columns.values()} == {len(trend["timestamps"])}
    assert len(trend["timestamps"]) >= 14
    assert 1 <= len(trend["partial"]) <= 2
    whole = page.ask("ShopNumbers", period=period)["shop"]["kpis"]
    assert abs(Decimal(str(sum(columns["SALES"]))) - amount(whole["sales"])) < Decimal("0.01")
    assert sum(columns["NEW_CUSTOMERS"]) == int(whole["newCustomers"])
    assert min(columns["MARKETING_SPEND"]) > 0


def test_visits_and_carts_are_told_of_the_last_weeks(page: Page) -> None:
    kpis = page.shop("VisitsAndCarts", page.weeks(4))
    counts = {name: int(told) for name, told in kpis.items() if isinstance(told, str)}
    assert counts["carts"] == counts["completedCarts"] + counts["abandonedCarts"]
    assert min(counts.values()) > 0
    rates = [Decimal(kpis[name]["value"]) for name in ("cartConversionRate", "cartAbandonmentRate")]
    assert abs(sum(rates, Decimal()) - 1) <= MICRO
    assert (
        abs(Decimal(counts["visitsWithAdd"]) / counts["visits"] - Decimal(kpis["addToCartRate"]["value"]))
        < MICRO
    )
    assert int(kpis["conversionRate"]["denominator"]) == counts["visitors"] > counts["buyingVisitors"]


def test_a_margin_waits_for_all_costs(page: Page) -> None:
    begin = date.fromisoformat(cohorts(page)[0]["from"])
    then = {"from": str(begin), "to": str(begin + timedelta(weeks=8))}
    told = page.ask("Margins", then=then, now=page.weeks(4))
    before, now = told["then"]["kpis"], told["now"]["kpis"]
    assert (before["costOfGoodsSold"]["value"], before["grossMargin"]["value"]) == (None, None)
    assert before["costOfGoodsSold"]["reason"] == before["grossMargin"]["reason"] == "MISSING_COSTS"
    assert Decimal("0.8") < Decimal(before["costOfGoodsSold"]["coverage"]["value"]) < 1
    sold, cost = amount(now["netSales"]), amount(now["costOfGoodsSold"]["value"])
    assert sold - cost == amount(now["grossProfit"]["value"])
    assert abs((sold - cost) / sold - Decimal(now["grossMargin"]["value"])) < MICRO


def test_what_a_new_customer_costs_is_spend_over_customers(page: Page) -> None:
    kpis = page.shop("AcquisitionCosts", page.weeks(4))
    spent, won = amount(kpis["acquisitionCosts"]), int(kpis["newCustomers"])
    assert abs(spent / won - amount(kpis["customerAcquisitionCost"]["value"])) < Decimal("0.0001")
    assert (
        amount(kpis["campaignCosts"]) < spent < amount(kpis["campaignCosts"]) + amount(kpis["marketingSpend"])
    )
    assert (kpis["ltvToCac"]["value"], kpis["ltvToCac"]["reason"]) == (None, "NOT_YET")
    earlier = page.shop("AcquisitionCosts", page.weeks(12, ago=26))
    assert Decimal(earlier["ltvToCac"]["value"]) > 0


def test_spend_is_told_line_by_line_of_every_month(page: Page) -> None:
    told = page.ask("Spend")["spend"]
    assert (len(nodes(told)), told["pageInfo"]["hasNextPage"]) == (5, True)
    assert {one["purpose"] for one in nodes(told)} == {"ACQUISITION", "RETENTION", "BRAND"}
    for ago in range(0, 60, 4):
        assert amount(page.shop("AcquisitionCosts", page.weeks(4, ago=ago))["marketingSpend"]) > 0


def test_who_leaves_was_active_and_purchases_lie_apart(page: Page) -> None:
    kpis = page.shop("ChurnAndRhythm", page.weeks(4))
    churn = kpis["churnRate"]
    assert abs(int(kpis["lostCustomers"]) / int(kpis["activeCustomers"]) - churn["value"]) < 1e-9
    assert churn["low"] < churn["value"] < churn["high"] < float(kpis["annualChurnRate"]["value"]) < 1
    assert Decimal(kpis["repurchaseRateByDays"]["value"]) <= Decimal(kpis["repurchaseRate"]["value"])
    assert 5 < Decimal(kpis["timeBetweenPurchases"]["value"]) < 120


def test_cohorts_of_more_than_a_year_have_complete_cells(page: Page) -> None:
    table = page.ask("Cohorts", **{"from": page.weeks(72)["from"]})["cohorts"]
    told = table["cohorts"]
    assert len(told) >= 14
    assert sum(int(one["size"]) for one in told) == int(table["total"]["size"])
    oldest = told[0]
    assert [(cell["days"], cell["status"]) for cell in oldest["ltv"]] == [
        (days, "COMPLETE") for days in HORIZONS
    ]
    worth = [amount(cell["value"]["value"]) for cell in oldest["ltv"]]
    assert worth == sorted(worth)
    assert told[-1]["ltv"][-1]["status"] == "NOT_STARTED"
    assert told[-1]["ltv"][-1]["value"] is None
    assert oldest["ltv"][0]["profitPerCustomer"]["reason"] == "MISSING_COSTS"
    assert amount(told[-5]["ltv"][0]["profitPerCustomer"]["value"]) > 0
    first = oldest["periods"][0]
    assert (first["index"], first["active"]["value"]) == ("0", 1.0)


def test_parts_of_cohorts_sum_to_the_cohorts(page: Page) -> None:
    whole = {one["from"]: int(one["size"]) for one in cohorts(page)}
    parts: dict[str, dict[str, int]] = {}
    for one in page.ask("CohortsByLive", **{"from": page.weeks(72)["from"]})["cohorts"]["cohorts"]:
        parts.setdefault(one["from"], {})[one["part"]["key"]] = int(one["size"])
    assert {begins: sum(sizes.values()) for begins, sizes in parts.items()} == whole
    assert sum(sizes.keys() == {"LIVE", "NON_LIVE"} for sizes in parts.values()) >= 10


def test_the_observed_world_may_end_earlier(page: Page) -> None:
    until = datetime.combine(page.today - timedelta(weeks=26), datetime.min.time()).isoformat() + "+08:00"
    table = page.ask("CohortsUntil", until=until)["cohorts"]
    assert datetime.fromisoformat(table["observedUntil"]) == datetime.fromisoformat(until)
    assert {one["ltv"][-1]["status"] for one in table["cohorts"]} == {"NOT_STARTED"}
    assert max(one["from"] for one in table["cohorts"]) < until[:10]


def test_the_live_index_is_above_one_with_its_interval_and_its_caveat(page: Page) -> None:
    told = page.ask("LiveLtv")["liveLtvIndex"]
    index = Decimal(told["index"]["value"])
    assert Decimal(told["low"]) < index < Decimal(told["high"])
    assert Decimal(told["low"]) > 1
    assert abs(amount(told["liveValue"]) / amount(told["otherValue"]) - index) < Decimal("0.0001")
    assert len(told["months"]) >= 6
    assert sum(int(one["liveCustomers"]) for one in told["months"]) == int(told["liveCustomers"])
    assert told["caveat"].startswith("An association:")


def test_viewers_who_had_bought_are_worth_more(page: Page) -> None:
    told = page.ask("ViewerWorth")["viewerWorth"]
    worth = {(one["isReturning"], one["hasBought"]): amount(one["value"]["value"]) for one in told}
    assert len(worth) == 4
    assert worth[False, True] > worth[False, False] > 0


def test_customers_come_back_over_time(page: Page) -> None:
    told = page.ask("RepeatPurchases")["repeatPurchaseCurve"]
    shares = [one["share"] for one in told["points"]]
    assert shares == sorted(shares)
    assert 0.3 < shares[-1] < 1
    assert all(one["low"] <= one["share"] <= one["high"] for one in told["points"])
    # Who was not watched for long enough counts as far as he was: more come back than have by now.
    assert shares[-1] > int(told["returned"]) / int(told["customers"])


def test_customers_are_told_a_page_at_a_time_and_one_with_what_is_expected(page: Page) -> None:
    told = page.ask("Customers")["customers"]
    after = page.ask("Customers", after=told["pageInfo"]["endCursor"])["customers"]
    ids = [one["externalId"] for one in (*nodes(told), *nodes(after))]
    assert (len(ids), ids) == (6, sorted(set(ids)))
    found = entries(page)[0]["customerId"]
    customer = page.ask("Customer", by={"id": found})["customer"]
    prediction = customer["prediction"]
    assert int(customer["purchases"]["orders"]) >= 1
    assert (prediction["method"], prediction["unmetGates"]) == ("MODEL", [])
    assert 0 < prediction["isAliveProbability"] <= 1
    quarter, year = (Decimal(prediction[name]["purchases"]) for name in ("next90Days", "next12Months"))
    assert 0 < quarter < year


def test_the_demo_has_a_run_that_passed_its_gates(page: Page) -> None:
    [run_] = nodes(page.ask("ModelRuns")["modelRuns"])
    assert [one["gate"] for one in run_["gates"] if not one["isPassed"]] == []
    assert (run_["method"], int(run_["customers"]) >= 500, int(run_["repeaters"]) >= 100) == (
        "MODEL",
        True,
        True,
    )
    assert [one["name"] for one in run_["purchaseParameters"]] == ["r", "alpha", "a", "b"]
    assert Decimal("0.7") < Decimal(run_["holdout"]["ratio"]["value"]) < Decimal("1.3")
    predicted = [Decimal(one["predicted"]) for one in run_["holdout"]["tenths"]]
    assert (len(predicted), predicted) == (10, sorted(predicted, reverse=True))
    base = run_["baseline"]
    assert Decimal(base["modelShare"]["value"]) > Decimal(base["share"]["value"]) > Decimal("0.1")


def entries(page: Page) -> list[Any]:
    [told] = nodes(page.ask("FollowUpLists")["followUpLists"])
    found: list[Any] = nodes(told["entries"])
    return found


def test_a_list_says_whom_to_follow_up_and_whom_to_leave_alone(page: Page) -> None:
    [told] = nodes(page.ask("FollowUpLists")["followUpLists"])
    scores = [amount(one["score"]) for one in nodes(told["entries"])]
    assert (len(scores), scores) == (5, sorted(scores, reverse=True))
    assert [one["rung"] for one in told["trials"]] == ["MEAN", "CELLS", "PURCHASES", "RIDGE"]
    assert [one["rung"] for one in told["trials"] if one["isUsed"]] == [told["rung"]]
    people = {name: int(told["effect"][name]["people"]) for name in ("approached", "holdout")}
    assert people["holdout"] == round((people["approached"] + people["holdout"]) * 0.1) > 0
    assert told["effect"]["isComplete"] is False
    exported = page.ask("ExportFollowUps", id=told["id"])["exportFollowUpList"]
    assert exported["userErrors"] == []
    # One person of the page may have been erased before: he is on no list any more.
    assert people["approached"] - int(exported["rows"]) in (0, 1)
    rows = list(csv.reader(io.StringIO(exported["csv"])))
    assert len(rows) == 1 + int(exported["rows"])


def test_the_last_week_was_reviewed(page: Page) -> None:
    done = [one for one in nodes(page.ask("DoneReviews")["reviews"]) if one["doneBy"] == "Aisyah Rahman"]
    [weekly] = done
    assert (weekly["cadence"], weekly["seenVersion"]) == ("WEEKLY", "1")
    assert date.fromisoformat(weekly["to"]) - date.fromisoformat(weekly["from"]) == timedelta(days=7)


def somebody_of_the_year_before(page: Page) -> str:
    """A customer who was in none of the sessions that other pages tell of."""
    begin, after = str(page.today - timedelta(weeks=14)), None
    while True:
        told = page.ask("Customers", after=after)["customers"]
        for one in nodes(told):
            if one["acquisition"] is not None and one["acquisition"]["at"] < begin:
                return str(one["id"])
        after = told["pageInfo"]["endCursor"]


def test_a_person_is_taken_out_and_then_forgotten_and_the_numbers_stay(page: Page) -> None:
    customer = somebody_of_the_year_before(page)
    before = page.ask("Customer", by={"id": customer})["customer"]
    sizes = [one["size"] for one in cohorts(page)[:10]]
    person = {"customer": customer}
    told = page.ask("ExportPerson", person=person)["exportPerson"]
    assert told["userErrors"] == []
    assert before["externalId"] in json.dumps(json.loads(told["document"]))
    erased = page.ask("ErasePerson", person=person)["erasePerson"]
    assert (erased["userErrors"], int(erased["erased"]["customers"]) >= 1) == ([], True)
    assert page.data(
        "query ($name: String!) { customer(by: {externalId: $name}) { id } }", name=before["externalId"]
    ) == {"customer": None}
    assert [one["size"] for one in cohorts(page)[:10]] == sizes
