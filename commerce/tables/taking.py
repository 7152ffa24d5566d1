"""Taking a table in: what it says goes through the door in one batch, or nothing does."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson

from commerce import ingest
from commerce.access import Actor, Forbidden
from commerce.record import put_on_record
from commerce.tables.planning import Outcome, Status, Table
from commerce.tables.reading import Row


def import_table(
    table: Table,
    rows: Sequence[Row],
    *,
    partner_id: UUID,
    actor: Actor,
    preview: bool,
    now: datetime,
    reason: str = "",
) -> Outcome:
    """Take rows in; with `preview` only say what that would change. On record.

    Nothing is done where a row is refused. What is known already is not sent again, so that the same table
    changes nothing when it comes twice, whatever its file is called. Raises `Forbidden`, and
    psycopg.OperationalError while the database is away.
    """
    if partner_id not in actor.partner_ids:
        raise Forbidden("There is no such partner to see.")
    outcome = Outcome(rows=table.plan(rows, partner_id=partner_id, now=now))
    if preview or outcome.has_errors:
        return outcome
    sent = [one for one in outcome.rows if one.status in (Status.NEW, Status.CHANGED)]
    if sent:
        bodies = [orjson.dumps(one.event) for one in sent]
        for failure in ingest.accept(bodies, partner_id=partner_id, now=now).errors:
            sent[failure.index].refuse("", failure.message)
        put_on_record(
            actor=actor,
            partner_id=partner_id,
            action=f"import_{table.name}",
            subject_kind="table",
            subject_id=None,
            reason=reason,
            now=now,
            details={status.value.lower(): outcome.count(status) for status in Status},
            using="worker",
        )
    outcome.is_done = True
    return outcome
