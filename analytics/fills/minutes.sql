-- Minutes of sessions from a moment on: what happened, who was there, what was sold.
-- Uses event_partner_session, viewing_partner_session_viewer, orderfact_partner_session.
WITH session AS (
    SELECT session_id, starts_at, ends_at, GREATEST(from_at, '-infinity') AS from_at, currency, heartbeats,
        told_end IS NULL AS is_live
    FROM unnest(%(sessions)s::uuid[], %(starts)s::timestamptz[], %(edges)s::timestamptz[], %(from)s::timestamptz[],
        %(currencies)s::text[], %(heartbeats)s::bool[], %(ends)s::timestamptz[])
        AS s (session_id, starts_at, ends_at, from_at, currency, heartbeats, told_end)
), part AS (
    SELECT p.session_id, p.part_id, p.starts_at, p.ends_at, s.from_at
    FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[], %(part_starts)s::timestamptz[], %(part_edges)s::timestamptz[])
        AS p (session_id, part_id, starts_at, ends_at)
    JOIN session s USING (session_id)
), counted AS (
    -- What happens in a broadcast is inside where that broadcast was on.
    SELECT p.session_id, date_trunc('minute', e.occurred_at) AS minute,
        COALESCE(e.occurred_at >= p.starts_at AND e.occurred_at < p.ends_at, false) AS is_inside, {counts}
    FROM commerce_event e JOIN part p ON p.part_id = e.session_id
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.occurred_at >= p.from_at
        AND e.occurred_at >= %(earliest)s
        AND e.kind = ANY(%(kinds)s)
    GROUP BY 1, 2, 3
), acting AS (
    SELECT p.session_id, date_trunc('minute', e.occurred_at) AS minute,
        COALESCE(e.occurred_at >= p.starts_at AND e.occurred_at < p.ends_at, false) AS is_inside, {people}
    FROM commerce_event e JOIN part p ON p.part_id = e.session_id
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.occurred_at >= p.from_at
        AND e.occurred_at >= %(earliest)s
        AND e.kind = ANY(%(people_kinds)s)
    GROUP BY 1, 2, 3
), leads AS (
    SELECT session_id, date_trunc('minute', occurred_at) AS minute, is_inside, count(*) AS leads
    FROM (
        -- Left first: the same person may leave it in each broadcast.
        SELECT DISTINCT ON (p.session_id, l.key) p.session_id, p.from_at, l.occurred_at,
            COALESCE(l.occurred_at >= p.starts_at AND l.occurred_at < p.ends_at, false) AS is_inside
        FROM commerce_lead l JOIN part p ON p.part_id = l.session_id
        WHERE l.partner_id = %(partner)s AND l.session_id = ANY(%(parts)s)
        ORDER BY p.session_id, l.key, l.occurred_at, is_inside DESC
    ) l
    WHERE occurred_at >= from_at
    GROUP BY 1, 2, 3
), sold AS (
    SELECT s.session_id, date_trunc('minute', o.placed_at) AS minute, true AS is_inside,
        count(*) AS orders, sum(o.merchandise) AS live_sales
    FROM {sold} o JOIN session s ON s.session_id = o.subject_id
    WHERE o.paid_at IS NOT NULL
        AND o.currency = s.currency AND o.placed_at >= s.starts_at AND o.placed_at < s.ends_at
        AND o.placed_at >= s.from_at
    GROUP BY 1, 2
), presence AS (
    SELECT v.session_id, p.begins, p.begin_sequence,
        COALESCE(p.finishes, CASE
            WHEN s.heartbeats AND s.ends_at - v.last_sign_at > %(silence)s THEN v.last_sign_at + %(grace)s
            ELSE s.ends_at END) AS finishes,
        p.finish_sequence, s.starts_at, s.ends_at, s.from_at,
        -- Who is there at the edge of a live session is there still: the end of it has not come.
        s.is_live AND CASE WHEN p.finishes IS NULL THEN NOT (s.heartbeats AND s.ends_at - v.last_sign_at > %(silence)s)
            -- Of several broadcasts each has an edge of its own.
            ELSE v.open_view IS NOT NULL AND v.open_since IS NULL AND p.begins = v.started[cardinality(v.started)] END AS stays
    FROM analytics_viewing v JOIN session s USING (session_id)
    CROSS JOIN LATERAL unnest(v.started, v.ended, v.start_sequences, v.end_sequences)
        AS p (begins, finishes, begin_sequence, finish_sequence)
    WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(sessions)s)
        -- Who had left by then says nothing about the minutes since.
        AND (CASE WHEN v.open_since IS NULL THEN v.ended[cardinality(v.ended)]
            WHEN s.heartbeats AND s.ends_at - v.last_sign_at > %(silence)s THEN v.last_sign_at + %(grace)s
            ELSE s.ends_at END >= s.from_at OR (v.open_view IS NOT NULL AND v.open_since IS NULL))
), carried AS (
    SELECT session_id, from_at, count(*) FILTER (WHERE begins < from_at AND (finishes >= from_at OR stays)) AS present
    FROM presence GROUP BY 1, 2
), points AS (
    SELECT session_id, begins AS at, begin_sequence AS sequence, 1 AS step, false AS is_leave
    FROM presence WHERE begins >= from_at
    UNION ALL
    SELECT session_id, finishes, finish_sequence, -1, finishes < ends_at FROM presence WHERE finishes >= from_at AND NOT stays
), swept AS (
    SELECT p.session_id, p.at, p.step, p.is_leave,
        COALESCE(c.present, 0) + sum(p.step) OVER (
            PARTITION BY p.session_id ORDER BY p.at, p.sequence NULLS FIRST, p.step ROWS UNBOUNDED PRECEDING
        ) AS present,
        row_number() OVER (PARTITION BY p.session_id ORDER BY p.at, p.sequence NULLS FIRST, p.step) AS place
    FROM points p LEFT JOIN carried c USING (session_id)
), crowd AS (
    SELECT session_id, date_trunc('minute', at) AS minute, true AS is_inside, min(at) AS first_at,
        (array_agg(present ORDER BY place DESC))[1] AS concurrent_viewers,
        max(present) AS peak, (array_agg(at ORDER BY present DESC, place))[1] AS peak_at,
        (array_agg(present - step ORDER BY place))[1] AS present_before,
        count(*) FILTER (WHERE step = 1) AS joins, count(*) FILTER (WHERE is_leave) AS leaves
    FROM swept GROUP BY 1, 2
), minutes AS (
    SELECT session_id, minute, is_inside, {count_names},
        COALESCE(l.leads, 0) AS leads, COALESCE(o.orders, 0) AS orders, COALESCE(o.live_sales, 0) AS live_sales,
        c.concurrent_viewers,
        -- Who was there before counts too, unless the very first instant changed it.
        CASE WHEN c.present_before > c.peak AND c.first_at > minute THEN c.present_before ELSE c.peak END AS peak,
        CASE WHEN c.present_before > c.peak AND c.first_at > minute THEN minute ELSE c.peak_at END AS peak_at,
        COALESCE(c.joins, 0) AS joins, COALESCE(c.leaves, 0) AS leaves
    FROM counted e
    LEFT JOIN acting a USING (session_id, minute, is_inside)
    FULL JOIN leads l USING (session_id, minute, is_inside)
    FULL JOIN sold o USING (session_id, minute, is_inside)
    FULL JOIN crowd c USING (session_id, minute, is_inside)
), written AS (
    INSERT INTO analytics_sessionminute (partner_id, id, session_id, minute, is_inside, {count_columns},
        leads, orders, live_sales, concurrent_viewers, peak_concurrent_viewers, peak_concurrent_viewers_at, joins, leaves)
    SELECT %(partner)s, md5(session_id::text || minute::text || is_inside::text)::uuid, session_id, minute, is_inside,
        {count_columns}, leads, orders, live_sales, concurrent_viewers, peak, peak_at, joins, leaves
    FROM minutes
    ON CONFLICT (partner_id, session_id, minute, is_inside) DO UPDATE SET {count_updates},
        leads = EXCLUDED.leads, orders = EXCLUDED.orders, live_sales = EXCLUDED.live_sales,
        concurrent_viewers = EXCLUDED.concurrent_viewers, peak_concurrent_viewers = EXCLUDED.peak_concurrent_viewers,
        peak_concurrent_viewers_at = EXCLUDED.peak_concurrent_viewers_at, joins = EXCLUDED.joins, leaves = EXCLUDED.leaves
    RETURNING session_id, minute, is_inside
)
DELETE FROM analytics_sessionminute m USING session s
WHERE m.partner_id = %(partner)s AND m.session_id = s.session_id AND m.minute >= s.from_at
    AND NOT EXISTS (
        SELECT 1 FROM written w
        WHERE w.session_id = m.session_id AND w.minute = m.minute AND w.is_inside = m.is_inside
    )
