-- Visits and carts of the shop's days and hours, by when they began. Uses shopvisitor_partner_date,
-- shopcart_partner_date.
WITH began AS (
    SELECT date, started_at AS at, visits, visits_with_add, 0 AS is_cart, false AS is_placed, false AS is_paid
    FROM analytics_shopvisitor WHERE partner_id = %(partner)s AND date = ANY(%(days)s) AND visits > 0
    UNION ALL
    SELECT date, added_at - (added_at AT TIME ZONE %(timezone)s - date_trunc('hour', added_at AT TIME ZONE %(timezone)s)),
        0, 0, 1, is_placed, is_paid
    FROM analytics_shopcart WHERE partner_id = %(partner)s AND date = ANY(%(days)s) AND is_first
), t AS (
    SELECT 'HOUR' AS grain, date, at AS started_at, visits, visits_with_add, is_cart, is_placed, is_paid FROM began
    UNION ALL
    SELECT 'DAY', date, commerce_day_start(date, %(timezone)s), visits, visits_with_add, is_cart, is_placed, is_paid
    FROM began
), written AS (
    INSERT INTO analytics_shoptraffic (partner_id, id, grain, date, started_at, {columns})
    SELECT %(partner)s, md5(%(partner)s::text || t.grain || t.started_at::text)::uuid, t.grain, t.date, t.started_at, {aggregates}
    FROM t GROUP BY t.grain, t.date, t.started_at
    ON CONFLICT (partner_id, grain, started_at) DO UPDATE SET date = EXCLUDED.date, {updates}
    RETURNING grain, started_at
)
DELETE FROM analytics_shoptraffic s
WHERE s.partner_id = %(partner)s AND s.date = ANY(%(days)s)
    AND NOT EXISTS (SELECT 1 FROM written w WHERE w.grain = s.grain AND w.started_at = s.started_at)
