-- Presence carried on: viewers of live sessions whose new signs all come after their last known one and are simple,
-- that is of one view and without a silence between them; an end may only be the last. Answers everybody else.
-- Uses viewing_partner_session_viewer, and of event_partner_session what lies after the earliest new sign.
WITH session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(starts)s::timestamptz[], %(heartbeats)s::bool[], %(since)s::timestamptz[])
        AS s (session_id, starts_at, heartbeats, new_from)
), picked AS (
    SELECT p.session_id, p.viewer_id, p.since, s.starts_at, s.heartbeats, v.id, v.first_joined_at, v.last_sign_at,
        v.started, v.ended, v.start_sequences, v.end_sequences, v.open_since, v.open_view
    FROM unnest(%(picked_sessions)s::uuid[], %(picked_viewers)s::uuid[], %(picked_since)s::timestamptz[])
        AS p (session_id, viewer_id, since)
    JOIN session s USING (session_id)
    LEFT JOIN LATERAL (
        SELECT * FROM analytics_viewing v
        WHERE v.partner_id = %(partner)s AND v.session_id = p.session_id AND v.viewer_id = p.viewer_id
        OFFSET 0
    ) v ON true
), signs AS (
    SELECT p.id AS viewing_id, e.occurred_at AS at, e.sequence, e.id, e.view, e.kind, e.quantity,
        e.kind = {end_kind} AS is_end,
        NOT (e.kind = {end_kind} AND e.id < '00000000-0100-0000-0000-000000000000') AS turn,
        p.starts_at, p.heartbeats, p.last_sign_at, p.ended, p.open_since, p.open_view
    FROM session s
    CROSS JOIN LATERAL (
        SELECT * FROM commerce_event e
        WHERE e.partner_id = %(partner)s AND e.session_id = s.session_id AND e.occurred_at >= s.new_from
            AND e.viewer_id IS NOT NULL AND e.kind = ANY(%(signs)s) AND e.item = 0
        OFFSET 0
    ) e
    JOIN picked p ON p.session_id = e.session_id AND p.viewer_id = e.viewer_id
    WHERE p.since > p.last_sign_at AND e.occurred_at > p.last_sign_at
), placed AS (
    SELECT *, lag(at) OVER viewer AS at_before, lead(at) OVER viewer IS NULL AS is_last,
        first_value(at) OVER viewer AS first_at, first_value(is_end) OVER viewer AS begins_with_end,
        -- What is open still, before the first new sign.
        open_since IS NOT NULL
            AND NOT (heartbeats AND first_value(at) OVER viewer - last_sign_at > %(silence)s) AS goes_on,
        COALESCE(first_value(view) OVER viewer, {anonymous}) AS new_view
    FROM signs
    WINDOW viewer AS (PARTITION BY viewing_id ORDER BY at, sequence NULLS FIRST, turn, id)
), laned AS (
    SELECT *, CASE WHEN goes_on THEN open_view ELSE new_view END AS lane FROM placed
), acts AS (
    SELECT e.viewing_id, e.first_at, e.goes_on, e.lane, max(e.at) AS last_at, bool_or(e.is_end) AS is_ended,
        max(e.sequence) FILTER (WHERE e.at_before IS NULL) AS first_sequence,
        max(e.sequence) FILTER (WHERE e.is_end) AS end_sequence, {acts}
    FROM laned e
    GROUP BY viewing_id, first_at, goes_on, lane, begins_with_end, starts_at, heartbeats, last_sign_at, ended, open_since
    HAVING lane IS NOT NULL AND first_at >= starts_at AND (goes_on OR NOT begins_with_end)
        AND bool_and(
            -- A sign without a view is about whatever is open, but a start, which opens a view without a name.
            COALESCE(view = lane, lane = {anonymous} OR kind <> {start_kind})
            AND (is_last OR NOT is_end)
            AND NOT (heartbeats AND at_before IS NOT NULL AND at - at_before > %(silence)s)
        )
        -- What touches is one presence, and what the session's start cuts to nothing is none: not simple.
        AND CASE
            WHEN goes_on THEN first_at > open_since
            WHEN open_since IS NOT NULL
                THEN last_sign_at + %(grace)s > open_since AND first_at > last_sign_at + %(grace)s
            ELSE first_at > ended[cardinality(ended)]
        END
), written AS (
    UPDATE analytics_viewing v SET
        last_sign_at = a.last_at,
        started = CASE WHEN a.goes_on THEN v.started ELSE v.started || a.first_at END,
        ended = v.ended
            || CASE WHEN v.open_since IS NOT NULL AND NOT a.goes_on THEN ARRAY[v.last_sign_at + %(grace)s] END
            || CASE WHEN a.is_ended THEN ARRAY[a.last_at] END,
        start_sequences = CASE
            WHEN a.goes_on OR (v.start_sequences IS NULL AND a.first_sequence IS NULL) THEN v.start_sequences
            ELSE COALESCE(v.start_sequences, array_fill(NULL::bigint, ARRAY[cardinality(v.started)])) || a.first_sequence
        END,
        end_sequences = CASE WHEN v.end_sequences IS NOT NULL OR a.end_sequence IS NOT NULL THEN
            (COALESCE(v.end_sequences, array_fill(NULL::bigint, ARRAY[cardinality(v.started)])))
                [:cardinality(v.started) - a.goes_on::int] || a.end_sequence
        END,
        open_since = CASE WHEN a.is_ended THEN NULL WHEN a.goes_on THEN v.open_since ELSE a.first_at END,
        open_view = CASE WHEN NOT a.is_ended THEN a.lane END,
        watched = v.watched
            + CASE WHEN v.open_since IS NOT NULL AND NOT a.goes_on
                THEN v.last_sign_at + %(grace)s - v.open_since ELSE interval '0' END
            + CASE WHEN a.is_ended
                THEN a.last_at - CASE WHEN a.goes_on THEN v.open_since ELSE a.first_at END ELSE interval '0' END,
        {act_additions}
    FROM acts a
    WHERE v.partner_id = %(partner)s AND v.id = ANY(ARRAY(SELECT viewing_id FROM acts)) AND v.id = a.viewing_id
    RETURNING v.session_id, v.viewer_id
), early AS (
    -- Only who gave a sign before the session's start can have been seen and yet have no viewing.
    SELECT DISTINCT e.session_id, e.viewer_id
    FROM session s
    CROSS JOIN LATERAL (
        SELECT e.session_id, e.viewer_id FROM commerce_event e
        WHERE e.partner_id = %(partner)s AND e.session_id = s.session_id AND e.occurred_at < s.starts_at
            AND e.viewer_id IS NOT NULL AND e.kind = ANY(%(signs)s) AND e.item = 0
        OFFSET 0
    ) e
)
-- The others, and from when on all of their signs are.
SELECT p.session_id, array_agg(p.viewer_id),
    CASE WHEN NOT bool_or(e.viewer_id IS NOT NULL) THEN min(LEAST(p.since, p.first_joined_at)) END
FROM picked p
LEFT JOIN written w ON w.session_id = p.session_id AND w.viewer_id = p.viewer_id
LEFT JOIN early e ON e.session_id = p.session_id AND e.viewer_id = p.viewer_id
WHERE w.viewer_id IS NULL
GROUP BY p.session_id
