-- Sales of sessions by the source of the viewing that each order is of; unlinked refunds are of none.
-- Uses orderfact_partner_session, refundfact_partner_session, viewerpath's key.
WITH part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), o AS (
    SELECT f.subject_id AS session_id, COALESCE(p.source, '') AS source, COALESCE(p.sub_source, '') AS sub_source, p.is_paid,
        f.currency, 1 AS is_order, f.paid_at, f.cancelled_at, f.merchandise, f.refunded
    FROM {sold} f
    LEFT JOIN LATERAL (
        SELECT * FROM analytics_viewerpath p
        WHERE p.partner_id = %(partner)s AND p.id = {viewing} AND p.watched_from IS NOT NULL
        OFFSET 0
    ) p ON true
    UNION ALL
    SELECT p.session_id, '', '', NULL, currency, 0, occurred_at, NULL, 0, amount
    FROM analytics_refundfact r JOIN part p ON p.part_id = r.session_id
    WHERE r.partner_id = %(partner)s AND r.session_id = ANY(%(parts)s)
), written AS (
    INSERT INTO analytics_sessionsourcesales
        (partner_id, id, session_id, source, sub_source, is_paid, currency, {columns})
    SELECT %(partner)s, {identity}, o.session_id, o.source, o.sub_source, o.is_paid, o.currency, {aggregates}
    FROM o GROUP BY o.session_id, o.source, o.sub_source, o.is_paid, o.currency
    ON CONFLICT (partner_id, session_id, currency, source, sub_source, is_paid) DO UPDATE SET {updates}
    RETURNING id
)
DELETE FROM analytics_sessionsourcesales t
WHERE t.partner_id = %(partner)s AND t.session_id = ANY(%(sessions)s)
    AND NOT EXISTS (SELECT 1 FROM written w WHERE w.id = t.id)
