"""Years and weeks of a partner's own as periods of plans, and reviews of what has closed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection

from analytics.metrics import METRICS, Cadence, Scope
from analytics.models import CadenceReport, Review
from analytics.plans import reporting
from commerce.access import row_security
from commerce.models import Partner, RecordEntry, Weekday
from tests.analytics.graphql_client import actor_of, ask, refusal, statements
from tests.analytics.plan_scenes import DAY, MANAGE, RETIRE, aim, bring, crowd, sale
from tests.conftest import PartnerFactory
from tests.factories import deliver, event, fill, minute

# Singapore's week ends on Monday, 8 June, 00:00, which is Sunday 16:00 by UTC; the tail is two hours.
CLOSED = datetime.fromisoformat("2026-06-07T18:00:00+00:00")
NEW_YEAR = datetime.fromisoformat("2026-12-31T18:00:00+00:00")

REVIEWS = """query ($due: Boolean, $first: Int! = 20, $after: String) {
  reviews(due: $due, first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
    id cadence from to dueAt isDone doneAt doneBy note seenVersion report { version from cadence }
    items { metric about label targetId owner status } } } } }"""
COMPLETE = """mutation ($input: CompleteReviewInput!) { completeReview(input: $input) {
  review { id isDone doneAt doneBy note seenVersion report { version } }
  userErrors { field code message } } }"""
NODE = (
    "query ($id: ID!) { node(id: $id) { __typename id ... on Review { cadence isDone report { version } } } }"
)


def make(partner: Partner, now: datetime = CLOSED) -> int:
    return reporting.report_closed(partner_id=partner.id, now=now)


def week(partner: Partner) -> None:
    """A week in which three watched and one of them bought for 10.00, and its report."""
    told = [*crowd("live", 6 * DAY, range(3)), sale("live", 6 * DAY + 5, "10.00", buyer="v1")]
    assert deliver(partner, told, now=CLOSED).rejected == 0
    fill(partner, now=CLOSED)
    assert make(partner) == 2


def reviews(partner: Partner, **asked: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in ask(REVIEWS, of=partner, **asked)["reviews"]["edges"]]


def complete(partner: Partner, identity: str, note: str) -> dict[str, Any]:
    told = {"id": identity, "note": note}
    answer: dict[str, Any] = ask(COMPLETE, of=partner, scopes=MANAGE, input=told)["completeReview"]
    return answer


def weekly(partner: Partner, **asked: Any) -> dict[str, Any]:
    (found,) = (one for one in reviews(partner, **asked) if one["cadence"] == "WEEKLY")
    return found


# -- periods -----------------------------------------------------------------------------------


def test_a_week_begins_on_the_partners_own_day(make_partner: PartnerFactory) -> None:
    """Sessions on Sunday and on Monday lie in one week from Sunday, and in two from Monday."""
    for starts_on, wanted, of_target in (
        (Weekday.SUNDAY, {"2026-05-31": 2}, ("2026-05-31", "5", "ACHIEVED")),
        (Weekday.MONDAY, {"2026-05-25": 1, "2026-06-01": 1}, ("2026-06-01", "3", "OFF_TRACK")),
    ):
        partner = make_partner(week_starts_on=starts_on)
        # 31 May 20:00 and 1 June 20:00 in Singapore.
        bring(partner, crowd("sunday", 4 * DAY, range(2)), crowd("monday", 5 * DAY, range(2, 5)))
        aim(partner, "VIEWERS", "5", startsOn="2026-06-01")
        for weeks in range(2):
            make(partner, CLOSED - timedelta(weeks=1) + timedelta(weeks=weeks))
        rows = CadenceReport.objects.using("worker").filter(partner=partner, cadence="WEEKLY")
        told = {row.starts_on.isoformat(): row.content for row in rows}
        assert {day: content["sessions"] for day, content in told.items() if content["sessions"]} == wanted
        day, actual, status = of_target
        assert [(one["actual"], one["status"]) for one in told[day]["targets"]] == [(actual, status)]


def test_a_target_set_before_weeks_began_on_another_day_holds_in_the_week_it_begins_in(
    partner: Partner,
) -> None:
    aim(partner, "VIEWERS", "3")
    deliver(partner, crowd("live", 6 * DAY, range(3)), now=CLOSED)
    fill(partner, now=CLOSED)
    Partner.objects.using("worker").filter(pk=partner.pk).update(week_starts_on=Weekday.SUNDAY)
    make(partner)
    row = CadenceReport.objects.using("worker").get(partner=partner, cadence="WEEKLY")
    assert row.starts_on.isoformat() == "2026-05-31"
    assert [one["status"] for one in row.content["targets"]] == ["ACHIEVED"]


def test_a_year_has_targets_and_one_report(partner: Partner) -> None:
    identity = aim(partner, "SALES", "25", about="SHOP", cadence="YEARLY")
    people = aim(partner, "BUYERS", "3", about="SHOP", cadence="YEARLY")
    bring(
        partner,
        crowd("live", 0, range(3)),
        [sale("live", 5, "10.00", buyer="v1"), sale("live", 6, "20.00", buyer="v2")],
    )
    later = [sale("live", 100 * DAY, "1.00", buyer="v1")]
    assert deliver(partner, later, now=NEW_YEAR).rejected == 0
    fill(partner, now=NEW_YEAR)
    make(partner, NEW_YEAR - timedelta(seconds=1))
    years = CadenceReport.objects.using("worker").filter(partner=partner, cadence="YEARLY")
    assert years.count() == 0
    make(partner, NEW_YEAR)
    told = years.get()
    assert (told.starts_on.isoformat(), told.ends_on.isoformat()) == ("2026-01-01", "2027-01-01")
    assert {one["id"]: (one["actual"], one["status"], one["owner"]) for one in told.content["targets"]} == {
        _uuid(identity): ("31", "ACHIEVED", "Mai"),
        # Two people, one of whom bought twice, in two months.
        _uuid(people): ("2", "OFF_TRACK", "Mai"),
    }
    (review,) = (one for one in reviews(partner) if one["cadence"] == "YEARLY")
    assert [(one["metric"], one["owner"], one["status"]) for one in review["items"]] == [
        ("SALES", "Mai", "ACHIEVED"), ("BUYERS", "Mai", "OFF_TRACK"),
    ]  # fmt: skip


def _uuid(identity: str) -> str:
    from analytics.graphql.pages import own_id

    return str(own_id(identity, "t"))


# -- reviews -----------------------------------------------------------------------------------


def test_a_period_is_due_for_review_once_it_has_a_report(partner: Partner) -> None:
    target = aim(partner, "VIEWERS", "4")
    assert reviews(partner) == []
    week(partner)
    due = reviews(partner, due=True)
    assert [(one["cadence"], one["from"], one["to"]) for one in due] == [
        ("WEEKLY", "2026-06-01", "2026-06-08"), ("BIWEEKLY", "2026-05-25", "2026-06-08"),
    ]  # fmt: skip
    told = due[0]
    items = told.pop("items")
    assert told == {
        "id": told["id"], "cadence": "WEEKLY", "from": "2026-06-01", "to": "2026-06-08",
        "dueAt": "2026-06-07T18:00:00Z", "isDone": False, "doneAt": None, "doneBy": None, "note": None,
        "seenVersion": None, "report": {"version": "1", "from": "2026-06-01", "cadence": "WEEKLY"},
    }  # fmt: skip
    (viewers,) = (one for one in items if one["metric"] == "VIEWERS")
    assert viewers == {
        "metric": "VIEWERS", "about": "SESSION", "label": "Viewers", "targetId": target, "owner": "Mai",
        "status": "OFF_TRACK",
    }  # fmt: skip
    declared = {
        (metric.scope.value, metric.key.upper()) for metric in METRICS
        if metric.scope in (Scope.SESSION, Scope.SHOP) and metric.cadence is Cadence.WEEKLY
    }  # fmt: skip
    looked_at = [(one["about"], one["metric"]) for one in items]
    assert len(looked_at) == len(set(looked_at)) > 20
    assert set(looked_at) <= declared
    assert [one for one in items if one["owner"] and one["metric"] != "VIEWERS"] == []


def test_a_review_is_done_once_with_a_note_and_on_record(partner: Partner) -> None:
    week(partner)
    identity = weekly(partner)["id"]
    assert complete(partner, identity, " \n") == {
        "review": None,
        "userErrors": [{"field": ["input", "note"], "code": "INVALID", "message": "It must not be empty."}],
    }
    assert complete(partner, identity, "x" * 2001)["userErrors"] == [
        {"field": ["input", "note"], "code": "INVALID", "message": "At most 2000 characters."}
    ]
    done = complete(partner, identity, " More hosts from July on. ")
    assert done["userErrors"] == []
    assert done["review"] == {
        "id": identity, "isDone": True, "doneAt": done["review"]["doneAt"], "doneBy": "test",
        "note": "More hosts from July on.", "seenVersion": "1", "report": {"version": "1"},
    }  # fmt: skip
    assert complete(partner, identity, "Again")["userErrors"] == [
        {"field": ["input", "id"], "code": "CONFLICT", "message": "It was done by test."}
    ]
    assert weekly(partner)["note"] == "More hosts from July on."
    entry = RecordEntry.objects.using("worker").get(partner=partner, action="complete_review")
    assert (entry.subject_kind, entry.who, entry.reason) == ("Review", "test", "More hosts from July on.")
    assert entry.details == {"cadence": "WEEKLY", "starts_on": "2026-06-01", "version": 1}
    assert [one["cadence"] for one in reviews(partner, due=True)] == ["BIWEEKLY"]
    assert [one["cadence"] for one in reviews(partner, due=False)] == ["WEEKLY"]


def test_a_review_that_was_done_stays_so_when_its_report_changes(partner: Partner) -> None:
    week(partner)
    complete(partner, weekly(partner)["id"], "Fine")
    late = event(
        "purchase", minute(6 * DAY + 12), subject="live", transaction_id="late", customer_id="v2",
        viewer_id="v2", items=[{"item_id": "lip", "quantity": 1, "price": "4.00"}],
    )  # fmt: skip
    deliver(partner, [late], now=CLOSED + timedelta(hours=1))
    fill(partner, now=CLOSED + timedelta(hours=1))
    assert make(partner, CLOSED + timedelta(hours=24)) == 2
    told = weekly(partner)
    assert (told["isDone"], told["seenVersion"], told["report"]["version"]) == (True, "1", "2")
    assert Review.objects.using("worker").filter(partner=partner, cadence="WEEKLY").count() == 1


def test_a_retired_target_is_not_looked_at(partner: Partner) -> None:
    gone = aim(partner, "LIKES", "1")
    ask(RETIRE, of=partner, scopes=MANAGE, input={"id": gone, "why": "GAMED"})
    week(partner)
    assert [one for one in weekly(partner)["items"] if one["targetId"]] == []


def test_pages_of_reviews_follow_each_other_by_the_same_statements(partner: Partner) -> None:
    week(partner)
    for weeks in range(1, 3):
        deliver(partner, crowd(f"later-{weeks}", (6 + 7 * weeks) * DAY, range(2)),
            now=CLOSED + timedelta(weeks=weeks))  # fmt: skip
        fill(partner, now=CLOSED + timedelta(weeks=weeks))
        make(partner, CLOSED + timedelta(weeks=weeks))
    every = [one["id"] for one in reviews(partner)]
    assert len(every) == len(set(every)) == 5
    paged, after = [], None
    while True:
        page = ask(REVIEWS, of=partner, first=1, after=after)["reviews"]
        paged += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == every
    assert [statements(REVIEWS, of=partner, first=first) for first in (1, 20)] == [2, 2]
    assert refusal(REVIEWS, of=partner, after="x")[0] == "BAD_USER_INPUT"


def test_nobody_sees_or_does_reviews_of_others(partner: Partner, make_partner: PartnerFactory) -> None:
    week(partner)
    other, identity = make_partner(), weekly(partner)["id"]
    assert ask(NODE, of=partner, id=identity)["node"] == {
        "__typename": "Review", "id": identity, "cadence": "WEEKLY", "isDone": False,
        "report": {"version": "1"},
    }  # fmt: skip
    assert (reviews(other), ask(NODE, of=other, id=identity)) == ([], {"node": None})
    assert complete(other, identity, "Mine")["userErrors"] == [
        {"field": ["input", "id"], "code": "NOT_FOUND", "message": "There is no such review."}
    ]
    assert refusal(COMPLETE, of=partner, input={"id": identity, "note": "x"})[0] == "FORBIDDEN"
    assert weekly(partner)["isDone"] is False
    row = Review.objects.using("worker").get(partner=partner, cadence="WEEKLY")
    with row_security(actor_of(other)), connection.cursor() as cursor:
        cursor.execute("UPDATE analytics_review SET note = 'x' WHERE id = %s", [row.pk])
        assert cursor.rowcount == 0
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        row_security(actor_of(other)),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO analytics_review (id, partner_id, cadence, starts_on, ends_on, due_at) "
            "VALUES (gen_random_uuid(), %s, 'WEEKLY', '2026-01-05', '2026-01-12', now())",
            [partner.pk],
        )
