-- Carts that something was put into on some days; answers the ids of those that are new there, or are not there any
-- more: they may be begun on another day now. Uses event_partner_shop.
WITH day AS (
    SELECT date, commerce_day_start(date, %(timezone)s) AS starts_at,
        commerce_day_start(date + 1, %(timezone)s) AS ends_at
    FROM unnest(%(days)s::date[]) AS d (date)
), cart AS (
    SELECT date, COALESCE(cart_id, '') AS cart_id, CASE WHEN cart_id IS NULL THEN viewer_id END AS viewer_id,
        min(occurred_at) AS added_at
    FROM (
        SELECT d.date, e.occurred_at, e.viewer_id, e.properties ->> 'cart_id' AS cart_id
        FROM day d
        JOIN commerce_event e ON e.partner_id = %(partner)s AND e.occurred_at >= d.starts_at
            AND e.occurred_at < d.ends_at AND e.kind = {add_to_cart} AND e.item = 0
    ) added
    WHERE cart_id IS NOT NULL OR viewer_id IS NOT NULL
    GROUP BY 1, 2, 3
), written AS (
    INSERT INTO analytics_shopcart AS t (partner_id, id, date, cart_id, viewer_id, added_at, is_first, is_placed, is_paid)
    SELECT %(partner)s, md5(concat_ws(' ', %(partner)s::text, date, COALESCE(viewer_id::text, '-'), cart_id))::uuid, date, cart_id, viewer_id,
        added_at, cart_id = '', false, false
    FROM cart
    ON CONFLICT (partner_id, cart_id, viewer_id, date) DO UPDATE SET added_at = EXCLUDED.added_at
    WHERE t.added_at <> EXCLUDED.added_at
    RETURNING t.cart_id
), gone AS (
    DELETE FROM analytics_shopcart t
    WHERE t.partner_id = %(partner)s AND t.date = ANY(%(days)s)
        AND NOT EXISTS (
            SELECT 1 FROM cart c
            WHERE c.date = t.date AND c.cart_id = t.cart_id
                AND COALESCE(c.viewer_id, {nobody}) = COALESCE(t.viewer_id, {nobody})
        )
    RETURNING cart_id
)
SELECT cart_id FROM written WHERE cart_id <> '' UNION SELECT cart_id FROM gone WHERE cart_id <> ''
