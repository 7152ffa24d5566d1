"""Whatever becomes of orders, terms, claims and statements: one payable an order, nothing lost or made."""

from collections import defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from commerce.access import row_security
from kol import statements
from kol.models import Claim, ClaimLine, Statement, Terms
from kol.refusals import Refused
from tests.analytics.graphql_client import actor_of
from tests.kol.ledger import Books, books, terms
from tests.oracle.claims import Contract, Sold, commissions

MONTHS: Final = [(date(2026, month, 1), date(2026, month + 1, 1)) for month in (3, 4, 5, 6)]
START: Final = datetime(2026, 3, 1, tzinfo=UTC)
TIERS: Final = [
    [],
    [{"from": "0", "rate": "0.05"}, {"from": "100", "rate": "0.125"}],
    [{"from": "50", "rate": "0.3"}, {"from": "333.33", "rate": "0.01"}],
]
NEXT: Final = {
    "ESTIMATED": "approve_statement",
    "APPROVED": "lock_statement",
    "LOCKED": "pay_statement",
    "PAID": "pay_statement",
}
WHICH = st.integers(0, 1_000)
ORDER = st.tuples(
    st.just("order"), st.integers(0, 2), st.decimals("1", "500", places=2),
    st.sampled_from(["SGD", "SGD", "SGD", "JPY", "KWD"]),
)  # fmt: skip
STEP = st.tuples(st.just("step"), WHICH, st.integers(1, 3))
ACTS = st.one_of(
    ORDER, STEP, STEP,
    st.tuples(st.just("give_back"), WHICH, st.sampled_from(["0", "0.3333", "1"])),
    st.tuples(st.just("move"), WHICH, st.integers(0, 3)),
    st.tuples(st.just("change_terms"), st.integers(0, 2), st.sampled_from(["0", "0.1", "0.075", "0.5"]),
        st.sampled_from(TIERS)),
    st.tuples(st.just("decide"), st.sampled_from(["approve_claim", "decline_claim"]), WHICH),
    st.tuples(st.just("settle")), st.tuples(st.just("settle")),
    st.tuples(st.just("state"), st.integers(0, 2), st.integers(0, 3), st.sampled_from(["SGD", "SGD", "JPY"])),
)  # fmt: skip
# So that there is something to decide about, and something to lock, from early on.
FIRST: Final[list[tuple[Any, ...]]] = [
    *(("order", to, Decimal(base), "SGD") for to, base in ((0, "99.99"), (1, "120"), (2, "200"), (0, "55"))),
    ("settle",), *(("state", of, month, "SGD") for of in (0, 1, 2) for month in (0, 1)),
]  # fmt: skip
SHORT, LONG = 30, 80


class Ledger:
    """A world of claims with what is expected of it; each act books at once, as a fill does."""

    def __init__(self) -> None:
        self.world: Books = books(rates=("0.1", "0.075", "0.333333"), window=timedelta(days=5))
        self.actor = actor_of(self.world.partner, scopes=("read", "manage"))
        self.now, self.declined, self.fixed = START, set[UUID](), dict[UUID, Any]()
        self.orders: list[UUID] = []

    def take(self, act: tuple[Any, ...]) -> None:
        """One act, three days after the one before."""
        name, *told = act
        self.now += timedelta(days=3)
        getattr(self, name)(*told)
        self.world.book(now=self.now)

    # -- acts ------------------------------------------------------------------------------------

    def order(self, to: int, base: Decimal, currency: str) -> None:
        """A paid order of an hour ago."""
        placed = self.now - timedelta(hours=1)
        self.orders.append(self.world.order(str(base), placed_at=placed, to=to, currency=currency))

    def give_back(self, which: int, part: str) -> None:
        """What is left of an order is a part of it."""
        if self.orders and (one := self.world.due.get(self._picked(which))) is not None:
            one.base = (one.base * Decimal(part)).quantize(Decimal("0.0001"))
            one.returned_at = self.now

    def move(self, which: int, to: int) -> None:
        """An order is another's, or nobody's."""
        if self.orders:
            order = self._picked(which)
            if to == len(self.world.collaborations):
                self.world.due.pop(order, None)
            elif order in self.world.due:
                self.world.due[order].to = self.world.collaborations[to].pk

    def change_terms(self, of: int, rate: str, tiers: list[dict[str, str]]) -> None:
        """Other rates: from two weeks ago on, or where they are from then on already, for good."""
        chosen = self.world.collaborations[of]
        since = (self.now - timedelta(days=14)).date()
        same = Terms.objects.using("worker").filter(collaboration=chosen, valid_from=since)
        if not same.update(commission_rate=Decimal(rate), commission_tiers=tiers):
            terms(chosen, valid_from=since, commission_rate=Decimal(rate), commission_tiers=tiers)

    def decide(self, name: str, which: int) -> None:
        """A person approves or declines."""
        if not self.orders:
            return
        order = self._picked(which)
        reason = {"reason": "so"} if name == "decline_claim" else {}
        with suppress(Refused):
            self._by_a_person(name, order, **reason)
            (self.declined.add if reason else self.declined.discard)(order)

    def settle(self) -> None:
        """What the schedule does."""
        statements.settle(partner_id=self.world.partner.pk, now=self.now)

    def state(self, of: int, month: int, currency: str) -> None:
        """A statement is made, or gathers anew."""
        starts, ends = MONTHS[month]
        with suppress(Refused):
            self._by_a_person(
                "create_statement", self.world.collaborations[of].pk, starts_on=starts, ends_on=ends,
                currency=currency,
            )  # fmt: skip

    def step(self, which: int, steps: int) -> None:
        """A statement goes on its way, some steps at once."""
        rows = list(Statement.objects.using("worker").filter(partner=self.world.partner).order_by("pk"))
        if not rows:
            return
        chosen = rows[which % len(rows)]
        with suppress(Refused):
            for _ in range(steps):
                name = NEXT[chosen.status]
                reference = {"reference": "x"} if name == "pay_statement" else {}
                chosen = self._by_a_person(name, chosen.pk, **reference)
                if name == "lock_statement":
                    self.fixed[chosen.pk] = self.shown(chosen.pk)

    def _picked(self, which: int) -> UUID:
        return self.orders[which % len(self.orders)]

    def _by_a_person(self, name: str, identity: UUID, **more: Any) -> Any:
        with row_security(self.actor):
            return getattr(statements, name)(identity, actor=self.actor, now=self.now, **more)

    # -- what has to hold ------------------------------------------------------------------------

    def lines(self) -> list[ClaimLine]:
        """All lines, with their claims."""
        rows = ClaimLine.objects.using("worker").filter(partner=self.world.partner)
        return list(rows.select_related("claim").order_by("pk"))

    def shown(self, statement_id: UUID) -> Any:
        """A statement with its lines, but for how it was paid."""
        told = Statement.objects.using("worker").filter(pk=statement_id).values(
            "collaboration", "currency", "starts_on", "ends_on", "total", "approved_at", "locked_at"
        )  # fmt: skip
        rows = ClaimLine.objects.using("worker").filter(statement_id=statement_id).order_by("pk")
        return list(told), list(rows.values())

    def due(self) -> dict[UUID, Decimal]:
        """What an independent reckoning says of each order."""
        sold = [
            Sold(order=one.order_id, collaboration=one.to, currency=one.currency, placed_at=one.placed_at,
                base=one.base)
            for one in self.world.due.values()
        ]  # fmt: skip
        contracts = [
            Contract(
                collaboration=row.collaboration_id, valid_from=row.valid_from, valid_until=row.valid_until,
                currency=row.currency, rate=row.commission_rate,
                tiers=[(Decimal(tier["from"]), Decimal(tier["rate"])) for tier in row.commission_tiers],
            )
            for row in Terms.objects.using("worker").filter(partner=self.world.partner)
        ]  # fmt: skip
        found = commissions(sold, contracts, timezone=self.world.partner.timezone)
        return {order: Decimal(0) if order in self.declined else due for order, due in found.items()}

    def check(self) -> None:
        """One payable an order, exactly what is due, whole units, and what is locked as it was."""
        assert self.world.book(now=self.now) == 0
        lines, due = self.lines(), self.due()
        booked = defaultdict[tuple[UUID, UUID], Decimal](Decimal)
        for line in lines:
            booked[line.claim.order_id, line.collaboration_id] += line.amount
            digits = {"SGD": 2, "JPY": 0, "KWD": 3}[line.currency]
            assert line.amount == round(line.amount, digits)
        payable = {key: amount for key, amount in booked.items() if amount}
        expected = {(order, self.world.due[order].to): amount for order, amount in due.items() if amount}
        assert payable == expected
        assert Claim.objects.using("worker").filter(partner=self.world.partner).count() == len(
            {line.claim_id for line in lines}
        )
        on = Statement.objects.using("worker").filter(partner=self.world.partner)
        stated = sum((line.amount for line in lines if line.statement_id), start=Decimal(0))
        waiting = sum((line.amount for line in lines if not line.statement_id), start=Decimal(0))
        assert stated + waiting == sum(due.values(), start=Decimal(0))
        locked = {one.pk: one.total for one in on if one.total is not None}
        assert set(locked) == set(self.fixed)
        for identity, fixed in self.fixed.items():
            assert self.shown(identity) == fixed
            amounts = [line.amount for line in lines if line.statement_id == identity]
            assert locked[identity] == sum(amounts, start=Decimal(0))
        for line in lines:
            if line.statement_id and line.statement_id not in locked:
                # Nothing unapproved, and nothing of somebody else's, waits to be paid.
                assert line.claim.status in ("APPROVED", "PAID", "DECLINED") or (
                    line.claim.collaboration_id != line.collaboration_id
                )


def _goes_well(acts: list[tuple[Any, ...]]) -> None:
    ledger = Ledger()
    for act in [*FIRST, *acts]:
        ledger.take(act)
    ledger.check()


@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.lists(ACTS, min_size=SHORT, max_size=SHORT))
def test_claims_and_statements_stay_exact(acts: list[tuple[Any, ...]]) -> None:
    _goes_well(acts)


@pytest.mark.proof
@settings(max_examples=300, deadline=None)
@given(st.lists(ACTS, min_size=SHORT, max_size=LONG))
def test_claims_and_statements_stay_exact_for_long(acts: list[tuple[Any, ...]]) -> None:
    _goes_well(acts)
