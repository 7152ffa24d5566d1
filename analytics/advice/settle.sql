-- What became of advice: featured in time or not, and what was sold in the 90 seconds from then.
-- Uses pin_partner_session_rank, sessionshowing_partner_moment, orderfact_partner_session.
UPDATE analytics_pinrecommendation a
SET state = CASE WHEN m.featured_at IS NULL THEN 'IGNORED' ELSE 'ADOPTED' END,
    featured_at = m.featured_at, outcome_viewers = m.moment_viewers, outcome_buyers = m.moment_buyers,
    outcome_sales = m.sales
FROM analytics_pinrecommendation p
LEFT JOIN LATERAL (
    SELECT w.featured_at, w.moment_viewers, w.moment_buyers, (
        SELECT COALESCE(sum(l.quantity * l.price), 0)
        FROM analytics_orderfact o
        JOIN commerce_orderline l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
            AND l.product_id = w.product_id
        WHERE o.partner_id = w.partner_id AND o.session_id = w.session_id AND o.paid_at IS NOT NULL
            AND o.currency = p.currency AND o.placed_at >= w.featured_at AND o.placed_at < w.window_ends_at
    ) AS sales
    FROM analytics_sessionshowing w
    WHERE w.partner_id = p.partner_id AND w.session_id = p.session_id AND w.product_id = p.product_id
        AND w.featured_at >= p.made_at AND w.featured_at < p.made_at + %(horizon)s
    ORDER BY w.featured_at LIMIT 1
) m ON true
WHERE p.partner_id = %(partner)s AND p.state = 'OPEN' AND p.made_at <= %(settled_until)s
    AND a.partner_id = p.partner_id AND a.id = p.id
