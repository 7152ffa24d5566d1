"""Who followed links, counted; and the orders that belong elsewhere because of a code."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections
from django.db.models import Count

from kol.models import LinkClick, PromoCode, TrackingLink


class Clicks(NamedTuple):
    """Clicks of a link, by who followed it."""

    person: int = 0
    bot: int = 0
    prefetch: int = 0


def clicks_of(links: Collection[TrackingLink], *, using: str = "default") -> dict[UUID, Clicks]:
    """Clicks of each link by its id, by one statement; of links nobody followed zeros."""
    rows = (
        LinkClick.objects.using(using)
        .filter(partner_id__in={link.partner_id for link in links}, link_id__in=[link.id for link in links])
        .values_list("link_id", "by")
        .annotate(count=Count("id"))
        .order_by()
    )
    found = {link.id: Clicks() for link in links}
    for link_id, by, count in rows:
        found[link_id] = found[link_id]._replace(**{by.lower(): count})
    return found


ORDERS_WITH_CODE = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)
SELECT o.partner_id, %(now)s, 0, '', 'ORDER', o.id::text, false FROM commerce_order o
WHERE o.partner_id = %(partner)s AND upper(btrim(o.coupon)) = %(code)s AND o.placed_at IS NOT NULL
"""


def mark_orders_with_code(code: PromoCode, *, now: datetime, using: str = "default") -> None:
    """Have orders with a code of a session settled again, in the transaction of the code's change.

    To be called whenever a code with a session is made, changed or ended: an order that came before belongs
    to that session too.
    """
    with connections[using].cursor() as cursor:
        values: dict[str, Any] = {"now": now, "partner": code.partner_id, "code": code.code.strip().upper()}
        cursor.execute(ORDERS_WITH_CODE, values)
