-- What platforms say of their own sessions: of each interval, by each source and definition, the latest word.
-- Uses event_partner_session_moments, reported_partner_session.
WITH part AS (
    SELECT p.session_id, p.part_id
    FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), told AS (
    SELECT p.session_id, e.session_id AS part_id, e.id, e.occurred_at AS at, upper(e.properties->>'interval') AS interval,
        (e.properties->>'from')::timestamptz AS starts_at, (e.properties->>'to')::timestamptz AS ends_at,
        COALESCE(e.properties->>'definition', '') AS definition, e.properties->'metrics' AS metrics
    FROM commerce_event e JOIN part p ON p.part_id = e.session_id
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.kind IN ({kinds})
), named AS (
    -- A total is one, however far it had come each time; a minute is known by where it begins.
    SELECT *, md5(session_id::text || part_id::text || interval || definition
        || CASE WHEN interval = 'MINUTE' THEN starts_at::text ELSE '' END)::uuid AS name
    FROM told
), latest AS (
    SELECT DISTINCT ON (name) n.*, s.source FROM named n
    JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = n.part_id
    ORDER BY name, at DESC, n.id DESC
), gone AS (
    DELETE FROM analytics_reportednumbers r
    WHERE r.partner_id = %(partner)s AND r.session_id = ANY(%(sessions)s)
        AND NOT EXISTS (SELECT 1 FROM latest l WHERE l.name = r.id AND l.session_id = r.session_id)
)
INSERT INTO analytics_reportednumbers AS r (partner_id, id, session_id, interval, starts_at, ends_at, source, definition,
    metrics, reported_at)
SELECT %(partner)s, name, session_id, interval, starts_at, ends_at, source, definition, metrics, at FROM latest
ON CONFLICT (partner_id, session_id, id) DO UPDATE SET starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at,
    metrics = EXCLUDED.metrics, reported_at = EXCLUDED.reported_at
    WHERE (r.starts_at, r.ends_at, r.metrics, r.reported_at)
        IS DISTINCT FROM (EXCLUDED.starts_at, EXCLUDED.ends_at, EXCLUDED.metrics, EXCLUDED.reported_at)
