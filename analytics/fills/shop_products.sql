-- Products on the shop's days: sold when the order was placed, given back and cancelled on their own day. Amounts are
-- those of the lines, which sum to the order; what came back of a product takes at most what earlier refunds left of
-- it, of the order's first lines of it first; what is of no product is in a row without one, so that a day's products
-- are the day. Uses orderfact_partner_placed, orderfact_partner_cancelled, refundfact_partner_occurred,
-- line_partner_order_position, refundfact_partner_order.
WITH day AS (
    SELECT date, commerce_day_start(date, %(timezone)s) AS starts_at,
        commerce_day_start(date + 1, %(timezone)s) AS ends_at
    FROM unnest(%(days)s::date[]) AS d (date)
), met AS MATERIALIZED (
    -- By the order, or by the refund.
    SELECT d.date, 'SALE' AS kind, o.order_id, o.order_id AS of_id
    FROM day d
    JOIN analytics_orderfact o ON o.partner_id = %(partner)s AND o.placed_at >= d.starts_at AND o.placed_at < d.ends_at
    UNION ALL
    SELECT d.date, 'REFUND', r.order_id, r.refund_id
    FROM day d
    JOIN analytics_refundfact r
        ON r.partner_id = %(partner)s AND r.occurred_at >= d.starts_at AND r.occurred_at < d.ends_at
    WHERE r.order_id IS NOT NULL
    UNION ALL
    SELECT d.date, 'CANCELLATION', o.order_id, o.order_id
    FROM day d
    JOIN analytics_orderfact o
        ON o.partner_id = %(partner)s AND o.cancelled_at >= d.starts_at AND o.cancelled_at < d.ends_at
    WHERE o.paid_at IS NOT NULL
), fact AS MATERIALIZED (
    SELECT f.order_id, f.currency, f.session_id IS NOT NULL AS is_live, f.customer_id, f.paid_at, f.cancelled_at,
        f.units, f.refunded_units
    FROM (SELECT DISTINCT order_id FROM met) m
    JOIN analytics_orderfact f ON f.partner_id = %(partner)s AND f.order_id = m.order_id
        AND f.order_id = ANY(ARRAY(SELECT order_id FROM met))
), line AS ({lines}), amount AS (
    SELECT l.order_id, COALESCE(l.refund_id, l.order_id) AS of_id, l.kind, i.product_id, sum(l.amount) AS amount
    FROM line l
    JOIN commerce_orderline i ON i.partner_id = %(partner)s AND i.id = l.line_id
        AND i.order_id = ANY(ARRAY(SELECT order_id FROM fact))
    GROUP BY 1, 2, 3, 4
), listed AS (
    SELECT l.order_id, l.product_id, sum(l.quantity)::bigint AS units,
        array_agg(l.quantity ORDER BY l.position) AS quantities, array_agg(l.cost ORDER BY l.position) AS costs
    FROM (SELECT order_id FROM fact) f
    JOIN commerce_orderline l ON l.partner_id = %(partner)s AND l.order_id = f.order_id
        AND l.order_id = ANY(ARRAY(SELECT order_id FROM fact))
    GROUP BY 1, 2
), asked AS (
    SELECT l.order_id, l.product_id, l.units AS all_units, r.id AS refund_id, r.occurred_at, r.event_id,
        CASE WHEN item.product IS NULL THEN l.units ELSE item.units END AS units
    FROM listed l
    JOIN analytics_refundfact g ON g.partner_id = %(partner)s AND g.order_id = l.order_id
    JOIN commerce_refund r ON r.partner_id = %(partner)s AND r.id = g.refund_id
    LEFT JOIN LATERAL (
        SELECT i.product, sum(i.quantity)::bigint AS units
        FROM jsonb_to_recordset(r.items) AS i (product uuid, quantity bigint)
        WHERE i.product = l.product_id GROUP BY 1
    ) item ON true
    WHERE item.product IS NOT NULL OR (r.value IS NULL AND r.items = '[]')
), back AS (
    SELECT order_id, product_id, refund_id, LEAST(so_far - units, all_units) AS begins, LEAST(so_far, all_units) AS ends
    FROM (
        SELECT *, (sum(units) OVER (PARTITION BY order_id, product_id ORDER BY occurred_at, event_id))::bigint AS so_far
        FROM asked
    ) running
), moved AS (
    -- Units [begins, ends) of a product of an order, counted along its lines.
    SELECT order_id, order_id AS of_id, 'SALE' AS kind, product_id, 0::bigint AS begins, units AS ends FROM listed
    UNION ALL
    SELECT order_id, refund_id, 'REFUND', product_id, begins, ends FROM back
    UNION ALL
    SELECT l.order_id, l.order_id, 'CANCELLATION', l.product_id, COALESCE(max(b.ends), 0), l.units
    FROM listed l
    JOIN fact f ON f.order_id = l.order_id AND f.cancelled_at IS NOT NULL AND f.paid_at IS NOT NULL
    LEFT JOIN back b ON b.order_id = l.order_id AND b.product_id = l.product_id
    GROUP BY l.order_id, l.product_id, l.units
), unlinked AS (
    SELECT d.date, r.*, s.items
    FROM day d
    JOIN analytics_refundfact r
        ON r.partner_id = %(partner)s AND r.occurred_at >= d.starts_at AND r.occurred_at < d.ends_at
    JOIN commerce_refund s ON s.partner_id = %(partner)s AND s.id = r.refund_id
    WHERE r.order_id IS NULL
), unlinked_item AS (
    -- Of its products where they are worth what it gives back; else nobody knows of which.
    SELECT u.refund_id, i.product, i.quantity AS units, i.quantity * i.price AS amount
    FROM unlinked u
    CROSS JOIN LATERAL jsonb_to_recordset(u.items) AS i (product uuid, quantity bigint, price numeric)
    WHERE u.amount = (
        SELECT sum(j.quantity * j.price) FROM jsonb_to_recordset(u.items) AS j (quantity bigint, price numeric)
    )
), o AS (
    SELECT m.date, a.product_id, f.currency, f.is_live, 0 AS is_order, NULL::uuid AS customer_id, f.paid_at,
        0::bigint AS units, 0::bigint AS refunded_units,
        CASE m.kind WHEN 'SALE' THEN a.amount ELSE 0 END AS merchandise,
        CASE m.kind WHEN 'REFUND' THEN -a.amount ELSE 0 END AS refunded,
        CASE m.kind WHEN 'CANCELLATION' THEN -a.amount ELSE 0 END AS cancelled,
        0::bigint AS lines, 0::bigint AS stated_lines, 0::numeric AS stated_costs, 0::bigint AS unstated_units
    FROM met m
    JOIN amount a ON a.order_id = m.order_id AND a.of_id = m.of_id AND a.kind = m.kind
    JOIN fact f ON f.order_id = m.order_id
    UNION ALL
    SELECT m.date, v.product_id, f.currency, f.is_live, (m.kind = 'SALE')::int,
        CASE m.kind WHEN 'SALE' THEN f.customer_id END, f.paid_at,
        CASE m.kind WHEN 'SALE' THEN v.ends ELSE 0 END, CASE m.kind WHEN 'SALE' THEN 0 ELSE v.ends - v.begins END, 0, 0, 0,
        c.lines, c.stated_lines, CASE m.kind WHEN 'SALE' THEN c.stated_costs ELSE -c.stated_costs END,
        CASE m.kind WHEN 'SALE' THEN c.unstated_units ELSE -c.unstated_units END
    FROM met m
    JOIN moved v ON v.order_id = m.order_id AND v.of_id = m.of_id AND v.kind = m.kind
    JOIN fact f ON f.order_id = m.order_id
    JOIN listed l ON l.order_id = v.order_id AND l.product_id = v.product_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE f.paid_at IS NOT NULL AND n > 0) AS lines,
            count(cost) FILTER (WHERE f.paid_at IS NOT NULL AND n > 0) AS stated_lines,
            COALESCE(sum(n * cost) FILTER (WHERE f.paid_at IS NOT NULL), 0) AS stated_costs,
            COALESCE(sum(n) FILTER (WHERE f.paid_at IS NOT NULL AND cost IS NULL), 0)::bigint AS unstated_units
        FROM (
            SELECT cost, GREATEST(LEAST(v.ends, until) - GREATEST(v.begins, until - quantity), 0) AS n
            FROM (
                SELECT quantity, cost, (sum(quantity) OVER (ORDER BY place))::bigint AS until
                FROM unnest(l.quantities, l.costs) WITH ORDINALITY AS line (quantity, cost, place)
            ) line
        ) line
    ) c
    UNION ALL
    -- Units that the day counts as given back, and none of the products does.
    SELECT m.date, NULL, f.currency, f.is_live, 0, NULL, f.paid_at, 0,
        CASE m.kind WHEN 'REFUND' THEN g.units ELSE f.units - f.refunded_units END - COALESCE(v.units, 0), 0, 0, 0, 0, 0, 0, 0
    FROM met m
    JOIN fact f ON f.order_id = m.order_id
    LEFT JOIN analytics_refundfact g ON g.partner_id = %(partner)s AND g.refund_id = m.of_id AND m.kind = 'REFUND'
    LEFT JOIN (SELECT of_id, kind, sum(ends - begins)::bigint AS units FROM moved GROUP BY 1, 2) v
        ON v.of_id = m.of_id AND v.kind = m.kind
    WHERE m.kind <> 'SALE'
        AND CASE m.kind WHEN 'REFUND' THEN g.units ELSE f.units - f.refunded_units END <> COALESCE(v.units, 0)
    UNION ALL
    SELECT u.date, i.product, u.currency, u.session_id IS NOT NULL, 0, NULL, u.occurred_at, 0, i.units, 0, i.amount, 0, 0, 0, 0, 0
    FROM unlinked u JOIN unlinked_item i USING (refund_id)
    UNION ALL
    SELECT u.date, NULL, u.currency, u.session_id IS NOT NULL, 0, NULL, u.occurred_at, 0, u.units, 0, u.amount, 0, 0, 0, 0, 0
    FROM unlinked u WHERE NOT EXISTS (SELECT 1 FROM unlinked_item i WHERE i.refund_id = u.refund_id)
), written AS (
    INSERT INTO analytics_shopproduct (partner_id, id, date, product_id, currency, lines, stated_lines, stated_costs,
        unstated_units, {columns})
    SELECT %(partner)s, md5(concat_ws(' ', %(partner)s::text, o.date, o.currency, o.product_id))::uuid, o.date, o.product_id,
        o.currency, sum(o.lines), sum(o.stated_lines), sum(o.stated_costs), sum(o.unstated_units), {aggregates}
    FROM o GROUP BY o.date, o.product_id, o.currency
    ON CONFLICT (partner_id, date, product_id, currency) DO UPDATE SET lines = EXCLUDED.lines,
        stated_lines = EXCLUDED.stated_lines, stated_costs = EXCLUDED.stated_costs,
        unstated_units = EXCLUDED.unstated_units, {updates}
    RETURNING id
)
-- By what is never null: else each product of a day would be compared with all others.
DELETE FROM analytics_shopproduct t
WHERE t.partner_id = %(partner)s AND t.date = ANY(%(days)s)
    AND NOT EXISTS (SELECT 1 FROM written w WHERE w.id = t.id)
