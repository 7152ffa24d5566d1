"""The slow truth about campaigns: plain Python over who watched, clicked, bought and was credited."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

MODELS = ("FIRST", "LAST", "LINEAR", "POSITION", "TIME_DECAY", "SHAPLEY", "MARKOV", "CODE_FIRST")
COUNTS = (
    "impressions", "views", "likes", "comments", "shares", "follows", "engagements", "product_clicks",
)  # fmt: skip
CENT = Decimal("0.0001")


@dataclass(frozen=True)
class Watching:
    """A viewer in a session: when he came, and whether he liked, commented or shared."""

    session: UUID
    viewer: UUID
    starts: tuple[datetime, ...]
    is_engaged: bool


@dataclass(frozen=True)
class Worked:
    """An influencer in a campaign."""

    id: UUID
    campaign: UUID
    kol: UUID
    agency: UUID | None


@dataclass(frozen=True)
class Click:
    """Somebody who clicked: a viewer, or whoever a link knows (nobody: an empty name)."""

    collaboration: UUID
    at: datetime
    viewer: UUID | None
    who: str = ""
    by: str = ""
    """Of a link: PERSON, BOT, PREFETCH; empty for what was touched."""


@dataclass(frozen=True)
class Line:
    """A line of an order, and what its units cost together, if that is known."""

    id: UUID
    cost: Decimal | None


@dataclass(frozen=True)
class Bought:
    """An order; `name` decides between two of one moment."""

    id: UUID
    name: str
    customer: UUID | None
    currency: str
    placed: datetime
    is_paid: bool
    is_cancelled: bool
    merchandise: Decimal
    refunded: Decimal
    lines: tuple[Line, ...]

    @property
    def net(self) -> Decimal:
        return Decimal(0) if self.is_cancelled else self.merchandise - self.refunded


@dataclass(frozen=True)
class Shared:
    """What attribution says of a collaboration in an order: weights by model, amounts by line and sort."""

    order: UUID
    collaboration: UUID
    weights: dict[str, Decimal]
    amounts: dict[tuple[UUID, str], dict[str, Decimal]]
    """(line, SALE, REFUND or CANCELLATION) to amount by model."""
    whole: dict[UUID, Decimal]
    """Line to the amount of its sale, everybody's."""
    is_last: bool
    is_direct: bool
    basis: str


@dataclass
class Facts:
    """Everything of a partner that numbers of campaigns come from."""

    timezone: str
    collaborations: list[Worked] = field(default_factory=list)
    granted: set[tuple[UUID, UUID]] = field(default_factory=set)
    appearances: set[tuple[UUID, UUID]] = field(default_factory=set)
    wholes: dict[UUID, UUID] = field(default_factory=dict)
    watching: list[Watching] = field(default_factory=list)
    minutes: list[tuple[UUID, datetime, dict[str, int]]] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    orders: dict[UUID, Bought] = field(default_factory=dict)
    shares: list[Shared] = field(default_factory=list)
    costs: list[tuple[UUID, UUID | None, Decimal, str, date]] = field(default_factory=list)
    commissions: list[tuple[UUID, Decimal, str, datetime]] = field(default_factory=list)

    def of(self, kind: str, subject: UUID, agency: UUID | None) -> list[Worked]:
        """The collaborations a number is about."""
        by = {"CAMPAIGN": "campaign", "COLLABORATION": "id", "KOL": "kol"}[kind]
        own = [one for one in self.collaborations if getattr(one, by) == subject]
        if agency is None:
            return own
        return [one for one in own if one.agency == agency and (one.campaign, agency) in self.granted]

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.timezone)).date()

    def sessions(self, collaborations: Iterable[Worked]) -> set[UUID]:
        ids = {one.id for one in collaborations}
        return {self.wholes.get(session, session) for one, session in self.appearances if one in ids}

    # -- who -------------------------------------------------------------------------------------

    def people(self, own: list[Worked], days: set[date] | None) -> dict[str, Any]:
        """Reach of all sorts, of all time or of some days."""
        near = [one for one in self.collaborations if one.campaign in {mine.campaign for mine in own}]
        seen = self._seen(near, days)
        mine = self._seen(own, days)
        sessions = self.sessions(own)
        there = [w for w in self.watching if w.session in sessions and self._is_within(w.starts, days)]
        fair = sum((Fraction(len(mine[viewer]), len(seen[viewer])) for viewer in mine), Fraction(0))
        return {
            "reach": len(mine),
            "reach_gross": len(there),
            "reach_exclusive": sum(len(seen[viewer]) == 1 for viewer in mine),
            "reach_fair": fair,
            "engaged_viewers": len({w.viewer for w in there if w.is_engaged}),
            "traffic": len(self._clickers(own, days)),
        }

    def _seen(self, of: list[Worked], days: set[date] | None) -> dict[UUID, set[UUID]]:
        """Viewer to the KOLs he saw."""
        seen = defaultdict(set)
        for one in of:
            sessions = self.sessions([one])
            for w in self.watching:
                if w.session in sessions and self._is_within(w.starts, days):
                    seen[w.viewer].add(one.kol)
        return seen

    def _is_within(self, moments: Iterable[datetime], days: set[date] | None) -> bool:
        return days is None or any(self.day(at) in days for at in moments)

    def _clickers(self, own: list[Worked], days: set[date] | None) -> set[UUID | str]:
        ids = {one.id for one in own}
        return {
            click.viewer or click.who
            for click in self.clicks
            if click.collaboration in ids and self._is_within([click.at], days)
            and (click.viewer or click.who) and click.by in ("", "PERSON")
        }  # fmt: skip

    # -- what ------------------------------------------------------------------------------------

    def counts(self, own: list[Worked], days: set[date] | None) -> dict[str, int]:
        """What was shown and clicked."""
        ids, sessions = {one.id for one in own}, self.sessions(own)
        told = {
            key: sum(
                counted[key] for session, at, counted in self.minutes
                if session in sessions and self._is_within([at], days)
            )
            for key in COUNTS
        }  # fmt: skip
        for key, by in (("link_clicks", "PERSON"), ("bot_clicks", "BOT"), ("prefetch_clicks", "PREFETCH")):
            told[key] = sum(
                c.by == by and c.collaboration in ids and self._is_within([c.at], days) for c in self.clicks
            )
        return told

    def credits(
        self, own: list[Worked], days: set[date] | None, *, model: str, basis: str, currency: str
    ) -> dict[str, Any]:
        """What a model credits."""
        ids = {one.id for one in own}
        told: dict[str, Any] = defaultdict(Decimal)
        customers, new = set(), 0
        values = []
        acquired = exact = cost = Decimal(0)
        for order in self._orders(ids, days, currency):
            shares = [s for s in self.shares if s.order == order.id and s.collaboration in ids]
            weight = sum((s.weights[model] for s in shares), Decimal(0))
            if weight == 0:
                continue
            sale = self._amount(shares, model, {"SALE"})
            net = self._amount(shares, model, {"SALE", "REFUND", "CANCELLATION"})
            is_counted = basis == "PLACED" or order.is_paid
            value = {"PLACED": sale, "PAID": sale, "NET": net}[basis]
            if is_counted:
                told["sales"] += value
                told["conversions"] += weight
                told["orders"] += 1
                values.append(value)
                if order.customer:
                    customers.add(order.customer)
                new += self._is_first(order, paid=basis != "PLACED")
            if not order.is_paid:
                continue
            told["net_sales"] += net
            told["paid_sales"] += sale
            told["refunds"] -= self._amount(shares, model, {"REFUND"})
            for line in order.lines:
                if not order.is_cancelled:
                    told["order_lines"] += 1
                    told["costed_order_lines"] += line.cost is not None
            cost += _rounded(
                sum((Fraction(x.cost or 0) * self._part(shares, x, model) for x in order.lines), Fraction(0))
            )
            if self._is_first(order, paid=True):
                won, spent = Fraction(0), Fraction(0)
                for later in self._within_90_days(order):
                    won += Fraction(later.net)
                    kept = Fraction(later.net) / Fraction(later.merchandise) if later.merchandise else 1
                    spent += kept * sum(Fraction(line.cost or 0) for line in later.lines)
                    told["acquired_order_lines"] += len(later.lines)
                    told["acquired_costed_order_lines"] += sum(line.cost is not None for line in later.lines)
                acquired += _rounded(Fraction(weight) * won)
                exact += _rounded(Fraction(weight) * spent)
        return {
            **{key: told[key] for key in (
                "sales", "conversions", "orders", "net_sales", "paid_sales", "refunds", "order_lines",
                "costed_order_lines", "acquired_order_lines", "acquired_costed_order_lines",
            )},
            "buyers": len(customers), "new_buyers": new, "cost_of_goods": cost,
            "acquired_sales": acquired, "acquired_cost_of_goods": exact,
            "values": sorted(values), "squares": sum((value * value for value in values), Decimal(0)),
        }  # fmt: skip

    def money(
        self,
        kind: str,
        subject: UUID,
        agency: UUID | None,
        days: set[date] | None,
        *,
        basis: str,
        currency: str,
    ) -> dict[str, Any]:
        """Costs, and orders of people who met them."""
        own = self.of(kind, subject, agency)
        ids = {one.id for one in own}
        told: dict[str, Any] = defaultdict(Decimal)
        for order in self._orders(ids, days, currency):
            shares = [s for s in self.shares if s.order == order.id and s.collaboration in ids]
            known = min((s.basis for s in shares), key=("ORDER", "LOGIN", "HASH").index)
            told[f"orders_known_by_{known.lower()}"] += 1
            if basis != "PLACED" and not order.is_paid:
                continue
            value = order.net if basis == "NET" else order.merchandise
            is_assisted = any(s.weights["LINEAR"] for s in shares) and not any(s.is_last for s in shares)
            for key, is_so in (
                ("direct", any(s.is_direct for s in shares)), ("assisted", is_assisted), ("influenced", True),
            ):  # fmt: skip
                told[f"{key}_orders"] += is_so
                told[f"{key}_sales"] += value if is_so else 0
        is_whole = kind == "CAMPAIGN" and agency is None
        told["ledger_cost"] = sum(
            (amount for campaign, one, amount, paid_in, on in self.costs
             if paid_in == currency and (days is None or on in days)
             and (one in ids or (one is None and is_whole and campaign == subject))), Decimal(0)
        )  # fmt: skip
        told["commission"] = sum(
            (amount for one, amount, paid_in, at in self.commissions
             if one in ids and paid_in == currency and self._is_within([at], days)), Decimal(0)
        )  # fmt: skip
        keys = [
            f"{one}_{what}" for one in ("direct", "assisted", "influenced") for what in ("orders", "sales")
        ]
        keys += ["orders_known_by_order", "orders_known_by_login", "orders_known_by_hash"]
        return {key: told[key] for key in [*keys, "ledger_cost", "commission"]}

    def _orders(self, ids: set[UUID], days: set[date] | None, currency: str) -> list[Bought]:
        met = {share.order for share in self.shares if share.collaboration in ids}
        return [
            self.orders[one] for one in sorted(met)
            if self.orders[one].currency == currency and self._is_within([self.orders[one].placed], days)
        ]  # fmt: skip

    @staticmethod
    def _amount(shares: list[Shared], model: str, kinds: set[str]) -> Decimal:
        return sum(
            (by[model] for s in shares for (_, kind), by in s.amounts.items() if kind in kinds), Decimal(0)
        )

    @staticmethod
    def _part(shares: list[Shared], line: Line, model: str) -> Fraction:
        """The part of a line that is credited and was kept."""
        whole = next((s.whole[line.id] for s in shares if line.id in s.whole), Decimal(0))
        if whole == 0:
            return Fraction(sum((s.weights[model] for s in shares), Decimal(0)))
        credited = sum(
            (by[model] for s in shares for (one, _), by in s.amounts.items() if one == line.id), Decimal(0)
        )
        return Fraction(credited) / Fraction(whole)

    def _is_first(self, order: Bought, *, paid: bool) -> bool:
        own = [o for o in self.orders.values() if o.customer == order.customer and (o.is_paid or not paid)]
        return bool(order.customer) and order in own and min(own, key=lambda o: (o.placed, o.name)) == order

    def _within_90_days(self, order: Bought) -> list[Bought]:
        zone = ZoneInfo(self.timezone)
        ends = (order.placed.astimezone(zone).replace(tzinfo=None) + timedelta(days=90)).replace(tzinfo=zone)
        return [
            o for o in self.orders.values()
            if o.customer == order.customer and o.currency == order.currency and o.is_paid
            and not o.is_cancelled and order.placed <= o.placed < ends
        ]  # fmt: skip


def _rounded(value: Fraction) -> Decimal:
    """To four decimals, half away from nothing."""
    scaled = abs(value) * 10000
    units = int(scaled + Fraction(1, 2))
    return (Decimal(units) * CENT).copy_sign(Decimal(1 if value >= 0 else -1))
