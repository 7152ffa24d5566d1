"""Campaigns as tests set them up, and random shops of viewers, links, codes, orders and refunds."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from commerce import broadcasts
from commerce.access import Actor
from commerce.models import LiveSession, Partner
from kol.marks import campaigns_changed
from kol.models import (
    Appearance,
    Campaign,
    Collaboration,
    Kol,
    KolAccount,
    LinkClick,
    PayableModel,
    PromoCode,
    Terms,
    TrackingLink,
)
from tests.factories import NOW, SOURCE, deliver, event, fill, minute

Raw = dict[str, Any]
WORKER: Final = "worker"
VIEWERS: Final = ("ada", "bo", "cy", "di")
CUSTOMERS: Final = ("ann", "ben", "cat")
ITEMS: Final = ("lip", "hat", "bag")
CODES: Final = ("ANN10", "ALL5", "BEN20")
HANDLES: Final = ("nina", "otto")
SESSIONS: Final = {"live-0": -75, "live-1": -40, "live-2": -31, "live-3": -2, "live-4": -2}
"""Days from now: some in one month, some across the end of one, two of them at once."""
EVENING: Final = ("live-3", "live-4")
OTHER: Final = "/site/other"


def campaign(partner: Partner, **given: Any) -> Campaign:
    """A campaign of the year."""
    values = {"name": "c", "starts_on": date(2026, 1, 1), "ends_on": date(2027, 1, 1), "currency": "SGD"}
    return Campaign.objects.using(WORKER).create(partner=partner, **{**values, **given})


def collaboration(of: Campaign, *, kol: Kol | None = None, **terms: Any) -> Collaboration:
    """Somebody in a campaign, under contract from its first day."""
    who = kol or Kol.objects.using(WORKER).create(name="k")
    made = Collaboration.objects.using(WORKER).create(partner_id=of.partner_id, campaign=of, kol=who)
    agree(made, **{"valid_from": of.starts_on, "currency": of.currency, **terms})
    return made


def agree(made: Collaboration, **terms: Any) -> Terms:
    """Terms of a collaboration."""
    return Terms.objects.using(WORKER).create(
        partner_id=made.partner_id, collaboration=made, **{"currency": "SGD", **terms}
    )


def appear(made: Collaboration, subject: str = "live-1", *, source: str = SOURCE) -> None:
    """In a session that has been told of."""
    session = LiveSession.objects.using(WORKER).get(
        partner_id=made.partner_id, source=source, external_id=subject
    )
    Appearance.objects.using(WORKER).create(partner_id=made.partner_id, collaboration=made, session=session)


def code(made: Collaboration, text: str, **given: Any) -> PromoCode:
    """A promo code."""
    return PromoCode.objects.using(WORKER).create(
        partner_id=made.partner_id, collaboration=made, code=text, **given
    )


def link(made: Collaboration) -> TrackingLink:
    """A tracking link."""
    return TrackingLink.objects.using(WORKER).create(
        partner_id=made.partner_id,
        collaboration=made,
        code=f"l{made.pk.hex[-12:]}",
        destination="https://shop.example/",
    )


def click(followed: TrackingLink, at: datetime, visitor: str, *, by: str = "PERSON") -> None:
    """Somebody follows a tracking link; nobody is told."""
    LinkClick.objects.using(WORKER).create(
        partner_id=followed.partner_id, link=followed, clicked_at=at, visitor=visitor, by=by
    )


def watch(viewer: str, at: float, *, until: float, subject: str = "live-1", **given: Any) -> list[Raw]:
    """A viewer comes and goes, in minutes from the start of a session."""
    return [
        event("live_view_started", minute(at), subject=subject, viewer_id=viewer, **given),
        event("live_view_ended", minute(until), subject=subject, viewer_id=viewer, **given),
    ]


def changed(made: Collaboration) -> None:
    """People changed something of it."""
    campaigns_changed([made.campaign_id], partner_id=made.partner_id, now=NOW, using=WORKER)


class Shop:
    """A random shop with two campaigns: its facts as events, and what people agreed, some of it late."""

    def __init__(self, partner: Partner, rng: random.Random) -> None:
        self.partner, self.rng = partner, rng
        self.number = 0
        self.facts: list[Raw] = []
        self.whole: LiveSession | None = None
        self.parties: list[Collaboration] = []
        self.links: list[TrackingLink] = []
        self.handles: list[str] = []

    def live(self, days: float, minutes: float) -> datetime:
        """A moment by days from now."""
        return NOW + timedelta(days=days, minutes=minutes)

    def tell(self, type_: str, at: datetime, *, subject: str | None = None, **data: Any) -> None:
        """A fact, in whole half-minutes, so that many share an instant."""
        self.number += 1
        given = {name: value for name, value in data.items() if value is not None}
        # The door takes nothing from further ahead than a day.
        moment = min(at, NOW + timedelta(hours=20))
        self.facts.append(event(type_, moment, id=f"n{self.number}", subject=subject, **given))

    def open(self) -> None:
        """Sessions are on, so that people can say who appears in them."""
        for subject, days in SESSIONS.items():
            self.tell("live_session_started", self.live(days, 0), subject=subject, heartbeats=False)
            if self.rng.random() < 0.7:
                end = self.rng.randrange(60, 240)
                self.tell("live_session_ended", self.live(days, end), subject=subject)
        deliver(self.partner, self.facts)

    def agree(self) -> None:
        """Two campaigns, three influencers, one of them in both; contracts that end or change."""
        rng = self.rng
        models = [rng.choice(PayableModel.values) for _ in range(2)]
        starts = [date(2026, 1, 1), date(2026, rng.choice((4, 5)), 1)]
        campaigns = [
            campaign(
                self.partner,
                payable_model=model,
                starts_on=start,
                ends_on=rng.choice((date(2026, 5, 20), date(2027, 1, 1))),
                view_window_seconds=rng.choice((3600, 86400, 40 * 86400)),
                click_window_seconds=rng.choice((0, 86400, 7 * 86400)),
            )
            for model, start in zip(models, starts, strict=True)
        ]
        kols = [Kol.objects.using(WORKER).create(name=f"k{number}") for number in range(3)]
        for kol, handle in zip(kols, HANDLES, strict=False):
            platform = rng.choice(("TIKTOK", "SHOPEE"))
            KolAccount.objects.using(WORKER).create(
                kol=kol, platform=platform, handle=f"{handle}-{kol.pk.hex[-6:]}"
            )
            self.handles.append(f"{handle}-{kol.pk.hex[-6:]}")
        for of, kol in ((campaigns[0], kols[0]), (campaigns[0], kols[1]), (campaigns[1], kols[0]),
                        (campaigns[1], kols[2])):  # fmt: skip
            made = collaboration(
                of, kol=kol, valid_until=rng.choice((None, None, date(2026, 5, 5), date(2026, 5, 31)))
            )
            if rng.random() < 0.4:
                agree(
                    made,
                    valid_from=rng.choice((date(2026, 4, 20), date(2026, 5, 10))),
                    view_window_seconds=rng.choice((None, 7200, 60 * 86400)),
                    click_window_seconds=rng.choice((None, 3 * 86400)),
                )
            self.parties.append(made)
            self.links.append(link(made))
        exclusive = rng.sample(CODES, 2)
        for number, made in enumerate(self.parties):
            if number < len(exclusive):
                code(made, exclusive[number], valid_until=rng.choice((None, NOW - timedelta(days=3))))
            if rng.random() < 0.5:
                code(made, "ALL5" if "ALL5" not in exclusive else "SHARED", is_exclusive=False)

    def appear(self) -> None:
        """Somebody is said to have been in a session, or that is taken back."""
        made, subject = self.rng.choice(self.parties), self.rng.choice(tuple(SESSIONS))
        known = Appearance.objects.using(WORKER).filter(collaboration=made, session__external_id=subject)
        if known.exists():
            if self.rng.random() < 0.3:
                known.delete()
        else:
            appear(made, subject)
        changed(made)

    def follow(self) -> None:
        """Somebody follows a link; the campaign is told as the door for links tells it."""
        followed = self.rng.choice(self.links)
        at = self.live(self.rng.choice(tuple(SESSIONS.values())), self.rng.randrange(-600, 4000) / 2)
        click(followed, at, self.rng.choice((*VIEWERS, "nobody", "")), by=self.rng.choice(("PERSON", "BOT")))
        campaigns_changed(
            [followed.collaboration.campaign_id], partner_id=self.partner.id, now=NOW, since=at, using=WORKER
        )

    def merge_or_split(self) -> None:
        """The two sessions of one evening are one, or two again."""
        if self.whole is None:
            rows = LiveSession.objects.using(WORKER).filter(partner=self.partner, external_id__in=EVENING)
            ids = list(rows.values_list("pk", flat=True))
            self.whole = broadcasts.merge(ids, actor=self.actor, reason="one live", now=NOW)
        else:
            broadcasts.split(self.whole.pk, actor=self.actor, reason="two after all", now=NOW)
            self.whole = None

    @property
    def actor(self) -> Actor:
        """Who merges and splits."""
        return Actor(name="ann", partner_ids=(self.partner.id,), scopes=frozenset({"read", "manage"}))

    @property
    def merges(self) -> dict[UUID, list[tuple[str, str]]]:
        """The whole there is, with its broadcasts by (source, subject)."""
        return {} if self.whole is None else {self.whole.pk: [(SOURCE, subject) for subject in EVENING]}

    def happen(self) -> None:
        """One of the things that happen."""
        acts = (self._watch, self._watch, self._buy, self._buy, self._pay, self._refund, self._name)
        self.rng.choice(acts)()

    def _watch(self) -> None:
        rng = self.rng
        subject = rng.choice(tuple(SESSIONS))
        days, at, who = SESSIONS[subject], rng.randrange(-4, 400) / 2, rng.choice(VIEWERS)
        self.tell("live_view_started", self.live(days, at), subject=subject, viewer_id=who)
        if rng.random() < 0.6:
            end = self.live(days, at + rng.randrange(1, 80) / 2)
            self.tell("live_view_ended", end, subject=subject, viewer_id=who)
        for _ in range(rng.randrange(3)):
            self.tell(
                "select_item", self.live(days, at + rng.randrange(0, 120) / 2), subject=subject,
                viewer_id=rng.choice(VIEWERS), items=[{"item_id": rng.choice(ITEMS)}, {"item_id": "lip"}],
            )  # fmt: skip

    def _buy(self) -> None:
        rng = self.rng
        days = rng.choice(tuple(SESSIONS.values()))
        lines = [
            (rng.choice(ITEMS), rng.randrange(1, 4), Decimal(rng.randrange(0, 99999)) / 10000)
            for _ in range(rng.randrange(1, 4))
        ]
        worth = sum((count * price for _, count, price in lines), Decimal(0))
        creator = {"creator": f" @{rng.choice(self.handles).upper()}", "commission": "1.5"}
        content = {"content_id": rng.choice(tuple(SESSIONS))}
        subject = rng.choice((None, None, *SESSIONS))
        self.tell(
            "purchase", self.live(days, rng.randrange(-100, 9000) / 2), subject=subject,
            transaction_id=f"o{rng.randrange(9)}", version=rng.choice((None, None, 1, 2)),
            items=[{"item_id": item, "quantity": count, "price": str(price)} for item, count, price in lines],
            status=rng.choice(("paid", "paid", "placed")), viewer_id=rng.choice((None, *VIEWERS)),
            customer_id=rng.choice((None, *CUSTOMERS)),
            coupon=rng.choice((None, None, *CODES, " all5 ", "ben20")),
            seller_discount=rng.choice((None, None, str((worth / 3).quantize(Decimal("0.0001"))))),
            affiliate=rng.choice((None, None, creator, content)),
        )  # fmt: skip

    def _pay(self) -> None:
        type_ = self.rng.choice(("order_paid", "order_paid", "order_cancelled"))
        at = self.live(self.rng.randrange(-75, 0), self.rng.randrange(0, 1000) / 2)
        self.tell(type_, at, transaction_id=f"o{self.rng.randrange(9)}")

    def _refund(self) -> None:
        rng = self.rng
        how: Raw = rng.choice(
            (
                {},
                {"value": str(Decimal(rng.randrange(0, 90000)) / 10000)},
                {"items": [{"item_id": rng.choice(ITEMS), "quantity": 2}, {"item_id": "gone"}]},
                {"items": [{"item_id": rng.choice(ITEMS), "price": "1.2345"}], "value": "0.7001"},
            )
        )
        self.tell(
            "refund", self.live(rng.randrange(-75, 0), 5), transaction_id=f"o{rng.randrange(9)}",
            refund_id=f"r{rng.randrange(6)}", **how,
        )  # fmt: skip

    def _name(self) -> None:
        rng = self.rng
        at = self.live(rng.randrange(-80, 0), rng.randrange(0, 1000) / 2)
        self.tell(
            "identify", at, viewer_id=rng.choice((None, *VIEWERS)), customer_id=rng.choice(CUSTOMERS),
            source=rng.choice((SOURCE, SOURCE, OTHER)),
            email=rng.choice((None, "a@example.com", "b@example.com")),
            phone=rng.choice((None, None, "+6512345678")),
        )  # fmt: skip

    def come_to_pass(self, steps: int) -> None:
        """Facts arrive in any order, some twice, with fills and people's changes in between."""
        rng = self.rng
        told = len(self.facts)
        for _ in range(steps):
            self.happen()
        late: Sequence[Raw] = rng.sample(self.facts[told:], len(self.facts) - told)
        while late:
            size = rng.randrange(1, 12)
            outcome = deliver(self.partner, [*late[:size], *rng.choices(self.facts[:told], k=2)])
            assert outcome.rejected == 0, outcome.errors
            late = late[size:]
            chance = rng.random()
            if chance < 0.3:
                self.appear()
            elif chance < 0.5:
                self.follow()
            elif chance < 0.6:
                self.merge_or_split()
            if rng.random() < 0.5:
                fill(self.partner)
