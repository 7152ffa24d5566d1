"""A year and a half of a real shop for compact discs: the published cohorts come out.

Its log knows days, not times: purchases are at midnight by the clock of the shop.
"""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from analytics.models.cohorts import CohortGrain
from analytics.queries.cohorts import CellStatus, Cohort, CohortTable, LtvCell
from commerce.models import Partner
from tests import factories
from tests.acceptance.real_data import send
from tests.analytics.compare_cohorts import asked
from tests.cdnow import CUSTOMERS, purchases

ZONE = ZoneInfo("America/New_York")
LATER = datetime(2000, 1, 1, tzinfo=UTC)
# Customers, and what they spent within 30, 60, 90 and 180 days, a head.
PUBLISHED = {
    "1997-01": (781, "41.8233", "48.8460", "53.8319", "66.8804"),
    "1997-02": (857, "42.8727", "50.1381", "54.2694", "67.4929"),
    "1997-03": (719, "48.2410", "53.3084", "57.6159", "69.8832"),
    "all": (2357, "44.1626", "50.6771", "55.1453", "68.0191"),
}
ACTIVE = {
    "1997-01": ".1588 .1216 .0896 .0832 .0986 .0832",
    "1997-02": ".1564 .1284 .0875 .0898 .0875 .0712",
    "1997-03": ".1210 .1168 .1085 .0876 .0890 .0765",
}


@pytest.fixture(scope="module")
def discs() -> Partner:
    """The whole log through the door, filled."""
    partner = factories.partner(currency="USD", timezone="America/New_York")
    bodies = [
        json.dumps(
            factories.event(
                "purchase",
                datetime(one.day.year, one.day.month, one.day.day, tzinfo=ZONE),
                id=f"cdnow-{number}",
                subject=None,
                transaction_id=str(number),
                customer_id=one.customer,
                items=[{"item_id": "cd", "price": str(one.value)}],
            )
        ).encode()
        for number, one in enumerate(purchases())
    ]
    assert send(bodies, to=partner) == (6919, 6919, 0, 0)
    factories.fill(partner)
    return partner


def table(discs: Partner, *, until: datetime = LATER, by: CohortGrain = CohortGrain.MONTH) -> CohortTable:
    """All cohorts of the shop; from before its year, as weeks do not begin with it."""
    return asked(discs, starts=(date(1996, 10, 1), date(1998, 7, 1)), until=until, by=by)


def a_head(cells: list[LtvCell]) -> list[str]:
    """Sales a customer, to four decimals."""
    return [str(round(cell.bought.sales / cell.customers, 4)) for cell in cells if cell.days <= 180]


def by_month(told: CohortTable) -> dict[str, Cohort]:
    """Cohorts by their months."""
    return {f"{one.starts_on:%Y-%m}": one for one in told.cohorts}


def test_each_cohort_has_the_published_size_and_value_a_head(discs: Partner) -> None:
    told = table(discs)
    assert (told.size, told.is_fresh, told.currency, told.other_currencies) == (CUSTOMERS, True, "USD", [])
    found = {month: (one.size, *a_head(one.ltv)) for month, one in by_month(told).items()}
    assert found | {"all": (told.size, *a_head(told.ltv))} == PUBLISHED
    assert {cell.status for one in told.cohorts for cell in one.ltv} == {CellStatus.COMPLETE}


def test_each_cohort_has_the_published_share_active_in_the_months_after_it(discs: Partner) -> None:
    found = {
        month: " ".join(f"{one.periods[index].active / one.size:.4f}"[1:] for index in range(1, 7))
        for month, one in by_month(table(discs)).items()
    }
    assert found == ACTIVE


@pytest.mark.parametrize("by", [CohortGrain.DAY, CohortGrain.WEEK, CohortGrain.QUARTER])
def test_cohorts_of_other_periods_add_up_to_the_same_customers_and_sales(
    discs: Partner, by: CohortGrain
) -> None:
    told = table(discs, by=by)
    assert (told.size, told.ltv) == (CUSTOMERS, table(discs).ltv)
    assert len(told.cohorts) == {CohortGrain.DAY: 84, CohortGrain.WEEK: 13, CohortGrain.QUARTER: 1}[by]
