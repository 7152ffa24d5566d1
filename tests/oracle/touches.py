"""Who met which influencer when, from raw events and what was agreed; in plain Python, touch by touch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.events import Event, accept, text
from tests.oracle.orders import Key, OrderTruth
from tests.oracle.session import SessionTruth
from tests.oracle.world import World

SAME = timedelta(minutes=30)
PLACES = ("LIVE_VIEW", "PRODUCT_CLICK", "LINK_CLICK", "AFFILIATE", "CODE")


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Terms from a day on; windows as agreed, already the campaign's where the terms name none."""

    valid_from: date
    valid_until: date | None
    view_window: timedelta
    click_window: timedelta


@dataclass(frozen=True, kw_only=True)
class Coupon:
    """A promo code of a collaboration, in capitals."""

    code: str
    is_exclusive: bool
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Click:
    """Somebody followed a tracking link of a collaboration."""

    link: str
    visitor: str
    at: datetime
    by: str = "PERSON"


@dataclass(kw_only=True)
class Party:
    """A collaboration: ids are texts that sort as they do in the store."""

    id: str
    kol: str
    starts_on: date
    ends_on: date
    payable_model: str = "code_first"
    contracts: list[Contract] = field(default_factory=list)
    appearances: set[Key] = field(default_factory=set)
    coupons: list[Coupon] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    handles: set[str] = field(default_factory=set)

    def contract_on(self, day: date) -> Contract | None:
        """The one in force."""
        begun = [each for each in self.contracts if each.valid_from <= day]
        if not begun:
            return None
        latest = max(begun, key=lambda each: each.valid_from)
        return None if latest.valid_until is not None and latest.valid_until <= day else latest


@dataclass(frozen=True, kw_only=True)
class TouchTruth:
    """A touch of a viewer, or of an order."""

    party: str
    kind: str
    at: datetime
    viewer: Key | None = None
    order: Key | None = None
    session: str | None = None
    link: str | None = None


class Meetings:
    """All touches of a partner; `session_ids` are texts that sort as in the store, by (source, subject)."""

    def __init__(
        self,
        raw: Iterable[Mapping[str, Any]],
        world: World,
        parties: Sequence[Party],
        *,
        session_ids: Mapping[Key, str],
    ) -> None:
        self.events = accept(raw).events
        self.world, self.parties, self._ids = world, parties, session_ids
        self.zone = ZoneInfo(world.partner.timezone)
        self.viewers = {(event.source, event.viewer) for event in self.events if event.viewer}
        self._wholes = {(part.source, part.subject): whole for whole in world.merged for part in whole.parts}
        self.touches = sorted(
            [each for party in parties for each in self._of(party)], key=lambda each: (each.at, str(each))
        )

    def day(self, moment: datetime) -> date:
        """Of the partner's calendar."""
        return moment.astimezone(self.zone).date()

    def whole(self, key: Key) -> SessionTruth:
        """The session a broadcast is of, else the session itself."""
        found = self._wholes.get(key)
        return found if found is not None else self.world.session(source=key[0], subject=key[1])

    def sessions_of(self, party: Party) -> list[SessionTruth]:
        """Where the influencer appears, each once."""
        found: list[SessionTruth] = []
        for key in sorted(party.appearances):
            session = self.whole(key)
            if session not in found:
                found.append(session)
        return found

    def _of(self, party: Party) -> list[TouchTruth]:
        met: dict[tuple[str, Key], list[tuple[datetime, str, str]]] = defaultdict(list)
        for session in self.sessions_of(party):
            name = self._ids[session.source, session.subject]
            parts: Sequence[SessionTruth] = getattr(session, "parts", [session])
            for source, viewer in self.viewers:
                seen = session.seen(source, viewer)
                if seen is None:
                    continue
                met["LIVE_VIEW", (source, viewer)] += [(each.start, name, "") for each in seen.intervals]
                met["PRODUCT_CLICK", (source, viewer)] += [
                    (event.time, name, "")
                    for part in parts
                    for event in part.events
                    if event.type == "select_item" and (event.source, event.viewer) == (source, viewer)
                ]
        for click in party.clicks:
            for viewer_key in self.viewers:
                if click.by == "PERSON" and viewer_key[1] == click.visitor:
                    met["LINK_CLICK", viewer_key].append((click.at, "", click.link))
        found = []
        for (kind, viewer_key), moments in met.items():
            before: datetime | None = None
            for at, session_id, link in sorted(moments):
                if before is None or at - before >= SAME:
                    found.append(
                        TouchTruth(
                            party=party.id, kind=kind, at=at, viewer=viewer_key, session=session_id or None,
                            link=link or None,
                        )
                    )  # fmt: skip
                before = at
        return found + [each for order in self.told() for each in self._by_order(party, *order)]

    def told(self) -> list[tuple[Key, OrderTruth, Event]]:
        """Orders with the purchase that won."""
        purchases: dict[Key, Event] = {}
        for event in self.events:
            name = text(event.data.get("transaction_id"))
            if event.type != "purchase" or name is None:
                continue
            key = (event.source, name)
            if key not in purchases or _place(purchases[key]) < _place(event):
                purchases[key] = event
        return [(key, self.world.orders[key], event) for key, event in purchases.items()]

    def _by_order(self, party: Party, key: Key, order: OrderTruth, event: Event) -> list[TouchTruth]:
        found: dict[str, str | None] = {}
        code = str(event.data.get("coupon") or "").strip(" ").upper()
        for coupon in party.coupons:
            if (
                code == coupon.code
                and (coupon.valid_from is None or coupon.valid_from <= order.placed_at)
                and (coupon.valid_until is None or order.placed_at < coupon.valid_until)
            ):
                found["CODE"] = None
        affiliate = event.data.get("affiliate") or {}
        creator = str(affiliate.get("creator") or "").strip(" ").lstrip("@").lower()
        if creator in party.handles and party.starts_on <= self.day(order.placed_at) < party.ends_on:
            found["AFFILIATE"] = None
        content = text(event.data.get("content_id")) or text(affiliate.get("content_id"))
        if content is not None and (key[0], content) in self._ids:
            session = self.whole((key[0], content))
            if session in self.sessions_of(party):
                found["AFFILIATE"] = self._ids[session.source, session.subject]
        return [
            TouchTruth(party=party.id, kind=kind, at=order.placed_at, order=key, session=session_id)
            for kind, session_id in found.items()
        ]


def _place(event: Event) -> tuple[int, datetime, tuple[int, str]]:
    return (int(event.data.get("version") or 0), event.time, event.place)
