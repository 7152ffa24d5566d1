"""What new events make stale, told in their transaction."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection

from commerce.ingest.decode import Parsed
from commerce.ingest.entities import Known
from commerce.ingest.moments import moment_of
from commerce.ingest.resolve import Name
from commerce.ingest.vocabulary import COUNTED_BY_DAY, SIGNS_OF_LIFE, Kind
from commerce.models import Stale

QUARTER: Final = 15 * 60 * 1_000_000
"""Microseconds of a quarter of an hour: wherever they begin, no day begins inside one."""


def mark(
    connection: Connection[Any],
    fresh: Sequence[Parsed],
    known: Known,
    orders: set[UUID],
    *,
    partner_id: UUID,
    now: datetime,
) -> None:
    """Leave the hints by which fills know what to recompute."""
    # By names until the end: a UUID is hashed in Python, a pair of texts is not.
    since: dict[Name, int] = {}
    viewers: dict[Name, dict[str, int]] = defaultdict(dict)
    whole: set[Name] = set()
    quarters: set[int] = set()
    for p in fresh:
        if p.kind in COUNTED_BY_DAY:
            quarters.add(p.at // QUARTER)
        if p.session is None or Kind.purchase <= p.kind <= Kind.refund:
            continue
        name, at = (p.source, p.session), p.at
        if at < since.get(name, at + 1):
            since[name] = at
        if p.kind <= Kind.live_session_ended:
            whole.add(name)
        if p.viewer is not None and p.kind in SIGNS_OF_LIFE:
            seen = viewers[name]
            if at < seen.get(p.viewer, at + 1):
                seen[p.viewer] = at
    marks = [
        {
            "subject": known.sessions[name],
            "is_whole": name in whole,
            "since": moment_of(at),
            "viewers": [known.viewers[name[0], viewer] for viewer in viewers[name]],
            "viewers_since": [moment_of(moment) for moment in viewers[name].values()],
        }
        for name, at in since.items()
    ]
    with connection.pipeline():
        if marks:
            connection.execute(
                "INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, "
                "kind, subject, is_whole, since, viewers, viewers_since) "
                "SELECT %s, %s, 0, '', %s, * FROM jsonb_to_recordset(%s::jsonb) AS u (subject text, "
                "is_whole bool, since timestamptz, viewers uuid[], viewers_since timestamptz[])",
                [partner_id, now, Stale.Kind.SESSION.value, orjson.dumps(marks).decode()],
            )
        if quarters:
            # The calendar stays as it is until this has been committed: who changes it marks every day anew.
            connection.execute(
                "INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, "
                "is_whole, viewers, viewers_since) SELECT DISTINCT p.id, %s::timestamptz, 0, '', %s, "
                "to_char(at AT TIME ZONE p.timezone, 'YYYY-MM-DD'), false, '{}'::uuid[], '{}'::timestamptz[] "
                "FROM (SELECT id, timezone FROM commerce_partner WHERE id = %s FOR SHARE) p, "
                "unnest(%s::timestamptz[]) AS at",
                [now, Stale.Kind.DAY.value, partner_id, [moment_of(q * QUARTER) for q in sorted(quarters)]],
            )
        if orders:
            connection.execute(
                "INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, "
                "is_whole) SELECT %s, %s, 0, '', %s, unnest(%s::text[]), false",
                [partner_id, now, Stale.Kind.ORDER.value, sorted(map(str, orders))],
            )
