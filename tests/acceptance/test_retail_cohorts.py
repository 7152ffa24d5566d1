"""Cohorts of half a year of a real shop: sizes, retention, sales and lifetime value as published."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.models import CustomerLife
from analytics.queries.cohorts import CellStatus, CohortTable
from tests.acceptance.conftest import Shop
from tests.acceptance.real_data import truth
from tests.analytics.compare_cohorts import asked

PUBLISHED = "online_retail_truth.json"
STARTS = (date(2010, 12, 1), date(2011, 7, 1))
END = datetime(2011, 7, 1, tzinfo=ZoneInfo("Europe/London"))


def table(shop: Shop, *, basis: str = "PAID") -> CohortTable:
    """Cohorts of its seven months, observed until the end of the last."""
    return asked(shop.partner, starts=STARTS, until=END, basis=basis)


def test_each_month_has_the_published_size_and_in_each_later_one_who_was_active_and_their_sales(
    shop: Shop,
) -> None:
    told = {
        f"{one.starts_on:%Y-%m}": {
            "size": one.size,
            "active": {str(cell.index): cell.active for cell in one.periods if cell.active},
            "revenue": {str(cell.index): cell.bought.sales for cell in one.periods if cell.active},
        }
        for one in table(shop).cohorts
    }
    published: dict[str, Any] = truth(PUBLISHED)["cohorts_month"]
    assert told == {
        month: {
            "size": row["size"],
            "active": row["active"],
            "revenue": {index: Decimal(sales) for index, sales in row["revenue"].items()},
        }
        for month, row in published.items()
    }
    assert sum(len(row["active"]) for row in published.values()) == 28


def test_a_period_is_complete_to_the_day_and_has_not_begun_where_the_world_ends(shop: Shop) -> None:
    for number, one in enumerate(table(shop).cohorts):
        complete = [CellStatus.COMPLETE] * (7 - number)
        assert [cell.status for cell in one.periods] == complete + [CellStatus.NOT_STARTED] * number


@pytest.mark.parametrize(("basis", "ltv"), [("PAID", "ltv_90d_gross"), ("NET", "ltv_90d_net")])
def test_each_month_has_the_published_value_of_90_days(shop: Shop, basis: str, ltv: str) -> None:
    published: dict[str, Any] = truth(PUBLISHED)["ltv90_by_cohort"]["cohorts"]
    found = {}
    for one in table(shop, basis=basis).cohorts:
        cell = next(cell for cell in one.ltv if cell.days == 90)
        if cell.status is CellStatus.COMPLETE:
            assert cell.customers == one.size
            found[f"{one.starts_on:%Y-%m}"] = str(round(cell.bought.sales / cell.customers, 4))
    assert found == {month: row[ltv] for month, row in published.items() if row["fully_observed"]}
    assert found["2010-12"] == {"PAID": "1269.9488", "NET": "1238.3846"}[basis]


def test_who_was_observed_for_90_days_spent_993_7972_a_head(shop: Shop) -> None:
    cell = next(cell for cell in table(shop).ltv if cell.days == 90)
    published = truth(PUBLISHED)["ltv90_all_fully_observed_customers"]
    assert (cell.customers, cell.bought.sales) == (published["customers"], Decimal(published["gross"]))
    assert str(round(cell.bought.sales / cell.customers, 4)) == published["ltv"] == "993.7972"
    assert (cell.customers, cell.status) == (2150, CellStatus.IN_PROGRESS)


def test_1603_of_2960_customers_came_back(shop: Shop) -> None:
    lives = CustomerLife.objects.using("worker").filter(partner=shop.partner)
    orders = [len(life.ordered_at) for life in lives]
    assert (sum(number >= 2 for number in orders), len(orders)) == (1603, 2960)
    assert round(1603 / 2960, 6) == truth(PUBLISHED)["repeat"]["repeat_purchase_rate"] == 0.541554
