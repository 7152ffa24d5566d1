-- The table as it was computed from a moment on; answers orders and collaborations of which a row is another.
WITH named AS MATERIALIZED (
    SELECT (left(order_id::text, 18) || right(md5(concat_ws(' ', order_id, collaboration_id)), 16))::uuid AS id, *
    FROM share
), written AS (
    INSERT INTO analytics_ordershare (partner_id, id, {columns})
    SELECT %(partner)s, n.id, {named}
    FROM named n
    LEFT JOIN analytics_ordershare t ON t.partner_id = %(partner)s AND t.id = n.id
    WHERE t.id IS NULL OR ({stored}) IS DISTINCT FROM ({named})
    ORDER BY n.id
    ON CONFLICT (partner_id, order_id, collaboration_id) DO UPDATE SET {updates}
    RETURNING order_id, collaboration_id
), gone AS (
    DELETE FROM analytics_ordershare t
    WHERE t.partner_id = %(partner)s AND t.placed_at >= %(from)s AND NOT EXISTS (SELECT 1 FROM named n WHERE n.id = t.id)
    RETURNING order_id, collaboration_id
)
SELECT order_id, collaboration_id FROM written UNION SELECT order_id, collaboration_id FROM gone
