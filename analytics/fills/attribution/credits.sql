-- Each line's sale, refunds and cancellation shared over the order's collaborations by each model: whole
-- ten-thousandths, what is left of a division to the largest remainders, then to who was met first, then by id.
-- Uses credit_partner_key.
WITH shared AS (
    SELECT l.*, s.collaboration_id, s.first_touched_at, {exact}
    FROM line l JOIN share s USING (order_id)
), counted AS (
    SELECT *, {left_over}, {holders}
    FROM shared
    WINDOW whole AS (PARTITION BY order_id, line_id, kind, refund_id)
), named AS MATERIALIZED (
    SELECT (left(order_id::text, 18) || right(md5(concat_ws(' ', line_id, kind, refund_id, collaboration_id)), 16))::uuid
            AS id,
        order_id, line_id, collaboration_id, kind, refund_id, placed_at, occurred_at, is_paid, currency,
        amount::numeric(20, 4) AS amount, {amounts}
    FROM counted
), written AS (
    INSERT INTO analytics_credit (partner_id, id, {columns})
    SELECT %(partner)s, n.id, {named}
    FROM named n
    LEFT JOIN analytics_credit t ON t.partner_id = %(partner)s AND t.id = n.id
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
