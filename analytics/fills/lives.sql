-- What customers bought since their first purchase, each as one row; answers the days of first purchases
-- whose customers are others now, or bought otherwise.
-- Uses orderfact_partner_customer, line_partner_order_position, refundfact_partner_customer, commerce_order's key,
-- ordershare_partner_order_collaboration, life_partner_customer.
WITH bought AS (
    SELECT f.customer_id, f.order_id, f.session_id, f.currency, f.placed_at, f.paid_at IS NOT NULL AS is_paid,
        f.merchandise AS placed,
        (SELECT o.external_id FROM commerce_order o WHERE o.partner_id = %(partner)s AND o.id = f.order_id) AS external_id,
        CASE WHEN f.paid_at IS NULL OR f.cancelled_at IS NOT NULL THEN 0 ELSE f.merchandise - f.refunded END AS net,
        CASE WHEN f.paid_at IS NULL OR f.cancelled_at IS NOT NULL OR f.units = 0 THEN 0
            ELSE round(c.cost * (f.units - f.refunded_units) / f.units, 4) END AS cost
    FROM analytics_orderfact f
    CROSS JOIN LATERAL (
        -- Not known of one line, it is not known of the order; a cost in another currency is none.
        SELECT CASE WHEN count(*) = count(i.cost) THEN sum(i.quantity * i.cost) END AS cost
        FROM (
            SELECT l.quantity, COALESCE(l.cost, (
                SELECT p.cost FROM commerce_product p
                WHERE p.partner_id = %(partner)s AND p.id = l.product_id AND COALESCE(p.currency, f.currency) = f.currency
            )) AS cost
            FROM commerce_orderline l WHERE l.partner_id = %(partner)s AND l.order_id = f.order_id OFFSET 0
        ) i
    ) c
    WHERE f.partner_id = %(partner)s AND f.customer_id = ANY(%(customers)s)
), counted AS (
    SELECT *, row_number() OVER turn AS place, sum(is_paid::int) OVER turn AS purchases
    FROM bought
    WINDOW turn AS (PARTITION BY customer_id ORDER BY placed_at, external_id COLLATE "C")
), known AS (
    SELECT *, max(currency) FILTER (WHERE is_paid AND purchases = 1) OVER (PARTITION BY customer_id) AS first_currency
    FROM counted
), life AS MATERIALIZED (
    -- What is kept begins with the first purchase.
    SELECT customer_id, first_currency AS currency, (array_agg(order_id ORDER BY place))[1] AS order_id,
        (array_agg(session_id ORDER BY place))[1] AS session_id, min(placed_at) AS placed_at,
        array_agg(placed_at ORDER BY place) AS ordered_at, array_agg(is_paid ORDER BY place) AS is_paid,
        array_agg(placed ORDER BY place) AS placed, array_agg(net ORDER BY place) AS net,
        array_agg(cost ORDER BY place) AS costs
    FROM known WHERE purchases > 0 AND currency = first_currency
    GROUP BY customer_id, first_currency
), written AS (
    INSERT INTO analytics_customerlife AS t (partner_id, id, customer_id, currency, first_order_id, first_at, first_date,
        is_live, session_id, channel, kol_id, product_id, country, ordered_at, is_paid, placed, net, costs, refunded_at,
        refunded)
    SELECT %(partner)s, w.customer_id, w.customer_id, w.currency, w.order_id, w.placed_at,
        (w.placed_at AT TIME ZONE %(timezone)s)::date, w.session_id IS NOT NULL, w.session_id,
        COALESCE((SELECT s.channel FROM commerce_livesession s WHERE s.partner_id = %(partner)s AND s.id = w.session_id), ''),
        met.kol_id, best.product_id,
        COALESCE((SELECT c.country FROM commerce_customer c WHERE c.partner_id = %(partner)s AND c.id = w.customer_id), ''),
        w.ordered_at, w.is_paid, w.placed, w.net, w.costs,
        COALESCE(r.refunded_at, '{{}}'), COALESCE(r.refunded, '{{}}')
    FROM life w
    LEFT JOIN LATERAL (
        SELECT k.kol_id FROM analytics_ordershare h
        JOIN kol_collaboration k ON k.partner_id = %(partner)s AND k.id = h.collaboration_id
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
    WHERE t.partner_id = %(partner)s
        AND t.customer_id IN (SELECT unnest(%(customers)s::uuid[]) EXCEPT SELECT customer_id FROM life)
    RETURNING customer_id, first_date
)
SELECT first_date FROM written
UNION
SELECT first_date FROM gone
UNION
-- As they were before this statement.
SELECT t.first_date FROM written w JOIN analytics_customerlife t
    ON t.partner_id = %(partner)s AND t.customer_id = w.customer_id
