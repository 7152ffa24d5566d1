"""What orders make due, in plain Python: rates of the terms of their day, marginal over what came before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

DIGITS = {"SGD": 2, "JPY": 0, "KWD": 3}


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Terms of a collaboration from a day on; `tiers` are (from which sales on, rate)."""

    collaboration: UUID
    valid_from: date
    valid_until: date | None
    currency: str
    rate: Decimal
    tiers: Sequence[tuple[Decimal, Decimal]] = ()


@dataclass(frozen=True, kw_only=True)
class Sold:
    """A paid order, to whom it is due, and its net merchandise."""

    order: UUID
    collaboration: UUID
    currency: str
    placed_at: datetime
    base: Decimal


def in_force(contracts: Iterable[Contract], *, collaboration: UUID, on: date) -> Contract | None:
    """The latest contract that began, unless it ended."""
    begun = [one for one in contracts if one.collaboration == collaboration and one.valid_from <= on]
    if not begun:
        return None
    latest = max(begun, key=lambda one: one.valid_from)
    return latest if latest.valid_until is None or on < latest.valid_until else None


def of_sales(contract: Contract, sales: Decimal, *, currency: str) -> Decimal:
    """The commission of so much in all, exactly."""
    steps = {Decimal(0): contract.rate}
    if currency == contract.currency:
        steps |= dict(contract.tiers)
    starts = sorted(steps)
    due = Decimal(0)
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else None
        reached = sales if end is None else min(sales, end)
        due += steps[start] * max(Decimal(0), reached - start)
    return due


def commissions(sold: Iterable[Sold], contracts: Sequence[Contract], *, timezone: str) -> dict[UUID, Decimal]:
    """The commission of each order, half-even in its currency's smallest unit."""
    zone = ZoneInfo(timezone)
    reached: dict[tuple[UUID, date, str], Decimal] = {}
    found: dict[UUID, Decimal] = {}
    for one in sorted(sold, key=lambda one: (one.placed_at, one.order)):
        on = one.placed_at.astimezone(zone).date()
        contract = in_force(contracts, collaboration=one.collaboration, on=on)
        if contract is None:
            found[one.order] = Decimal(0)
            continue
        within = (one.collaboration, contract.valid_from, one.currency)
        before = reached.get(within, Decimal(0))
        reached[within] = before + one.base
        exact = of_sales(contract, before + one.base, currency=one.currency) - of_sales(
            contract, before, currency=one.currency
        )
        unit = Decimal(1).scaleb(-DIGITS[one.currency])
        found[one.order] = exact.quantize(unit, ROUND_HALF_EVEN)
    return found
