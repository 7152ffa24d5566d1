-- Markers of sessions from what was told of their moments, and platforms' own figures.
-- Of spans: each start with the next end of the same name at the same source; an end that no start comes before
-- (since the end before it) is a moment of its own; what was never ended has no end.
-- Uses event_partner_session_moments, marker_partner_session.
WITH part AS (
    SELECT p.session_id, p.part_id
    FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), told AS (
    SELECT p.session_id, e.session_id AS part_id, e.id, e.occurred_at AS at, e.sequence, e.kind, e.item, e.product_id,
        COALESCE(e.properties, '{{}}') AS said
    FROM commerce_event e JOIN part p ON p.part_id = e.session_id
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.kind IN ({kinds})
), ends AS (
    SELECT t.*, k.of_kind, k.is_end, t.said->>'label' AS label,
        -- A product's featurings are its own; an offer is known by its label, else by its product.
        CASE WHEN k.of_kind = 'PRODUCT_FEATURED' THEN t.product_id::text
            ELSE COALESCE(t.said->>'label', t.product_id::text, '') END AS name,
        NOT (k.is_end AND t.id < '00000000-0100-0000-0000-000000000000') AS turn
    FROM told t JOIN (VALUES {spans}) AS k (kind, of_kind, is_end) USING (kind)
    WHERE t.item = 0 OR k.of_kind = 'PRODUCT_FEATURED'
), spans AS (
    SELECT *, min(at) FILTER (WHERE is_end) OVER (
            PARTITION BY part_id, of_kind, name ORDER BY at, sequence NULLS FIRST, turn, id
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS ended_at,
        COALESCE(lag(is_end) OVER (
            PARTITION BY part_id, of_kind, name ORDER BY at, sequence NULLS FIRST, turn, id
        ), true) AS is_after_end
    FROM ends
), complaints AS (
    SELECT session_id, part_id, said->>'violation_id' AS name, min(at) AS at,
        (array_agg(said->>'code' ORDER BY at DESC, id DESC) FILTER (WHERE said ? 'code'))[1] AS label,
        (array_agg(said->>'reason' ORDER BY at DESC, id DESC) FILTER (WHERE said ? 'reason'))[1] AS text,
        (array_agg(said->>'severity' ORDER BY at DESC, id DESC) FILTER (WHERE said ? 'severity'))[1] AS severity
    FROM told WHERE kind = {violation}
    GROUP BY 1, 2, 3
), marker AS (
    SELECT session_id, of_kind AS kind, md5(session_id::text || id::text || at::text)::uuid AS id, at, ended_at,
        NOT is_end AS is_start_told, product_id, COALESCE(label, '') AS label, '' AS text,
        COALESCE((said->>'scheduled_at_random')::bool, false) AS scheduled_at_random,
        jsonb_strip_nulls(jsonb_build_object(
            'prize_quantity', said->'prize_quantity', 'position', said->'position')) AS details
    FROM spans WHERE NOT is_end OR (is_after_end AND of_kind <> 'PRODUCT_FEATURED')
    UNION ALL
    SELECT session_id, 'VIOLATION', md5(session_id::text || part_id::text || name)::uuid, at, NULL, true, NULL,
        COALESCE(label, ''), COALESCE(text, ''), false,
        jsonb_strip_nulls(jsonb_build_object('violation_id', name, 'severity', severity))
    FROM complaints
    UNION ALL
    SELECT session_id, k.of_kind, md5(session_id::text || id::text || at::text)::uuid, at, NULL, true, NULL,
        '', COALESCE(said->>'text', ''), false, '{{}}'
    FROM told JOIN (VALUES {points}) AS k (kind, of_kind) USING (kind)
), written AS (
    INSERT INTO analytics_sessionmarker AS m (partner_id, id, session_id, kind, at, ended_at, is_start_told, product_id,
        label, text, scheduled_at_random, details)
    SELECT %(partner)s, id, session_id, kind, at, ended_at, is_start_told, product_id, label, text, scheduled_at_random, details
    FROM marker
    ON CONFLICT (partner_id, session_id, id) DO UPDATE SET at = EXCLUDED.at, ended_at = EXCLUDED.ended_at,
        label = EXCLUDED.label, text = EXCLUDED.text, details = EXCLUDED.details
        WHERE (m.at, m.ended_at, m.label, m.text, m.details)
            IS DISTINCT FROM (EXCLUDED.at, EXCLUDED.ended_at, EXCLUDED.label, EXCLUDED.text, EXCLUDED.details)
)
DELETE FROM analytics_sessionmarker m
WHERE m.partner_id = %(partner)s AND m.session_id = ANY(%(sessions)s)
    AND NOT EXISTS (SELECT 1 FROM marker n WHERE n.id = m.id AND n.session_id = m.session_id)
