-- Minutes of sessions by the source that was told, from a moment on. Uses event_partner_session.
WITH session AS (
    SELECT session_id, GREATEST(from_at, '-infinity') AS from_at
    FROM unnest(%(sessions)s::uuid[], %(from)s::timestamptz[]) AS s (session_id, from_at)
), part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), told AS (
    SELECT e.session_id, e.minute, e.kind, e.quantity, {source} AS source, {sub_source} AS sub_source,
        {is_paid} AS is_paid
    FROM (
    SELECT p.session_id, date_trunc('minute', e.occurred_at) AS minute, e.kind, e.quantity, {told}
    FROM commerce_event e
    JOIN part p ON p.part_id = e.session_id
    JOIN session s ON s.session_id = p.session_id
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.occurred_at >= s.from_at
        AND e.occurred_at >= %(earliest)s AND e.kind = ANY(%(source_kinds)s)
    OFFSET 0
    ) e
), written AS (
    INSERT INTO analytics_sourceminute (partner_id, id, session_id, minute, source, sub_source, is_paid, {columns})
    SELECT %(partner)s, {identity}, e.session_id, e.minute, e.source, e.sub_source, e.is_paid, {aggregates}
    FROM told e
    GROUP BY e.session_id, e.minute, e.source, e.sub_source, e.is_paid
    ON CONFLICT (partner_id, session_id, minute, source, sub_source, is_paid) DO UPDATE SET {updates}
    RETURNING id
)
DELETE FROM analytics_sourceminute m USING session s
WHERE m.partner_id = %(partner)s AND m.session_id = s.session_id AND m.minute >= s.from_at
    AND NOT EXISTS (SELECT 1 FROM written w WHERE w.id = m.id)
