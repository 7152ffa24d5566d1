"""What can be taken out of a statement: what it is of and comes to, and its lines. No customer is in it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from analytics.exports.tables import Cell, Row, Table
from commerce.access import Actor
from kol import queries

PAGE: Final = 1000
"""Lines read at once."""
LINE_HEADERS: Final = (
    "order", "order_date", "date", "kind", "base", "rate", "amount", "currency", "claim_status",
)  # fmt: skip


def _found(statement_id: UUID, actor: Actor) -> Any:
    rows = queries.statements(actor=actor).select_related("collaboration__kol", "collaboration__campaign")
    return rows.select_related("collaboration__kol", "collaboration__campaign__partner").get(id=statement_id)


def _summary(statement_id: UUID, actor: Actor) -> Table:
    def rows() -> Iterator[Row]:
        one = _found(statement_id, actor)
        booked = queries.booked([one.id], actor=actor, of="statement_id")[one.id]
        carried = queries.carried([one.id], actor=actor)[one.id]
        campaign = one.collaboration.campaign
        told: list[tuple[str, Cell]] = [
            ("statement", str(one.id)),
            ("partner", campaign.partner.name),
            ("campaign", campaign.name),
            ("influencer", one.collaboration.kol.name),
            ("first_day", one.starts_on.isoformat()),
            ("day_after_last", one.ends_on.isoformat()),
            ("status", one.status),
            ("currency", one.currency),
            ("lines", booked.lines),
            ("base", booked.base),
            ("total", booked.amount if one.total is None else one.total),
            ("carried_from_before", carried),
            ("approved_at", one.approved_at),
            ("locked_at", one.locked_at),
            ("paid_at", one.paid_at),
            ("payment_reference", one.payment_reference or None),
        ]
        yield from told

    return Table(name="Statement", headers=["what", "value"], rows=rows())


def _lines(statement_id: UUID, actor: Actor) -> Table:
    def rows() -> Iterator[Row]:
        zone = ZoneInfo(_found(statement_id, actor).collaboration.campaign.partner.timezone)
        chosen = queries.claim_lines(actor=actor).filter(statement_id=statement_id)
        chosen = chosen.order_by("occurred_at", "id")
        place: tuple[datetime, UUID] = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
        while page := list(chosen.filter(_after(place))[:PAGE]):
            known = queries.claims(actor=actor).filter(id__in=[line.claim_id for line in page])
            status = dict(known.values_list("id", "status"))
            for line in page:
                yield [
                    line.order_number,
                    line.placed_at.astimezone(zone).date().isoformat(),
                    line.occurred_at.astimezone(zone).date().isoformat(),
                    line.kind,
                    line.base,
                    line.rate,
                    line.amount,
                    line.currency,
                    status.get(line.claim_id),
                ]
            place = (page[-1].occurred_at, page[-1].id)

    return Table(name="Lines", headers=LINE_HEADERS, rows=rows())


def _after(place: tuple[datetime, UUID]) -> Q:
    moment, identity = place
    return Q(occurred_at__gt=moment) | Q(occurred_at=moment, id__gt=identity)


def exact(cell: Cell) -> Cell:
    """A number without the zeros that only its column has."""
    if not isinstance(cell, Decimal):
        return cell
    return cell.quantize(Decimal(1)) if cell == cell.to_integral_value() else cell.normalize()


STATEMENT_TABLES: Final[dict[str, Callable[[UUID, Actor], Table]]] = {
    "STATEMENT": _summary,
    "LINES": _lines,
}
