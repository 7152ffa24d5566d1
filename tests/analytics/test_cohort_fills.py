"""Which cohorts are filled when: days whose customers changed, and no others."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from analytics import staleness, tasks
from analytics.fills import OF_CUSTOMERS, refresh_partner
from analytics.models import CohortActivity, CohortDay, CustomerLife
from analytics.models.cohorts import CohortDimension, CohortGrain
from analytics.recompute import check
from analytics.staleness import Marks
from commerce.connection import worker_connection
from commerce.models import Partner, Stale
from commerce.rules import change_partner
from tests.analytics.attribution_scenes import appear, campaign, changed, collaboration
from tests.analytics.compare_cohorts import asked
from tests.factories import NOW, deliver, event, fill

YEAR = (date(2026, 1, 1), date(2027, 1, 1))
LATER = datetime(2027, 6, 1, tzinfo=UTC)
FIRST = datetime(2026, 1, 5, 4, tzinfo=UTC)
Raw = dict[str, Any]


def bought(order: str, when: datetime, customer: str, **data: Any) -> Raw:
    """A paid order of something for 10."""
    given: Raw = {"items": [{"item_id": "lip", "price": "10"}], "subject": None, **data}
    return event("purchase", when, transaction_id=order, customer_id=customer, **given)


def shop(partner: Partner) -> None:
    """Three customers won on three days, who came back a month later."""
    days = {"ann": FIRST, "ben": FIRST + timedelta(days=1), "cy": FIRST + timedelta(days=2)}
    firsts = [bought(f"{who}-1", when, who) for who, when in days.items()]
    seconds = [bought(f"{who}-2", when + timedelta(days=30), who) for who, when in days.items()]
    deliver(partner, [*firsts, *seconds])
    fill(partner)


def written(partner: Partner) -> dict[UUID, tuple[date, int]]:
    """(day of first purchase, transaction that wrote it last) of each row of cohorts."""
    found: dict[UUID, tuple[date, int]] = {}
    for model in (CohortDay, CohortActivity):
        rows = worker_connection().execute(
            f"SELECT id, first_date, xmin::text::bigint FROM {model._meta.db_table} WHERE partner_id = %s",
            [partner.id],
        )
        found |= {row[0]: (row[1], row[2]) for row in rows}
    return found


def parts(partner: Partner, split: CohortDimension) -> dict[str | None, int]:
    """Sizes by part."""
    told = asked(partner, starts=YEAR, until=LATER, split=split, by=CohortGrain.QUARTER)
    return {one.part: one.size for one in told.cohorts}


def is_served(partner: Partner) -> None:
    """Nothing waits, and everything is what the facts say."""
    found = check(partner_id=partner.id, now=NOW)
    assert (found.differences, found.waiting) == (0, 0), found.by_table


def test_a_late_refund_changes_the_rows_of_its_customers_day_and_no_other(partner: Partner) -> None:
    shop(partner)
    before = written(partner)
    refund = event("refund", NOW, subject=None, refund_id="r1", transaction_id="ben-1", value="4")
    deliver(partner, [refund])
    fill(partner)
    after = written(partner)
    assert after.keys() == before.keys()
    others = [day for key, (day, moment) in after.items() if before[key][1] != moment]
    # In each of five dimensions the day itself, and its day, week, month and quarter; not what came later.
    assert others == [date(2026, 1, 6)] * 25
    is_served(partner)


def test_what_changed_nothing_is_not_written_again(partner: Partner) -> None:
    shop(partner)
    before = written(partner)
    marks = Marks(partner_id=partner.id, now=NOW)
    for life in CustomerLife.objects.using("worker").filter(partner=partner):
        marks.customer(life.customer_id)
        marks.cohort(life.first_date)
    marks.write(worker_connection())
    assert fill(partner) == 6
    assert written(partner) == before


def waits_for(partner: Partner) -> list[str]:
    """The cohorts that can be taken now."""
    with staleness.claimed(
        worker_connection(), partner_id=partner.id, kind=Stale.Kind.COHORT.value, limit=10
    ) as claims:
        return sorted(claims)


@pytest.mark.parametrize("kind", ["ORDER", "CUSTOMER"])
def test_a_cohort_waits_for_what_was_marked_before_it_but_for_what_cannot_be_computed(
    partner: Partner, kind: str
) -> None:
    connection = worker_connection()
    earlier, later = (str(UUID(int=number)) for number in (1, 2))
    mark = "INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)"
    for of, subject in ((kind, earlier), ("COHORT", "2026-01-05"), (kind, later), ("COHORT", "2026-01-06")):
        connection.execute(f"{mark} VALUES (%s, %s, 0, '', %s, %s, false)", [partner.id, NOW, of, subject])
    assert waits_for(partner) == []
    for _ in range(staleness.MAX_ATTEMPTS):
        staleness.note_failure(connection, partner_id=partner.id, kind=kind, subject=earlier, error="no")
    # Set aside, and named once more: it is still set aside.
    connection.execute(f"{mark} VALUES (%s, %s, 0, '', %s, %s, false)", [partner.id, NOW, kind, earlier])
    assert waits_for(partner) == ["2026-01-05"]
    assert waits_for(partner) == []


def test_a_load_of_customers_fills_each_day_once(partner: Partner) -> None:
    deliver(partner, [bought(f"o{n}", FIRST, f"c{n}") for n in range(20)])
    refresh_partner(partner_id=partner.id, now=NOW, kinds=[Stale.Kind.ORDER.value])
    assert refresh_partner(partner_id=partner.id, now=NOW, kinds=OF_CUSTOMERS) == 21
    assert parts(partner, CohortDimension.ALL) == {None: 20}


def test_customers_follow_the_channel_of_the_session_that_won_them(partner: Partner) -> None:
    deliver(
        partner,
        [
            event("live_session_started", FIRST, channel="TIKTOK"),
            bought("o1", FIRST, "ann", subject="live-1"),
            bought("o2", FIRST, "ben"),
        ],
    )
    fill(partner)
    assert parts(partner, CohortDimension.CHANNEL) == {"TIKTOK": 1, "": 1}
    assert parts(partner, CohortDimension.LIVE) == {"LIVE": 1, "NON_LIVE": 1}
    deliver(partner, [event("live_session_ended", FIRST + timedelta(hours=1), channel="SHOPEE")])
    fill(partner)
    assert parts(partner, CohortDimension.CHANNEL) == {"SHOPEE": 1, "": 1}
    is_served(partner)


def test_customers_are_of_the_influencer_their_first_order_is_credited_to_last(partner: Partner) -> None:
    start = NOW - timedelta(days=5)
    deliver(
        partner,
        [
            event("live_session_started", start),
            event("live_view_started", start, viewer_id="v"),
            event("live_session_ended", start + timedelta(hours=1)),
            bought("o1", start + timedelta(minutes=30), "ann", viewer_id="v"),
            bought("o2", start + timedelta(minutes=30), "ben"),
        ],
    )
    fill(partner)
    assert parts(partner, CohortDimension.KOL) == {"": 2}
    made = collaboration(campaign(partner))
    appear(made)
    changed(made)
    fill(partner)
    assert parts(partner, CohortDimension.KOL) == {"": 1, str(made.kol_id): 1}
    is_served(partner)


def test_customers_are_followed_as_soon_as_campaigns_are_told(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Raw] = []
    monkeypatch.setattr(tasks.follow_customers, "apply_async", lambda **told: sent.append(told))
    tasks.attribute(partner_id=str(partner.id))
    assert sent == [{"kwargs": {"partner_id": str(partner.id)}, "expires": 60}]


def test_a_new_first_day_of_the_week_makes_other_weeks_of_the_same_lives(partner: Partner) -> None:
    shop(partner)
    deliver(partner, [bought("ann-0", FIRST - timedelta(days=1), "ann")])  # a Sunday
    fill(partner)
    partner.week_starts_on = 6
    change_partner(partner, changed={"week_starts_on"}, now=NOW)
    fill(partner)
    told = asked(partner, starts=YEAR, until=LATER, by=CohortGrain.WEEK)
    assert [(one.starts_on, one.size) for one in told.cohorts] == [(date(2026, 1, 4), 3)]
    is_served(partner)


def test_nothing_is_left_of_a_day_whose_last_customer_is_another(partner: Partner) -> None:
    shop(partner)
    deliver(partner, [bought("cy-1", FIRST + timedelta(days=3), "ann", version=2)])
    fill(partner)
    days = CohortDay.objects.using("worker").filter(partner=partner, dimension="ALL").order_by("first_date")
    assert list(days.values_list("first_date", "customers")) == [
        (date(2026, 1, 5), 1),
        (date(2026, 1, 6), 1),
        (date(2026, 2, 6), 1),
    ]
    is_served(partner)


def test_what_a_product_costs_is_told_to_the_cohorts_of_who_bought_it(partner: Partner) -> None:
    shop(partner)
    profit = [one.bought.profit for one in asked(partner, starts=YEAR, until=LATER).cohorts[0].ltv]
    assert profit == [None] * 5
    deliver(partner, [event("product_updated", NOW, subject=None, item_id="lip", cost="4")])
    fill(partner)
    (one,) = asked(partner, starts=YEAR, until=LATER).cohorts
    assert [cell.bought.profit for cell in one.ltv] == [18, 36, 36, 36, 36]
    is_served(partner)
