"""Reports that the schedule makes when a period of the partner's calendar has closed."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from analytics import tasks
from analytics.graphql.pages import node_id
from analytics.models import CadenceReport
from analytics.plans import reporting
from commerce.models import Partner, new_id
from config.celery import app
from tests.analytics.graphql_client import ask, refusal, statements
from tests.analytics.plan_scenes import DAY, MANAGE, RETIRE, REVISE, aim, crowd, sale
from tests.factories import deliver, event, fill, minute

# A week of Singapore ends on Monday, 8 June, 00:00, which is Sunday 16:00 by UTC; the tail is two hours.
CLOSED = datetime.fromisoformat("2026-06-07T18:00:00+00:00")

REPORTS = """query ($cadence: Cadence, $first: Int! = 20, $after: String) {
  reports(cadence: $cadence, first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
    id cadence from to version isLatest madeAt basis currency otherCurrencies sessions previousSessions
    metrics { metric about currency value numerator denominator previous change }
    findings { verdict metric about owner value level actual attainment status words }
    salesChanges { metric about currency before now factors { label before now contribution } words }
    csv } } } }"""


def two_weeks(partner: Partner) -> None:
    """A week with 10 viewers, of whom 2 bought for 30.00, and one with 25 in 2 sessions, for 36.00."""
    told = [
        *crowd("w1", 0, range(10)),
        sale("w1", 5, "15.00", buyer="v0"),
        sale("w1", 6, "15.00", buyer="v1"),
        *crowd("w2", 6 * DAY, range(10)),
        sale("w2", 6 * DAY + 5, "20.00", buyer="v0"),
        *crowd("w3", 7 * DAY, range(5, 25)),
        sale("w3", 7 * DAY + 5, "10.00", buyer="v5"),
        sale("w3", 7 * DAY + 9, "6.00", buyer="v5"),
    ]
    assert deliver(partner, told, now=CLOSED).rejected == 0
    fill(partner, now=CLOSED)


def make(partner: Partner, now: datetime = CLOSED) -> int:
    return reporting.report_closed(partner_id=partner.id, now=now)


def reports(partner: Partner, **asked: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in ask(REPORTS, of=partner, **asked)["reports"]["edges"]]


def versions(partner: Partner) -> list[tuple[str, str, int]]:
    rows = CadenceReport.objects.using("worker").filter(partner=partner)
    return sorted((row.cadence, row.starts_on.isoformat(), row.version) for row in rows)


def test_a_report_says_what_was_on_target_and_which_component_moved(partner: Partner) -> None:
    aim(partner, "VIEWERS", "25")
    aim(partner, "VIEWER_TO_BUYER_RATE", "0.1")
    aim(partner, "LIVE_SALES", "40")
    aim(partner, "SALES", "0.1", about="SHOP", kind="RELATIVE_CHANGE")
    aim(partner, "LEADS", "0.1", kind="RELATIVE_CHANGE")
    two_weeks(partner)
    assert make(partner) == 3
    (told,) = reports(partner, cadence="WEEKLY")
    head = {name: told[name] for name in ("from", "to", "version", "isLatest", "madeAt", "basis", "currency",
        "otherCurrencies", "sessions", "previousSessions")}  # fmt: skip
    assert head == {
        "from": "2026-06-01", "to": "2026-06-08", "version": "1", "isLatest": True,
        "madeAt": CLOSED.isoformat().replace("+00:00", "Z"), "basis": "PAID", "currency": "SGD",
        "otherCurrencies": [], "sessions": "2", "previousSessions": "1",
    }  # fmt: skip
    assert [(one["verdict"], one["metric"], one["status"], one["words"]) for one in told["findings"]] == [
        (
            "IMPROVE", "VIEWER_TO_BUYER_RATE", "OFF_TRACK",
            "Viewer-to-buyer rate (VBR): 6.7 % against 10.0 % (66.7 % of target). It fell from 20.0 %. "
            "Viewers who bought stayed at 2 while viewers grew by 200.0 % (from 10 to 30).",
        ),
        (
            "IMPROVE", "LIVE_SALES", "OFF_TRACK",
            "Live sales: 36.00 SGD against 40.00 SGD (90.0 % of target). It grew from 30.00 SGD. "
            "Sessions grew by 100.0 % (from 1 to 2) while live sales for each session fell by 40.0 % "
            "(from 30 to 18). Of +6.00 SGD: Viewers +36.15 SGD, Viewer-to-buyer rate (VBR) -36.15 SGD, "
            "Orders for each of viewers who bought +13.34 SGD, Average order value (AOV) -7.34 SGD.",
        ),
        (
            "CONTINUE", "VIEWERS", "ACHIEVED",
            "Viewers: 25 against 25 (100.0 % of target). On target: continue.",
        ),
        (
            "CONTINUE", "SALES", "ACHIEVED",
            "Sales: 36.00 SGD against 33.00 SGD (109.1 % of target). On target: continue.",
        ),
        # Nothing was there to grow from.
        ("UNKNOWN", "LEADS", "UNKNOWN", "Leads: nothing to judge by."),
    ]  # fmt: skip
    by_key = {(one["about"], one["metric"]): one for one in told["metrics"]}
    assert by_key["SESSION", "VIEWERS"] == {
        "metric": "VIEWERS", "about": "SESSION", "currency": None, "value": "25", "numerator": None,
        "denominator": None, "previous": "10", "change": "1.5",
    }  # fmt: skip
    assert by_key["SESSION", "VIEWER_TO_BUYER_RATE"] == {
        "metric": "VIEWER_TO_BUYER_RATE", "about": "SESSION", "currency": None, "value": "0.066667",
        "numerator": "2", "denominator": "30", "previous": "0.2", "change": "-0.666667",
    }  # fmt: skip
    assert by_key["SHOP", "AVERAGE_ORDER_VALUE"]["value"] == "12"
    assert by_key["SESSION", "PEAK_CONCURRENT_VIEWERS"]["value"] == "20"
    # Who stayed cannot be told over sessions; refunds are looked at monthly.
    assert ("SESSION", "COMPLETED_VIEWERS") not in by_key
    assert ("SESSION", "REFUND_RATE") not in by_key
    sales, shop = told["salesChanges"]
    assert (sales["metric"], sales["about"], sales["before"], sales["now"]) == (
        "LIVE_SALES", "SESSION", "30", "36",
    )  # fmt: skip
    assert sum(Decimal(one["contribution"]) for one in sales["factors"]) == 6
    assert [(one["label"], one["before"], one["now"]) for one in shop["factors"]] == [
        ("Orders", "2", "3"), ("Average order value (AOV)", "15", "12"),
    ]  # fmt: skip


def test_a_report_judges_by_the_target_that_stood_when_the_period_closed(partner: Partner) -> None:
    identity = aim(partner, "VIEWERS", "100")
    told = {"id": identity, "value": "20", "owner": "Ben", "why": "UNSUITABLE"}
    assert ask(REVISE, of=partner, scopes=MANAGE, input=told)["reviseTarget"]["userErrors"] == []
    gone = aim(partner, "LIKES", "1")
    ask(RETIRE, of=partner, scopes=MANAGE, input={"id": gone, "why": "GAMED"})
    aim(partner, "COMMENTS", "1", cadence="MONTHLY")
    two_weeks(partner)
    make(partner)
    (finding,) = reports(partner, cadence="WEEKLY")[0]["findings"]
    assert (finding["metric"], finding["value"], finding["owner"], finding["status"]) == (
        "VIEWERS", "20", "Ben", "ACHIEVED",
    )  # fmt: skip


def test_a_slot_has_one_report_however_often_the_schedule_runs(partner: Partner) -> None:
    two_weeks(partner)
    # The week before and May; the two weeks before that have nothing to tell.
    assert make(partner, CLOSED - timedelta(seconds=1)) == 2
    assert versions(partner) == [("MONTHLY", "2026-05-01", 1), ("WEEKLY", "2026-05-25", 1)]
    assert make(partner) == 2
    assert [make(partner, CLOSED + timedelta(hours=hours)) for hours in (0, 1, 30, 60)] == [0, 0, 0, 0]
    assert versions(partner) == [
        ("BIWEEKLY", "2026-05-25", 1),
        ("MONTHLY", "2026-05-01", 1),
        ("WEEKLY", "2026-05-25", 1),
        ("WEEKLY", "2026-06-01", 1),
    ]


def test_a_number_that_changes_afterwards_makes_another_version_within_a_day(partner: Partner) -> None:
    aim(partner, "LIVE_SALES", "36")
    two_weeks(partner)
    make(partner)
    late = event(
        "purchase", minute(7 * DAY + 12), subject="w3", transaction_id="late", customer_id="v6",
        viewer_id="v6", items=[{"item_id": "lip", "quantity": 1, "price": "4.00"}],
    )  # fmt: skip
    deliver(partner, [late], now=CLOSED + timedelta(hours=1))
    fill(partner, now=CLOSED + timedelta(hours=1))
    assert make(partner, CLOSED + timedelta(hours=23)) == 0
    # The week and the two weeks it belongs to; May stays as it was.
    assert make(partner, CLOSED + timedelta(hours=24)) == 2
    assert make(partner, CLOSED + timedelta(hours=48)) == 0
    assert versions(partner) == [
        ("BIWEEKLY", "2026-05-25", 1),
        ("BIWEEKLY", "2026-05-25", 2),
        ("MONTHLY", "2026-05-01", 1),
        ("WEEKLY", "2026-06-01", 1),
        ("WEEKLY", "2026-06-01", 2),
    ]
    (told,) = reports(partner, cadence="WEEKLY")
    assert (told["version"], told["isLatest"], told["findings"][0]["actual"]) == ("2", True, "40")
    first = CadenceReport.objects.using("worker").get(partner=partner, version=1, cadence="WEEKLY")
    query = "query ($id: ID!) { report(id: $id) { version isLatest findings { actual } } }"
    assert ask(query, of=partner, id=report_id(first))["report"] == {
        "version": "1", "isLatest": False, "findings": [{"actual": "36"}],
    }  # fmt: skip


def report_id(row: CadenceReport) -> str:
    return str(node_id("r", row.id))


def test_periods_the_schedule_missed_are_made_up_for(partner: Partner) -> None:
    two_weeks(partner)
    make(partner, CLOSED - timedelta(seconds=1))
    assert make(partner, CLOSED + timedelta(weeks=2)) == 3
    # The week of 8 June has nothing but the one before it to tell of, and that of 15 June nothing.
    assert versions(partner) == [
        ("BIWEEKLY", "2026-06-08", 1),
        ("MONTHLY", "2026-05-01", 1),
        ("WEEKLY", "2026-05-25", 1),
        ("WEEKLY", "2026-06-01", 1),
        ("WEEKLY", "2026-06-08", 1),
    ]


def test_every_cadence_reports_what_is_looked_at_that_often(partner: Partner) -> None:
    two_weeks(partner)
    make(partner, datetime.fromisoformat("2026-07-01T00:00:00+00:00"))
    found = {one["cadence"]: one for one in reports(partner)}
    assert {name: (one["from"], one["to"], one["sessions"]) for name, one in found.items()} == {
        "MONTHLY": ("2026-06-01", "2026-07-01", "2"),
        "QUARTERLY": ("2026-04-01", "2026-07-01", "3"),
        "BIWEEKLY": ("2026-06-08", "2026-06-22", "0"),
    }
    quarter = {(one["about"], one["metric"]): one for one in found["QUARTERLY"]["metrics"]}
    assert quarter["SESSION", "VIEWERS"]["value"] == "25"
    assert quarter["SESSION", "REFUND_RATE"]["denominator"] == "66"


def test_a_partner_without_anything_has_no_reports(partner: Partner) -> None:
    assert make(partner) == 0
    assert reports(partner) == []
    assert reporting.report_closed(partner_id=new_id(), now=CLOSED) == 0


def test_a_target_nobody_met_because_nothing_happened_is_reported(partner: Partner) -> None:
    aim(partner, "VIEWER_TO_BUYER_RATE", "0.1")
    aim(partner, "VIEWS", "10")
    assert make(partner) == 1
    (told,) = reports(partner)
    assert [(one["verdict"], one["words"]) for one in told["findings"]] == [
        (
            "IMPROVE",
            "Views: 0 against 10 (0.0 % of target). It stayed from 0. Sessions stayed at 0.",
        ),
        ("UNKNOWN", "Viewer-to-buyer rate (VBR): nothing to judge by."),
    ]


def test_a_report_is_a_table_whose_text_stays_text(partner: Partner) -> None:
    aim(partner, "LIVE_SALES", "40", owner="=HYPERLINK(1)")
    two_weeks(partner)
    make(partner)
    rows = list(csv.reader(io.StringIO(reports(partner, cadence="WEEKLY")[0]["csv"])))
    assert rows[0] == [
        "Row", "About", "Number", "Currency", "Value", "Previous", "Change", "Target", "Attainment", "Status",
        "Owner", "Finding",
    ]  # fmt: skip
    by_name = {tuple(row[:3]): row[3:] for row in rows[1:]}
    assert by_name["number", "SESSION", "Viewer-to-buyer rate (VBR)"][:4] == [
        "", "0.066667", "0.2", "-0.666667",
    ]  # fmt: skip
    target = by_name["target", "SESSION", "Live sales"]
    assert target[:-1] == ["SGD", "36", "30", "", "40", "0.9", "OFF_TRACK", "'=HYPERLINK(1)"]
    assert target[-1].startswith("Live sales: 36.00 SGD against 40.00 SGD")


def test_pages_of_reports_follow_each_other_by_the_same_statements(partner: Partner) -> None:
    two_weeks(partner)
    for weeks in range(3):
        make(partner, CLOSED + timedelta(weeks=weeks))
    every = [(one["cadence"], one["from"]) for one in reports(partner)]
    assert len(every) == len(set(every))
    assert [day for _, day in every] == sorted((day for _, day in every), reverse=True)
    paged, after = [], None
    while True:
        page = ask(REPORTS, of=partner, first=1, after=after)["reports"]
        paged += [(edge["node"]["cadence"], edge["node"]["from"]) for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == every
    assert [statements(REPORTS, of=partner, first=first) for first in (1, 20)] == [1, 1]
    assert refusal(REPORTS, of=partner, after="x")[0] == "BAD_USER_INPUT"


DUE = "{ dueReviews { cadence metrics from to nextOn report { from version } } }"


def test_what_is_due_for_review_is_listed_by_cadence(partner: Partner) -> None:
    two_weeks(partner)
    make(partner, CLOSED - timedelta(seconds=1))
    weekly, biweekly, monthly, quarterly, yearly = ask(DUE, of=partner)["dueReviews"]
    metrics = weekly.pop("metrics")
    assert weekly == {
        "cadence": "WEEKLY", "from": "2026-05-25", "to": "2026-06-01", "nextOn": "2026-06-08",
        "report": {"from": "2026-05-25", "version": "1"},
    }  # fmt: skip
    assert {"VIEWERS", "LIVE_SALES", "SALES", "VIEWER_TO_BUYER_RATE"} <= set(metrics)
    assert len(metrics) == len(set(metrics))
    assert "REFUND_RATE" in monthly["metrics"]
    assert yearly["metrics"] == []
    rest = (biweekly, monthly, quarterly, yearly)
    assert [(one["cadence"], one["from"], one["to"], one["nextOn"]) for one in rest] == [
        ("BIWEEKLY", "2026-05-11", "2026-05-25", "2026-06-08"),
        ("MONTHLY", "2026-05-01", "2026-06-01", "2026-07-01"),
        ("QUARTERLY", "2026-01-01", "2026-04-01", "2026-07-01"),
        ("YEARLY", "2025-01-01", "2026-01-01", "2027-01-01"),
    ]  # fmt: skip


def test_the_schedule_hints_at_every_partners_reports(partner: Partner, monkeypatch: Any) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.report, "apply_async", lambda **told: sent.append(told))
    tasks.report_all()
    assert {"kwargs": {"partner_id": str(partner.id)}, "expires": 1800} in sent
    assert app.conf.beat_schedule["reports"]["task"] == tasks.report_all.name
    # Told by the clock of the machine, at whatever time the tests run.
    tasks.report(partner_id=str(partner.id))


def test_nobody_sees_reports_of_others_and_only_the_worker_writes_them(
    partner: Partner, make_partner: Any
) -> None:
    two_weeks(partner)
    make(partner)
    other = make_partner()
    assert reports(other) == []
    row = CadenceReport.objects.using("worker").get(partner=partner, cadence="WEEKLY")
    query = "query ($id: ID!) { report(id: $id) { version } }"
    assert ask(query, of=other, id=report_id(row)) == {"report": None}
    assert refusal(query, of=partner, scopes=("manage",), id=report_id(row))[0] == "FORBIDDEN"
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("DELETE FROM analytics_cadencereport")
