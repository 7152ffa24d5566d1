-- Paths of viewers in sessions: from where, who, and the steps they took; of everybody, or merged with what is new.
-- What is new is read with all that follows it in time: so the latest told is the latest of that, and the first
-- told stays what it was, unless it lies in it.
-- Uses event_partner_session, viewing_partner_session_viewer, viewerpath_partner_session, viewerpath_partner_viewer.
WITH session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(starts)s::timestamptz[], %(since)s::timestamptz[])
        AS s (session_id, starts_at, since)
), part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), told AS (
    SELECT e.session_id, e.viewer_id, {told}
    FROM (
        -- In the order in which it was told: that is how the first and the latest are found below.
        SELECT * FROM (
            SELECT e.session_id, e.viewer_id, e.kind, e.at, e.id, {who}
            FROM (
                SELECT e.session_id, e.viewer_id, e.kind, e.at, e.id, e.properties, {read}
                FROM (
                    SELECT p.session_id, e.viewer_id, e.kind, e.occurred_at AS at, e.id,
                        CASE WHEN e.kind = {start_kind} THEN e.properties END AS properties
                    FROM {events}
                    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.viewer_id IS NOT NULL
                        AND e.kind = ANY(%(path_kinds)s)
                ) e
                OFFSET 0
            ) e
            OFFSET 0
        ) e
        ORDER BY session_id, viewer_id, at, id
        OFFSET 0
    ) e
    GROUP BY 1, 2
), merged AS (
    SELECT s.session_id, COALESCE(v.viewer_id, t.viewer_id) AS viewer_id, v.viewing_id, v.viewing_id IS NOT NULL AS is_present,
        s.starts_at, {old_id} AS old_id, {merged}
    FROM {watched} v
    FULL JOIN told t USING (session_id, viewer_id)
    JOIN session s USING (session_id)
    {old}
), path AS (
    SELECT {identity} AS id, p.session_id, p.viewer_id, CASE WHEN p.is_present THEN p.starts_at END AS watched_from,
        p.is_present AND {is_returning} AS is_returning, p.old_id, {kept}
    FROM merged p
    WHERE p.is_present OR {tells}
), changed AS (
    UPDATE analytics_viewerpath t SET watched_from = p.watched_from, is_returning = p.is_returning, {updates}
    FROM path p
    WHERE t.partner_id = %(partner)s AND t.id = p.old_id AND {old_ones}
        AND (t.watched_from, t.is_returning, {compared}) IS DISTINCT FROM (p.watched_from, p.is_returning, {names})
    RETURNING t.session_id, t.viewer_id, t.watched_from
), added AS (
    INSERT INTO analytics_viewerpath (partner_id, id, session_id, viewer_id, watched_from, is_returning, {columns})
    SELECT %(partner)s, p.id, p.session_id, p.viewer_id, p.watched_from, p.is_returning, {names}
    FROM path p WHERE p.old_id IS NULL
    RETURNING session_id, viewer_id, watched_from
), gone AS (
    DELETE FROM analytics_viewerpath t
    WHERE t.partner_id = %(partner)s AND {absent}
    RETURNING t.session_id, t.viewer_id
)
-- Who is present newly, no longer, or from another moment. The table is read as it was before this statement.
SELECT array_agg(viewer_id) FROM (
    SELECT w.viewer_id FROM (SELECT * FROM changed UNION ALL SELECT * FROM added) w
    LEFT JOIN {stored} old USING (session_id, viewer_id)
    WHERE %(has_others)s AND old.watched_from IS DISTINCT FROM w.watched_from
    UNION
    SELECT viewer_id FROM gone
) changed
