"""Marketing money from a table: a row is known by its days, currency, channel, campaign and purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from commerce.ingest.decode import Parsed
from commerce.ingest.spending import spent
from commerce.models import Spend
from commerce.tables.planning import MOST_ROWS, RowOutcome, Status, blame, event_of, judged, missing
from commerce.tables.reading import Layout, Row

SOURCE: Final = "/table/spend"
"""Of everything that tables say was spent."""
COLUMNS: Final = ("from", "to", "amount", "currency", "channel", "campaign", "purpose")
CAPITALS: Final = ("currency", "purpose")
KEY: Final = ("starts_on", "ends_on", "currency", "channel", "campaign", "purpose")


@dataclass(frozen=True)
class SpendTable:
    """Rows of money spent."""

    name = "spend"
    layout = Layout(columns=COLUMNS, needed=COLUMNS[:4], most_rows=MOST_ROWS)

    def plan(self, rows: Sequence[Row], *, partner_id: UUID, now: datetime) -> list[RowOutcome]:
        """What becomes of each row; the same days, currency, channel, campaign and purpose stand once."""
        outcomes = [RowOutcome(row=row) for row in rows]
        complete = [one for one in outcomes if not missing(one, self.layout.needed)]
        told = _understood(complete, partner_id=partner_id, now=now)
        first: dict[str, int] = {}
        for one, values in told:
            key = [str(values[name]) for name in KEY]
            one.event = event_of("marketing_spend", _data(one.row), source=SOURCE, identity=key, now=now)
            line = first.setdefault(one.event["id"], one.row.line)
            if line != one.row.line:
                rule = f"Line {line} has the same days, currency, channel, campaign and purpose: add them up."
                one.refuse("amount", rule)
        _compare(told, partner_id=partner_id)
        return outcomes


def _data(row: Row) -> dict[str, str]:
    return {name: text.upper() if name in CAPITALS else text for name, text in row.cells.items()}


def _understood(
    outcomes: Sequence[RowOutcome], *, partner_id: UUID, now: datetime
) -> list[tuple[RowOutcome, dict[str, Any]]]:
    """Rows that the door takes, with what they say; of the others it is noted why not."""
    events = [
        event_of("marketing_spend", _data(one.row), source=SOURCE, identity=(), now=now) for one in outcomes
    ]
    told = []
    for one, verdict in zip(outcomes, judged(events, partner_id=partner_id, now=now), strict=True):
        if isinstance(verdict, Parsed):
            told.append((one, spent(verdict.data)))
        else:
            blame(one, verdict, columns={})
    return told


def _compare(told: Sequence[tuple[RowOutcome, dict[str, Any]]], *, partner_id: UUID) -> None:
    """Tell rows that are known from those that say something new."""
    ids = [one.event["id"] for one, _ in told if one.event is not None]
    rows = Spend.objects.using("worker").filter(
        partner_id=partner_id, source=SOURCE, external_id__in=ids, amount__isnull=False
    )
    known: dict[str, Decimal | None] = dict(rows.values_list("external_id", "amount"))
    for one, values in told:
        if one.event is None:
            continue
        amount = known.get(one.event["id"])
        if amount is None:
            one.status = Status.NEW
        elif amount == values["amount"]:
            one.status = Status.KNOWN
        else:
            one.status, one.before = Status.CHANGED, f"{amount.normalize():f}"


SPEND: Final = SpendTable()
