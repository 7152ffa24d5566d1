-- What people met who ordered nothing in the time a month's fit learns from: the same path is one row, with how many
-- went it. Uses touch_partner_touched, orderfact_partner_placed.
WITH fit AS (
    SELECT * FROM unnest(%(months)s::date[], %(since)s::timestamptz[], %(until)s::timestamptz[])
        AS f (month, since, until)
), buyer AS (
    SELECT f.month, p.person
    FROM fit f
    JOIN (
        SELECT o.placed_at, o.customer_id AS person FROM analytics_orderfact o
        WHERE o.partner_id = %(partner)s AND o.paid_at IS NOT NULL AND o.customer_id IS NOT NULL
        UNION ALL
        SELECT o.placed_at, COALESCE(v.customer_id, v.id) FROM analytics_orderfact o
        JOIN commerce_order stated ON stated.partner_id = %(partner)s AND stated.id = o.order_id
        JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = stated.viewer_id
        WHERE o.partner_id = %(partner)s AND o.paid_at IS NOT NULL
    ) p ON p.placed_at >= f.since AND p.placed_at < f.until
    GROUP BY f.month, p.person
), touch AS (
    SELECT COALESCE(v.customer_id, v.id) AS person, t.kind, t.touched_at, t.collaboration_id, k.kol_id,
        date_trunc('month', t.touched_at AT TIME ZONE %(timezone)s)::date AS month
    FROM analytics_touch t
    JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = t.viewer_id
    JOIN kol_collaboration k ON k.partner_id = %(partner)s AND k.id = t.collaboration_id
    WHERE t.partner_id = %(partner)s AND t.viewer_id IS NOT NULL AND t.touched_at >= %(first)s
), met AS (
    -- 90 days before the end of a month begin in one of the three before it.
    SELECT DISTINCT f.month, t.person, t.touched_at, t.kind, t.collaboration_id, t.kol_id
    FROM touch t
    CROSS JOIN generate_series(0, 3) AS later (months)
    JOIN fit f ON f.month = (t.month + make_interval(months => later.months))::date
        AND t.touched_at >= f.since AND t.touched_at < f.until
    WHERE NOT EXISTS (SELECT 1 FROM buyer b WHERE b.month = f.month AND b.person = t.person)
), walked AS (
    SELECT month, array_agg(kol_id ORDER BY touched_at, {place}, collaboration_id) AS kols
    FROM met GROUP BY month, person
), path AS MATERIALIZED (
    SELECT md5(month::text || kols::text)::uuid AS journey_id, month, kols, count(*) AS people
    FROM walked GROUP BY month, kols
), journeys AS (
    INSERT INTO journey (partner_id, journey_id, month, conversions, nulls)
    SELECT %(partner)s, journey_id, month, 0, people FROM path
)
INSERT INTO step (partner_id, journey_id, position, kol_id, collaboration_id, kind, touched_at, is_exclusive_code)
SELECT %(partner)s, p.journey_id, visited.position, visited.kol_id, visited.kol_id, 'LIVE_VIEW', %(first)s, false
FROM path p CROSS JOIN LATERAL unnest(p.kols) WITH ORDINALITY AS visited (kol_id, position)
