-- What came of some product moments: who was there, and what was done.
-- Nobody is matched with moments one by one. Presence is steps up and down, and of the few instants that are asked
-- about each step counts for those after it: how many lie before it is all that has to be known of a step.
-- Uses event_partner_session, viewing_partner_session_viewer.
WITH moment AS (
    SELECT * FROM unnest(%(moments)s::uuid[], %(moments_of)s::uuid[], %(products)s::uuid[], %(featured)s::timestamptz[],
        %(ended)s::timestamptz[], %(window_ended)s::timestamptz[])
        AS m (id, session_id, product_id, featured_at, ends_at, window_ends_at)
), session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(edges)s::timestamptz[], %(heartbeats)s::bool[])
        AS s (session_id, ends_at, heartbeats)
), part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), asked AS (
    SELECT session_id, array_agg(DISTINCT featured_at ORDER BY featured_at) AS starts,
        array_agg(DISTINCT ends_at ORDER BY ends_at) AS ends, min(featured_at) AS earliest
    FROM moment GROUP BY 1
), watched AS (
    SELECT * FROM (
        SELECT v.session_id, v.viewer_id, v.started, v.ended, a.earliest,
            CASE WHEN v.open_since IS NULL THEN v.ended[cardinality(v.ended)]
                WHEN s.heartbeats AND s.ends_at - v.last_sign_at > %(silence)s THEN v.last_sign_at + %(grace)s
                ELSE s.ends_at END AS left_at
        FROM analytics_viewing v JOIN session s USING (session_id) JOIN asked a USING (session_id)
        WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(sessions)s)
    ) w WHERE left_at >= earliest  -- Who had left by then says nothing.
), presence AS (
    SELECT session_id, started[1] AS begins, left_at AS finishes, false AS goes_on, false AS comes_back
    FROM watched WHERE cardinality(started) = 1
    UNION ALL
    SELECT w.session_id, p.begins, COALESCE(p.finishes, w.left_at),
        -- Gaps that no window fits into: from any instant that is asked about, one presence.
        w.ended[p.place - 1] > p.begins - %(window)s IS TRUE, w.started[p.place + 1] - %(window)s < p.finishes IS TRUE
    FROM watched w CROSS JOIN LATERAL unnest(w.started, w.ended) WITH ORDINALITY AS p (begins, finishes, place)
    WHERE cardinality(w.started) > 1
), placed AS (
    -- `came` and `went`: present in [t, t + 90 s), that is begins - 90 s < t < finishes (or t = begins = finishes).
    -- `joined` and `parted`: present at t, begins <= t < finishes. `..._before`: until t, begins < t <= finishes.
    SELECT p.session_id,
        CASE WHEN NOT goes_on THEN width_bucket(begins - %(window)s, a.starts) END AS came,
        CASE WHEN NOT comes_back
            THEN width_bucket(CASE WHEN finishes > begins THEN finishes - %(instant)s ELSE finishes END, a.starts)
        END AS went,
        width_bucket(begins - %(instant)s, a.starts) AS joined, width_bucket(finishes - %(instant)s, a.starts) AS parted,
        width_bucket(begins, a.ends) AS joined_before, width_bucket(finishes, a.ends) AS parted_before
    FROM presence p JOIN asked a USING (session_id)
), counted AS (
    SELECT session_id, came AS place, count(*) AS in_window, 0 AS at_start, 0 AS at_end FROM placed GROUP BY 1, 2
    UNION ALL SELECT session_id, went, -count(*), 0, 0 FROM placed GROUP BY 1, 2
    UNION ALL SELECT session_id, joined, 0, count(*), 0 FROM placed GROUP BY 1, 2
    UNION ALL SELECT session_id, parted, 0, -count(*), 0 FROM placed GROUP BY 1, 2
    UNION ALL SELECT session_id, joined_before, 0, 0, count(*) FROM placed GROUP BY 1, 2
    UNION ALL SELECT session_id, parted_before, 0, 0, -count(*) FROM placed GROUP BY 1, 2
), steps AS (
    SELECT session_id, place, sum(in_window) AS in_window, sum(at_start) AS at_start, sum(at_end) AS at_end
    FROM counted WHERE place IS NOT NULL GROUP BY 1, 2
), act AS MATERIALIZED (
    SELECT p.session_id, e.occurred_at AS at, e.kind, e.product_id, e.viewer_id
    FROM commerce_event e JOIN part p ON p.part_id = e.session_id
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.occurred_at >= %(earliest)s
        AND e.occurred_at < %(latest)s AND e.kind IN ({comment}, {click}, {cart}) AND (e.kind <> {comment} OR e.item = 0)
), said AS (
    SELECT a.session_id, width_bucket(a.at, k.starts) AS by_start, width_bucket(a.at, k.ends) AS by_end, count(*) AS comments
    FROM act a JOIN asked k USING (session_id)
    WHERE a.kind = {comment} GROUP BY 1, 2, 3
), instants AS (
    SELECT m.id, m.session_id, width_bucket(m.featured_at, a.starts) AS start, width_bucket(m.ends_at, a.ends) AS finish
    FROM moment m JOIN asked a USING (session_id)
), present AS (
    SELECT i.id, sum(s.in_window) FILTER (WHERE s.place < i.start) AS in_window,
        sum(s.at_start) FILTER (WHERE s.place < i.start) AS at_start, sum(s.at_end) FILTER (WHERE s.place < i.finish) AS at_end
    FROM instants i JOIN steps s USING (session_id) GROUP BY 1
), heard AS (
    SELECT i.id, COALESCE(sum(s.comments) FILTER (WHERE s.by_end < i.finish), 0)
        - COALESCE(sum(s.comments) FILTER (WHERE s.by_start < i.start), 0) AS comments
    FROM instants i JOIN said s USING (session_id) GROUP BY 1
), done AS (
    SELECT m.id, count(*) FILTER (WHERE a.kind = {click}) AS clicks,
        count(DISTINCT a.viewer_id) FILTER (WHERE a.kind = {cart}) AS carts
    FROM act a JOIN moment m ON m.session_id = a.session_id AND m.product_id = a.product_id
        AND a.at >= m.featured_at AND a.at < m.ends_at
    WHERE a.kind <> {comment} GROUP BY 1
)
UPDATE analytics_sessionshowing t SET
    ends_at = m.ends_at, window_ends_at = m.window_ends_at, moment_viewers = COALESCE(p.in_window, 0),
    viewers_at_start = COALESCE(p.at_start, 0), viewers_at_end = COALESCE(p.at_end, 0),
    product_clicks = COALESCE(d.clicks, 0), carts = COALESCE(d.carts, 0), comments = COALESCE(h.comments, 0)
FROM moment m
LEFT JOIN present p USING (id)
LEFT JOIN heard h USING (id)
LEFT JOIN done d USING (id)
WHERE t.partner_id = %(partner)s AND t.id = ANY(%(moments)s) AND t.id = m.id
