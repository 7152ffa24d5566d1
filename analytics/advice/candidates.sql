-- Products that may be featured next in a live session, with what moments so far say of them; and what is featured.
-- Uses product_partner_external, sessionshowing_partner_moment, orderfact_partner_session.
WITH past AS (
    SELECT w.product_id, sum(w.moment_viewers)::bigint AS viewers, sum(w.moment_buyers)::bigint AS buyers
    FROM analytics_sessionshowing w
    -- Of merged sessions the whole: its moments are those of its broadcasts.
    JOIN commerce_livesession s ON s.partner_id = w.partner_id AND s.id = w.session_id
        AND s.merged_into_id IS NULL AND s.split_at IS NULL
    WHERE w.partner_id = %(partner)s GROUP BY 1
), shown AS (
    SELECT w.product_id,
        array_agg(extract(epoch FROM %(now)s - w.ends_at) / 60 ORDER BY w.featured_at) AS minutes,
        bool_or(w.unfeatured_at IS NULL OR w.unfeatured_at > %(now)s) AS is_featured
    FROM analytics_sessionshowing w
    WHERE w.partner_id = %(partner)s AND w.session_id = %(session)s GROUP BY 1
), sold AS (
    -- Since the stock was told, in this session.
    SELECT l.product_id, sum(l.quantity)::bigint AS pieces
    FROM analytics_orderfact o
    JOIN commerce_orderline l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
    JOIN commerce_product d ON d.partner_id = l.partner_id AND d.id = l.product_id
    WHERE o.partner_id = %(partner)s AND o.session_id = %(session)s AND o.cancelled_at IS NULL
        AND o.placed_at > to_timestamp((d.versions -> 'stock' ->> 0)::bigint / 1000000.0)
    GROUP BY 1
)
SELECT d.id, d.name, d.external_id, d.price,
    CASE WHEN d.stock IS NOT NULL THEN GREATEST(d.stock - COALESCE(sold.pieces, 0), 0) END,
    COALESCE(past.viewers, 0), COALESCE(past.buyers, 0), COALESCE(shown.minutes, '{}'),
    COALESCE(shown.is_featured, false)
FROM commerce_product d
LEFT JOIN past ON past.product_id = d.id
LEFT JOIN shown ON shown.product_id = d.id
LEFT JOIN sold ON sold.product_id = d.id
WHERE d.partner_id = %(partner)s
    AND d.source IN (
        SELECT s.source FROM commerce_livesession s
        WHERE s.partner_id = d.partner_id AND (s.id = %(session)s OR s.merged_into_id = %(session)s))
    AND COALESCE(d.currency, %(currency)s) = %(currency)s
ORDER BY COALESCE(past.viewers, 0) DESC, d.id
LIMIT 1000
