-- The shop's days in parts, one row a dimension and part: the same facts and aggregates as the days themselves.
WITH day AS (
    SELECT date, commerce_day_start(date, %(timezone)s) AS starts_at,
        commerce_day_start(date + 1, %(timezone)s) AS ends_at
    FROM unnest(%(days)s::date[]) AS d (date)
), f AS MATERIALIZED ({facts}), o AS (
    SELECT f.*, p.dimension, p.part
    FROM f
    {joins}
    CROSS JOIN LATERAL (VALUES {parts}) AS p (dimension, part)
), written AS (
    INSERT INTO analytics_shoppart (partner_id, id, date, dimension, part, currency, {columns})
    SELECT %(partner)s, md5(concat_ws(' ', %(partner)s::text, o.date, o.currency, o.dimension, o.part))::uuid, o.date,
        o.dimension, o.part, o.currency, {aggregates}
    FROM o GROUP BY o.date, o.dimension, o.part, o.currency
    ON CONFLICT (partner_id, dimension, date, part, currency) DO UPDATE SET {updates}
    RETURNING dimension, date, part, currency
)
DELETE FROM analytics_shoppart t
WHERE t.partner_id = %(partner)s AND t.dimension = ANY(%(dimensions)s) AND t.date = ANY(%(days)s)
    AND NOT EXISTS (
        SELECT 1 FROM written w
        WHERE w.dimension = t.dimension AND w.date = t.date AND w.part = t.part AND w.currency = t.currency
    )
