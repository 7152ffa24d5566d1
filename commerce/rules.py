"""A partner's rules for numbers: its calendar, currency and the limits of presence and assignment."""

from datetime import datetime
from typing import Final

from django.db import connections, transaction

from commerce.models import Partner

RULES: Final = frozenset(
    {"currency", "timezone", "tail_seconds", "silence_seconds", "grace_seconds", "week_starts_on"}
)

# Days a day wider on both sides than the facts: the calendar itself may have moved.
MARK_EVERYTHING: Final = """
INSERT INTO commerce_stale (partner_id, marked_at, attempts, last_error, kind, subject, is_whole)
SELECT %(partner)s, %(now)s, 0, '', kind, subject, kind IN ('SESSION', 'DAY') FROM (
    SELECT 'ORDER' AS kind, id::text AS subject FROM commerce_order WHERE partner_id = %(partner)s
    UNION ALL
    SELECT 'ORDER', id::text FROM commerce_refund WHERE partner_id = %(partner)s AND order_id IS NULL
    UNION ALL
    SELECT 'SESSION', id::text FROM commerce_livesession WHERE partner_id = %(partner)s
    UNION ALL
    SELECT 'CUSTOMER', id::text FROM commerce_customer WHERE partner_id = %(partner)s
    UNION ALL
    -- Cohorts by the same days: those of lives that stay as they are have other weeks.
    SELECT of_days, to_char(day, 'YYYY-MM-DD') FROM (
        SELECT min(moment) AS first, max(moment) AS last FROM (
            SELECT placed_at AS moment FROM commerce_order WHERE partner_id = %(partner)s
            UNION ALL SELECT cancelled_at FROM commerce_order WHERE partner_id = %(partner)s
            UNION ALL SELECT occurred_at FROM commerce_refund WHERE partner_id = %(partner)s
            -- Page views and adds to carts, by event_partner_shop: days may have nothing else.
            UNION ALL SELECT min(occurred_at) FROM commerce_event
                WHERE partner_id = %(partner)s AND kind IN (35, 52)
            UNION ALL SELECT max(occurred_at) FROM commerce_event
                WHERE partner_id = %(partner)s AND kind IN (35, 52)
        ) moments
    ) span, generate_series(first::date - 1, last::date + 1, interval '1 day') AS day,
        unnest(ARRAY['DAY', 'COHORT']) AS of_days
) everything
"""


def change_partner(partner: Partner, *, changed: set[str], now: datetime) -> bool:
    """Save a partner's settings; answers whether every number of it is now to be computed again.

    In one transaction of the worker: nobody sees new rules without the marks that say so.
    """
    is_rule = bool(changed & RULES)
    with transaction.atomic(using="worker"):
        partner.save(using="worker", update_fields=sorted(changed))
        if is_rule:
            with connections["worker"].cursor() as cursor:
                cursor.execute(MARK_EVERYTHING, {"partner": partner.pk, "now": now})
    return is_rule
