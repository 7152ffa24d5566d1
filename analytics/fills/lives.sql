-- What customers bought since their first purchase, each as one row; answers the days of first purchases
-- whose customers are others now, or bought otherwise.
-- Uses orderfact_partner_customer, line_partner_order_position, refundfact_partner_customer, commerce_order's key,
-- ordershare_partner_order_collaboration, life_partner_customer.
WITH bought AS MATERIALIZED (
    SELECT f.customer_id, f.order_id, f.session_id, f.currency, f.placed_at, f.paid_at IS NOT NULL AS is_paid,
        f.merchandise AS placed,
        (SELECT o.external_id FROM commerce_order o WHERE o.partner_id = f.partner_id AND o.id = f.order_id) AS external_id,
        CASE WHEN f.paid_at IS NULL OR f.cancelled_at IS NOT NULL THEN 0 ELSE f.merchandise - f.refunded END AS net,
        CASE WHEN f.paid_at IS NULL OR f.cancelled_at IS NOT NULL OR f.units = 0 THEN 0
            ELSE round(c.cost * (f.units - f.refunded_units) / f.units, 4) END AS cost
    FROM analytics_orderfact f
    CROSS JOIN LATERAL (
        -- Not known of one line, it is not known of the order; a cost in another currency is none.
        SELECT CASE WHEN count(*) = count(COALESCE(l.cost, d.cost)) THEN sum(l.quantity * COALESCE(l.cost, d.cost)) END AS cost
        FROM commerce_orderline l
        LEFT JOIN commerce_product d ON d.partner_id = l.partner_id AND d.id = l.product_id
            AND COALESCE(d.currency, f.currency) = f.currency
        WHERE l.partner_id = f.partner_id AND l.order_id = f.order_id
    ) c
    WHERE f.partner_id = %(partner)s AND f.customer_id = ANY(%(customers)s)
), first AS (
    SELECT DISTINCT ON (customer_id) customer_id, order_id, session_id, currency, placed_at, external_id
    FROM bought WHERE is_paid ORDER BY customer_id, placed_at, external_id COLLATE "C"
), life AS (
    SELECT w.customer_id, array_agg(b.placed_at ORDER BY b.placed_at, b.external_id COLLATE "C") AS ordered_at,
        array_agg(b.is_paid ORDER BY b.placed_at, b.external_id COLLATE "C") AS is_paid,
        array_agg(b.placed ORDER BY b.placed_at, b.external_id COLLATE "C") AS placed,
        array_agg(b.net ORDER BY b.placed_at, b.external_id COLLATE "C") AS net,
        array_agg(b.cost ORDER BY b.placed_at, b.external_id COLLATE "C") AS costs
    FROM first w
    JOIN bought b ON b.customer_id = w.customer_id AND b.currency = w.currency
        AND (b.placed_at > w.placed_at OR b.placed_at = w.placed_at AND b.external_id COLLATE "C" >= w.external_id)
    GROUP BY w.customer_id
), written AS (
    INSERT INTO analytics_customerlife AS t (partner_id, id, customer_id, currency, first_order_id, first_at, first_date,
        is_live, session_id, channel, kol_id, product_id, country, ordered_at, is_paid, placed, net, costs, refunded_at,
        refunded)
    SELECT %(partner)s, w.customer_id, w.customer_id, w.currency, w.order_id, w.placed_at,
        (w.placed_at AT TIME ZONE %(timezone)s)::date, w.session_id IS NOT NULL, w.session_id, COALESCE(s.channel, ''),
        met.kol_id, best.product_id, COALESCE(c.country, ''), l.ordered_at, l.is_paid, l.placed, l.net, l.costs,
        COALESCE(r.refunded_at, '{{}}'), COALESCE(r.refunded, '{{}}')
    FROM first w
    JOIN life l ON l.customer_id = w.customer_id
    LEFT JOIN commerce_customer c ON c.partner_id = %(partner)s AND c.id = w.customer_id
    LEFT JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = w.session_id
    LEFT JOIN LATERAL (
        SELECT k.kol_id FROM analytics_ordershare h
        JOIN kol_collaboration k ON k.partner_id = h.partner_id AND k.id = h.collaboration_id
        WHERE h.partner_id = %(partner)s AND h.order_id = w.order_id AND h.is_last
        ORDER BY h.collaboration_id LIMIT 1
    ) met ON true
    LEFT JOIN LATERAL (
        SELECT i.product_id FROM commerce_orderline i
        WHERE i.partner_id = %(partner)s AND i.order_id = w.order_id
        ORDER BY i.quantity * i.price DESC, i.position LIMIT 1
    ) best ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(g.occurred_at ORDER BY g.occurred_at, g.refund_id) AS refunded_at,
            array_agg(g.amount ORDER BY g.occurred_at, g.refund_id) AS refunded
        FROM analytics_refundfact g
        WHERE g.partner_id = %(partner)s AND g.customer_id = w.customer_id AND g.order_id IS NULL
            AND g.currency = w.currency AND g.occurred_at >= w.placed_at
    ) r ON true
    ON CONFLICT (partner_id, customer_id) DO UPDATE SET currency = EXCLUDED.currency,
        first_order_id = EXCLUDED.first_order_id, first_at = EXCLUDED.first_at, first_date = EXCLUDED.first_date,
        is_live = EXCLUDED.is_live, session_id = EXCLUDED.session_id, channel = EXCLUDED.channel, kol_id = EXCLUDED.kol_id,
        product_id = EXCLUDED.product_id, country = EXCLUDED.country, ordered_at = EXCLUDED.ordered_at,
        is_paid = EXCLUDED.is_paid, placed = EXCLUDED.placed, net = EXCLUDED.net, costs = EXCLUDED.costs,
        refunded_at = EXCLUDED.refunded_at, refunded = EXCLUDED.refunded
    WHERE (t.currency, t.first_order_id, t.first_at, t.first_date, t.is_live, t.session_id, t.channel, t.kol_id,
            t.product_id, t.country, t.ordered_at, t.is_paid, t.placed, t.net, t.costs, t.refunded_at, t.refunded)
        IS DISTINCT FROM (EXCLUDED.currency, EXCLUDED.first_order_id, EXCLUDED.first_at, EXCLUDED.first_date,
            EXCLUDED.is_live, EXCLUDED.session_id, EXCLUDED.channel, EXCLUDED.kol_id, EXCLUDED.product_id,
            EXCLUDED.country, EXCLUDED.ordered_at, EXCLUDED.is_paid, EXCLUDED.placed, EXCLUDED.net, EXCLUDED.costs,
            EXCLUDED.refunded_at, EXCLUDED.refunded)
    RETURNING customer_id, first_date
), gone AS (
    DELETE FROM analytics_customerlife t
    WHERE t.partner_id = %(partner)s AND t.customer_id = ANY(%(customers)s)
        AND NOT EXISTS (SELECT 1 FROM first w WHERE w.customer_id = t.customer_id)
    RETURNING customer_id, first_date
)
SELECT first_date FROM written
UNION
SELECT first_date FROM gone
UNION
-- As they were before this statement.
SELECT t.first_date FROM analytics_customerlife t JOIN written w ON w.customer_id = t.customer_id
WHERE t.partner_id = %(partner)s
