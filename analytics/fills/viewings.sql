-- Presence of viewers in sessions, from their signs of life; and what they did.
-- Uses event_partner_session. Of everybody, or of picked viewers, whose signs are then all read from a moment on.
WITH session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(edges)s::timestamptz[],
        %(heartbeats)s::bool[], %(reach)s::timestamptz[])
        AS s (session_id, starts_at, ends_at, edge, heartbeats, reads_from)
), signs AS (
    SELECT e.session_id, e.viewer_id, e.occurred_at AS at, e.sequence, e.id, e.view, e.kind, e.quantity,
        e.kind = {end_kind} AS is_end, s.heartbeats,
        -- A source that counts its events says by their numbers which came first; elsewhere an end does.
        NOT (e.kind = {end_kind} AND e.id < '00000000-0100-0000-0000-000000000000') AS turn
    FROM {events}
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(sessions)s) AND e.viewer_id IS NOT NULL
        AND e.kind = ANY(%(signs)s) AND e.item = 0 {picked}
), neighbours AS (
    SELECT session_id, viewer_id, at, sequence, turn, id, view, kind, is_end, heartbeats,
        COALESCE(at - lag(at) OVER viewer > %(silence)s AND heartbeats, false) AS is_new_burst,
        lead(at) OVER viewer - at AS quiet,
        lag(is_end) OVER viewer AS after_end
    FROM signs
    WINDOW viewer AS (PARTITION BY session_id, viewer_id ORDER BY at, sequence NULLS FIRST, turn, id)
), speaking AS (
    -- Where something is open already, a sign that names no view changes nothing; the last before a silence does.
    SELECT *, lag(view) OVER viewer AS view_before, lag(is_end) OVER viewer AS end_before FROM neighbours
    WHERE view IS NOT NULL OR kind IN ({start_kind}, {end_kind}) OR after_end IS NOT FALSE OR is_new_burst
        OR quiet IS NULL OR (quiet > %(silence)s AND heartbeats)
    WINDOW viewer AS (PARTITION BY session_id, viewer_id ORDER BY at, sequence NULLS FIRST, turn, id)
), kept AS (
    -- Nor does another sign of the view that spoke just before; but a start opens where a mere sign did not.
    SELECT * FROM speaking
    WHERE is_end OR (view IS NULL AND kind = {start_kind}) OR end_before IS NOT FALSE OR view_before IS DISTINCT FROM view OR is_new_burst
        OR quiet IS NULL OR (quiet > %(silence)s AND heartbeats)
), judged AS (
    -- Most people watch in one view, begin with a start and stop at an end: then each sign says all by itself.
    SELECT session_id, viewer_id, at, sequence, turn, id, view, kind, is_end, is_new_burst,
        lead(at) OVER viewer AS next_at,
        lead(sequence) OVER viewer AS next_sequence,
        lead(is_new_burst, 1, false) OVER viewer AS falls_silent,
        row_number() OVER viewer AS place,
        max(at) OVER everything AS last_at,
        COALESCE(min(view) FILTER (WHERE NOT is_neutral) OVER everything
            = max(view) FILTER (WHERE NOT is_neutral) OVER everything, true)
            AND count(view) FILTER (WHERE NOT is_neutral) OVER everything
                IN (0, count(*) FILTER (WHERE NOT is_neutral) OVER everything)
            AND NOT first_value(is_end) OVER viewer AS is_simple,
        min(view) FILTER (WHERE NOT is_neutral) OVER everything AS only_view
    FROM (
        SELECT *, view IS NULL AND kind NOT IN ({start_kind}, {end_kind}) AND after_end IS FALSE AND NOT is_new_burst
            AS is_neutral
        FROM kept
    ) k
    WINDOW everything AS (PARTITION BY session_id, viewer_id),
        viewer AS (everything ORDER BY at, sequence NULLS FIRST, turn, id)
), ordered AS (
    SELECT session_id, viewer_id, at, sequence, view, kind, is_end, is_new_burst, falls_silent, next_at, next_sequence,
        last_at, place,
        count(*) FILTER (WHERE NOT is_end) OVER (viewer ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) AS opened_before,
        min(at) OVER (PARTITION BY session_id, viewer_id) AS first_at
    FROM judged
    WHERE NOT is_simple
    WINDOW viewer AS (PARTITION BY session_id, viewer_id ORDER BY place)
), spans AS (
    -- A span ends by silence, or by an end that names no view and so closes all that is open.
    SELECT *,
        count(*) FILTER (WHERE is_new_burst) OVER viewer AS burst,
        count(*) FILTER (WHERE is_end AND view IS NULL)
            OVER (viewer ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) AS closing,
        CASE WHEN view IS NULL THEN opened_before ELSE
            count(*) FILTER (WHERE NOT is_end) OVER (PARTITION BY session_id, viewer_id, view ORDER BY place
                ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) END AS own_opened_before
    FROM ordered
    WINDOW viewer AS (PARTITION BY session_id, viewer_id ORDER BY place)
), steps AS (
    SELECT *,
        CASE
            WHEN view IS NULL THEN 0
            WHEN is_end THEN -(COALESCE(NOT lag(is_end) OVER lane, false))::int
            ELSE (COALESCE(lag(is_end) OVER lane, true))::int
        END AS step
    FROM spans
    WINDOW lane AS (PARTITION BY session_id, viewer_id, burst, closing, view ORDER BY place)
), counted AS (
    SELECT *,
        sum(step) OVER span AS open_views,
        max(at) FILTER (WHERE is_end AND own_opened_before = 0) OVER (PARTITION BY session_id, viewer_id) AS orphaned_until,
        is_end AND own_opened_before = 0 AS is_orphan
    FROM steps
    WINDOW span AS (PARTITION BY session_id, viewer_id, burst, closing ORDER BY place)
), states AS (
    SELECT session_id, viewer_id, at, place, next_at, is_end, first_at, last_at, orphaned_until, is_orphan,
        sequence, next_sequence, falls_silent,
        NOT (is_end AND view IS NULL) AND (open_views > 0 OR is_anonymous_open) AS is_open,
        CASE WHEN NOT is_anonymous_open AND open_views = 1 THEN only_view
            WHEN is_anonymous_open AND open_views = 0 THEN {anonymous} END AS open_view
    FROM (
        SELECT *, bool_or(view IS NULL AND NOT is_end AND (kind = {start_kind} OR open_views = 0)) OVER span
                AS is_anonymous_open,
            -- Views that were opened and closed again cancel out: where one is left, this is it.
            bit_xor(view) FILTER (WHERE step <> 0) OVER span AS only_view
        FROM counted
        WINDOW span AS (PARTITION BY session_id, viewer_id, burst, closing ORDER BY place)
    ) c
), segments AS (
    -- From each sign to the next: present or not.
    SELECT session_id, viewer_id, place, last_at, at AS begins, sequence AS begin_sequence,
        CASE
            WHEN at < orphaned_until THEN next_at
            WHEN is_orphan AND at = first_at AND NOT is_open THEN at
            WHEN falls_silent THEN at + %(grace)s
            ELSE next_at
        END AS finishes,
        CASE WHEN at < orphaned_until THEN next_sequence
            WHEN is_orphan AND at = first_at AND NOT is_open THEN sequence
            WHEN NOT falls_silent THEN next_sequence END AS finish_sequence,
        open_view
    FROM states
    WHERE is_open OR at < orphaned_until OR (is_orphan AND at = first_at)
    UNION ALL
    SELECT session_id, viewer_id, place, last_at, at, sequence,
        CASE WHEN falls_silent THEN at + %(grace)s ELSE next_at END,
        CASE WHEN NOT falls_silent THEN next_sequence END,
        COALESCE(only_view, {anonymous})
    FROM judged
    WHERE is_simple AND NOT is_end
), cut AS (
    SELECT g.session_id, g.viewer_id, g.place, g.last_at,
        GREATEST(g.begins, s.starts_at) AS begins,
        CASE WHEN g.begins >= s.starts_at THEN g.begin_sequence END AS begin_sequence,
        CASE
            WHEN g.finishes IS NOT NULL THEN LEAST(g.finishes, s.ends_at)
            WHEN s.ends_at IS NULL THEN NULL
            WHEN s.heartbeats AND s.ends_at - g.last_at > %(silence)s THEN LEAST(g.last_at + %(grace)s, s.ends_at)
            ELSE s.ends_at
        END AS finishes,
        CASE WHEN g.finishes <= s.ends_at OR s.ends_at IS NULL THEN g.finish_sequence END AS finish_sequence,
        g.begins = g.finishes AS is_instant, g.open_view
    FROM segments g
    JOIN session s USING (session_id)
), present AS (
    SELECT *, lag(finishes) OVER viewer IS DISTINCT FROM begins AS is_new
    FROM cut c JOIN session s USING (session_id)
    WHERE (begins < s.ends_at OR s.ends_at IS NULL)
        AND (finishes > begins OR finishes IS NULL OR (is_instant AND finishes = begins))
        -- Open since before a start that has not come, or that came after a silence: nothing of it is inside.
        AND (finishes IS NULL AND (s.edge <= s.starts_at OR (s.heartbeats AND s.edge - last_at > %(silence)s
            AND last_at + %(grace)s <= s.starts_at))) IS NOT TRUE
    WINDOW viewer AS (PARTITION BY session_id, viewer_id ORDER BY place)
), islands AS (
    SELECT session_id, viewer_id, count(*) FILTER (WHERE is_new) OVER viewer AS island, place, last_at,
        begins, begin_sequence, finishes, finish_sequence, open_view
    FROM present
    WINDOW viewer AS (PARTITION BY session_id, viewer_id ORDER BY place)
), intervals AS (
    SELECT session_id, viewer_id, island, last_at, min(begins) AS begins,
        (array_agg(begin_sequence ORDER BY place))[1] AS begin_sequence,
        CASE WHEN bool_or(finishes IS NULL) THEN NULL ELSE max(finishes) END AS finishes,
        (array_agg(finish_sequence ORDER BY place DESC))[1] AS finish_sequence,
        max(open_view) FILTER (WHERE finishes IS NULL) AS open_view
    FROM islands
    GROUP BY session_id, viewer_id, island, last_at
), presence AS (
    SELECT session_id, viewer_id, last_at, min(begins) AS first_joined_at,
        array_agg(begins ORDER BY begins) AS started,
        COALESCE(array_agg(finishes ORDER BY begins) FILTER (WHERE finishes IS NOT NULL), '{{}}') AS ended,
        CASE WHEN bool_or(begin_sequence IS NOT NULL) THEN array_agg(begin_sequence ORDER BY begins) END AS start_sequences,
        CASE WHEN bool_or(finish_sequence IS NOT NULL) THEN array_agg(finish_sequence ORDER BY begins) END AS end_sequences,
        max(begins) FILTER (WHERE finishes IS NULL) AS open_since, max(open_view) AS open_view,
        COALESCE(sum(finishes - begins), interval '0') AS watched
    FROM intervals
    GROUP BY session_id, viewer_id, last_at
), acts AS (
    SELECT session_id, viewer_id, {acts}
    FROM signs e
    GROUP BY session_id, viewer_id
), written AS (
INSERT INTO analytics_viewing AS t (partner_id, id, session_id, viewer_id, first_joined_at, last_sign_at, started, ended,
    start_sequences, end_sequences, open_since, open_view, watched, {act_names})
SELECT %(partner)s, {identity}, p.session_id, p.viewer_id, p.first_joined_at, p.last_at,
    p.started, p.ended, p.start_sequences, p.end_sequences, p.open_since, p.open_view, p.watched, {act_names}
FROM presence p JOIN acts a USING (session_id, viewer_id)
ON CONFLICT (partner_id, session_id, viewer_id) DO UPDATE SET
    first_joined_at = EXCLUDED.first_joined_at, last_sign_at = EXCLUDED.last_sign_at, started = EXCLUDED.started,
    ended = EXCLUDED.ended, start_sequences = EXCLUDED.start_sequences, end_sequences = EXCLUDED.end_sequences,
    open_since = EXCLUDED.open_since, open_view = EXCLUDED.open_view, watched = EXCLUDED.watched, {act_updates}
    WHERE (t.first_joined_at, t.last_sign_at, t.started, t.ended, t.start_sequences, t.end_sequences, t.open_since,
        t.open_view, t.watched, {act_stored}) IS DISTINCT FROM (EXCLUDED.first_joined_at, EXCLUDED.last_sign_at, EXCLUDED.started,
        EXCLUDED.ended, EXCLUDED.start_sequences, EXCLUDED.end_sequences, EXCLUDED.open_since, EXCLUDED.open_view, EXCLUDED.watched,
        {act_excluded})
    RETURNING session_id, viewer_id, first_joined_at, started, ended
), gone AS (
    DELETE FROM analytics_viewing v
    WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(sessions)s) AND {absent}
    RETURNING v.session_id, v.viewer_id
), compared AS (
    -- The table is read as it was before this statement.
    SELECT w.session_id, w.viewer_id, old.first_joined_at IS DISTINCT FROM w.first_joined_at AS has_moved,
        CASE
            WHEN old.id IS NULL THEN w.first_joined_at
            WHEN w.started[1:cardinality(old.started)] = old.started AND w.ended[1:cardinality(old.ended)] = old.ended
                -- An end without a start may fill a silence that had ended what was open.
                THEN CASE WHEN old.open_since IS NOT NULL
                    AND w.ended[cardinality(old.started)] IS DISTINCT FROM old.last_sign_at + %(grace)s
                    THEN old.last_sign_at END
            ELSE %(beginning)s
        END AS changed_from
    FROM written w
    LEFT JOIN {stored} ON old.session_id = w.session_id AND old.viewer_id = w.viewer_id
    UNION ALL
    SELECT session_id, viewer_id, true, %(beginning)s FROM gone
)
-- Whose first join is another, and from when on presence is another (null: only where events are new).
SELECT session_id, array_agg(viewer_id) FILTER (WHERE has_moved), min(changed_from)
FROM compared GROUP BY session_id
