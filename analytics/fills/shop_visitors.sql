-- Who looked at pages on some days, by the hours of the partner's clock, and the visits begun in each.
-- A visit is what one id names on a day; without an id it is a viewer's day. An add that names no visit is of the
-- viewer's visit that began last before it, else of his first one that day. Uses event_partner_shop.
WITH day AS (
    SELECT date, commerce_day_start(date, %(timezone)s) AS starts_at,
        commerce_day_start(date + 1, %(timezone)s) AS ends_at
    FROM unnest(%(days)s::date[]) AS d (date)
), seen AS (
    SELECT d.date, e.occurred_at AS at, e.kind, e.viewer_id, e.properties ->> 'visit_id' AS visit_id
    FROM day d
    JOIN commerce_event e ON e.partner_id = %(partner)s AND e.occurred_at >= d.starts_at AND e.occurred_at < d.ends_at
        AND e.kind IN ({page_view}, {add_to_cart}) AND e.item = 0
), visit AS (
    SELECT date, visit_id, CASE WHEN visit_id IS NULL THEN viewer_id END AS alone, min(at) AS began_at,
        (array_agg(viewer_id ORDER BY at, viewer_id) FILTER (WHERE viewer_id IS NOT NULL))[1] AS viewer_id
    FROM seen
    WHERE kind = {page_view} AND (visit_id IS NOT NULL OR viewer_id IS NOT NULL)
    GROUP BY 1, 2, 3
), told AS (
    SELECT DISTINCT date, visit_id FROM seen WHERE kind = {add_to_cart} AND visit_id IS NOT NULL
), untold AS (
    SELECT DISTINCT ON (a.date, a.viewer_id, a.at) v.date, v.visit_id, v.alone
    FROM seen a
    JOIN visit v ON v.date = a.date AND v.viewer_id = a.viewer_id
    WHERE a.kind = {add_to_cart} AND a.visit_id IS NULL
    ORDER BY a.date, a.viewer_id, a.at, v.began_at <= a.at DESC,
        CASE WHEN v.began_at <= a.at THEN a.at - v.began_at ELSE v.began_at - a.at END, v.visit_id COLLATE "C"
), found AS (
    SELECT date, viewer_id, at, 0 AS visits, 0 AS visits_with_add
    FROM seen WHERE kind = {page_view} AND viewer_id IS NOT NULL
    UNION ALL
    SELECT v.date, v.viewer_id, v.began_at, 1, (t.date IS NOT NULL OR u.date IS NOT NULL)::int
    FROM visit v
    LEFT JOIN told t ON t.date = v.date AND t.visit_id = v.visit_id
    LEFT JOIN (SELECT DISTINCT * FROM untold) u
        -- A visit has an id or is somebody's alone; what is null has to be equal, that not all of a day are compared.
        ON u.date = v.date AND COALESCE(u.visit_id, '') = COALESCE(v.visit_id, '')
            AND COALESCE(u.alone, {nobody}) = COALESCE(v.alone, {nobody})
), hour AS (
    SELECT date, at - (at AT TIME ZONE %(timezone)s - date_trunc('hour', at AT TIME ZONE %(timezone)s)) AS started_at,
        viewer_id, sum(visits)::int AS visits, sum(visits_with_add)::int AS visits_with_add
    FROM found GROUP BY 1, 2, 3
), written AS (
    INSERT INTO analytics_shopvisitor AS t (partner_id, id, date, started_at, viewer_id, visits, visits_with_add)
    SELECT %(partner)s, md5(concat_ws(' ', %(partner)s::text, date, started_at, viewer_id))::uuid, date, started_at, viewer_id,
        visits, visits_with_add
    FROM hour
    ON CONFLICT (partner_id, date, started_at, viewer_id) DO UPDATE SET visits = EXCLUDED.visits,
        visits_with_add = EXCLUDED.visits_with_add
    WHERE (t.visits, t.visits_with_add) IS DISTINCT FROM (EXCLUDED.visits, EXCLUDED.visits_with_add)
)
DELETE FROM analytics_shopvisitor t
WHERE t.partner_id = %(partner)s AND t.date = ANY(%(days)s)
    AND NOT EXISTS (
        SELECT 1 FROM hour h
        WHERE h.date = t.date AND h.started_at = t.started_at
            AND COALESCE(h.viewer_id, {nobody}) = COALESCE(t.viewer_id, {nobody})
    )
