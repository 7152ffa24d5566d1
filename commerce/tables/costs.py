"""What products cost, from a table: a row is about the product with its SKU."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from commerce.ingest.decode import Parsed
from commerce.models import Product
from commerce.tables.planning import MOST_ROWS, RowOutcome, Status, blame, event_of, judged, missing
from commerce.tables.reading import Layout, Row

COLUMNS: Final = ("sku", "cost", "currency", "source")
NAMED: Final = {"item_id": "sku"}
"""Columns by what the event calls them."""


@dataclass(frozen=True)
class CostTable:
    """Rows of what products cost."""

    name = "costs"
    layout = Layout(columns=COLUMNS, needed=COLUMNS[:3], most_rows=MOST_ROWS)

    def plan(self, rows: Sequence[Row], *, partner_id: UUID, now: datetime) -> list[RowOutcome]:
        """What becomes of each row; a product has one cost, in the currency of its price."""
        outcomes = [RowOutcome(row=row) for row in rows]
        complete = [one for one in outcomes if not missing(one, self.layout.needed)]
        by_sku: dict[str, list[Product]] = {}
        skus = {one.row.cells["sku"] for one in complete}
        for row in Product.objects.using("worker").filter(partner_id=partner_id, external_id__in=skus):
            by_sku.setdefault(row.external_id, []).append(row)
        found = [
            (one, product)
            for one in complete
            if (product := _product(one, by_sku.get(one.row.cells["sku"], []))) is not None
        ]
        _plan(found, partner_id=partner_id, now=now)
        return outcomes


def _product(one: RowOutcome, products: Sequence[Product]) -> Product | None:
    """The product a row is about; None, and noted, where that is none or not told."""
    source = one.row.cells["source"]
    if not products:
        one.refuse("sku", "There is no such product.")
        return None
    named = [product for product in products if source in ("", product.source)]
    if len(named) == 1:
        return named[0]
    sources = ", ".join(sorted(product.source for product in products))
    one.refuse("source", f"This SKU is of {sources}: say which.")
    return None


def _plan(found: Sequence[tuple[RowOutcome, Product]], *, partner_id: UUID, now: datetime) -> None:
    events = []
    for one, product in found:
        cells = one.row.cells
        told = {"item_id": cells["sku"], "cost": cells["cost"], "currency": cells["currency"].upper()}
        events.append(
            event_of("product_updated", told, source=product.source, identity=list(told.values()), now=now)
        )
    first: dict[UUID, int] = {}
    verdicts = judged(events, partner_id=partner_id, now=now)
    for (one, product), event, verdict in zip(found, events, verdicts, strict=True):
        if not isinstance(verdict, Parsed):
            blame(one, verdict, columns=NAMED)
            continue
        one.event = event
        line = first.setdefault(product.pk, one.row.line)
        if line != one.row.line:
            one.refuse("sku", f"Line {line} is of the same product.")
        elif product.price is not None and product.currency not in (None, verdict.data.currency):
            one.refuse("currency", f"Its price is in {product.currency}, and so is what it costs.")
        elif product.cost is None:
            one.status = Status.NEW
        elif (product.cost, product.currency) == (verdict.data.cost, verdict.data.currency):
            one.status = Status.KNOWN
        else:
            one.status = Status.CHANGED
            one.before = f"{product.cost.normalize():f} {product.currency or ''}".rstrip()


COSTS: Final = CostTable()
