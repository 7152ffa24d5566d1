-- On which of its days each of some carts was begun; answers the days where that is another now.
-- Uses shopcart_partner_cart.
UPDATE analytics_shopcart t SET is_first = c.is_first
FROM (
    SELECT id, date = min(date) OVER (PARTITION BY cart_id) AS is_first
    FROM analytics_shopcart WHERE partner_id = %(partner)s AND cart_id = ANY(%(carts)s)
) c
WHERE t.partner_id = %(partner)s AND t.id = c.id AND t.is_first <> c.is_first
RETURNING t.date
