-- Products in sessions: shown, clicked, put into carts. Uses event_partner_session.
-- Who clicked in a broadcast is a person of that broadcast.
WITH part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), written AS (
    INSERT INTO analytics_sessionproduct (partner_id, id, session_id, product_id, {columns})
    SELECT %(partner)s, md5(p.session_id::text || e.product_id::text)::uuid, p.session_id, e.product_id, {aggregates}
    FROM commerce_event e
    JOIN part p ON p.part_id = e.session_id
    LEFT JOIN analytics_viewing v
        ON v.partner_id = %(partner)s AND v.session_id = e.session_id AND v.viewer_id = e.viewer_id
        AND e.kind = ANY(%(people_kinds)s)
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.product_id IS NOT NULL
        AND e.kind = ANY(%(kinds)s) {picked}
    GROUP BY p.session_id, e.product_id
    ON CONFLICT (partner_id, session_id, product_id) DO UPDATE SET {updates}
    RETURNING session_id, product_id
)
DELETE FROM analytics_sessionproduct t
WHERE t.partner_id = %(partner)s AND t.session_id = ANY(%(sessions)s) {picked_rows}
    AND NOT EXISTS (SELECT 1 FROM written w WHERE w.session_id = t.session_id AND w.product_id = t.product_id)
