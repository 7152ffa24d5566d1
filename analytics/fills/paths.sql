-- Paths of viewers in sessions: from where, who, and the steps they took; of everybody, or merged with what is new.
-- Uses event_partner_session, viewing_partner_session_viewer, viewerpath_partner_session, viewerpath_partner_viewer.
WITH session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(starts)s::timestamptz[], %(since)s::timestamptz[])
        AS s (session_id, starts_at, since)
), part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), told AS (
    SELECT e.session_id, e.viewer_id, {told}
    FROM (
        SELECT p.session_id, e.viewer_id, e.kind, e.occurred_at, {who_told}
        FROM {events}
        WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.viewer_id IS NOT NULL
            AND e.kind = ANY(%(path_kinds)s)
        OFFSET 0
    ) e
    GROUP BY 1, 2
), merged AS (
    SELECT s.session_id, COALESCE(v.viewer_id, t.viewer_id) AS viewer_id, COALESCE(v.is_present, false) AS is_present, s.starts_at, {merged}
    FROM {watched} v
    FULL JOIN told t USING (session_id, viewer_id)
    JOIN session s USING (session_id)
    {old}
), path AS (
    SELECT session_id, viewer_id, CASE WHEN is_present THEN starts_at END AS watched_from, {read}, {kept},
        is_present AND {is_returning} AS is_returning
    FROM merged m
    WHERE is_present OR {tells}
), written AS (
    INSERT INTO analytics_viewerpath AS t (partner_id, id, session_id, viewer_id, watched_from, is_returning,
        {read_names}, {kept})
    SELECT %(partner)s, {identity}, p.session_id, p.viewer_id, p.watched_from, p.is_returning, {read_names}, {kept}
    FROM path p
    ON CONFLICT (id) DO UPDATE SET watched_from = EXCLUDED.watched_from,
        is_returning = EXCLUDED.is_returning, {updates}
        WHERE (t.watched_from, t.is_returning, {compared}) IS DISTINCT FROM
            (EXCLUDED.watched_from, EXCLUDED.is_returning, {excluded})
    RETURNING t.session_id, t.viewer_id, t.watched_from
), gone AS (
    DELETE FROM analytics_viewerpath t
    WHERE t.partner_id = %(partner)s AND t.session_id = ANY(%(sessions)s) AND {absent}
    RETURNING t.session_id, t.viewer_id
)
-- Who is present newly, no longer, or from another moment. The table is read as it was before this statement.
SELECT array_agg(viewer_id) FROM (
    SELECT w.viewer_id FROM written w LEFT JOIN {stored} old USING (session_id, viewer_id)
    WHERE %(has_others)s AND old.watched_from IS DISTINCT FROM w.watched_from
    UNION
    SELECT viewer_id FROM gone
) changed
