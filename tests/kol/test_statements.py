"""Statements: claims decided, gathered, approved, locked and paid; what is late is on the next one."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import pytest

from commerce.access import row_security
from commerce.models import RecordEntry, Stale
from kol import statements
from kol.models import Claim, ClaimLine, Statement
from kol.refusals import Refused
from tests.analytics.graphql_client import actor_of
from tests.kol.ledger import NOW, Books, at, books

MAY: Final = (date(2026, 5, 1), date(2026, 6, 1))
JUNE: Final = (date(2026, 6, 1), date(2026, 7, 1))
JULY: Final = datetime(2026, 7, 2, tzinfo=NOW.tzinfo)


class Desk:
    """Who decides for a partner, behind its wall."""

    def __init__(self, world: Books) -> None:
        self.world, self.actor = world, actor_of(world.partner, scopes=("read", "manage"))

    def __getattr__(self, name: str) -> Any:
        """A step of `kol.statements`, taken in the web's role."""

        def step(*given: Any, now: datetime = NOW, **more: Any) -> Any:
            with row_security(self.actor):
                return getattr(statements, name)(*given, actor=self.actor, now=now, **more)

        return step

    def statement(self, period: tuple[date, date] = MAY, *, of: int = 0, now: datetime = NOW) -> Statement:
        """An estimate of a collaboration."""
        made: Statement = self.create_statement(
            self.world.collaborations[of].pk, starts_on=period[0], ends_on=period[1], currency=None, now=now
        )
        return made

    def locked(self, period: tuple[date, date] = MAY, *, of: int = 0, now: datetime = NOW) -> Statement:
        """A locked statement of what waits."""
        made = self.statement(period, of=of, now=now)
        self.approve_statement(made.pk, now=now)
        done: Statement = self.lock_statement(made.pk, now=now)
        return done


def approve(world: Books, *orders: UUID) -> None:
    Claim.objects.using("worker").filter(order_id__in=orders).update(status="APPROVED")


def on(statement: Statement) -> list[tuple[str, Decimal]]:
    rows = ClaimLine.objects.using("worker").filter(statement=statement).order_by("booked_at", "amount")
    return [(row.kind, row.amount) for row in rows]


def record(world: Books) -> list[tuple[str, str]]:
    rows = RecordEntry.objects.using("worker").filter(partner=world.partner).order_by("at", "id")
    return [(row.who, row.action) for row in rows]


def refusal(step: Any, *given: Any, **more: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        step(*given, **more)
    return refused.value.kind, *refused.value.path


# -- claims are decided --------------------------------------------------------------------------


def test_a_claim_is_approved_by_itself_when_its_return_window_is_over() -> None:
    world = books(window=timedelta(days=10))
    early, late = (world.order("100", placed_at=at(day)) for day in (22, 23))
    world.book()
    assert statements.approve_due(partner_id=world.partner.pk, now=at(1, month=6)) == 1
    assert [world.claim(order).status for order in (early, late)] == ["APPROVED", "PENDING"]
    assert (world.claim(early).decided_by, world.claim(early).decided_at) == (
        "the return window", at(1, month=6),
    )  # fmt: skip
    assert record(world) == [("the return window", "approve_claim")]
    assert statements.approve_due(partner_id=world.partner.pk, now=at(1, month=6)) == 0


def test_a_person_approves_once() -> None:
    world = books()
    order = world.order("100", placed_at=at(20))
    world.book()
    desk = Desk(world)
    assert desk.approve_claim(order).status == "APPROVED"
    assert refusal(desk.approve_claim, order) == ("conflict", "id")
    entry = RecordEntry.objects.using("worker").get(partner=world.partner)
    assert (entry.who, entry.action, entry.subject_kind, entry.subject_id, entry.details) == (
        "test", "approve_claim", "claim", order,
        {"before": {"status": "PENDING"}, "after": {"status": "APPROVED"}},
    )  # fmt: skip


def test_a_declined_claim_is_given_back_and_stays_so() -> None:
    world = books()
    order = world.order("100", placed_at=at(20))
    world.book()
    desk = Desk(world)
    assert refusal(desk.decline_claim, order, reason=" ") == ("invalid", "reason")
    desk.decline_claim(order, reason="bought by himself")
    assert world.lines() == [(0, "SALE", 100, 10), (0, "REVERSAL", -100, -10)]
    assert world.book() == 0
    world.due[order].base = Decimal(50)
    assert world.book() == 0
    assert refusal(desk.decline_claim, order, reason="again") == ("conflict", "id")
    assert world.claim(order).reason == "bought by himself"


def test_who_declined_by_mistake_approves_and_the_claim_is_booked_again() -> None:
    world = books()
    order = world.order("100", placed_at=at(20))
    world.book()
    desk = Desk(world)
    desk.decline_claim(order, reason="a mistake")
    desk.approve_claim(order)
    mark = Stale.objects.using("worker").get(partner_id=world.partner.pk, kind="CAMPAIGN")
    assert (mark.subject, mark.since) == (str(world.collaborations[0].campaign_id), at(20))
    assert world.book(now=NOW + timedelta(minutes=1)) == 1
    assert [line[1:] for line in world.lines()][2:] == [("CORRECTION", 100, 10)]


def test_a_claim_of_another_partner_is_not_there() -> None:
    world, other = books(), books()
    order = world.order("100", placed_at=at(20))
    world.book()
    assert refusal(Desk(other).approve_claim, order) == ("not_found", "id")
    assert refusal(Desk(other).decline_claim, order, reason="x") == ("not_found", "id")


# -- statements ----------------------------------------------------------------------------------


def test_a_statement_takes_approved_lines_of_before_its_end() -> None:
    world = books()
    # The last minute of May in Singapore, and the first of June.
    may, june, pending = (
        world.order(base, placed_at=moment)
        for base, moment in (
            ("100", datetime(2026, 5, 31, 15, 59, tzinfo=NOW.tzinfo)),
            ("200", datetime(2026, 5, 31, 16, 0, tzinfo=NOW.tzinfo)),
            ("400", at(20)),
        )
    )
    world.book()
    approve(world, may, june)
    made = Desk(world).statement()
    assert (made.status, made.total, on(made)) == ("ESTIMATED", None, [("SALE", Decimal(10))])
    approve(world, pending)
    assert Desk(world).statement().pk == made.pk
    assert on(made) == [("SALE", Decimal(10)), ("SALE", Decimal(40))]


def test_a_period_lies_over_no_other() -> None:
    desk = Desk(books())
    desk.statement()
    crossing = (date(2026, 5, 31), date(2026, 6, 2))
    assert refusal(desk.statement, crossing) == ("conflict", "period")
    assert refusal(desk.statement, (MAY[1], MAY[0])) == ("invalid", "period")
    assert desk.statement(JUNE).status == "ESTIMATED"


def test_estimates_are_kept_up_and_the_earliest_takes_what_is_late() -> None:
    world = books()
    desk = Desk(world)
    may, june = desk.statement(MAY), desk.statement(JUNE)
    world.order("100", placed_at=at(2))
    world.book()
    assert statements.partners_to_settle(now=NOW).count(world.partner.pk) == 1
    statements.settle(partner_id=world.partner.pk, now=NOW)
    assert (on(may), on(june)) == ([("SALE", Decimal(10))], [])


def test_a_period_that_is_not_over_is_not_approved() -> None:
    world = books()
    desk = Desk(world)
    made = desk.statement(JUNE)
    assert refusal(desk.approve_statement, made.pk) == ("conflict", "id")
    assert desk.approve_statement(made.pk, now=JULY).status == "APPROVED"


def test_steps_are_taken_in_order_and_each_is_on_record() -> None:
    world = books()
    order = world.order("100", placed_at=at(2))
    world.book()
    approve(world, order)
    desk = Desk(world)
    made = desk.statement()
    assert refusal(desk.lock_statement, made.pk) == ("conflict", "id")
    assert refusal(desk.pay_statement, made.pk, reference="x") == ("conflict", "id")
    desk.approve_statement(made.pk)
    assert refusal(desk.approve_statement, made.pk) == ("conflict", "id")
    assert desk.lock_statement(made.pk).total == Decimal(10)
    assert refusal(desk.pay_statement, made.pk, reference="") == ("invalid", "reference")
    paid = desk.pay_statement(made.pk, reference="bank 17")
    assert (paid.status, paid.payment_reference, world.claim(order).status) == ("PAID", "bank 17", "PAID")
    assert refusal(desk.pay_statement, made.pk, reference="twice") == ("conflict", "id")
    actions = ["create_statement", "approve_statement", "lock_statement", "pay_statement"]
    assert record(world) == [("test", action) for action in actions]
    last = RecordEntry.objects.using("worker").get(partner=world.partner, action="pay_statement")
    assert last.details == {
        "before": {"status": "LOCKED", "payment_reference": ""},
        "after": {"status": "PAID", "payment_reference": "bank 17"},
        "paid": "10.0000",
        "with": str(made.pk),
    }


def test_a_refund_after_the_lock_is_on_the_next_statement() -> None:
    world = books()
    order = world.order("100", placed_at=at(2))
    world.book()
    approve(world, order)
    desk = Desk(world)
    may = desk.locked()
    world.due[order].base, world.due[order].returned_at = Decimal(40), at(30)
    world.book()
    june = desk.locked(JUNE, now=JULY)
    assert (on(may), may.total, on(june), june.total) == (
        [("SALE", Decimal(10))], Decimal(10), [("REFUND", Decimal(-6))], Decimal(-6),
    )  # fmt: skip


def test_less_than_nothing_is_carried_and_settled_with_what_makes_up_for_it() -> None:
    world = books()
    order = world.order("100", placed_at=at(2))
    world.book()
    approve(world, order)
    desk = Desk(world)
    desk.pay_statement(desk.locked().pk, reference="first")
    world.due[order].base, world.due[order].returned_at = Decimal(0), at(1, month=6)
    more = world.order("150", placed_at=at(2, month=7))
    world.book()
    approve(world, more)
    june = desk.locked(JUNE, now=JULY)
    assert refusal(desk.pay_statement, june.pk, reference="x") == ("conflict", "id")
    august = datetime(2026, 8, 2, tzinfo=NOW.tzinfo)
    july = desk.locked((date(2026, 7, 1), date(2026, 8, 1)), now=august)
    desk.pay_statement(july.pk, reference="both", now=august)
    paid = Statement.objects.using("worker").filter(payment_reference="both").order_by("starts_on")
    assert [(one.pk, one.status, one.total) for one in paid] == [
        (june.pk, "PAID", Decimal(-10)),
        (july.pk, "PAID", Decimal(15)),
    ]


def test_what_is_declined_leaves_an_approved_statement_which_is_an_estimate_again() -> None:
    world = books()
    first, second = (world.order("100", placed_at=at(day)) for day in (2, 3))
    world.book()
    approve(world, first, second)
    desk = Desk(world)
    made = desk.statement()
    desk.approve_statement(made.pk)
    desk.decline_claim(first, reason="leak")
    made.refresh_from_db(using="worker")
    assert (made.status, made.approved_at, on(made)) == ("ESTIMATED", None, [("SALE", Decimal(10))])
    assert ("test", "reopen_statement") in record(world)
    # Neither the line nor what takes it back is anybody's business any more.
    desk.statement()
    assert on(made) == [("SALE", Decimal(10))]


def test_what_is_declined_after_the_lock_is_taken_back_by_the_next() -> None:
    world = books()
    order = world.order("100", placed_at=at(2))
    world.book()
    approve(world, order)
    desk = Desk(world)
    may = desk.locked()
    desk.decline_claim(order, reason="leak")
    june = desk.locked(JUNE, now=JULY)
    assert (on(may), on(june)) == ([("SALE", Decimal(10))], [("REVERSAL", Decimal(-10))])
    desk.pay_statement(may.pk, reference="x")
    assert world.claim(order).status == "DECLINED"


def test_an_order_that_goes_to_another_after_the_lock_is_reversed_there_and_waits_here() -> None:
    world = books()
    order = world.order("100", placed_at=at(2))
    world.book()
    approve(world, order)
    desk = Desk(world)
    may = desk.locked()
    world.due[order].to = world.collaborations[1].pk
    world.book(now=at(3, month=6))
    assert world.claim(order).status == "PENDING"
    june, other = desk.statement(JUNE, now=JULY), desk.statement(JUNE, of=1, now=JULY)
    assert (on(may), on(june), on(other)) == ([("SALE", Decimal(10))], [("REVERSAL", Decimal(-10))], [])
    desk.approve_claim(order)
    desk.statement(JUNE, of=1, now=JULY)
    assert on(other) == [("SALE", Decimal(20))]


def test_an_order_that_goes_to_another_before_the_lock_leaves_nothing_behind() -> None:
    world = books()
    order = world.order("100", placed_at=at(2))
    world.book()
    approve(world, order)
    desk = Desk(world)
    made = desk.statement()
    desk.approve_statement(made.pk)
    world.due[order].to = world.collaborations[1].pk
    world.book()
    made.refresh_from_db(using="worker")
    assert (made.status, on(made)) == ("ESTIMATED", [])
    assert ("attribution", "reopen_statement") in record(world)
    desk.statement()
    assert on(made) == []
