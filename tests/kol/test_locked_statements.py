"""What is locked or written once never changes, whoever tries: the owner, the worker, the web."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from psycopg import errors, sql

from config.local import DatabaseRole
from kol.models import ClaimLine
from tests.kol.ledger import at, books
from tests.kol.test_statements import Desk, approve

ROLES: Final[tuple[DatabaseRole, ...]] = ("owner", "worker", "web")
LOCKED: Final = "A locked statement never changes"
ONCE: Final = "A line of a claim is written once"
NEVER: Final = "A line of a claim is never deleted"
ATTEMPTS: Final = [
    ("UPDATE kol_statement SET total = total + 1 WHERE id = {locked}", LOCKED),
    ("UPDATE kol_statement SET ends_on = ends_on + 1 WHERE id = {locked}", LOCKED),
    ("UPDATE kol_statement SET status = 'APPROVED', total = NULL, locked_at = NULL "
     "WHERE id = {locked}", LOCKED),
    ("UPDATE kol_statement SET status = 'PAID', paid_at = now(), payment_reference = 'x', total = 0 "
     "WHERE id = {locked}", LOCKED),
    ("UPDATE kol_statement SET payment_reference = 'y' WHERE id = {paid}", LOCKED),
    ("UPDATE kol_statement SET status = 'LOCKED', paid_at = NULL, payment_reference = '' WHERE id = {paid}",
     LOCKED),
    ("DELETE FROM kol_statement WHERE id = {locked}", "A locked statement is never deleted"),
    ("DELETE FROM kol_statement WHERE id = {paid}", "A locked statement is never deleted"),
    ("UPDATE kol_claimline SET statement_id = NULL WHERE statement_id = {locked}", LOCKED),
    ("UPDATE kol_claimline SET statement_id = {open} WHERE statement_id = {locked}", LOCKED),
    ("UPDATE kol_claimline SET statement_id = {locked} WHERE id = {waiting}", LOCKED),
    ("UPDATE kol_claimline SET statement_id = {paid} WHERE id = {waiting}", LOCKED),
    ("INSERT INTO kol_claimline SELECT (json_populate_record(l, json_build_object('id', gen_random_uuid(), "
     "'statement_id', {locked}))).* FROM kol_claimline l WHERE l.id = {waiting}", LOCKED),
    ("UPDATE kol_claimline SET amount = 0 WHERE statement_id = {locked}", ONCE),
    ("UPDATE kol_claimline SET amount = 0 WHERE id = {waiting}", ONCE),
    ("DELETE FROM kol_claimline WHERE statement_id = {locked}", NEVER),
    ("DELETE FROM kol_claimline WHERE id = {waiting}", NEVER),
    ("UPDATE kol_claimline SET statement_id = {foreign} WHERE id = {waiting}",
     "A line is on a statement of its own"),
    ("UPDATE kol_statement SET currency = 'USD' WHERE id = {open}", "A statement stays of its collaboration"),
    ("UPDATE kol_statement SET status = 'LOCKED', total = 0, locked_at = now() WHERE id = {open}",
     "A statement is approved, then locked, then paid"),
    ("UPDATE kol_statement SET status = 'LOCKED', total = 1, locked_at = now() WHERE id = {approved}",
     "The total of a locked statement is the sum of its lines"),
]  # fmt: skip


@contextmanager
def connected(role: DatabaseRole, partner_id: UUID) -> Iterator[psycopg.Connection[Any]]:
    """A connection of a role that sees the partner; whatever it does is undone."""
    with psycopg.connect(settings.LOCAL_SERVERS.database_url(role=role)) as connection:
        connection.execute("SELECT set_config('app.partners', %s, true)", [str(partner_id)])
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def shelf() -> tuple[UUID, dict[str, UUID]]:
    """A partner with statements in every state, and a line that waits."""
    world = books()
    orders = [world.order("100", placed_at=at(day, month=month)) for month in (3, 4) for day in (2, 3)]
    foreign = world.order("100", placed_at=at(2, month=3), to=1)
    world.book()
    approve(world, *orders, foreign)
    desk = Desk(world)
    paid = desk.locked((date(2026, 3, 1), date(2026, 4, 1)))
    desk.pay_statement(paid.pk, reference="x")
    locked = desk.locked((date(2026, 4, 1), date(2026, 5, 1)))
    waiting = world.order("70", placed_at=at(20))
    world.book()
    draft = desk.statement()
    other = desk.statement((date(2026, 3, 1), date(2026, 4, 1)), of=1)
    approved = desk.statement((date(2026, 2, 1), date(2026, 3, 1)))
    desk.approve_statement(approved.pk)
    line = ClaimLine.objects.using("worker").get(claim__order_id=waiting)
    return world.partner.pk, {
        "paid": paid.pk, "locked": locked.pk, "open": draft.pk, "approved": approved.pk, "waiting": line.pk,
        "foreign": other.pk,
    }  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("attempt", "rule"), ATTEMPTS)
def test_nobody_changes_what_is_locked_or_written(
    shelf: tuple[UUID, dict[str, UUID]], role: DatabaseRole, attempt: str, rule: str
) -> None:
    partner_id, ids = shelf
    names = {name: sql.Literal(str(identity)) + sql.SQL("::uuid") for name, identity in ids.items()}
    with (
        connected(role, partner_id) as connection,
        pytest.raises(errors.IntegrityConstraintViolation, match=rule),
    ):
        connection.execute(sql.SQL(attempt).format(**names))


@pytest.mark.parametrize("table", ["kol_claimline", "kol_statement, kol_claimline"])
def test_not_even_the_owner_empties_the_tables(shelf: tuple[UUID, dict[str, UUID]], table: str) -> None:
    with (
        connected("owner", shelf[0]) as connection,
        pytest.raises(errors.IntegrityConstraintViolation, match="never deleted"),
    ):
        connection.execute(sql.SQL("TRUNCATE " + table))


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_locked_may_change(shelf: tuple[UUID, dict[str, UUID]], role: DatabaseRole) -> None:
    # Else the refusals above would show nothing.
    partner_id, ids = shelf
    with connected(role, partner_id) as connection:
        moved = connection.execute(
            "UPDATE kol_claimline SET statement_id = %s WHERE id = %s", [ids["open"], ids["waiting"]]
        )
        locked = connection.execute(
            "UPDATE kol_statement SET status = 'LOCKED', total = 0, locked_at = now() WHERE id = %s",
            [ids["approved"]],
        )
        paid = connection.execute(
            "UPDATE kol_statement SET status = 'PAID', paid_at = now(), payment_reference = 'z' "
            "WHERE id = %s",
            [ids["locked"]],
        )
        assert (moved.rowcount, locked.rowcount, paid.rowcount) == (1, 1, 1)
