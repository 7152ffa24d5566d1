-- Products in sessions: sold and given back, by currency.
-- A refund of items, or of the whole order, takes of a product at most what earlier ones left of it.
-- Uses orderfact_partner_session, line_partner_order_position, refund_partner_order, sessionshowing_partner_moment.
WITH part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), sale AS MATERIALIZED (
    SELECT subject_id, order_id, currency, customer_id, paid_at, cancelled_at, placed_at FROM {sold} f
), lines AS (
    SELECT f.subject_id AS session_id, f.order_id, f.currency, f.customer_id, f.paid_at, f.cancelled_at, l.product_id, f.placed_at,
        sum(l.quantity)::bigint AS units, sum(l.quantity * l.price) AS amount,
        (array_agg(l.price ORDER BY l.position))[1] AS price,
        array_agg(l.quantity ORDER BY l.position) AS quantities, array_agg(l.cost ORDER BY l.position) AS costs,
        count(*) AS lines, count(l.cost) AS stated_lines, COALESCE(sum(l.quantity * l.cost), 0) AS stated_costs,
        COALESCE(sum(l.quantity) FILTER (WHERE l.cost IS NULL), 0) AS unstated_units
    FROM sale f
    -- By the index: without loops all lines there are would be read.
    JOIN commerce_orderline l ON l.partner_id = %(partner)s AND l.order_id = f.order_id
        AND l.order_id = ANY(ARRAY(SELECT order_id FROM sale))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), asked AS (
    SELECT l.order_id, l.product_id, r.occurred_at, r.event_id, l.units AS all_units, l.amount AS all_amount,
        CASE WHEN item.product IS NULL THEN l.units ELSE item.units END AS units,
        CASE WHEN item.product IS NULL THEN l.amount ELSE item.amount END AS amount
    FROM lines l
    JOIN commerce_refund r ON r.partner_id = %(partner)s AND r.order_id = l.order_id
        AND COALESCE(r.currency, l.currency) = l.currency
    LEFT JOIN LATERAL (
        SELECT i.product, sum(i.quantity)::bigint AS units, sum(i.quantity * COALESCE(i.price, l.price)) AS amount
        FROM jsonb_to_recordset(r.items) AS i (product uuid, quantity bigint, price numeric)
        WHERE i.product = l.product_id GROUP BY 1
    ) item ON true
    WHERE l.paid_at IS NOT NULL AND (item.product IS NOT NULL OR (r.value IS NULL AND r.items = '[]'))
), running AS (
    SELECT *, sum(units) OVER earlier AS units_so_far, sum(amount) OVER earlier AS amount_so_far
    FROM asked WINDOW earlier AS (PARTITION BY order_id, product_id ORDER BY occurred_at, event_id)
), back AS (
    SELECT order_id, product_id,
        sum(LEAST(units_so_far, all_units) - LEAST(units_so_far - units, all_units))::bigint AS units,
        sum(LEAST(amount_so_far, all_amount) - LEAST(amount_so_far - amount, all_amount)) AS amount
    FROM running GROUP BY 1, 2
), o AS (
    SELECT l.session_id, l.currency, l.product_id, l.order_id, l.customer_id, l.paid_at, l.cancelled_at,
        l.units, l.amount, COALESCE(b.units, 0) AS refunded_units, COALESCE(b.amount, 0) AS refunded,
        l.lines, l.stated_lines, l.stated_costs - COALESCE(r.stated_costs, 0) AS stated_costs,
        l.unstated_units - COALESCE(r.unstated_units, 0) AS unstated_units,
        EXISTS (
            SELECT 1 FROM analytics_sessionshowing w
            WHERE w.partner_id = %(partner)s AND w.session_id = l.session_id AND w.product_id = l.product_id
                AND l.placed_at >= w.featured_at AND l.placed_at < w.ends_at
        ) AS is_featured
    FROM lines l
    LEFT JOIN back b USING (order_id, product_id)
    -- Units that came back are those of the order's first lines of the product.
    LEFT JOIN LATERAL (
        SELECT sum(returned * cost) AS stated_costs, sum(returned) FILTER (WHERE cost IS NULL) AS unstated_units
        FROM (
            SELECT cost, GREATEST(LEAST(b.units - (sum(quantity) OVER (ORDER BY place) - quantity), quantity), 0)
                AS returned
            FROM unnest(l.quantities, l.costs) WITH ORDINALITY AS line (quantity, cost, place)
        ) line
    ) r ON b.units > 0
    UNION ALL
    SELECT p.session_id, f.currency, i.product, NULL, NULL, f.occurred_at, NULL, 0, 0,
        i.quantity, i.quantity * COALESCE(i.price, 0), 0, 0, 0, 0, false
    FROM analytics_refundfact f
    JOIN part p ON p.part_id = f.session_id
    JOIN commerce_refund r ON r.partner_id = %(partner)s AND r.id = f.refund_id
    CROSS JOIN LATERAL jsonb_to_recordset(r.items) AS i (product uuid, quantity bigint, price numeric)
    WHERE f.partner_id = %(partner)s AND f.session_id = ANY(%(parts)s)
), written AS (
    INSERT INTO analytics_sessionproductsales (partner_id, id, session_id, product_id, currency, lines, stated_lines,
        stated_costs, unstated_units, {columns})
    SELECT %(partner)s, md5(o.session_id::text || o.product_id::text || o.currency)::uuid, o.session_id, o.product_id,
        o.currency, COALESCE(sum(o.lines) FILTER (WHERE o.paid_at IS NOT NULL AND o.cancelled_at IS NULL), 0),
        COALESCE(sum(o.stated_lines) FILTER (WHERE o.paid_at IS NOT NULL AND o.cancelled_at IS NULL), 0),
        COALESCE(sum(o.stated_costs) FILTER (WHERE o.paid_at IS NOT NULL AND o.cancelled_at IS NULL), 0),
        COALESCE(sum(o.unstated_units) FILTER (WHERE o.paid_at IS NOT NULL AND o.cancelled_at IS NULL), 0), {aggregates}
    FROM o GROUP BY o.session_id, o.product_id, o.currency
    ON CONFLICT (partner_id, session_id, product_id, currency) DO UPDATE SET lines = EXCLUDED.lines,
        stated_lines = EXCLUDED.stated_lines, stated_costs = EXCLUDED.stated_costs,
        unstated_units = EXCLUDED.unstated_units, {updates}
    RETURNING session_id, product_id, currency
)
DELETE FROM analytics_sessionproductsales t
WHERE t.partner_id = %(partner)s AND t.session_id = ANY(%(sessions)s)
    AND NOT EXISTS (
        SELECT 1 FROM written w
        WHERE w.session_id = t.session_id AND w.product_id = t.product_id AND w.currency = t.currency
    )
