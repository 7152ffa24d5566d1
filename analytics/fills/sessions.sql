-- Sessions: totals of their minutes, their people, their leads.
-- Uses minute_partner_session_minute, viewing_partner_session_viewer, orderfact_partner_session.
WITH session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(starts)s::timestamptz[], %(edges)s::timestamptz[], %(heartbeats)s::bool[],
        %(lengths)s::interval[], %(halves)s::timestamptz[])
        AS s (session_id, starts_at, ends_at, heartbeats, length, half_at)
), totals AS (
    SELECT m.session_id, {count_sums}, sum(m.joins) AS joins, sum(m.leaves) AS leaves,
        max(m.peak_concurrent_viewers) AS peak,
        (array_agg(m.peak_concurrent_viewers_at ORDER BY m.peak_concurrent_viewers DESC NULLS LAST, m.minute))[1] AS peak_at,
        COALESCE((array_agg(m.concurrent_viewers ORDER BY m.minute DESC) FILTER (WHERE m.concurrent_viewers IS NOT NULL))[1], 0)
            AS present
    FROM analytics_sessionminute m
    WHERE m.partner_id = %(partner)s AND m.session_id = ANY(%(sessions)s)
    GROUP BY 1
), bought AS (
    SELECT s.session_id, o.viewer_id, min(o.placed_at) FILTER (WHERE o.placed_at >= v.first_joined_at) AS first_placed_at
    FROM {sold} o
    JOIN session s ON s.session_id = o.subject_id
    JOIN analytics_viewing v ON v.partner_id = %(partner)s AND v.session_id = o.subject_id AND v.viewer_id = o.viewer_id
    WHERE o.paid_at IS NOT NULL AND o.placed_at < s.ends_at + %(tail)s
    GROUP BY 1, 2
), people AS (
    SELECT w.session_id, w.product_clicks, w.cta_clicks, w.cart_adds, w.checkouts, w.likes, w.comments, w.shares,
        s.length,
        w.watched + COALESCE(CASE
            WHEN w.open_since IS NULL THEN NULL
            WHEN s.heartbeats AND s.ends_at - w.last_sign_at > %(silence)s
                THEN w.last_sign_at + %(grace)s - w.open_since
            ELSE s.ends_at - w.open_since END, interval '0') AS watched,
        w.first_joined_at <= s.half_at AS is_eligible,
        b.first_placed_at IS NOT NULL AS has_bought, COALESCE(b.first_placed_at < s.ends_at, false) AS has_bought_during,
        COALESCE(p.is_returning, false) AS is_returning, COALESCE(p.source, '') AS source,
        COALESCE(p.sub_source, '') AS sub_source, p.is_paid
    FROM analytics_viewing w
    JOIN session s USING (session_id)
    LEFT JOIN bought b ON b.session_id = w.session_id AND b.viewer_id = w.viewer_id
    LEFT JOIN analytics_viewerpath p
        ON p.partner_id = %(partner)s AND p.session_id = w.session_id AND p.viewer_id = w.viewer_id
    WHERE w.partner_id = %(partner)s AND w.session_id = ANY(%(sessions)s)
), judged AS (
    SELECT *, watched * 2 >= length AND length > interval '0' AS is_completed FROM people
), crowd AS (
    SELECT v.session_id, sum(v.watched) AS watched, {people}
    FROM judged v GROUP BY 1
), {by_source}, leads AS (
    SELECT p.session_id, count(DISTINCT l.key) AS leads
    FROM commerce_lead l
    JOIN unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id) ON p.part_id = l.session_id
    WHERE l.partner_id = %(partner)s AND l.session_id = ANY(%(parts)s) GROUP BY 1
), moments AS (
    SELECT w.session_id, {moments} FROM analytics_sessionshowing w
    WHERE w.partner_id = %(partner)s AND w.session_id = ANY(%(sessions)s) GROUP BY 1
)
INSERT INTO analytics_sessionrollup (partner_id, id, session_id, window_started_at, window_ended_at, session_seconds,
    watch_time, concurrent_viewers, peak_concurrent_viewers, peak_concurrent_viewers_at, joins, leaves, leads, computed_at,
    {count_columns}, {people_columns}, {moment_columns})
SELECT %(partner)s, s.session_id, s.session_id, s.starts_at, s.ends_at,
    COALESCE(extract(epoch FROM s.length), 0), COALESCE(extract(epoch FROM c.watched), 0),
    COALESCE(t.present, 0), COALESCE(t.peak, 0), t.peak_at, COALESCE(t.joins, 0), COALESCE(t.leaves, 0),
    COALESCE(l.leads, 0), %(now)s, {count_values}, {people_values}, {moment_values}
FROM session s
LEFT JOIN totals t USING (session_id)
LEFT JOIN crowd c USING (session_id)
LEFT JOIN leads l USING (session_id)
LEFT JOIN moments w USING (session_id)
ON CONFLICT (partner_id, session_id) DO UPDATE SET
    window_started_at = EXCLUDED.window_started_at, window_ended_at = EXCLUDED.window_ended_at,
    session_seconds = EXCLUDED.session_seconds, watch_time = EXCLUDED.watch_time,
    concurrent_viewers = EXCLUDED.concurrent_viewers, peak_concurrent_viewers = EXCLUDED.peak_concurrent_viewers,
    peak_concurrent_viewers_at = EXCLUDED.peak_concurrent_viewers_at, joins = EXCLUDED.joins, leaves = EXCLUDED.leaves,
    leads = EXCLUDED.leads, computed_at = EXCLUDED.computed_at, {count_updates}, {people_updates}, {moment_updates}
