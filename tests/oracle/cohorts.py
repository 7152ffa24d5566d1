"""Cohorts of customers by their first purchase, customer by customer and order by order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.oracle.orders import ZERO, Key, OrderTruth
from tests.oracle.world import World

DAYS = (30, 60, 90, 180, 365)
LAST_DAY_APART = 92
EVERYTHING = ""


class Sums(NamedTuple):
    """Of moments of customers' lives."""

    placed_orders: int = 0
    paid_orders: int = 0
    placed: Decimal = ZERO
    paid: Decimal = ZERO
    net: Decimal = ZERO
    costs: Decimal = ZERO
    uncosted: int = 0

    def and_also(self, other: "Sums") -> "Sums":
        """Both together."""
        return Sums(
            placed_orders=self.placed_orders + other.placed_orders,
            paid_orders=self.paid_orders + other.paid_orders,
            placed=self.placed + other.placed,
            paid=self.paid + other.paid,
            net=self.net + other.net,
            costs=self.costs + other.costs,
            uncosted=self.uncosted + other.uncosted,
        )


@dataclass(frozen=True, kw_only=True)
class Moment:
    """An order, or a refund without one."""

    at: datetime
    is_purchase: bool
    counts: Sums


@dataclass(kw_only=True)
class LifeTruth:
    """A customer, from the first paid order on and in its currency."""

    customer: Key
    first: OrderTruth
    moments: list[Moment]


@dataclass(kw_only=True)
class CohortTruth:
    """Customers of one period: how many were active in later ones, and what they bought."""

    size: int = 0
    active: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    bought: dict[date, Sums] = field(default_factory=lambda: defaultdict(Sums))
    mature: dict[int, int] = field(default_factory=lambda: dict.fromkeys(DAYS, 0))
    within: dict[int, Sums] = field(default_factory=lambda: dict.fromkeys(DAYS, Sums()))


def lives(world: World, *, costs: Mapping[str, Decimal] | None = None) -> list[LifeTruth]:
    """Everybody who has a paid order; `costs` are of products whose lines tell none."""
    orders: dict[Key, list[OrderTruth]] = defaultdict(list)
    for order in world.orders.values():
        if order.buyer is not None:
            orders[order.buyer].append(order)
    found = []
    for customer, own in orders.items():
        own.sort(key=lambda order: (order.placed_at, order.transaction_id))
        first = next((order for order in own if order.is_paid), None)
        if first is None:
            continue
        kept = [order for order in own[own.index(first) :] if order.currency == first.currency]
        moments = [_order(order, costs or {}) for order in kept]
        for refund in world.refunds.values():
            is_own = (refund.source, refund.customer_id) == customer and refund.transaction_id is None
            if is_own and refund.currency == first.currency and refund.time >= first.placed_at:
                given_back = Sums(net=-refund.effective)
                moments.append(Moment(at=refund.time, is_purchase=False, counts=given_back))
        found.append(LifeTruth(customer=customer, first=first, moments=moments))
    return found


def _order(order: OrderTruth, costs: Mapping[str, Decimal]) -> Moment:
    if not order.is_paid:
        counts = Sums(placed_orders=1, placed=order.merchandise)
        return Moment(at=order.placed_at, is_purchase=False, counts=counts)
    cost = _cost(order, costs)
    return Moment(
        at=order.placed_at,
        is_purchase=True,
        counts=Sums(
            placed_orders=1,
            paid_orders=1,
            placed=order.merchandise,
            paid=order.merchandise,
            net=order.value(basis="NET"),
            costs=cost or ZERO,
            uncosted=cost is None,
        ),
    )


def _cost(order: OrderTruth, costs: Mapping[str, Decimal]) -> Decimal | None:
    """What was kept of the order's units cost, all of them alike; None: not known of a line."""
    if order.cancelled_at or order.units == 0:
        return ZERO
    whole = ZERO
    for line in order.lines:
        cost = line.cost if line.cost is not None else costs.get(line.item_id)
        if cost is None:
            return None
        whole += line.quantity * cost
    kept = whole * (order.units - order.refunded_units) / order.units
    return kept.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def period(by: str, day: date, *, week_starts_on: int = 0) -> date:
    """The first day of the day, week, month or quarter that a day lies in; 0 is Monday."""
    while by == "WEEK" and day.weekday() != week_starts_on:
        day -= timedelta(days=1)
    while by in ("MONTH", "QUARTER") and not (day.day == 1 and (by == "MONTH" or day.month % 3 == 1)):
        day -= timedelta(days=1)
    return day


def everybody(_: OrderTruth) -> str:
    """Not told apart."""
    return EVERYTHING


def cohorts(
    found: Iterable[LifeTruth],
    *,
    timezone: str,
    by: str,
    starts: tuple[date, date],
    until: datetime,
    currency: str,
    week_starts_on: int = 0,
    won_by: Callable[[OrderTruth], str] = everybody,
) -> dict[tuple[date, str], CohortTruth]:
    """Cohorts that begin in [first, last), as the world was before `until`, by the first order's value."""
    zone = ZoneInfo(timezone)

    def clock(at: datetime) -> datetime:
        return at.astimezone(zone).replace(tzinfo=None)

    told: dict[tuple[date, str], CohortTruth] = defaultdict(CohortTruth)
    for life in found:
        first = clock(life.first.placed_at)
        start = period(by, first.date(), week_starts_on=week_starts_on)
        if life.first.currency != currency or life.first.placed_at >= until:
            continue
        if not starts[0] <= start < starts[1]:
            continue
        cohort = told[start, won_by(life.first)]
        cohort.size += 1
        known = [moment for moment in life.moments if moment.at < until]
        bought_in = set()
        for moment in known:
            day = clock(moment.at).date()
            if by == "DAY" and day > first.date() + timedelta(days=LAST_DAY_APART):
                continue
            at = period(by, day, week_starts_on=week_starts_on)
            cohort.bought[at] = cohort.bought[at].and_also(moment.counts)
            if moment.is_purchase:
                bought_in.add(at)
        for at in bought_in:
            cohort.active[at] += 1
        for days in DAYS:
            if first + timedelta(days=days) <= clock(until):
                cohort.mature[days] += 1
                for moment in known:
                    if clock(moment.at) < first + timedelta(days=days):
                        cohort.within[days] = cohort.within[days].and_also(moment.counts)
    return dict(told)
