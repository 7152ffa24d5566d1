by_source AS (
    SELECT session_id, source, sub_source, is_paid, {sums}
    FROM (
        SELECT v.session_id, v.source, v.sub_source, v.is_paid, {no_events}, {people}
        FROM judged v GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT m.session_id, m.source, m.sub_source, m.is_paid, {events}, {no_people}
        FROM analytics_sourceminute m
        WHERE m.partner_id = %(partner)s AND m.session_id = ANY(%(sessions)s)
        GROUP BY 1, 2, 3, 4
    ) each
    GROUP BY 1, 2, 3, 4
), sources_written AS (
    INSERT INTO analytics_sessionsource (partner_id, id, session_id, source, sub_source, is_paid, {columns})
    SELECT %(partner)s, {identity}, e.session_id, e.source, e.sub_source, e.is_paid, {columns} FROM by_source e
    ON CONFLICT (partner_id, session_id, source, sub_source, is_paid) DO UPDATE SET {updates}
    RETURNING id
), sources_gone AS (
    DELETE FROM analytics_sessionsource t
    WHERE t.partner_id = %(partner)s AND t.session_id = ANY(%(sessions)s)
        AND NOT EXISTS (SELECT 1 FROM sources_written w WHERE w.id = t.id)
)
