"""A shop and its sources as a state machine: whatever they do, in any order, the numbers are the truth's."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from analytics import fills, staleness
from analytics.fills.orders import rules_of
from analytics.recompute import check
from commerce import broadcasts
from commerce.access import Actor
from commerce.connection import worker_connection
from commerce.models import LiveSession, Partner, Stale
from tests import factories
from tests.analytics.compare import differences, world
from tests.analytics.scenes import person
from tests.analytics.scenes_moments import moments
from tests.factories import NOW, SOURCE, deliver, fill

Raw = dict[str, Any]

# Where a calendar day has 23 or 25 hours: the zone, its currency, and the instant its clocks are changed.
CHANGES = (
    ("Europe/London", "GBP", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("America/New_York", "USD", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", "USD", datetime(2025, 11, 2, 6, tzinfo=UTC)),
)
VIEWERS, CUSTOMERS, ITEMS = ("ada", "bo", "cy"), ("ann", "ben"), ("lip", "hat")
SUBJECTS = ("live-0", "live-1")
# Minutes from the change to each session's start: one before the change, one across it, with tails that meet.
STARTS = (-100, -20)
SIGNS = (
    "live_view_started", "live_view_started", "live_view_heartbeat", "live_view_ended", "live_view_ended",
    "live_like", "live_comment", "view_item_list", "select_item", "add_to_cart", "begin_checkout",
    "live_impression", "generate_lead", "live_cta_click",
)  # fmt: skip

far = st.integers(-60, 60).map(lambda half: half * 30.0)
"""Minutes from the change, over two and a half days: every local day around it."""
near = st.integers(-150, 200).map(float)
"""Minutes from the change: in the sessions, in their tails, and just outside."""
orders = st.sampled_from(("o0", "o1", "o2"))
places = st.integers(0, 1)
maybe_viewer = st.none() | st.sampled_from(VIEWERS)
maybe_customer = st.none() | st.sampled_from(CUSTOMERS)
held = st.sampled_from((False, False, False, True))
seeds = st.integers(0, 2**32 - 1)
line = st.tuples(st.sampled_from(ITEMS), st.integers(1, 3), st.integers(1, 5000))
endings = st.sampled_from(("started", "ended", "ended"))


def text_of(type_: str) -> Raw:
    """What a type needs beside the person."""
    if type_ == "live_comment":
        return {"text": "how much?"}
    if type_ == "generate_lead":
        return {"email": "x@example.com"}
    if type_ in ("view_item_list", "select_item", "add_to_cart", "begin_checkout"):
        return {"items": [{"item_id": "lip"}]}
    return {}


def priced(told: Sequence[tuple[str, int, int]]) -> list[Raw]:
    """Order lines of (item, quantity, price in hundredths)."""
    return [{"item_id": item, "quantity": n, "price": f"{cents / 100:.2f}"} for item, n, cents in told]


class Sources(RuleBasedStateMachine):
    """Events happen, some arrive late, some twice; fills run now and then, some of them in part.

    `delivered` is everything that went through the door, in that order: the truth is made of it alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.partner: Partner | None = None
        self.change = NOW
        self.number = 0
        self.delivered: list[Raw] = []
        self.late: list[Raw] = []
        self.whole: LiveSession | None = None

    @initialize(change=st.sampled_from(CHANGES), heartbeats=st.booleans(), seed=seeds)
    def open_shop(self, change: tuple[str, str, datetime], heartbeats: bool, seed: int) -> None:
        zone, currency, self.change = change
        self.partner = factories.partner(timezone=zone, currency=currency)
        told = [
            self.event("live_session_started", start, subject=subject, heartbeats=heartbeats)
            for subject, start in zip(SUBJECTS, STARTS, strict=True)
        ]
        self.deliver(told)
        for place in range(len(SUBJECTS)):
            self.watch(place=place, seed=seed, size=12, is_late=False)

    # -- what happens ------------------------------------------------------------------------

    @rule(place=places, seed=seeds, size=st.integers(1, 16), is_late=held)
    def watch(self, place: int, seed: int, size: int, is_late: bool) -> None:
        """People come, act and leave; in whole half-minutes, so that many events share an instant."""
        rng = random.Random(f"{seed} {self.number}")
        events = []
        for _ in range(size):
            type_, at = rng.choice(SIGNS), STARTS[place] + rng.randrange(-8, 70) / 2
            data = {"viewer_id": rng.choice(VIEWERS), **text_of(type_)}
            if type_ in ("live_view_started", "live_impression"):
                data |= person(rng)
            if (view := rng.choice((None, None, "t1", "t2"))) is not None:
                data["view_id"] = view
            events.append(self.event(type_, at, subject=SUBJECTS[place], **data))
        self.happen(events, is_late=is_late)

    @rule(
        place=places, at=st.integers(-8, 80), items=st.lists(st.sampled_from(ITEMS), min_size=1, max_size=2),
        is_on=st.booleans(), position=st.none() | st.integers(0, 9), is_late=held,
    )  # fmt: skip
    def feature_or_unfeature(
        self, place: int, at: int, items: list[str], is_on: bool, position: int | None, is_late: bool
    ) -> None:
        """In whole half-minutes: again at once, after just 90 seconds, out of order, outside the session."""
        data: Raw = {"items": [{"item_id": item} for item in items]}
        if position is not None:
            data["position"] = position
        type_ = "live_product_featured" if is_on else "live_product_unfeatured"
        told = self.event(type_, STARTS[place] + at / 2, subject=SUBJECTS[place], **data)
        self.happen([told], is_late=is_late)

    @rule(place=places, seed=seeds, size=st.integers(1, 4), is_late=held)
    def set_beside(self, place: int, seed: int, size: int, is_late: bool) -> None:
        """Products are featured, offers begin and end, the platform complains and reports."""
        rng = random.Random(f"{seed} {self.number}")
        told = moments(rng, SUBJECTS[place], STARTS[place], size=size, clock=self.moment)
        events = []
        for one in told:
            self.number += 1
            events.append({**one, "id": f"n{self.number}"})
        self.happen(events, is_late=is_late)

    @rule(place=places, after=st.integers(5, 60), type_=endings, is_late=held)
    def end_or_restart(self, place: int, after: int, type_: str, is_late: bool) -> None:
        at = STARTS[place] + after
        self.happen([self.event(f"live_session_{type_}", at, subject=SUBJECTS[place])], is_late=is_late)

    @rule(
        order=orders, at=far | near, told=st.lists(line, min_size=1, max_size=2), is_paid=st.booleans(),
        version=st.none() | st.integers(0, 3), placed=st.none() | far, place=st.none() | places,
        viewer=maybe_viewer, customer=maybe_customer, is_late=held,
    )  # fmt: skip
    def buy_or_correct(
        self, order: str, at: float, told: list[tuple[str, int, int]], version: int | None, is_paid: bool,
        place: int | None, viewer: str | None, customer: str | None, placed: float | None, is_late: bool,
    ) -> None:  # fmt: skip
        status = "paid" if is_paid else "placed"
        data: Raw = {"transaction_id": order, "items": priced(told), "status": status}
        given = {"viewer_id": viewer, "customer_id": customer, "version": version}
        data |= {name: value for name, value in given.items() if value is not None}
        if placed is not None:
            data["placed_at"] = self.moment(placed).isoformat()
        subject = None if place is None else SUBJECTS[place]
        self.happen([self.event("purchase", at, subject=subject, **data)], is_late=is_late)

    @rule(order=orders, place=places, at=near, told=st.lists(line, min_size=1, max_size=1))
    def move(self, order: str, place: int, at: float, told: list[tuple[str, int, int]]) -> None:
        """An order that is counted in one place turns out to be of another."""
        fill(self.shop)
        self.number += 1
        data: Raw = {"transaction_id": order, "items": priced(told), "version": 4 + self.number}
        data["placed_at"] = self.moment(at).isoformat()
        self.deliver([self.event("purchase", at, subject=SUBJECTS[place], **data)])
        fill(self.shop)

    @rule(order=orders, at=far, type_=st.sampled_from(("order_paid", "order_cancelled")), is_late=held)
    def pay_or_cancel(self, order: str, at: float, type_: str, is_late: bool) -> None:
        self.happen([self.event(type_, at, subject=None, transaction_id=order)], is_late=is_late)

    @rule(
        order=st.sampled_from((None, "o0", "o1", "o2")), name=st.sampled_from(("r0", "r1")), at=far,
        cents=st.integers(1, 9000), how=st.sampled_from(("whole", "value", "items")),
        place=st.none() | places, is_late=held,
    )  # fmt: skip
    def refund(
        self, order: str | None, name: str, at: float, cents: int, how: str, place: int | None, is_late: bool
    ) -> None:
        data: Raw = {"refund_id": f"{order}-{name}"}
        if order is not None:
            data["transaction_id"] = order
        if how == "value" or order is None:
            data["value"] = f"{cents / 100:.2f}"
        elif how == "items":
            data["items"] = [{"item_id": "lip", "quantity": 1 + cents % 3}]
        subject = None if place is None else SUBJECTS[place]
        self.happen([self.event("refund", at, subject=subject, **data)], is_late=is_late)

    @rule(viewer=st.sampled_from(VIEWERS), customer=st.sampled_from(CUSTOMERS), at=far, is_late=held)
    def identify(self, viewer: str, customer: str, at: float, is_late: bool) -> None:
        told = self.event("identify", at, subject=None, viewer_id=viewer, customer_id=customer)
        self.happen([told], is_late=is_late)

    # -- what people say of it --------------------------------------------------------------------

    @precondition(lambda self: self.whole is None)
    @rule()
    def merge(self) -> None:
        """Both sessions are one; so far as they are filled, whatever waits."""
        rows = LiveSession.objects.using("worker").filter(partner=self.shop, external_id__in=SUBJECTS)
        ids = list(rows.order_by("external_id").values_list("pk", flat=True))
        self.whole = broadcasts.merge(ids, actor=self.actor, reason="one live", now=NOW)

    @precondition(lambda self: self.whole is not None)
    @rule()
    def split(self) -> None:
        assert self.whole is not None
        broadcasts.split(self.whole.pk, actor=self.actor, reason="two after all", now=NOW)
        self.whole = None

    # -- how it is delivered, and filled --------------------------------------------------------

    @rule(data=st.data())
    def deliver_late(self, data: st.DataObject) -> None:
        shuffled = data.draw(st.permutations(self.late))
        self.late = []
        self.deliver(shuffled)

    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        again = data.draw(st.lists(st.sampled_from(self.delivered), min_size=1, max_size=6))
        self.deliver(again)

    @rule()
    def fill(self) -> None:
        fill(self.shop)

    @rule(kind=st.integers(0, len(fills.AT_ONCE)), most=st.integers(1, 2))
    def fill_in_part(self, kind: int, most: int) -> None:
        """One worker takes a few subjects of one kind, or of each of those that wait, and no more."""
        connection = worker_connection()
        rules = rules_of(connection, partner_id=self.shop.id)
        is_at_once = kind < len(fills.AT_ONCE)
        for name, _, step in fills.STEPS[kind : kind + 1] if is_at_once else fills.STEPS[kind:]:
            with staleness.claimed(connection, partner_id=self.shop.id, kind=name, limit=most) as claims:
                if claims:
                    step(connection, claims, rules, NOW)

    @rule()
    def look(self) -> None:
        fill(self.shop)
        self.compare()

    def teardown(self) -> None:
        if self.partner is None:
            return
        self.deliver(self.late)
        fill(self.shop)
        self.compare()
        waiting = list(Stale.objects.using("worker").filter(partner_id=self.shop.id).values())
        assert not waiting, waiting
        recomputed = check(partner_id=self.shop.id, now=NOW)
        assert recomputed.differences == 0, recomputed.by_table

    # -- helpers of the rules ---------------------------------------------------------------------

    @property
    def shop(self) -> Partner:
        """The partner of this run."""
        assert self.partner is not None
        return self.partner

    @property
    def actor(self) -> Actor:
        """Who merges and splits."""
        return Actor(name="ann", partner_ids=(self.shop.id,), scopes=frozenset({"read", "manage"}))

    def moment(self, minutes: float) -> datetime:
        """Minutes from the change of the clocks."""
        return self.change + timedelta(minutes=minutes)

    def event(self, type_: str, minutes: float, *, subject: str | None, **data: Any) -> Raw:
        """The next event of the source."""
        self.number += 1
        return factories.event(type_, self.moment(minutes), id=f"n{self.number}", subject=subject, **data)

    def happen(self, events: list[Raw], *, is_late: bool) -> None:
        """Deliver now, or keep for later."""
        if is_late:
            self.late += events
        else:
            self.deliver(events)

    def deliver(self, events: Sequence[Raw]) -> None:
        """Through the door, with exact counts."""
        known = {told["id"] for told in self.delivered}
        new = {told["id"] for told in events} - known
        outcome = deliver(self.shop, events)
        counts = (outcome.received, outcome.accepted, outcome.duplicate, outcome.rejected)
        assert counts == (len(events), len(new), len(events) - len(new), 0), outcome.errors
        self.delivered += events

    def compare(self) -> None:
        """Stored numbers beside the truth of what was delivered."""
        merges = [] if self.whole is None else [[(SOURCE, subject) for subject in SUBJECTS]]
        found = differences(world(self.delivered, self.shop, merges=merges), self.shop)
        assert not found, found
