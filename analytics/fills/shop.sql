-- The shop's days and hours: orders by when they were placed, refunds and cancellations by their own time.
-- An hour begins where the partner's clock shows a full hour. Uses orderfact_partner_placed,
-- orderfact_partner_cancelled, refundfact_partner_occurred.
WITH day AS (
    SELECT date, commerce_day_start(date, %(timezone)s) AS starts_at,
        commerce_day_start(date + 1, %(timezone)s) AS ends_at
    FROM unnest(%(days)s::date[]) AS d (date)
), facts AS ({facts}), o AS (
    SELECT 'DAY' AS grain, date, starts_at, currency, is_live, is_order, customer_id, paid_at, units, merchandise, refunded,
        refunded_units, cancelled
    FROM facts
    UNION ALL
    SELECT 'HOUR', date, at - (at AT TIME ZONE %(timezone)s - date_trunc('hour', at AT TIME ZONE %(timezone)s)),
        currency, is_live, is_order, customer_id, paid_at, units, merchandise, refunded, refunded_units, cancelled
    FROM facts
), written AS (
    INSERT INTO analytics_shopperiod (partner_id, id, grain, date, started_at, currency, {columns})
    SELECT %(partner)s, md5(%(partner)s::text || o.grain || o.starts_at::text || o.currency)::uuid, o.grain, o.date,
        o.starts_at, o.currency, {aggregates}
    FROM o GROUP BY o.grain, o.date, o.starts_at, o.currency
    ON CONFLICT (partner_id, grain, started_at, currency) DO UPDATE SET date = EXCLUDED.date, {updates}
    RETURNING grain, started_at, currency
)
DELETE FROM analytics_shopperiod t
WHERE t.partner_id = %(partner)s AND t.date = ANY(%(days)s)
    AND NOT EXISTS (
        SELECT 1 FROM written w
        WHERE w.grain = t.grain AND w.started_at = t.started_at AND w.currency = t.currency
    )
