-- Each line's sale, refunds and cancellation shared over the order's collaborations by each model: whole
-- ten-thousandths, what is left of a division to the largest remainders, then to who was met first, then by id.
-- Only weights between 0 and 1 divide anything. Uses credit_partner_key.
WITH divided AS (
    SELECT l.number, l.units, s.turn, {exact}, {holders}
    FROM line l JOIN share s USING (order_id)
    WHERE {is_divided}
), counted AS (
    SELECT number, turn, {parts}, {left_over}, {exact_names}, {holder_names}
    FROM divided
    WINDOW whole AS (PARTITION BY number)
), part AS (
    SELECT number, turn, {amounts}
    FROM counted
), named AS MATERIALIZED (
    SELECT (left(l.order_id::text, 18)
            || right(md5(concat_ws(' ', l.line_id, l.kind, l.refund_id, s.collaboration_id)), 16))::uuid AS id,
        l.order_id, l.line_id, s.collaboration_id, l.kind, l.refund_id, l.placed_at, l.occurred_at, l.is_paid,
        l.currency, l.amount::numeric(20, 4) AS amount, {credited}
    FROM line l
    JOIN share s USING (order_id)
    LEFT JOIN part p ON p.number = l.number AND p.turn = s.turn
), written AS (
    INSERT INTO analytics_credit (partner_id, id, {columns})
    SELECT %(partner)s, n.id, {named}
    FROM named n
    LEFT JOIN (SELECT * FROM analytics_credit WHERE partner_id = %(partner)s AND placed_at >= %(from)s) t ON t.id = n.id
    WHERE t.id IS NULL OR ({stored}) IS DISTINCT FROM ({named})
    ORDER BY n.id
    ON CONFLICT (partner_id, order_id, line_id, kind, refund_id, collaboration_id) DO UPDATE SET {updates}
    RETURNING order_id, collaboration_id
), gone AS (
    DELETE FROM analytics_credit t
    WHERE t.partner_id = %(partner)s AND t.placed_at >= %(from)s AND NOT EXISTS (SELECT 1 FROM named n WHERE n.id = t.id)
    RETURNING order_id, collaboration_id
)
SELECT order_id, collaboration_id FROM written UNION SELECT order_id, collaboration_id FROM gone
