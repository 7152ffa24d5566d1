"""What products cost anew: campaigns and customers keep what their orders cost, and are told."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from commerce.ingest.claims import Changed

# Every campaign: a line that is on its way in another transaction is seen by nobody here. Since the end of
# time: no touch and no credit is another, only what is summed of them.
MARK: Final = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole, since)
SELECT %(partner)s, %(now)s, 0, '', 'CAMPAIGN', id::text, false, '9999-01-01T00:00:00Z'::timestamptz
FROM kol_campaign WHERE partner_id = %(partner)s
UNION ALL
SELECT %(partner)s, %(now)s, 0, '', 'CUSTOMER', unnest(%(products)s::uuid[])::text, false, NULL
"""


def tell(connection: Connection[Any], products: Changed, *, partner_id: UUID, now: datetime) -> None:
    """Mark the partner's campaigns, and who bought it, where a product costs something else than before."""
    others = [
        row["id"] for row in products.rows if _costs_otherwise(row["changes"], *products.before[row["id"]])
    ]
    if others:
        connection.execute(MARK, {"partner": partner_id, "now": now, "products": others})


def _costs_otherwise(changes: dict[str, Any], cost: str | None, currency: str | None) -> bool:
    before = None if cost is None else Decimal(cost)
    after = Decimal(str(changes["cost"])) if "cost" in changes else before
    if after is None:
        return False
    return before != after or changes.get("currency", currency) != currency
