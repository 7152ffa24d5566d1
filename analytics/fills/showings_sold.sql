-- What was sold in some product moments, and who of those who were there bought.
-- Uses orderfact_partner_session, line_partner_order_position, viewing_partner_session_viewer.
WITH moment AS (
    SELECT * FROM unnest(%(moments)s::uuid[], %(moments_of)s::uuid[], %(products)s::uuid[], %(featured)s::timestamptz[],
        %(ended)s::timestamptz[], %(window_ended)s::timestamptz[], %(sold_in)s::text[])
        AS m (id, session_id, product_id, featured_at, ends_at, window_ends_at, currency)
), session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(edges)s::timestamptz[], %(heartbeats)s::bool[])
        AS s (session_id, ends_at, heartbeats)
), sale AS MATERIALIZED (
    SELECT subject_id, order_id, viewer_id, currency, placed_at FROM {sold} f
    WHERE f.paid_at IS NOT NULL AND f.placed_at >= %(earliest)s
), ordered AS (
    SELECT m.id, m.session_id, f.order_id, f.viewer_id, m.featured_at, m.window_ends_at, sum(l.quantity * l.price) AS amount,
        bool_and(f.currency = m.currency AND f.placed_at < m.ends_at) AS is_sale,
        bool_and(f.placed_at < m.window_ends_at) AS is_in_window
    FROM sale f
    -- By the index: without loops all lines there are would be read.
    JOIN commerce_orderline l ON l.partner_id = %(partner)s AND l.order_id = f.order_id
        AND l.order_id = ANY(ARRAY(SELECT order_id FROM sale))
    JOIN moment m ON m.session_id = f.subject_id AND m.product_id = l.product_id
        AND f.placed_at >= m.featured_at AND f.placed_at < GREATEST(m.ends_at, m.window_ends_at)
    GROUP BY 1, 2, 3, 4, 5, 6
), sold AS (
    SELECT id, count(*) AS orders, sum(amount) AS sales FROM ordered WHERE is_sale GROUP BY 1
), bought AS (
    SELECT o.id, count(DISTINCT o.viewer_id) AS buyers
    FROM ordered o
    JOIN session s USING (session_id)
    CROSS JOIN LATERAL (
        SELECT * FROM analytics_viewing v
        WHERE v.partner_id = %(partner)s AND v.session_id = o.session_id AND v.viewer_id = o.viewer_id
        OFFSET 0
    ) v
    WHERE o.is_in_window AND EXISTS (
        SELECT 1 FROM unnest(v.started, v.ended) AS p (begins, finishes)
        WHERE p.begins < o.window_ends_at AND (p.begins >= o.featured_at OR o.featured_at < COALESCE(p.finishes, CASE
            WHEN s.heartbeats AND s.ends_at - v.last_sign_at > %(silence)s THEN v.last_sign_at + %(grace)s
            ELSE s.ends_at END))
    )
    GROUP BY 1
)
UPDATE analytics_sessionshowing t SET
    currency = m.currency, moment_buyers = COALESCE(b.buyers, 0), orders = COALESCE(s.orders, 0),
    live_sales = COALESCE(s.sales, 0)
FROM moment m
LEFT JOIN sold s USING (id)
LEFT JOIN bought b USING (id)
WHERE t.partner_id = %(partner)s AND t.id = ANY(%(moments)s) AND t.id = m.id
