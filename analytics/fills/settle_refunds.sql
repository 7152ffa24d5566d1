-- Refunds of the given orders and unlinked ones, settled. Uses refund_partner_order, commerce_refund's key.
-- A linked refund counts when its order is paid, and takes at most what earlier ones left of it.
WITH asked AS (
    SELECT r.id, r.order_id, r.session_id, r.customer_id, r.occurred_at, r.event_id,
        COALESCE(o.currency, r.currency) AS currency, o.merchandise, o.units AS order_units,
        COALESCE(r.value, item.amount, o.merchandise, 0) AS amount,
        COALESCE(item.units, CASE WHEN r.value IS NULL THEN o.units ELSE 0 END, 0) AS units
    FROM commerce_refund r
    LEFT JOIN analytics_orderfact o
        ON o.partner_id = %(partner)s AND o.order_id = r.order_id AND o.paid_at IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT sum(i.quantity * COALESCE(i.price, line.price, 0)) AS amount, sum(i.quantity)::bigint AS units
        FROM jsonb_to_recordset(r.items) AS i (product uuid, quantity bigint, price numeric)
        LEFT JOIN LATERAL (
            SELECT l.price FROM commerce_orderline l
            WHERE l.partner_id = %(partner)s AND l.order_id = r.order_id AND l.product_id = i.product
            ORDER BY l.position LIMIT 1
        ) line ON true
        HAVING count(*) > 0
    ) item ON true
    WHERE r.partner_id = %(partner)s AND r.occurred_at IS NOT NULL
        AND (r.order_id = ANY(%(orders)s) OR (r.id = ANY(%(refunds)s) AND r.order_id IS NULL))
        -- Sums never mix currencies: a refund in another than its order's is kept, and counts nowhere.
        AND (r.order_id IS NULL OR (o.id IS NOT NULL AND COALESCE(r.currency, o.currency) = o.currency))
), running AS (
    SELECT *,
        sum(GREATEST(amount, 0)) OVER earlier AS amount_so_far,
        sum(units) OVER earlier AS units_so_far
    FROM asked
    WINDOW earlier AS (PARTITION BY COALESCE(order_id, id) ORDER BY occurred_at, event_id)
), settled AS (
    SELECT id, order_id, CASE WHEN order_id IS NULL THEN session_id END AS session_id, customer_id, occurred_at,
        currency,
        CASE WHEN order_id IS NULL THEN amount ELSE GREATEST(
            LEAST(amount_so_far, merchandise) - LEAST(amount_so_far - GREATEST(amount, 0), merchandise), 0
        ) END AS amount,
        CASE WHEN order_id IS NULL THEN units
            ELSE LEAST(units_so_far, order_units) - LEAST(units_so_far - units, order_units) END AS units
    FROM running
)
INSERT INTO analytics_refundfact
    (partner_id, id, refund_id, order_id, session_id, customer_id, occurred_at, currency, amount, units)
SELECT %(partner)s, s.id, s.id, s.order_id, s.session_id, s.customer_id, s.occurred_at,
    COALESCE(s.currency, l.currency, p.currency), s.amount, s.units
FROM settled s
JOIN commerce_partner p ON p.id = %(partner)s
LEFT JOIN commerce_livesession l ON l.partner_id = %(partner)s AND l.id = s.session_id
ON CONFLICT (partner_id, refund_id) DO UPDATE SET
    order_id = EXCLUDED.order_id, session_id = EXCLUDED.session_id, customer_id = EXCLUDED.customer_id,
    occurred_at = EXCLUDED.occurred_at, currency = EXCLUDED.currency, amount = EXCLUDED.amount, units = EXCLUDED.units
