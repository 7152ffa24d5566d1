-- What happened to each line of some orders: its sale, its part of each refund, and of the
-- cancellation what was left. Parts are whole ten-thousandths: what is left of a division goes to the largest
-- remainders, then to the first lines; so the lines sum to the order. Uses line_partner_order_position,
-- refundfact_partner_order.
WITH chosen AS (
    SELECT f.order_id, f.placed_at, f.cancelled_at, f.paid_at IS NOT NULL AS is_paid, f.currency,
        trunc(abs(o.seller_discount) * 10000) AS discount, sign(o.seller_discount) AS direction
    FROM {orders} s
    -- By their ids: without loops all there are of the partner would be read.
    JOIN analytics_orderfact f ON f.partner_id = %(partner)s AND f.order_id = s.order_id
        AND f.order_id = ANY(ARRAY(SELECT order_id FROM {orders} s))
    JOIN commerce_order o ON o.partner_id = %(partner)s AND o.id = f.order_id
        AND o.id = ANY(ARRAY(SELECT order_id FROM {orders} s))
), listed AS (
    SELECT c.*, l.id AS line_id, l.position, l.product_id, l.price, l.quantity * l.price AS gross,
        trunc(abs(l.quantity * l.price) * 10000) AS size,
        sum(trunc(abs(l.quantity * l.price) * 10000)) OVER (PARTITION BY c.order_id) AS sizes,
        row_number() OVER (PARTITION BY c.order_id ORDER BY l.position) AS place,
        row_number() OVER (PARTITION BY c.order_id, l.product_id ORDER BY l.position) AS of_product
    FROM chosen c
    JOIN commerce_orderline l ON l.partner_id = %(partner)s AND l.order_id = c.order_id
        AND l.order_id = ANY(ARRAY(SELECT order_id FROM chosen))
), cut AS (
    SELECT *, CASE WHEN sizes > 0 THEN div(discount * size, sizes) ELSE discount * (place = 1)::int END AS part,
        CASE WHEN sizes > 0 THEN mod(discount * size, sizes) ELSE 0 END AS rest
    FROM listed
), sold AS (
    SELECT order_id, placed_at, cancelled_at, is_paid, currency, line_id, position, product_id, price, place, of_product,
        gross - direction * (part + (
            row_number() OVER (PARTITION BY order_id ORDER BY rest DESC, position)
                <= discount - sum(part) OVER (PARTITION BY order_id)
        )::int) / 10000 AS amount
    FROM cut
), refund AS (
    SELECT f.refund_id, f.order_id, f.occurred_at, trunc(f.amount * 10000) AS units, r.items
    FROM chosen c
    JOIN analytics_refundfact f ON f.partner_id = %(partner)s AND f.order_id = c.order_id
    JOIN commerce_refund r ON r.partner_id = %(partner)s AND r.id = f.refund_id
    WHERE f.amount > 0
), item AS (
    -- Items are of the first line of their product.
    SELECT r.refund_id, s.line_id, sum(GREATEST(i.quantity * COALESCE(i.price, s.price), 0)) AS value
    FROM refund r
    CROSS JOIN LATERAL jsonb_to_recordset(r.items) AS i (product uuid, quantity bigint, price numeric)
    JOIN sold s ON s.order_id = r.order_id AND s.product_id = i.product AND s.of_product = 1
    GROUP BY r.refund_id, s.line_id
), stated AS (
    SELECT refund_id FROM item GROUP BY refund_id HAVING sum(value) > 0
), asked AS (
    SELECT r.refund_id, r.order_id, r.occurred_at, r.units, s.line_id, s.position, s.place,
        trunc(10000 * CASE WHEN t.refund_id IS NULL THEN abs(s.amount) ELSE COALESCE(i.value, 0) END) AS size
    FROM refund r
    JOIN sold s ON s.order_id = r.order_id
    LEFT JOIN stated t ON t.refund_id = r.refund_id
    LEFT JOIN item i ON i.refund_id = r.refund_id AND i.line_id = s.line_id
), weighed AS (
    SELECT *, sum(size) OVER (PARTITION BY refund_id) AS sizes FROM asked
), shared AS (
    SELECT *, CASE WHEN sizes > 0 THEN div(units * size, sizes) ELSE units * (place = 1)::int END AS part,
        CASE WHEN sizes > 0 THEN mod(units * size, sizes) ELSE 0 END AS rest
    FROM weighed
), given_back AS (
    SELECT refund_id, order_id, occurred_at, line_id, (part + (
            row_number() OVER (PARTITION BY refund_id ORDER BY rest DESC, position)
                <= units - sum(part) OVER (PARTITION BY refund_id)
        )::int) / 10000 AS amount
    FROM shared
), happened AS (
    SELECT order_id, line_id, 'SALE' AS kind, NULL::uuid AS refund_id, placed_at AS occurred_at, amount FROM sold
    UNION ALL
    SELECT order_id, line_id, 'REFUND', refund_id, occurred_at, -amount FROM given_back WHERE amount > 0
    UNION ALL
    SELECT s.order_id, s.line_id, 'CANCELLATION', NULL, s.cancelled_at, COALESCE(r.amount, 0) - s.amount
    FROM sold s
    LEFT JOIN (SELECT line_id, sum(amount) AS amount FROM given_back GROUP BY line_id) r USING (line_id)
    WHERE s.cancelled_at IS NOT NULL AND s.amount <> COALESCE(r.amount, 0)
)
SELECT row_number() OVER ()::int AS number, h.order_id, h.line_id, h.kind, h.refund_id, h.occurred_at, h.amount, abs(h.amount) * 10000 AS units, c.placed_at,
    c.is_paid, c.currency
FROM happened h JOIN chosen c USING (order_id)
