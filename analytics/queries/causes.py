"""What of its orders changed a session's sales, step by step, so that the steps add up to the change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

ZERO: Final = Decimal(0)
MOST_NAMED: Final = 20
"""Orders that a cause names; it counts them all."""


class CauseKind(Enum):
    """What can have changed what is known of a session."""

    NEW_ORDER = "NEW_ORDER"
    LATE_ORDER = "LATE_ORDER"
    ORDER_MOVED_IN = "ORDER_MOVED_IN"
    ORDER_MOVED_OUT = "ORDER_MOVED_OUT"
    ORDER_CORRECTED = "ORDER_CORRECTED"
    ORDER_PAID = "ORDER_PAID"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    REFUND = "REFUND"
    REFUND_WITHOUT_ORDER = "REFUND_WITHOUT_ORDER"
    BUYER_IDENTIFIED = "BUYER_IDENTIFIED"
    LATE_EVENTS = "LATE_EVENTS"
    SESSIONS_MERGED = "SESSIONS_MERGED"
    SESSION_SPLIT = "SESSION_SPLIT"
    RULES_CHANGED = "RULES_CHANGED"
    DEFINITION_CHANGED = "DEFINITION_CHANGED"


@dataclass(frozen=True, kw_only=True)
class Share:
    """An order's or refund's part in the sales of its session: by basis, and what was given back."""

    placed: Decimal = ZERO
    paid: Decimal = ZERO
    net: Decimal = ZERO
    refunds: Decimal = ZERO

    def __add__(self, other: "Share") -> "Share":
        return Share(
            placed=self.placed + other.placed,
            paid=self.paid + other.paid,
            net=self.net + other.net,
            refunds=self.refunds + other.refunds,
        )

    def __neg__(self) -> "Share":
        return Share(placed=-self.placed, paid=-self.paid, net=-self.net, refunds=-self.refunds)


@dataclass(kw_only=True)
class Cause:
    """One kind of thing that happened, and the part it had in the change."""

    kind: CauseKind
    count: int = 0
    currency: str | None = None
    share: Share = field(default_factory=Share)
    session: UUID | None = None
    """Where orders came from or went to; None: to or from no session."""
    orders: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Order:
    """A state of an order as its session's sales took it."""

    currency: str
    terms: tuple[Any, ...]
    """What was bought, when and for how much."""
    merchandise: Decimal
    is_paid: bool
    is_cancelled: bool
    refunded: Decimal
    refunded_units: int
    buyer: tuple[Any, ...]

    @property
    def share(self) -> Share:
        """Its part in the sales."""
        if not self.is_paid:
            return Share(placed=self.merchandise)
        net = ZERO if self.is_cancelled else self.merchandise - self.refunded
        return Share(placed=self.merchandise, paid=self.merchandise, net=net, refunds=self.refunded)


def _order(told: Mapping[str, Any]) -> _Order:
    return _Order(
        currency=told["currency"],
        terms=tuple(told[key] for key in ("placed_at", "units", "merchandise", "shipping", "tax")),
        merchandise=Decimal(told["merchandise"]),
        is_paid=told["paid_at"] is not None,
        is_cancelled=told["cancelled_at"] is not None,
        refunded=Decimal(told["refunded"]),
        refunded_units=told["refunded_units"],
        buyer=(told["viewer_id"], told["customer_id"]),
    )


Step = tuple[CauseKind, str, Share]


def of_order(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, came_as: CauseKind
) -> Iterator[Step]:
    """What happened to an order between two states: each step with its part; `came_as` for one that came."""
    if after is None:
        if before is not None:
            gone = _order(before)
            yield CauseKind.ORDER_MOVED_OUT, gone.currency, -gone.share
        return
    goal = _order(after)
    if before is None:
        state = replace(goal, is_cancelled=False, refunded=ZERO, refunded_units=0)
        yield came_as, state.currency, state.share
    else:
        state = _order(before)
        is_unpaid = state.is_paid and not goal.is_paid
        if (state.currency, state.terms) != (goal.currency, goal.terms) or is_unpaid:
            corrected = replace(
                state,
                currency=goal.currency,
                terms=goal.terms,
                merchandise=goal.merchandise,
                is_paid=state.is_paid and goal.is_paid,
            )
            if state.currency == corrected.currency:
                yield CauseKind.ORDER_CORRECTED, state.currency, corrected.share + -state.share
            else:
                yield CauseKind.ORDER_CORRECTED, state.currency, -state.share
                yield CauseKind.ORDER_CORRECTED, corrected.currency, corrected.share
            state = corrected
    steps = (
        (CauseKind.ORDER_PAID, {"is_paid": goal.is_paid}),
        (CauseKind.ORDER_CANCELLED, {"is_cancelled": goal.is_cancelled}),
        (CauseKind.REFUND, {"refunded": goal.refunded, "refunded_units": goal.refunded_units}),
        (CauseKind.BUYER_IDENTIFIED, {"buyer": goal.buyer}),
    )
    for kind, change in steps:
        later = replace(state, **change)
        if later != state:
            yield kind, later.currency, later.share + -state.share
        state = later


def of_refund(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Iterator[Step]:
    """What happened to a refund of no order between two states."""
    shares: dict[str, Share] = {}
    for told, sign in ((before, -1), (after, 1)):
        if told is not None:
            amount, currency = sign * Decimal(told["amount"]), told["currency"]
            shares[currency] = shares.get(currency, Share()) + Share(net=-amount, refunds=amount)
    for currency, share in shares.items():
        yield CauseKind.REFUND_WITHOUT_ORDER, currency, share


class Causes:
    """Causes of one revision, those of a kind, currency and other session together."""

    def __init__(self) -> None:
        self._found: dict[tuple[CauseKind, str | None, UUID | None], Cause] = {}

    def add(self, step: Step, *, name: str, session: UUID | None = None) -> None:
        """Count a step of an order of this name; `session` is the other one it left or went to."""
        kind, currency, share = step
        cause = self._found.setdefault(
            (kind, currency, session), Cause(kind=kind, currency=currency, session=session)
        )
        cause.count += 1
        cause.share += share
        if name and len(cause.orders) < MOST_NAMED:
            cause.orders.append(name)

    def happened(self, kind: CauseKind, *, times: int = 1) -> None:
        """Something that is no order's."""
        self._found[kind, None, None] = Cause(kind=kind, count=times)

    def listed(self) -> list[Cause]:
        """In the order of their kinds."""
        kinds = list(CauseKind)
        return sorted(
            self._found.values(),
            key=lambda cause: (kinds.index(cause.kind), cause.currency or "", str(cause.session)),
        )
