"""What each model credits of each order to whom, from touches and orders; in plain Python and fractions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.oracle.assignment import customers_of_viewers
from tests.oracle.attribution import MODELS, Met, removal_effects, weights
from tests.oracle.events import Event, money, quantity, text
from tests.oracle.orders import Key, OrderTruth
from tests.oracle.touches import PLACES, Meetings, Party, TouchTruth

BASES = ("ORDER", "LOGIN", "HASH")
UNIT = Decimal("0.0001")
FIT = timedelta(days=90)


@dataclass(kw_only=True)
class ShareTruth:
    """A collaboration of an order; `weights` by model."""

    weights: dict[str, Fraction]
    touches: int = 0
    first: datetime | None = None
    last: datetime | None = None
    is_last: bool = False
    is_direct: bool = False
    basis: str = ""
    is_payable: bool = False


@dataclass(frozen=True, kw_only=True)
class Happened:
    """To the line at a place of an order: its sale, its part of a refund, its cancellation."""

    position: int
    kind: str
    refund: Key | None
    at: datetime
    amount: Decimal


Shares = dict[str | None, ShareTruth]
Step = tuple[TouchTruth, str]
"""A touch, and its basis."""


class Credited:
    """Shares of every order of a partner."""

    def __init__(self, meetings: Meetings) -> None:
        self.meetings = meetings
        self.world = meetings.world
        self._parties: dict[str, Party] = {party.id: party for party in meetings.parties}
        self._customers = customers_of_viewers(meetings.events)
        self._hashes = _hashes(meetings.events)
        self._viewers_of: dict[Key, set[Key]] = defaultdict(set)
        for viewer, customer in self._customers.items():
            self._viewers_of[customer].add(viewer)
        self.paths = {key: self._path(key, order) for key, order in self.world.orders.items()}
        self._effects: dict[date, dict[str, Fraction]] = {}

    def shares(self, key: Key) -> Shares:
        """Of one order; empty where nobody was met before it, nor is in its session."""
        order, path = self.world.orders[key], self.paths[key]
        met = [
            Met(
                kol=self._parties[touch.party].kol,
                collaboration=touch.party,
                age=int((order.placed_at - touch.at) / timedelta(seconds=1)),
                is_code=touch.kind == "CODE",
                is_exclusive=touch.kind == "CODE" and self._is_exclusive(touch),
            )
            for touch, _ in path
        ]
        by_model = weights(met, effects=self._effects_of(self._month(order.placed_at)))
        direct = self._direct(order)
        shares: Shares = {}
        for party in sorted({touch.party for touch, _ in path} | direct):
            own = [touch for touch, _ in path if touch.party == party]
            bases = [basis for touch, basis in path if touch.party == party]
            visits = [touch.party for touch, _ in path if touch.kind != "CODE"]
            shares[party] = ShareTruth(
                weights={model: by_model[model].get(party, Fraction(0)) for model in MODELS},
                touches=len(own),
                first=own[0].at if own else None,
                last=own[-1].at if own else None,
                is_last=bool(visits) and visits[-1] == party,
                is_direct=party in direct,
                basis=min(bases, key=BASES.index) if bases else "",
            )
        if shares:
            self._pay(shares, exclusive={one.collaboration for one in met if one.is_exclusive})
            nobodys = {model: Fraction(int(not by_model[model])) for model in MODELS}
            if any(nobodys.values()):
                shares[None] = ShareTruth(weights=nobodys)
        return shares

    def _pay(self, shares: Shares, *, exclusive: set[str]) -> None:
        """The highest bid, each by its own campaign's model; an exclusive code before all."""
        bids = []
        for party, share in shares.items():
            assert party is not None
            bid = share.weights[self._parties[party].payable_model]
            if party in exclusive or bid:
                assert share.last is not None
                bids.append((party not in exclusive, -bid, -share.last.timestamp(), party))
        if bids:
            shares[min(bids)[3]].is_payable = True

    def _direct(self, order: OrderTruth) -> set[str]:
        if order.session is None:
            return set()
        day = self.meetings.day(order.placed_at)
        found = set()
        for party in self.meetings.parties:
            for session in self.meetings.sessions_of(party):
                is_its = (session.source, session.subject) == order.session
                ends = session.end
                if is_its and ends and order.placed_at < ends + self.world.partner.tail:
                    found.add(party.id)
            if party.contract_on(day) is None:
                found.discard(party.id)
        return found

    def _is_exclusive(self, touch: TouchTruth) -> bool:
        assert touch.order is not None
        event = next(event for key, _, event in self.meetings.told() if key == touch.order)
        code = str(event.data.get("coupon") or "").strip(" ").upper()
        return any(each.is_exclusive for each in self._parties[touch.party].coupons if each.code == code)

    # -- who is whom ------------------------------------------------------------------------------

    def _people(self, key: Key, order: OrderTruth) -> dict[Key, str]:
        people: dict[Key, str] = {}
        if order.buyer:
            for other in self._same_as(order.buyer):
                people |= dict.fromkeys(self._viewers_of[other], "HASH")
            people |= dict.fromkeys(self._viewers_of[order.buyer], "LOGIN")
        if order.viewer_id:
            people[(order.source, order.viewer_id)] = "ORDER"
        return people

    def _same_as(self, customer: Key) -> set[Key]:
        own = self._hashes.get(customer, {})
        return {
            other
            for other, told in self._hashes.items()
            if other != customer and any(value and told.get(name) == value for name, value in own.items())
        }

    def _path(self, key: Key, order: OrderTruth) -> list[Step]:
        people, day = self._people(key, order), self.meetings.day(order.placed_at)
        found: dict[tuple[str, str, datetime], Step] = {}
        for touch in self.meetings.touches:
            if touch.order == key:
                basis = "ORDER"
            elif touch.viewer in people and touch.viewer is not None:
                basis = people[touch.viewer]
            else:
                continue
            contract = self._parties[touch.party].contract_on(day)
            if contract is None:
                continue
            window = contract.view_window if touch.kind == "LIVE_VIEW" else contract.click_window
            if not timedelta(0) <= order.placed_at - touch.at < window:
                continue
            name = (touch.party, touch.kind, touch.at)
            if name not in found or BASES.index(basis) < BASES.index(found[name][1]):
                found[name] = (touch, basis)
        return sorted(found.values(), key=lambda step: _place(step[0]))

    # -- what a month learns ----------------------------------------------------------------------

    def _month(self, moment: datetime) -> date:
        return self.meetings.day(moment).replace(day=1)

    def _effects_of(self, month: date) -> dict[str, Fraction]:
        if month not in self._effects:
            end = (month + timedelta(days=31)).replace(day=1)
            since, until = (
                datetime.combine(day, time(), tzinfo=self.meetings.zone).astimezone(UTC)
                for day in (end - FIT, end)
            )
            self._effects[month] = removal_effects(self._walks(since, until))
        return self._effects[month]

    def _walks(self, since: datetime, until: datetime) -> Iterable[tuple[list[str], int, int]]:
        buyers: set[Key] = set()
        for key, order in self.world.orders.items():
            if not order.is_paid or not since <= order.placed_at < until:
                continue
            kols = [self._parties[touch.party].kol for touch, _ in self.paths[key] if touch.kind != "CODE"]
            yield kols, 1, 0
            if order.buyer:
                buyers.add(("customer", "/".join(order.buyer)))
            if order.viewer_id:
                buyers.add(self._person((order.source, order.viewer_id)))
        never: dict[Key, dict[tuple[str, str, datetime], TouchTruth]] = defaultdict(dict)
        for touch in self.meetings.touches:
            if touch.viewer is not None and since <= touch.at < until:
                never[self._person(touch.viewer)][(touch.party, touch.kind, touch.at)] = touch
        for person, touches in never.items():
            if person not in buyers:
                path = sorted(touches.values(), key=_place)
                yield [self._parties[touch.party].kol for touch in path], 0, 1

    def _person(self, viewer: Key) -> Key:
        customer = self._customers.get(viewer)
        return ("customer", "/".join(customer)) if customer else ("viewer", "/".join(viewer))


def _place(touch: TouchTruth) -> tuple[datetime, int, str]:
    return (touch.at, PLACES.index(touch.kind), touch.party)


def _hashes(events: Sequence[Event]) -> dict[Key, dict[str, str]]:
    """E-mail and phone of customers, each by the latest event that tells it."""
    latest: dict[tuple[Key, str], Event] = {}
    for event in events:
        if event.type != "identify" or event.customer is None:
            continue
        for name in ("email", "phone"):
            if event.data.get(name):
                place = ((event.source, event.customer), name)
                if place not in latest or latest[place].moment < event.moment:
                    latest[place] = event
    found: dict[Key, dict[str, str]] = defaultdict(dict)
    for (customer, name), event in latest.items():
        found[customer][name] = str(event.data[name]).strip().casefold()
    return found


# -- amounts --------------------------------------------------------------------------------------


def apportion(amount: Decimal, sizes: Sequence[Fraction]) -> list[Decimal]:
    """An amount in parts of 0.0001 by sizes from 0: the largest remainders get what is left, then the first.

    Where all sizes are 0 the first gets everything.
    """
    whole, units = sum(sizes), int(abs(amount) / UNIT)
    if not whole:
        sizes, whole = [Fraction(int(place == 0)) for place in range(len(sizes))], Fraction(1)
    exact = [units * size / whole for size in sizes]
    parts = [int(each) for each in exact]
    for place in sorted(range(len(sizes)), key=lambda one: (parts[one] - exact[one], one)):
        if sum(parts) == units:
            break
        parts[place] += 1
    return [part * UNIT * (1 if amount >= 0 else -1) for part in parts]


def happened(key: Key, order: OrderTruth, events: Sequence[Event]) -> list[Happened]:
    """What happened to each line of an order."""
    gross = [line.amount for line in order.lines]
    discounts = apportion(sum(gross, Decimal(0)) - order.merchandise, [Fraction(abs(each)) for each in gross])
    lines = [each - discount for each, discount in zip(gross, discounts, strict=True)]
    found = [
        Happened(position=place, kind="SALE", refund=None, at=order.placed_at, amount=amount)
        for place, amount in enumerate(lines)
    ]
    given = [Decimal(0) for _ in lines]
    for refund in order.refunds:
        if not refund.effective:
            continue
        name = (refund.source, refund.refund_id)
        sizes = _sizes(_statement(name, events), order)
        parts = apportion(refund.effective, sizes if any(sizes) else [Fraction(abs(each)) for each in lines])
        for place, amount in enumerate(parts):
            given[place] += amount
            if amount:
                found.append(
                    Happened(position=place, kind="REFUND", refund=name, at=refund.time, amount=-amount)
                )
    if order.cancelled_at:
        for place, amount in enumerate(lines):
            if amount != given[place]:
                found.append(
                    Happened(
                        position=place, kind="CANCELLATION", refund=None, at=order.cancelled_at,
                        amount=given[place] - amount,
                    )
                )  # fmt: skip
    return found


def _statement(name: Key, events: Sequence[Event]) -> Event:
    """The latest event that states a refund."""
    told = [
        event
        for event in events
        if event.type == "refund" and (event.source, text(event.data.get("refund_id")) or event.id) == name
    ]
    return max(told, key=lambda event: event.moment)


def _sizes(event: Event, order: OrderTruth) -> list[Fraction]:
    """What a refund's items say of each line: of the first one of their product."""
    sizes = [Fraction(0) for _ in order.lines]
    for item in event.items:
        for place, line in enumerate(order.lines):
            if line.item_id == str(item["item_id"]):
                price = line.price if item.get("price") is None else money(item["price"])
                sizes[place] += max(Fraction(0), Fraction(quantity(item) * price))
                break
    return sizes


def shared(amount: Decimal, shares: Sequence[tuple[str | None, datetime | None, Decimal]]) -> list[Decimal]:
    """A line's amount over (collaboration, first touch, weight); those without weight get nothing."""
    order = sorted(
        (place for place, (_, _, weight) in enumerate(shares) if weight),
        key=lambda place: (
            shares[place][0] is None,
            (shares[place][1] is None, shares[place][1] or datetime.max.replace(tzinfo=UTC)),
            shares[place][0] or "",
        ),
    )
    parts = apportion_exactly(amount, [Fraction(shares[place][2]) for place in order])
    found = [Decimal(0) for _ in shares]
    for place, part in zip(order, parts, strict=True):
        found[place] = part
    return found


def apportion_exactly(amount: Decimal, weights: Sequence[Fraction]) -> list[Decimal]:
    """As `apportion`, by weights that sum to 1 or, cut at their last digit, a little less."""
    units = int(abs(amount) / UNIT)
    parts = [int(units * weight) for weight in weights]
    rests = [units * weight - part for weight, part in zip(weights, parts, strict=True)]
    turns = sorted(range(len(weights)), key=lambda one: (-rests[one], one))
    for turn in range(units - sum(parts)):
        parts[turns[turn % len(turns)]] += 1
    return [part * UNIT * (1 if amount >= 0 else -1) for part in parts]
