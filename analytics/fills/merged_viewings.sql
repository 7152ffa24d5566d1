-- Presence in sessions made of several broadcasts: the union of a viewer's presence in each, all of it closed.
-- What is open in a broadcast closes with the broadcast's own window, whatever the others do. Who is there at the edge of
-- one that is live, and not silent while others go on, is there still: says so by an open view that nothing is open since.
-- Uses viewing_partner_session_viewer.
WITH part AS (
    SELECT p.*, s.edge - p.ends_at <= %(silence)s AND NOT p.has_ended AS is_live
    FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[], %(part_edges)s::timestamptz[], %(part_heartbeats)s::bool[],
        %(part_ended)s::bool[]) AS p (session_id, part_id, ends_at, heartbeats, has_ended)
    JOIN unnest(%(sessions)s::uuid[], %(edges)s::timestamptz[]) AS s (session_id, edge) USING (session_id)
    WHERE part_id <> session_id
), seen AS (
    SELECT p.session_id, p.ends_at, p.heartbeats, p.is_live, v.viewer_id, v.started, v.ended, v.start_sequences, v.end_sequences,
        v.last_sign_at, {acts}
    FROM analytics_viewing v JOIN part p ON p.part_id = v.session_id
    WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(parts)s)
), intervals AS (
    SELECT s.session_id, s.viewer_id, i.begins, i.begin_sequence, i.finish_sequence,
        COALESCE(i.finishes, CASE
            WHEN s.heartbeats AND s.ends_at - s.last_sign_at > %(silence)s THEN s.last_sign_at + %(grace)s
            ELSE s.ends_at END) AS finishes,
        s.is_live AND i.finishes IS NULL AND NOT (s.heartbeats AND s.ends_at - s.last_sign_at > %(silence)s) AS stays
    FROM seen s
    CROSS JOIN LATERAL unnest(s.started, s.ended, s.start_sequences, s.end_sequences)
        AS i (begins, finishes, begin_sequence, finish_sequence)
), placed AS (
    SELECT *, COALESCE(begins > max(finishes) OVER (viewer ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS is_new
    FROM intervals
    WINDOW viewer AS (PARTITION BY session_id, viewer_id ORDER BY begins, begin_sequence NULLS FIRST, finishes)
), islands AS (
    SELECT *, count(*) FILTER (WHERE is_new) OVER viewer AS island
    FROM placed
    WINDOW viewer AS (PARTITION BY session_id, viewer_id ORDER BY begins, begin_sequence NULLS FIRST, finishes
        ROWS UNBOUNDED PRECEDING)
), joined AS (
    SELECT session_id, viewer_id, min(begins) AS begins, max(finishes) AS finishes,
        (array_agg(begin_sequence ORDER BY begins, begin_sequence NULLS FIRST))[1] AS begin_sequence,
        (array_agg(finish_sequence ORDER BY finishes DESC, finish_sequence DESC NULLS LAST))[1] AS finish_sequence,
        bool_or(stays) AND max(finishes) = max(finishes) FILTER (WHERE stays) AS stays
    FROM islands GROUP BY session_id, viewer_id, island
), presence AS (
    SELECT session_id, viewer_id, min(begins) AS first_joined_at, array_agg(begins ORDER BY begins) AS started,
        array_agg(finishes ORDER BY begins) AS ended,
        CASE WHEN bool_or(begin_sequence IS NOT NULL) THEN array_agg(begin_sequence ORDER BY begins) END AS start_sequences,
        CASE WHEN bool_or(finish_sequence IS NOT NULL) THEN array_agg(finish_sequence ORDER BY begins) END AS end_sequences,
        sum(finishes - begins) AS watched, CASE WHEN (array_agg(stays ORDER BY begins DESC))[1] THEN -1 END AS open_view
    FROM joined GROUP BY session_id, viewer_id
), done AS (
    SELECT session_id, viewer_id, max(last_sign_at) AS last_sign_at, {act_sums}
    FROM seen GROUP BY session_id, viewer_id
), written AS (
    INSERT INTO analytics_viewing AS t (partner_id, id, session_id, viewer_id, first_joined_at, last_sign_at, started, ended,
        start_sequences, end_sequences, open_since, open_view, watched, {act_names})
    SELECT %(partner)s, {identity}, p.session_id, p.viewer_id, p.first_joined_at, d.last_sign_at, p.started, p.ended,
        p.start_sequences, p.end_sequences, NULL, p.open_view, p.watched, {act_names}
    FROM presence p JOIN done d USING (session_id, viewer_id)
    ON CONFLICT (partner_id, session_id, viewer_id) DO UPDATE SET
        first_joined_at = EXCLUDED.first_joined_at, last_sign_at = EXCLUDED.last_sign_at, started = EXCLUDED.started,
        ended = EXCLUDED.ended, start_sequences = EXCLUDED.start_sequences, end_sequences = EXCLUDED.end_sequences,
        watched = EXCLUDED.watched, open_view = EXCLUDED.open_view, {act_updates}
        WHERE (t.first_joined_at, t.last_sign_at, t.started, t.ended, t.start_sequences, t.end_sequences, t.watched, t.open_view,
            {act_stored}) IS DISTINCT FROM (EXCLUDED.first_joined_at, EXCLUDED.last_sign_at, EXCLUDED.started, EXCLUDED.ended,
            EXCLUDED.start_sequences, EXCLUDED.end_sequences, EXCLUDED.watched, EXCLUDED.open_view, {act_excluded})
    RETURNING session_id, viewer_id, first_joined_at
), gone AS (
    DELETE FROM analytics_viewing v
    WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(sessions)s) AND {absent}
    RETURNING v.session_id, v.viewer_id
)
-- Whose first join is another; the table is read as it was before this statement.
SELECT w.session_id, w.viewer_id FROM written w
LEFT JOIN {stored} ON old.session_id = w.session_id AND old.viewer_id = w.viewer_id
WHERE old.first_joined_at IS DISTINCT FROM w.first_joined_at
UNION
SELECT session_id, viewer_id FROM gone
