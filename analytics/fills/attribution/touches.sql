-- Touches from a moment on, but for those of links: who watched and clicked where an influencer appeared, and what
-- orders themselves say. The same again within half an hour is the same touch: only the one before it decides.
-- Uses viewing_partner_session_viewer, event_partner_session, orderfact_partner_placed, appearance_partner_session.
WITH appearing AS (
    -- Who appears in a broadcast appears in the session it is of.
    SELECT DISTINCT a.collaboration_id, COALESCE(s.merged_into_id, s.id) AS session_id
    FROM kol_appearance a
    JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = a.session_id
    WHERE a.partner_id = %(partner)s
), recent AS (
    SELECT DISTINCT r.session_id
    FROM appearing a
    JOIN analytics_sessionrollup r ON r.partner_id = %(partner)s AND r.session_id = a.session_id
    WHERE r.window_ended_at >= %(raw_from)s
), watched AS (
    SELECT w.session_id, w.viewer_id, w.started
    FROM recent r CROSS JOIN LATERAL (
        SELECT * FROM analytics_viewing v WHERE v.partner_id = %(partner)s AND v.session_id = r.session_id OFFSET 0
    ) w
), part AS (
    SELECT session_id, session_id AS part_id FROM appearing
    UNION
    SELECT s.merged_into_id, s.id FROM appearing a
    JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.merged_into_id = a.session_id
), clicked AS (
    SELECT p.session_id, e.viewer_id, e.occurred_at AS at
    FROM part p CROSS JOIN LATERAL (
        SELECT * FROM commerce_event r WHERE r.partner_id = %(partner)s AND r.session_id = p.part_id
            AND r.occurred_at >= %(raw_from)s AND r.kind = {select_item} AND r.item = 0 AND r.viewer_id IS NOT NULL
        OFFSET 0
    ) e
), seen AS (
    SELECT 'LIVE_VIEW' AS kind, w.session_id, w.viewer_id, started.at
    FROM watched w CROSS JOIN LATERAL unnest(w.started) AS started (at)
    WHERE started.at >= %(raw_from)s
    UNION ALL
    SELECT 'PRODUCT_CLICK', c.session_id, c.viewer_id, c.at
    FROM clicked c
    WHERE EXISTS (
        SELECT 1 FROM analytics_viewing w WHERE w.partner_id = %(partner)s AND w.session_id = c.session_id
            AND w.viewer_id = c.viewer_id
    )
), met AS (
    SELECT a.collaboration_id, s.kind, s.viewer_id, s.session_id, s.at,
        lag(s.at) OVER (
            PARTITION BY a.collaboration_id, s.kind, s.viewer_id ORDER BY s.at, s.session_id
        ) AS before
    FROM seen s JOIN appearing a USING (session_id)
), ordered AS (
    SELECT f.order_id, f.placed_at, o.source, o.content_id, upper(btrim(o.coupon)) AS coupon,
        lower(ltrim(btrim(o.affiliate_creator), '@')) AS creator, (f.placed_at AT TIME ZONE %(timezone)s)::date AS day
    FROM analytics_orderfact f
    JOIN commerce_order o ON o.partner_id = %(partner)s AND o.id = f.order_id
    WHERE f.partner_id = %(partner)s AND f.placed_at >= %(from)s
        AND (o.coupon <> '' OR o.content_id <> '' OR o.affiliate_creator <> '')
), told AS (
    SELECT p.collaboration_id, 'CODE' AS kind, o.order_id, o.placed_at, NULL::uuid AS session_id
    FROM ordered o
    JOIN kol_promocode p ON p.partner_id = %(partner)s AND p.code = o.coupon
    WHERE o.coupon <> '' AND (p.valid_from IS NULL OR p.valid_from <= o.placed_at)
        AND (p.valid_until IS NULL OR o.placed_at < p.valid_until)
    UNION ALL
    SELECT a.collaboration_id, 'AFFILIATE', o.order_id, o.placed_at, a.session_id
    FROM ordered o
    JOIN commerce_livesession s
        ON s.partner_id = %(partner)s AND s.source = o.source AND s.external_id = o.content_id
    JOIN appearing a ON a.session_id = COALESCE(s.merged_into_id, s.id)
    WHERE o.content_id <> ''
    UNION ALL
    SELECT k.id, 'AFFILIATE', o.order_id, o.placed_at, NULL
    FROM ordered o
    JOIN kol_kolaccount a ON a.handle = o.creator
    JOIN kol_collaboration k ON k.partner_id = %(partner)s AND k.kol_id = a.kol_id
    JOIN kol_campaign c ON c.partner_id = %(partner)s AND c.id = k.campaign_id
        AND c.starts_on <= o.day AND o.day < c.ends_on
    WHERE o.creator <> ''
), found AS MATERIALIZED (
    SELECT left(viewer_id::text, 18) AS near, collaboration_id, kind, viewer_id, NULL::uuid AS order_id, session_id,
        at AS touched_at
    FROM met WHERE at >= %(from)s AND (before IS NULL OR at - before >= interval '30 minutes')
    UNION ALL
    SELECT left(order_id::text, 18), collaboration_id, kind, NULL, order_id, max(session_id::text)::uuid, placed_at
    FROM told GROUP BY collaboration_id, kind, order_id, placed_at
), named AS MATERIALIZED (
    SELECT (near || right(md5(concat_ws(' ', collaboration_id, kind, viewer_id, order_id,
        date_part('epoch', touched_at)::numeric)), 16))::uuid AS id, f.*
    FROM found f
), written AS (
    INSERT INTO analytics_touch (partner_id, id, collaboration_id, kind, touched_at, viewer_id, order_id, session_id)
    SELECT %(partner)s, n.id, n.collaboration_id, n.kind, n.touched_at, n.viewer_id, n.order_id, n.session_id
    FROM named n
    LEFT JOIN analytics_touch t ON t.partner_id = %(partner)s AND t.id = n.id
    WHERE t.id IS NULL OR t.session_id IS DISTINCT FROM n.session_id
    ORDER BY n.id
    ON CONFLICT (partner_id, collaboration_id, kind, viewer_id, order_id, touched_at)
        DO UPDATE SET session_id = EXCLUDED.session_id
    RETURNING collaboration_id
), gone AS (
    DELETE FROM analytics_touch t
    WHERE t.partner_id = %(partner)s AND t.touched_at >= %(from)s AND t.kind <> 'LINK_CLICK'
        AND NOT EXISTS (SELECT 1 FROM named n WHERE n.id = t.id)
    RETURNING collaboration_id
)
SELECT DISTINCT collaboration_id FROM (SELECT * FROM written UNION ALL SELECT * FROM gone) changed
