"""Runs of the models of lifetime value, from purchases through the door to what is said of a customer."""

import html
import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from xml.etree import ElementTree

import numpy as np
import pytest
from psycopg.errors import InsufficientPrivilege
from scipy.special import hyp2f1

from analytics.lifetime import predicting, runs
from analytics.lifetime.customers import Window
from analytics.models import CustomerPrediction, ModelRun
from commerce.connection import worker_connection
from commerce.models import Partner
from tests import cdnow, factories
from tests.analytics.graphql_client import ask
from tests.commerce.admin_pages import address, signed_in, staff
from tests.factories import NOW, deliver, event, fill

WORKER: Final = "worker"
AFTER: Final = datetime(1998, 7, 1, 12, tzinfo=UTC)
WINDOW: Final = Window(calibrated_to=date(1997, 10, 1), observed_to=date(1998, 7, 1))
BATCH: Final = 2000


@pytest.fixture(scope="module")
def shop() -> Partner:
    """A shop that sold to the CDNOW sample, every purchase through the door."""
    made = factories.partner(currency="USD", timezone="UTC")
    events = [
        event(
            "purchase", datetime.combine(told.day, datetime.min.time(), UTC), subject=None,
            customer_id=told.customer, transaction_id=f"t{number}", currency="USD",
            items=[{"item_id": "disc", "price": str(told.value), "quantity": 1}],
        )
        for number, told in enumerate(cdnow.purchases())
    ]  # fmt: skip
    for start in range(0, len(events), BATCH):
        outcome = deliver(made, events[start : start + BATCH], now=AFTER)
        assert outcome.rejected == 0, outcome.errors
    fill(made, now=AFTER)
    return made


def run_of(shop: Partner, window: Window = WINDOW) -> runs.Run:
    connection = worker_connection()
    with connection.transaction():
        return runs.make_run(
            connection, partner_id=shop.pk, currency="USD", timezone=shop.timezone, window=window
        )


def test_purchases_through_the_door_give_the_published_models(shop: Partner) -> None:
    run = run_of(shop)
    assert run.purchases is not None
    assert run.amounts is not None
    assert run.holdout is not None
    assert (run.size, run.repeaters, run.starts_on) == (2357, 946, date(1997, 1, 1))
    assert run.purchases.values == pytest.approx((0.24259452, 4.41360187, 0.79292206, 2.42590708), abs=1e-4)
    assert run.purchases.log_likelihood == pytest.approx(-9582.429207, abs=1e-4)
    assert run.amounts.values == pytest.approx((6.249572, 3.744225, 15.443521), abs=1e-4)
    assert run.correlation == pytest.approx(0.113888, abs=1e-6)
    assert round(run.holdout.predicted, 2) == 1653.41
    assert run.holdout.actual == 1882
    assert round(run.holdout.ratio or 0, 4) == 0.8785
    assert [gate.reason for gate in run.gates] == [""] * 6
    assert run.is_used


def test_the_holdout_is_told_by_tenth_and_beside_past_spend(shop: Partner) -> None:
    run = run_of(shop)
    assert run.holdout is not None
    assert run.baseline is not None
    tenths = run.holdout.tenths
    assert [round(one.predicted, 3) for one in tenths] == [
        3.650, 1.107, 0.620, 0.314, 0.248, 0.237, 0.227, 0.217, 0.208, 0.186,
    ]  # fmt: skip
    assert [round(one.actual, 3) for one in tenths] == [
        3.747, 1.306, 0.959, 0.476, 0.319, 0.199, 0.219, 0.236, 0.191, 0.332,
    ]  # fmt: skip
    assert sum(one.actual for one in tenths) * 235.7 == pytest.approx(1882)
    assert sum(one.actual_value for one in tenths) * 235.7 == pytest.approx(run.holdout.actual_value)
    assert (round(run.baseline.share or 0, 4), round(run.baseline.model_share or 0, 4)) == (0.4811, 0.5020)
    assert (round(run.baseline.error, 2), round(run.baseline.model_error, 2)) == (88.14, 72.30)


def test_the_past_spend_of_the_sample_catches_what_one_reckons_by_hand(shop: Partner) -> None:
    spent: dict[str, float] = defaultdict(float)
    later: dict[str, float] = defaultdict(float)
    for told in cdnow.purchases():
        (spent if told.day < WINDOW.calibrated_to else later)[told.customer] += float(told.value)
    ranked = sorted(((spent[one], one) for one in spent), reverse=True)
    # The first tenth of 2,357: 235 customers, and seven tenths of the next.
    caught = sum(later[one] for _, one in ranked[:235]) + 0.7 * later[ranked[235][1]]
    run = run_of(shop)
    assert run.baseline is not None
    assert run.baseline.share == pytest.approx(caught / sum(later.values()))


def test_what_was_fitted_to_is_recognised(shop: Partner) -> None:
    first, again = run_of(shop), run_of(shop)
    other = run_of(shop, replace(WINDOW, calibrated_to=date(1997, 9, 30)))
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != other.fingerprint


@pytest.fixture(scope="module")
def written(shop: Partner) -> Partner:
    """The shop, with its run and what it says of everybody."""
    connection = worker_connection()
    with connection.transaction():
        run = runs.make_run(connection, partner_id=shop.pk, currency="USD", timezone="UTC", window=WINDOW)
        predicting.write(connection, run, partner_id=shop.pk, currency="USD", now=AFTER)
    return shop


def test_the_page_of_a_run_shows_how_it_was_tested(written: Partner) -> None:
    client = signed_in(staff(written))
    (made,) = ModelRun.objects.using(WORKER).filter(partner=written)
    listed = client.get(address(ModelRun, "changelist")).content.decode()
    assert "July 1, 1998" in listed
    assert "2357" in listed
    page = client.get(address(ModelRun, "change", made.pk)).content.decode()
    (picture,) = re.findall(r"<svg[^>]*calibration-title.*?</svg>", page, re.DOTALL)
    drawn = ElementTree.fromstring(picture)
    assert drawn.findtext("title") == "Predicted and actual purchases by tenth of the customers"
    assert (drawn.findtext("desc") or "").startswith("Tenth 1: 3.650 predicted, 3.747 came; Tenth 2: 1.107 ")
    points = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in drawn.iter("circle")]
    # From 0 to 4 in 262 to the right and 268 upwards.
    assert points[0] == pytest.approx((46 + 3.650 / 4 * 262, 280 - 3.747 / 4 * 268), abs=0.1)
    assert len(points) == 10
    cells = [html.unescape(cell) for cell in re.findall(r'<td class="pr-6 py-1">(.*?)</td>', page)]
    assert cells[:3] == ["Customers", "Yes", ""]
    assert "4.413602" in cells
    assert "0.378224" in cells
    assert cells[-6:] == ["Past spend", "48.1%", "88.14", "Model", "50.2%", "72.30"]
    assert client.post(address(ModelRun, "change", made.pk), {"currency": "EUR"}).status_code == 403


def test_a_run_of_another_partner_is_not_shown(written: Partner, partner: Partner) -> None:
    (made,) = ModelRun.objects.using(WORKER).filter(partner=written)
    client = signed_in(staff(partner))
    assert client.get(address(ModelRun, "change", made.pk)).status_code == 302
    assert "July 1, 1998" not in client.get(address(ModelRun, "changelist")).content.decode()


def test_what_is_said_of_a_customer_is_kept_with_its_run(written: Partner) -> None:
    told = ask(
        """query ($by: CustomerBy!) { customer(by: $by) { prediction { method unmetGates { gate } from worth
             isAliveProbability next90Days { days purchases value { amount currency } }
             next12Months { days purchases value { amount } } segment segmentProbability provenance
             modelRunId } }
           modelRuns { edges { node { id currency worth unit startsOn calibratedTo observedTo customers
             repeaters method correlation logLikelihood lowCut { amount } highCut { amount }
             purchaseParameters { name value error } amountParameters { name value }
             holdout { ratio { value numerator denominator provenance } actualValue { amount }
               tenths { tenth predicted actual } }
             baseline { share { value } modelShare { value } error { amount } modelError { amount } }
             gates { gate isPassed reason } provenance } } } }""",
        of=written,
        scopes=("read", "read:audience"),
        by={"externalId": "0001"},
    )
    # He came back twice in the calibration, and once after it: on 1997-12-12, of 1998-06-30.
    history = {"repeats": 3, "recency": 345 / 7, "age": 545 / 7}
    expected = [reckoned(history, weeks=days / 7) for days in (90, 365)]
    value = 6.249572 * (15.443521 + 29.73 + 14.96 + 26.48) / (6.249572 * 3 + 3.744225 - 1)
    prediction = told["customer"]["prediction"]
    soon, year = prediction["next90Days"], prediction["next12Months"]
    assert (soon["days"], year["days"]) == ("90", "365")
    assert [float(soon["purchases"]), float(year["purchases"])] == pytest.approx(expected, abs=1e-5)
    assert float(soon["value"]["amount"]) == pytest.approx(expected[0] * value, abs=1e-3)
    assert float(year["value"]["amount"]) == pytest.approx(expected[1] * value, abs=1e-3)
    assert soon["value"]["currency"] == "USD"
    assert prediction["method"] == "MODEL"
    assert prediction["unmetGates"] == []
    assert (prediction["from"], prediction["worth"]) == ("1998-07-01", "NET")
    assert prediction["provenance"] == "PREDICTED"
    (node,) = (edge["node"] for edge in told["modelRuns"]["edges"])
    assert prediction["modelRunId"] == node["id"]
    parameters = node["purchaseParameters"]
    assert [(one["name"], round(one["value"], 4), round(one["error"], 4)) for one in parameters] == [
        ("r", 0.2426, 0.0126), ("alpha", 4.4136, 0.3782), ("a", 0.7929, 0.1857), ("b", 2.4259, 0.7054),
    ]  # fmt: skip
    assert [(one["name"], round(one["value"], 4)) for one in node["amountParameters"]] == [
        ("p", 6.2496), ("q", 3.7442), ("v", 15.4435),
    ]  # fmt: skip
    assert (node["customers"], node["repeaters"], node["startsOn"]) == ("2357", "946", "1997-01-01")
    assert (node["calibratedTo"], node["observedTo"], node["unit"]) == ("1997-10-01", "1998-07-01", "WEEK")
    assert float(node["logLikelihood"]) == pytest.approx(-9582.429207, abs=1e-5)
    assert float(node["correlation"]) == pytest.approx(0.113888, abs=1e-6)
    assert node["holdout"]["ratio"] == {
        "value": "0.878538", "numerator": "1653.408701", "denominator": "1882", "provenance": "PREDICTED",
    }  # fmt: skip
    assert [one["tenth"] for one in node["holdout"]["tenths"]] == [str(place) for place in range(1, 11)]
    assert node["baseline"]["error"]["amount"].startswith("88.13")
    assert node["baseline"]["modelError"]["amount"].startswith("72.29")
    assert node["gates"] == [
        {"gate": name, "isPassed": True, "reason": None}
        for name in ("CUSTOMERS", "REPEATERS", "CONVERGED", "WITHIN_BOUNDS", "FINITE_MEAN", "HOLDOUT_RATIO")
    ]
    low, high = (Decimal(node[name]["amount"]) for name in ("lowCut", "highCut"))
    values = CustomerPrediction.objects.using(WORKER).filter(partner=written)
    sizes = [
        values.filter(value_365d__lt=low, segment="LOW").count(),
        values.filter(value_365d__gte=low, value_365d__lt=high, segment="MIDDLE").count(),
        values.filter(value_365d__gte=high, segment="HIGH").count(),
    ]
    assert sum(sizes) == cdnow.CUSTOMERS
    assert max(abs(size - cdnow.CUSTOMERS / 3) for size in sizes) <= 30


def reckoned(history: dict[str, float], *, weeks: float) -> float:
    """The expectation as the paper has it, where it does not overflow."""
    r, alpha, a, b = 0.24259452, 4.41360187, 0.79292206, 2.42590708
    x, last, age = history["repeats"], history["recency"], history["age"]
    reach = weeks / (alpha + age + weeks)
    grown = ((alpha + age) / (alpha + age + weeks)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, reach)
    gone = a / (b + x - 1) * ((alpha + age) / (alpha + last)) ** (r + x)
    return float((a + b + x - 1) / (a - 1) * (1 - grown) / (1 + gone))


def test_the_curve_of_second_purchases_is_asked_for_as_of_any_day(shop: Partner) -> None:
    query = """query ($until: DateTime, $since: Date, $before: Date) {
      repeatPurchaseCurve(observedUntil: $until, from: $since, to: $before) {
        customers returned points { days share low high atRisk returned } } }"""
    told = ask(query, of=shop, until="1997-10-01T00:00:00Z")["repeatPurchaseCurve"]
    assert (told["customers"], told["returned"]) == ("2357", "946")
    (point,) = (one for one in told["points"] if one["days"] == "90")
    assert round(point["share"], 6) == 0.291472
    assert (round(point["low"], 6), round(point["high"], 6)) == (0.273576, 0.310271)
    assert (point["atRisk"], point["returned"]) == ("1671", "1")
    january = ask(query, of=shop, until="1997-10-01T00:00:00Z", since="1997-01-01", before="1997-02-01")
    assert january["repeatPurchaseCurve"]["customers"] == "781"


# -- small shops ---------------------------------------------------------------------------------


def day(number: int, hour: int = 4) -> datetime:
    """An hour of a day before NOW, in Singapore eight hours later."""
    return NOW - timedelta(days=number, hours=12 - hour)


def buys(customer: str, at: datetime, price: str, cost: str | None = None, **told: Any) -> dict[str, Any]:
    item = {
        "item_id": f"sku-{price}",
        "quantity": 1,
        "price": price,
        **({} if cost is None else {"cost": cost}),
    }
    given = {
        "customer_id": customer,
        "items": [item],
        "currency": "SGD",
        "transaction_id": f"{customer}-{at}",
    }
    return event("purchase", at, subject=None, **{**given, **told})


def read(shop: Partner) -> tuple[runs.Run, list[tuple[int, ...]], list[tuple[float, ...]]]:
    """A run at NOW, and of each customer by the time of the first purchase counts and worths."""
    connection = worker_connection()
    with connection.transaction():
        run = runs.make_run(
            connection, partner_id=shop.pk, currency="SGD", timezone=shop.timezone,
            window=runs.window_of(date(2026, 6, 1)),
        )  # fmt: skip
    all_of = run.everyone
    order = np.lexsort((all_of.first_worth, all_of.first_day))
    last, first, latest = (column[order] for column in (all_of.last_day, all_of.first_day, all_of.latest_day))
    counts = np.stack([all_of.repeats[order], last - first, all_of.later[order], latest - first], axis=1)
    worths = np.stack([all_of.first_worth, all_of.repeat_worth, all_of.later_worth], axis=1)[order]
    return run, [tuple(map(int, row)) for row in counts], [tuple(row) for row in worths.tolist()]


def test_a_purchase_is_a_day_of_the_partners_calendar_with_a_paid_order(partner: Partner) -> None:
    deliver(
        partner,
        [
            buys("a", day(200), "10.00"),
            buys("a", day(200, hour=15), "1.00"),  # The same day in Singapore: a quarter to midnight.
            buys("a", day(200, hour=17), "2.00"),  # There the next one.
            buys("a", day(150), "30.00"),
            buys("a", day(150, hour=5), "4.00"),
            buys("a", day(140), "99.00", status="placed"),
            buys("a", day(91), "5.00"),
            buys("a", day(90), "6.00"),  # The first day of the holdout.
            buys("a", day(0), "7.00"),  # Today is not over.
            buys("b", day(180), "50.00"),
            buys("c", day(30), "8.00"),
            buys("c", day(20), "9.00"),
            event(
                "refund",
                day(100),
                subject=None,
                refund_id="r1",
                transaction_id=f"a-{day(150)}",
                value="10.00",
            ),
        ],
    )
    fill(partner)
    run, counts, worths = read(partner)
    assert (run.size, run.repeaters, run.by_margin) == (2, 1, False)
    assert counts == [(3, 109, 1, 110), (0, 0, 0, 0), (0, 0, 1, 10)]
    assert worths == [(11.0, 31.0, 6.0), (50.0, 0.0, 0.0), (8.0, 0.0, 9.0)]


def test_worth_is_margin_where_every_cost_is_known(partner: Partner) -> None:
    deliver(partner, [buys("a", day(200), "10.00", "4.00"), buys("a", day(150), "30.00", "11.00")])
    fill(partner)
    run, _, worths = read(partner)
    assert (run.by_margin, worths) == (True, [(6.0, 19.0, 0.0)])
    deliver(partner, [buys("b", day(190), "20.00")])
    fill(partner)
    run, _, worths = read(partner)
    assert (run.by_margin, worths) == (False, [(10.0, 30.0, 0.0), (20.0, 0.0, 0.0)])


def test_a_small_shop_is_told_the_mean_of_its_customers_and_why(partner: Partner) -> None:
    deliver(
        partner,
        [
            buys("a", day(200), "10.00"), buys("a", day(150), "30.00"), buys("a", day(60), "25.00"),
            buys("b", day(180), "50.00"), buys("c", day(30), "8.00"),
            event("identify", day(10), subject=None, customer_id="c", consent={"profiling": False}),
        ],
    )  # fmt: skip
    fill(partner)
    assert predicting.predict_customers(partner_id=partner.pk, now=NOW) == 1
    query = """query ($by: CustomerBy!) { customer(by: $by) { prediction { method unmetGates { gate reason }
      next90Days { purchases value { amount } } next12Months { purchases value { amount } }
      isAliveProbability segment segmentProbability } } }"""
    told = ask(query, of=partner, scopes=("read:audience",), by={"externalId": "b"})["customer"]["prediction"]
    # Two customers won more than 90 days ago bought once in the last 90, for 25.
    assert told == {
        "method": "COHORT_MEAN",
        "unmetGates": [
            {"gate": "CUSTOMERS", "reason": "2 customers, 500 are needed."},
            {"gate": "REPEATERS", "reason": "1 customers bought again, 100 are needed."},
            *told["unmetGates"][2:],
        ],
        "next90Days": {"purchases": "0.5", "value": {"amount": "12.50"}},
        "next12Months": {"purchases": "2.027778", "value": {"amount": "50.6944"}},
        "isAliveProbability": None,
        "segment": None,
        "segmentProbability": None,
    }
    assert CustomerPrediction.objects.using(WORKER).filter(partner=partner).count() == 2
    refusing = ask(query, of=partner, scopes=("read:audience",), by={"externalId": "c"})
    assert refusing == {"customer": {"prediction": None}}


def test_a_run_is_made_once_a_day_of_the_partner(partner: Partner) -> None:
    deliver(partner, [buys("a", day(200), "10.00")])
    fill(partner)
    assert partner.pk in predicting.partners_to_predict(now=NOW)
    midnight = datetime(2026, 6, 1, 16, tzinfo=UTC)  # In Singapore.
    times = [NOW, NOW + timedelta(hours=1), midnight - timedelta(seconds=1), midnight]
    assert [predicting.predict_customers(partner_id=partner.pk, now=time) for time in times] == [1, 0, 0, 1]
    assert partner.pk not in predicting.partners_to_predict(now=midnight)
    made = ModelRun.objects.using(WORKER).filter(partner=partner).order_by("observed_to")
    assert [run.observed_to for run in made] == [date(2026, 6, 1), date(2026, 6, 2)]
    (kept,) = CustomerPrediction.objects.using(WORKER).filter(partner=partner)
    assert kept.run_id == made[1].pk


@pytest.mark.parametrize(
    "act", ["UPDATE analytics_modelrun SET worth = 'NET'", "DELETE FROM analytics_modelrun"]
)
def test_a_run_never_changes(partner: Partner, act: str) -> None:
    deliver(partner, [buys("a", day(200), "10.00")])
    fill(partner)
    predicting.predict_customers(partner_id=partner.pk, now=NOW)
    with pytest.raises(InsufficientPrivilege):
        worker_connection().execute(f"{act} WHERE partner_id = %s", [partner.pk])
