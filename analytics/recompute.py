"""Served = recomputed: every derived cell of a partner computed anew from facts, beside what is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import models
from psycopg import Connection, sql

from analytics import fills, staleness
from analytics.models import (
    CampaignCredit,
    CampaignMoney,
    CampaignOverlap,
    CampaignRollup,
    CohortActivity,
    CohortDay,
    CollaborationFlag,
    Credit,
    CustomerLife,
    OrderFact,
    OrderShare,
    RefundFact,
    ReportedNumbers,
    SessionAudience,
    SessionComment,
    SessionMarker,
    SessionMinute,
    SessionProduct,
    SessionProductSales,
    SessionRollup,
    SessionSales,
    SessionShowing,
    SessionSource,
    SessionSourceSales,
    ShopCart,
    ShopPart,
    ShopPeriod,
    ShopProduct,
    ShopTraffic,
    ShopVisitor,
    SourceMinute,
    Touch,
    ViewerPath,
    Viewing,
)
from commerce.connection import worker_connection
from commerce.models import Stale
from commerce.rules import MARK_EVERYTHING

DERIVED: Final[tuple[type[models.Model], ...]] = (
    Viewing,
    OrderFact,
    RefundFact,
    SessionMinute,
    SessionRollup,
    SessionSales,
    SessionProduct,
    SessionProductSales,
    SessionShowing,
    ShopPeriod,
    ShopPart,
    ShopProduct,
    ShopVisitor,
    ShopCart,
    ShopTraffic,
    SessionMarker,
    SessionComment,
    ReportedNumbers,
    ViewerPath,
    SourceMinute,
    SessionSource,
    SessionSourceSales,
    SessionAudience,
    Touch,
    OrderShare,
    Credit,
    CollaborationFlag,
    CampaignRollup,
    CampaignCredit,
    CampaignMoney,
    CampaignOverlap,
    CustomerLife,
    CohortDay,
    CohortActivity,
)
ALL_CAMPAIGNS: Final = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)
SELECT %(partner)s, %(now)s, 0, '', 'CAMPAIGN', id::text, true
FROM kol_campaign WHERE partner_id = %(partner)s
"""
# What a row says is compared, and when that nothing about what it says.
NOT_COMPARED: Final = frozenset({"id", "partner_id", "computed_at", "first_settled_at", "is_behind"})
# A copy made while a session is live may be a minute old, and says so: compared is what is there for good.
COPIES: Final = frozenset({SessionAudience})


# Made of events that are in no log any more: they stay as they are, and are counted apart.
_OF_SESSION: Final = (
    "session_id IN (SELECT s.id FROM commerce_livesession s "
    "WHERE s.partner_id = %(partner)s AND s.frozen_at IS NOT NULL)"
)
_GONE: Final = "(SELECT p.events_gone_before FROM commerce_partner p WHERE p.id = %(partner)s)"
_OF_DAY: Final = (
    "date <= (SELECT (p.events_gone_before AT TIME ZONE p.timezone)::date FROM commerce_partner p "
    "WHERE p.id = %(partner)s)"
)
FROZEN: Final[dict[type[models.Model], str]] = {
    **dict.fromkeys(
        (
            Viewing, SessionMinute, SessionRollup, SessionSales, SessionProduct, SessionProductSales,
            SessionShowing, SessionMarker, SessionComment, ReportedNumbers, ViewerPath, SourceMinute,
            SessionSource, SessionSourceSales, SessionAudience,
        ),
        _OF_SESSION,
    ),
    **dict.fromkeys((ShopVisitor, ShopCart), _OF_DAY),
    Touch: f"kind <> 'LINK_CLICK' AND touched_at < {_GONE} + interval '30 minutes'",
}  # fmt: skip


@dataclass(kw_only=True)
class Check:
    """What a recomputation found; `waiting` counts subjects that were stale when it began.

    `frozen` counts cells beside the others that cannot be computed again, their events being gone.
    """

    cells: int = 0
    frozen: int = 0
    differences: int = 0
    waiting: int = 0
    by_table: dict[str, tuple[int, int]] = field(default_factory=dict)


def check(*, partner_id: UUID, now: datetime) -> Check:
    """Recompute everything of a partner from facts and compare; leaves the database as it was.

    What waits is filled first, as a worker would; and all of it is one moment's facts, so that a session
    which is live meanwhile is compared with itself.
    """
    connection = worker_connection()
    found = Check()
    with staleness.paused(connection, partner_id=partner_id), connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        row = connection.execute(
            "SELECT count(DISTINCT (kind, subject)) FROM commerce_stale WHERE partner_id = %s", [partner_id]
        ).fetchone()
        found.waiting = row[0] if row else 0
        fills.refresh_partner(partner_id=partner_id, now=now)
        aside = {model for model in DERIVED if _set_aside(connection, model, partner_id)}
        connection.execute(sql.SQL("DELETE FROM {} WHERE partner_id = %s").format(_name(Stale)), [partner_id])
        connection.execute(MARK_EVERYTHING, {"partner": partner_id, "now": now})
        connection.execute(ALL_CAMPAIGNS, {"partner": partner_id, "now": now})
        fills.refresh_partner(partner_id=partner_id, now=now)
        for model in DERIVED:
            cells, differences = _compare(connection, model, partner_id, has_stored=model in aside)
            found.frozen += _frozen_cells(connection, model, partner_id)
            found.by_table[str(model._meta.verbose_name_plural)] = (cells, differences)
            found.cells += cells
            found.differences += differences
    return found


def _name(model: type[models.Model]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)


def _stored(model: type[models.Model]) -> sql.Identifier:
    return sql.Identifier(f"stored_{model._meta.db_table}")


def _lasting(model: type[models.Model]) -> sql.Composable:
    """The rows of a partner that can be computed again."""
    frozen = FROZEN.get(model)
    rows = (
        "partner_id = %(partner)s"
        if frozen is None
        else f"partner_id = %(partner)s AND ({frozen}) IS NOT TRUE"
    )
    return sql.SQL(rows)


def _set_aside(connection: Connection[Any], model: type[models.Model], partner_id: UUID) -> bool:
    """Keep the stored rows, if there are any, in a temporary table, and start from none."""
    values = {"partner": partner_id}
    some = sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE {})").format(_name(model), _lasting(model))
    row = connection.execute(some, values).fetchone()
    if row is None or not row[0]:
        return False
    connection.execute(
        sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT * FROM {} WHERE {}").format(
            _stored(model), _name(model), _lasting(model)
        ),
        values,
    )
    connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(_name(model), _lasting(model)), values)
    return True


def _frozen_cells(connection: Connection[Any], model: type[models.Model], partner_id: UUID) -> int:
    """How many cells of a table stay as they are, whatever is computed."""
    if model not in FROZEN:
        return 0
    statement = sql.SQL("SELECT count(*) FROM {} WHERE partner_id = %(partner)s AND ({}) IS TRUE").format(
        _name(model), sql.SQL(FROZEN[model])
    )
    row = connection.execute(statement, {"partner": partner_id}).fetchone()
    return (row[0] if row else 0) * len(_columns(model))


def _columns(model: type[models.Model]) -> set[str]:
    """What of a row is compared."""
    return {f.attname for f in model._meta.local_concrete_fields} - NOT_COMPARED


def _compare(
    connection: Connection[Any], model: type[models.Model], partner_id: UUID, *, has_stored: bool
) -> tuple[int, int]:
    """(cells, differing cells) of a table; a row on one side only differs in all of its cells."""
    columns = _columns(model)
    stored: sql.Composable = _stored(model)
    if not has_stored:
        stored = sql.SQL("(SELECT * FROM {} WHERE false)").format(_name(model))
    differs = sql.SQL("(a.{0} IS DISTINCT FROM b.{0} OR a.id IS NULL OR b.id IS NULL)::int")
    differing = sql.SQL(" + ").join([differs.format(sql.Identifier(column)) for column in sorted(columns)])
    both_copies = "WHERE NOT (COALESCE(a.is_live, true) AND COALESCE(b.is_live, true))"
    only = sql.SQL(both_copies if model in COPIES else "")
    row = connection.execute(
        sql.SQL(
            "SELECT count(*) * {}, COALESCE(sum({}), 0) FROM {} a "
            "FULL JOIN (SELECT * FROM {} WHERE {}) b ON a.id = b.id {}"
        ).format(sql.Literal(len(columns)), differing, stored, _name(model), _lasting(model), only),
        {"partner": partner_id},
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)
