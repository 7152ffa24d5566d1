-- Touches of tracking links, all of them: people who followed one, as far as the partner's sources know them by now.
-- Answers the campaigns with a touch that is new or gone, and the earliest such moment.
-- Uses linkclick_partner_clicked, touch_partner_key, viewer_partner_external.
WITH visitor AS (
    SELECT DISTINCT visitor FROM kol_linkclick WHERE partner_id = %(partner)s AND by = 'PERSON' AND visitor <> ''
), known AS (
    -- One by one: of many viewers few followed a link.
    SELECT w.visitor, v.id
    FROM visitor w CROSS JOIN unnest(%(sources)s::text[]) AS s (source) CROSS JOIN LATERAL (
        SELECT id FROM commerce_viewer x
        WHERE x.partner_id = %(partner)s AND x.source = s.source AND x.external_id = w.visitor OFFSET 0
    ) v
), clicked AS (
    SELECT l.collaboration_id, v.id AS viewer_id, c.link_id, c.clicked_at AS at
    FROM kol_linkclick c
    JOIN kol_trackinglink l ON l.partner_id = %(partner)s AND l.id = c.link_id
    JOIN known v ON v.visitor = c.visitor
    WHERE c.partner_id = %(partner)s AND c.by = 'PERSON' AND c.visitor <> ''
), met AS (
    SELECT *, lag(at) OVER (PARTITION BY collaboration_id, viewer_id ORDER BY at, link_id) AS before FROM clicked
), found AS MATERIALIZED (
    SELECT (left(viewer_id::text, 18) || right(md5(concat_ws(' ', collaboration_id, viewer_id,
        date_part('epoch', at)::numeric)), 16))::uuid AS id, collaboration_id, viewer_id, link_id, at
    FROM met WHERE before IS NULL OR at - before >= interval '30 minutes'
), written AS (
    INSERT INTO analytics_touch (partner_id, id, collaboration_id, kind, touched_at, viewer_id, link_id)
    SELECT %(partner)s, n.id, n.collaboration_id, 'LINK_CLICK', n.at, n.viewer_id, n.link_id
    FROM found n
    LEFT JOIN analytics_touch t ON t.partner_id = %(partner)s AND t.id = n.id
    WHERE t.id IS NULL OR t.link_id IS DISTINCT FROM n.link_id
    ORDER BY n.id
    ON CONFLICT (partner_id, collaboration_id, kind, viewer_id, order_id, touched_at)
        DO UPDATE SET link_id = EXCLUDED.link_id
    RETURNING collaboration_id, touched_at
), gone AS (
    DELETE FROM analytics_touch t
    WHERE t.partner_id = %(partner)s AND t.kind = 'LINK_CLICK' AND NOT EXISTS (SELECT 1 FROM found n WHERE n.id = t.id)
    RETURNING collaboration_id, touched_at
)
SELECT k.campaign_id, min(touched_at)
FROM (SELECT * FROM written UNION ALL SELECT * FROM gone) changed
JOIN kol_collaboration k ON k.partner_id = %(partner)s AND k.id = changed.collaboration_id
GROUP BY k.campaign_id
