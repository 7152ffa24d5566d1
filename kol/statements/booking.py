"""Booking claims: what orders are due is compared with what is booked, and the difference is a new line."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from babel.numbers import get_currency_precision
from psycopg import Connection, sql

from commerce.models import new_id

HERE: Final = Path(__file__).parent

DUE: Final = """
CREATE TEMP TABLE IF NOT EXISTS due (
    partner_id uuid NOT NULL,
    order_id uuid PRIMARY KEY,
    collaboration_id uuid NOT NULL,
    model text NOT NULL,
    currency text NOT NULL,
    placed_at timestamptz NOT NULL,
    base numeric NOT NULL,
    returned_at timestamptz,
    commission numeric NOT NULL DEFAULT 0
) ON COMMIT DROP
"""

# Whoever decides about one of them waits until this is committed, or this waits for that.
LOCK: Final = """
SELECT id FROM kol_claim
WHERE partner_id = %(partner)s
    AND (placed_at >= %(since)s OR order_id IN (SELECT order_id FROM due))
ORDER BY id FOR UPDATE
"""

# Lines of claims that went elsewhere leave what is not locked: nothing of it is to be paid there.
HOLDING: Final = """
SELECT s.id FROM kol_statement s
WHERE s.partner_id = %(partner)s AND s.status IN ('ESTIMATED', 'APPROVED') AND EXISTS (
    SELECT FROM unnest(%(claims)s::uuid[], %(left)s::uuid[]) AS m (claim_id, collaboration_id)
    JOIN kol_claimline l ON l.partner_id = s.partner_id AND l.claim_id = m.claim_id
        AND l.collaboration_id = m.collaboration_id
    WHERE l.statement_id = s.id
)
ORDER BY s.id FOR UPDATE
"""
TAKE_OFF: Final = """
UPDATE kol_claimline l SET statement_id = NULL
FROM unnest(%(claims)s::uuid[], %(left)s::uuid[]) AS m (claim_id, collaboration_id)
WHERE l.partner_id = %(partner)s AND l.claim_id = m.claim_id AND l.collaboration_id = m.collaboration_id
    AND l.statement_id = ANY(%(statements)s)
"""
# What was approved was another sum.
REOPEN: Final = """
UPDATE kol_statement SET status = 'ESTIMATED', approved_at = NULL
WHERE partner_id = %(partner)s AND id = ANY(%(statements)s) AND status = 'APPROVED'
RETURNING id
"""
RECORD: Final = """
INSERT INTO commerce_recordentry
    (partner_id, id, at, who, action, subject_kind, subject_id, reason, details)
SELECT %(partner)s, gen_random_uuid(), %(now)s, 'attribution', action, kind, subject, reason, details
FROM unnest(%(actions)s::text[], %(kinds)s::text[], %(subjects)s::uuid[], %(reasons)s::text[],
    %(details)s::jsonb[]) AS t (action, kind, subject, reason, details)
"""


def create_due(connection: Connection[Any]) -> None:
    """An empty table `due`, until the transaction ends: what is due of the partner's paid orders.

    A row an order: (partner_id, order_id, collaboration_id, model, currency, placed_at, base, returned_at).
    `base` is its net merchandise, `returned_at` when the latest of it was given back. For tiers it holds
    every order of each collaboration that it names.
    """
    connection.execute(DUE)
    connection.execute("TRUNCATE due")


def book(connection: Connection[Any], *, partner_id: UUID, since: datetime, now: datetime) -> int:
    """Book what `due` says, in the open transaction; answers how many lines that made.

    Claims of orders placed since then that are not in `due` are due to nobody. Twice is once.
    """
    connection.execute("ANALYZE due")
    found = connection.execute("SELECT DISTINCT currency FROM due ORDER BY currency").fetchall()
    currencies = [row[0] for row in found]
    values = {
        "partner": partner_id,
        "since": since,
        "currencies": currencies,
        "digits": [get_currency_precision(currency) for currency in currencies],
        "stamp": str(new_id()),
        "now": now,
    }
    connection.execute(LOCK, values)
    connection.execute(_statement("rates.sql"), values)
    connection.execute(_statement("claims.sql"), values)
    moves = connection.execute(_statement("moves.sql"), values).fetchall()
    if moves:
        _follow(connection, moves, values)
    return connection.execute(_statement("lines.sql"), values).rowcount


def _follow(connection: Connection[Any], moves: list[tuple[Any, ...]], values: dict[str, Any]) -> None:
    """Put on record which claims went where, and take their lines off where they are not locked."""
    told = {**values, "claims": [move[0] for move in moves], "left": [move[1] for move in moves]}
    told["statements"] = [row[0] for row in connection.execute(HOLDING, told)]
    connection.execute(TAKE_OFF, told)
    reopened = [row[0] for row in connection.execute(REOPEN, told)]
    columns: dict[str, list[Any]] = {
        "actions": ["move_claim"] * len(moves) + ["reopen_statement"] * len(reopened),
        "kinds": ["claim"] * len(moves) + ["statement"] * len(reopened),
        "subjects": [*told["claims"], *reopened],
        "reasons": ["the order is another collaboration's"] * len(moves)
        + ["a claim on it is another collaboration's"] * len(reopened),
        "details": [
            _change({"collaboration": str(left), "status": status},
                {"collaboration": str(payee), "status": "PENDING"})
            for _, left, payee, status in moves
        ]
        + [_change({"status": "APPROVED"}, {"status": "ESTIMATED"})] * len(reopened),
    }  # fmt: skip
    connection.execute(RECORD, {**told, **columns})


def _change(before: dict[str, str], after: dict[str, str]) -> str:
    return json.dumps({"before": before, "after": after})


def _statement(name: str) -> sql.SQL:
    text: Any = (HERE / name).read_text()
    return sql.SQL(text)
