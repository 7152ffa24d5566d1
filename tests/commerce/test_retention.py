"""What is kept for a time goes when it is over; numbers made of it stay, and nothing computes them again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from analytics.recompute import check
from commerce import retention
from commerce.connection import worker_connection
from commerce.models import LiveSession, Partner, Rejection, Stale
from commerce.partitions import list_partitions, make_partitions
from commerce.rules import MARK_EVERYTHING
from tests.analytics.attribution_scenes import appear, campaign, collaboration
from tests.commerce.people import numbers
from tests.conftest import PartnerFactory
from tests.factories import deliver, event, fill

OLD = datetime(2003, 3, 10, 12, tzinfo=UTC)
NEW = datetime(2003, 6, 20, 12, tzinfo=UTC)
NOW = datetime(2003, 7, 5, tzinfo=UTC)


def live(at: datetime, subject: str) -> list[dict[str, object]]:
    """A session with somebody who watches, clicks, looks at a page and buys."""
    who = {"viewer_id": f"v-{subject}"}
    items = [{"item_id": "lip", "price": "5.00"}]

    def told(type_: str, minute: int, on: str | None = subject, **data: object) -> dict[str, object]:
        moment = at + timedelta(minutes=minute)
        return event(type_, moment, id=f"{type_}-{subject}-{minute}", subject=on, **{**who, **data})

    return [
        told("live_session_started", 0),
        told("live_view_started", 1),
        told("select_item", 2, items=items),
        told("add_to_cart", 3, items=items),
        told("page_view", 3, on=None, visit_id="w"),
        told("live_comment", 4, text="how much?"),
        told("purchase", 5, on=None, transaction_id=f"o-{subject}", customer_id="c", items=items),
        told("live_view_ended", 9),
        told("live_session_ended", 30),
    ]


def shop(partner: Partner, *, old: datetime = OLD, months: int | None = 2) -> None:
    """An old live and a new one with one influencer, all filled; then the partner says what it keeps."""
    deliver(partner, live(old, "old"), now=NOW)
    deliver(partner, live(NEW, "new"), now=NOW)
    made = collaboration(campaign(partner, starts_on=old.date(), ends_on=NOW.date()))
    appear(made, "old")
    appear(made, "new")
    fill(partner, now=NOW)
    keep(partner, months=months)


def keep(partner: Partner, *, months: int | None) -> None:
    Partner.objects.using("worker").filter(pk=partner.pk).update(events_kept_months=months)


def log_of(partner: Partner) -> list[datetime]:
    rows = worker_connection().execute(
        "SELECT DISTINCT date_trunc('day', occurred_at, 'UTC') FROM commerce_event "
        "WHERE partner_id = %s ORDER BY 1",
        [partner.id],
    )
    return [day for (day,) in rows]


def frozen(partner: Partner) -> dict[str, bool]:
    rows = LiveSession.objects.using("worker").filter(partner_id=partner.id)
    return {row.external_id: row.frozen_at is not None for row in rows}


def expire(partner: Partner, *, now: datetime = NOW) -> tuple[int, int]:
    retention.freeze(partner_id=partner.id, now=now)
    return retention.expire(partner_id=partner.id, now=now)


def mark_everything(partner_id: UUID) -> None:
    worker_connection().execute(MARK_EVERYTHING, {"partner": partner_id, "now": NOW})


def test_without_a_setting_everything_is_kept(partner: Partner) -> None:
    shop(partner, months=None)
    assert expire(partner) == (0, 0)
    assert frozen(partner) == {"old": False, "new": False}


def test_events_go_by_months_and_numbers_stay(partner: Partner) -> None:
    shop(partner)
    before = numbers(partner)
    assert expire(partner) == (0, 9)
    assert log_of(partner) == [NEW.replace(hour=0)]
    assert frozen(partner) == {"old": True, "new": False}
    assert expire(partner) == (0, 0)
    mark_everything(partner.id)
    fill(partner, now=NOW)
    assert numbers(partner) == before


def test_what_cannot_be_computed_again_is_counted_apart(partner: Partner) -> None:
    shop(partner)
    kept = check(partner_id=partner.id, now=NOW)
    assert (kept.frozen, kept.differences) == (0, 0)
    expire(partner)
    found = check(partner_id=partner.id, now=NOW)
    assert found.differences == 0
    assert found.frozen > 100
    assert found.cells + found.frozen == kept.cells


def test_the_door_refuses_what_is_older_than_what_is_kept(make_partner: PartnerFactory) -> None:
    partner = make_partner(events_kept_months=2)
    outcome = deliver(partner, live(OLD, "old"), now=NOW)
    assert (outcome.accepted, outcome.rejected) == (0, 9)
    assert {failure.code for failure in outcome.errors} == {"expired"}
    assert deliver(partner, live(NEW, "new"), now=NOW).accepted == 9


def test_what_is_gone_does_not_come_back_when_more_is_kept_again(partner: Partner) -> None:
    shop(partner)
    expire(partner)
    for months in (None, 12):
        keep(partner, months=months)
        outcome = deliver(partner, live(OLD, "old"), now=NOW)
        assert (outcome.accepted, {failure.code for failure in outcome.errors}) == (0, {"expired"})
    assert deliver(partner, live(datetime(2003, 5, 1, tzinfo=UTC), "may"), now=NOW).accepted == 9


def test_nothing_goes_while_its_numbers_wait(partner: Partner) -> None:
    shop(partner)
    mark_everything(partner.id)
    assert expire(partner) == (0, 0)
    assert frozen(partner) == {"old": False, "new": False}
    Stale.objects.using("worker").filter(partner_id=partner.id).delete()
    assert expire(partner) == (0, 9)


def test_a_month_is_dropped_where_nobody_keeps_anything_of_it(make_partner: PartnerFactory) -> None:
    keeps, leaves = make_partner(), make_partner()
    old = OLD.replace(year=2002)  # A month of theirs alone.
    shop(keeps, old=old, months=None)
    shop(leaves, old=old)
    make_partitions(now=NOW, ahead=timedelta(days=1))
    month = old.date().replace(day=1)
    assert month in {partition.starts_on for partition in list_partitions()}
    retention.freeze(partner_id=leaves.id, now=NOW)
    assert month not in retention.drop_months(now=NOW)
    keep(keeps, months=1)
    retention.freeze(partner_id=keeps.id, now=NOW)
    assert month in retention.drop_months(now=NOW)
    assert log_of(leaves) == log_of(keeps) == [NEW.replace(hour=0)]


def test_bodies_of_refused_events_go_after_their_days(make_partner: PartnerFactory) -> None:
    partner = make_partner(bodies_kept_days=30)
    for days, name in ((31, "past"), (29, "young")):
        deliver(partner, [event("unheard_of", OLD, id=name)], now=NOW - timedelta(days=days))
    assert retention.expire(partner_id=partner.id, now=NOW) == (1, 0)
    assert retention.expire(partner_id=partner.id, now=NOW) == (0, 0)
    rows = Rejection.objects.using("worker").filter(partner_id=partner.id).order_by("received_at")
    assert [(row.event_id, row.code, bool(row.body)) for row in rows] == [
        ("past", "unknown_type", False),
        ("young", "unknown_type", True),
    ]
