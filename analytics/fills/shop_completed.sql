-- Which carts of some days became an order: one that names the cart, whenever; without an id one of the viewer, or
-- of his customer, placed that day. Uses shopcart_partner_date, orderfact_partner_cart, orderfact_partner_placed,
-- commerce_order's key, commerce_viewer's key.
WITH cart AS (
    SELECT * FROM analytics_shopcart WHERE partner_id = %(partner)s AND date = ANY(%(days)s)
), named AS (
    SELECT f.cart_id, bool_or(f.paid_at IS NOT NULL) AS is_paid
    FROM analytics_orderfact f
    WHERE f.partner_id = %(partner)s AND f.cart_id <> ''
        AND f.cart_id = ANY(ARRAY(SELECT cart_id FROM cart WHERE is_first AND cart_id <> ''))
    GROUP BY 1
), ordered AS (
    SELECT d.date, o.viewer_id, f.customer_id, f.paid_at IS NOT NULL AS is_paid
    FROM (SELECT DISTINCT date FROM cart WHERE cart_id = '') d
    JOIN analytics_orderfact f ON f.partner_id = %(partner)s AND f.placed_at >= commerce_day_start(d.date, %(timezone)s)
        AND f.placed_at < commerce_day_start(d.date + 1, %(timezone)s)
    JOIN commerce_order o ON o.partner_id = %(partner)s AND o.id = f.order_id
), by_person AS (
    SELECT c.id, o.is_paid
    FROM cart c JOIN ordered o ON o.date = c.date AND o.viewer_id = c.viewer_id
    WHERE c.cart_id = ''
    UNION ALL
    SELECT c.id, o.is_paid
    FROM cart c
    JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = c.viewer_id
    JOIN ordered o ON o.date = c.date AND o.customer_id = v.customer_id
    WHERE c.cart_id = ''
), completed AS (
    SELECT c.id, n.is_paid FROM cart c JOIN named n USING (cart_id) WHERE c.is_first
    UNION ALL
    SELECT id, bool_or(is_paid) FROM by_person GROUP BY 1
)
UPDATE analytics_shopcart t SET is_placed = c.is_placed, is_paid = c.is_paid
FROM (
    SELECT c.id, d.id IS NOT NULL AS is_placed, COALESCE(d.is_paid, false) AS is_paid
    FROM cart c LEFT JOIN completed d USING (id)
) c
WHERE t.partner_id = %(partner)s AND t.id = c.id AND (t.is_placed, t.is_paid) IS DISTINCT FROM (c.is_placed, c.is_paid)
