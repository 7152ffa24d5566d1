"""Orders that come by a link or a code of a session."""

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from analytics.models import OrderFact, SessionRollup, SessionSales
from analytics.recompute import check
from commerce import broadcasts
from commerce.access import Actor
from commerce.models import LiveSession, Partner, new_id
from kol import links
from kol.marks import campaigns_changed
from kol.models import Campaign, Collaboration, Kol, LinkClick, PromoCode, TrackingLink
from tests.analytics.compare import differences, world
from tests.factories import NOW, SOURCE, deliver, event, fill, minute
from tests.oracle.links import ClickTruth, CodeTruth

ITEMS = [{"item_id": "x", "price": "10.00"}]
HOUR = 60
END = 60


class Shop:
    """A partner with a collaboration; keeps what the truth is made of beside the rows it writes."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        campaign = Campaign.objects.using("worker").create(
            partner=partner, name="c", starts_on=date(2026, 5, 1), ends_on=date(2026, 7, 1), currency="SGD"
        )
        self.collaboration = Collaboration.objects.using("worker").create(
            partner=partner, campaign=campaign, kol=Kol.objects.using("worker").create(name="k")
        )
        self.events: list[dict[str, Any]] = []
        self.clicks: list[ClickTruth] = []
        self.codes: list[CodeTruth] = []

    def happen(self, *events: dict[str, Any]) -> None:
        """Through the door."""
        deliver(self.partner, events)
        self.events += events

    def live(self, subject: str = "live-1", start: float = 0, end: float = END) -> None:
        """A session from minute to minute."""
        self.happen(
            event("live_session_started", minute(start), subject=subject),
            event("live_session_ended", minute(end), subject=subject),
        )

    def order(self, name: str, at: float, **data: Any) -> None:
        """A paid order that names no session."""
        self.happen(event("purchase", minute(at), subject=None, transaction_id=name, items=ITEMS, **data))

    def follow(self, visitor: str, at: float, subject: str = "live-1", *, by: str = "PERSON") -> None:
        """A link told in a session is followed."""
        link = TrackingLink.objects.using("worker").create(
            partner=self.partner, collaboration=self.collaboration, code=new_id().hex, destination="https://x",
            session=self._session(subject),
        )  # fmt: skip
        LinkClick.objects.using("worker").create(
            partner=self.partner, link=link, clicked_at=minute(at), by=by, visitor=visitor
        )
        self._changed()
        if by == "PERSON":
            self.clicks.append(ClickTruth(session=(SOURCE, subject), visitor=visitor, at=minute(at)))

    def code(self, code: str, subject: str = "live-1", **valid: datetime) -> None:
        """A code told in a session."""
        made = PromoCode.objects.using("worker").create(
            partner=self.partner, collaboration=self.collaboration, code=code, is_exclusive=False,
            session=self._session(subject), **valid,
        )  # fmt: skip
        links.mark_orders_with_code(made, now=NOW, using="worker")
        self._changed()
        self.codes.append(CodeTruth(session=(SOURCE, subject), code=code, **valid))

    def _changed(self) -> None:
        campaigns_changed(
            [self.collaboration.campaign_id], partner_id=self.partner.id, now=NOW, using="worker"
        )

    def _session(self, subject: str) -> LiveSession:
        return LiveSession.objects.using("worker").get(partner=self.partner, external_id=subject)

    def settled(self) -> dict[str, tuple[str | None, str, Decimal]]:
        """(session, method, confidence) of every order, after a fill."""
        fill(self.partner)
        return {
            fact.order.external_id: (
                fact.session.external_id if fact.session else None, fact.method, fact.confidence,
            )
            for fact in OrderFact.objects.using("worker")
            .filter(partner=self.partner).select_related("order", "session")
        }  # fmt: skip

    def faults(self, *merges: Sequence[tuple[str, str]]) -> list[str]:
        """Numbers that are not the truth's, and cells that a recomputation would change."""
        fill(self.partner)
        truth = world(self.events, self.partner, merges=merges, clicks=self.clicks, codes=self.codes)
        found = differences(truth, self.partner)
        recomputed = check(partner_id=self.partner.id, now=NOW)
        if recomputed.differences:
            found.append(str({name: n for name, n in recomputed.by_table.items() if n[1]}))
        return found


@pytest.fixture
def shop(partner: Partner) -> Shop:
    return Shop(partner)


def timed(shop: Shop) -> tuple[int, int, int]:
    """Orders during, in the tail, late."""
    row = SessionSales.objects.using("worker").filter(partner=shop.partner).values().get()
    return row["orders_during_paid"], row["orders_in_tail_paid"], row["late_orders_paid"]


NOBODY = (None, "", Decimal(0))
BY_LINK, BY_CODE = ("live-1", "LINK", Decimal("0.6")), ("live-1", "CODE", Decimal("0.6"))


@pytest.mark.parametrize(
    ("clicked", "placed", "found", "when"),
    [
        (-1, 10, NOBODY, None),  # the session had not begun
        (0, 0, BY_LINK, (1, 0, 0)),
        (10, 9, NOBODY, None),
        (10, 30, BY_LINK, (1, 0, 0)),
        (10, END, BY_LINK, (0, 1, 0)),
        (10, 10 + 24 * HOUR - 1, BY_LINK, (0, 1, 0)),
        (10, 10 + 24 * HOUR, NOBODY, None),
        (END + 23 * HOUR, END + 24 * HOUR - 1, BY_LINK, (0, 1, 0)),
        (END + 23 * HOUR, END + 24 * HOUR, BY_LINK, (0, 0, 1)),
        (END + 48 * HOUR, END + 49 * HOUR, BY_LINK, (0, 0, 1)),
    ],
)
def test_a_link_counts_for_a_day_after_it_was_followed(
    shop: Shop, clicked: float, placed: float, found: Any, when: Any
) -> None:
    shop.live()
    shop.follow("v", clicked)
    shop.order("t", placed, viewer_id="v")
    assert shop.settled() == {"t": found}
    if when is not None:
        assert timed(shop) == when
    assert shop.faults() == []


@pytest.mark.parametrize(
    ("placed", "coupon", "found", "when"),
    [
        (-1, "SPRING", NOBODY, None),
        (0, "SPRING", BY_CODE, (1, 0, 0)),
        (END, " spring ", BY_CODE, (0, 1, 0)),
        (END + 24 * HOUR - 1, "Spring", BY_CODE, (0, 1, 0)),
        (END + 24 * HOUR, "SPRING", BY_CODE, (0, 0, 1)),
        (END + 30 * HOUR, "SPRING", NOBODY, None),  # no longer valid
        (30, "SPRINGS", NOBODY, None),
    ],
)
def test_a_code_counts_while_it_is_valid_and_late_a_day_after_its_session(
    shop: Shop, placed: float, coupon: str, found: Any, when: Any
) -> None:
    shop.live()
    shop.order("t", placed, coupon=coupon)
    shop.settled()
    shop.code("SPRING", valid_until=minute(END + 30 * HOUR))  # after the order was settled
    assert shop.settled() == {"t": found}
    if when is not None:
        assert timed(shop) == when
    assert shop.faults() == []


def test_the_first_rule_that_applies_wins_and_of_links_the_one_followed_last(shop: Shop) -> None:
    shop.live()
    shop.live("live-2", 100, 160)
    shop.code("B", "live-2")
    shop.follow("v", 110, "live-2")
    shop.follow("v", 120)
    shop.follow("w", 130)
    shop.happen(event("live_view_started", minute(105), subject="live-2", viewer_id="w"))
    shop.order("linked", 170, viewer_id="v", coupon="b")
    shop.order("coded", 170, viewer_id="u", coupon="b")
    shop.order("watched", 171, viewer_id="w", coupon="b")
    shop.order("watched long ago", 400, viewer_id="w")
    shop.order("named", 172, viewer_id="v", content_id="live-2")
    assert {name: told[:2] for name, told in shop.settled().items()} == {
        "linked": ("live-1", "LINK"),
        "coded": ("live-2", "CODE"),
        "watched": ("live-2", "VIEWER"),
        "watched long ago": ("live-1", "LINK"),
        "named": ("live-2", "EXPLICIT"),
    }
    assert shop.faults() == []


def test_a_buyer_by_link_who_did_not_watch_is_no_buying_viewer(shop: Shop) -> None:
    shop.live()
    shop.happen(event("live_view_started", minute(5), viewer_id="other"))
    shop.follow("v", 10)
    shop.order("t", 20, viewer_id="v", customer_id="c")
    assert shop.settled()["t"] == BY_LINK
    rollup = SessionRollup.objects.using("worker").filter(partner=shop.partner).values().get()
    assert (rollup["viewers"], rollup["converted_viewers"], rollup["purchasing_viewers"]) == (1, 0, 0)
    assert timed(shop) == (1, 0, 0)
    assert shop.faults() == []


def test_somebody_of_the_customer_followed_it_and_bots_and_prefetches_lead_nowhere(shop: Shop) -> None:
    shop.live()
    shop.follow("phone", 10)
    for by in ("BOT", "PREFETCH"):
        shop.follow("seen", 10, by=by)
    shop.order("his", 20, customer_id="c")
    shop.order("fetched", 20, viewer_id="seen")
    assert shop.settled() == {"his": NOBODY, "fetched": NOBODY}
    shop.happen(event("identify", minute(30), subject=None, viewer_id="phone", customer_id="c"))
    assert shop.settled() == {"his": BY_LINK, "fetched": NOBODY}
    assert shop.faults() == []


def test_an_order_moves_when_its_session_turns_out_to_have_begun_at_another_time(shop: Shop) -> None:
    shop.live(start=10)
    shop.follow("v", 5)
    shop.code("B")
    shop.order("linked", 50, viewer_id="v")
    shop.order("coded", 7, coupon="b")
    assert shop.settled() == {"linked": NOBODY, "coded": NOBODY}
    shop.happen(event("live_session_started", minute(5)))
    assert shop.settled() == {"linked": BY_LINK, "coded": BY_CODE}
    assert shop.faults() == []


def test_a_link_of_a_broadcast_is_of_the_session_it_became_part_of(shop: Shop) -> None:
    shop.live()
    shop.live("live-2", 70, 130)
    shop.follow("v", 65, "live-2")  # before its broadcast, and in the session
    shop.code("B", "live-2")
    shop.order("linked", 75, viewer_id="v")
    shop.order("coded", 62, coupon="b")
    assert shop.settled() == {"linked": NOBODY, "coded": NOBODY}
    rows = LiveSession.objects.using("worker").filter(partner=shop.partner)
    actor = Actor(name="ann", partner_ids=(shop.partner.id,), scopes=frozenset({"read", "manage"}))
    whole = broadcasts.merge(
        list(rows.order_by("external_id").values_list("pk", flat=True)), actor=actor, reason="one", now=NOW
    )
    fill(shop.partner)
    facts = OrderFact.objects.using("worker").filter(partner=shop.partner).select_related("broadcast")
    assert {
        (fact.method, fact.session_id, fact.broadcast.external_id) for fact in facts if fact.broadcast
    } == {("LINK", whole.pk, "live-2"), ("CODE", whole.pk, "live-2")}
    assert shop.faults([(SOURCE, "live-1"), (SOURCE, "live-2")]) == []
    broadcasts.split(whole.pk, actor=actor, reason="two", now=NOW)
    assert shop.settled() == {"linked": NOBODY, "coded": NOBODY}
    assert shop.faults() == []


@pytest.mark.parametrize("seed", range(6))
def test_a_season_of_links_codes_and_orders_is_as_the_truth_says(shop: Shop, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(3):
        start = rng.randrange(0, 2000)
        shop.live(f"live-{number}", start, start + rng.randrange(10, 90))
    people, subjects = ["a", "b", "c"], ["live-0", "live-1", "live-2"]
    for person in people[:2]:
        shop.happen(
            event(
                "identify", minute(0), subject=None, viewer_id=person, customer_id=f"his-{rng.choice('xy')}"
            )
        )
    for _ in range(4):
        shop.happen(
            event("live_view_started", minute(rng.randrange(2000)), subject=rng.choice(subjects),
                viewer_id=rng.choice(people))
        )  # fmt: skip
    steps: list[Callable[[], None]] = [
        *[lambda: shop.follow(rng.choice(people), rng.randrange(4000), rng.choice(subjects))] * 6,
        *[lambda: shop.order(f"o{rng.random()}", rng.randrange(5000), viewer_id=rng.choice(people))] * 4,
        *[lambda: shop.order(f"o{rng.random()}", rng.randrange(5000), customer_id="his-x")] * 3,
        *[lambda: shop.order(f"o{rng.random()}", rng.randrange(5000), coupon=rng.choice("ab"))] * 4,
    ]
    shop.code("A", rng.choice(subjects), valid_from=minute(rng.randrange(1000)))
    shop.code("B", rng.choice(subjects))
    rng.shuffle(steps)
    for step in steps:
        step()
    assert shop.faults() == []
    methods = {told[1] for told in shop.settled().values()}
    assert methods & {"LINK", "CODE"}
