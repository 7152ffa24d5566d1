-- What looks odd about the orders of some collaborations, and about their influencers' followers.
-- Uses ordershare_partner_collab, orderfact_partner_order, trackinglink_partner_collab, linkclick_partner_link,
-- touch_partner_viewer, touch_partner_order, kolfollowers_account_date.
WITH chosen AS (
    SELECT c.id, c.kol_id, g.starts_on, g.ends_on
    FROM kol_collaboration c
    JOIN kol_campaign g ON g.partner_id = %(partner)s AND g.id = c.campaign_id
    WHERE c.partner_id = %(partner)s
        AND (c.id = ANY(%(collaborations)s) OR c.campaign_id = ANY(%(campaigns)s))
), met AS MATERIALIZED (
    SELECT c.id AS collaboration_id, c.kol_id, s.order_id, s.placed_at, s.touches, o.viewer_id,
        v.external_id AS viewer, f.customer_id, u.external_id AS customer
    FROM chosen c
    JOIN analytics_ordershare s ON s.partner_id = %(partner)s AND s.collaboration_id = c.id
    JOIN analytics_orderfact f ON f.partner_id = %(partner)s AND f.order_id = s.order_id
    JOIN commerce_order o ON o.partner_id = %(partner)s AND o.id = s.order_id
    LEFT JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = o.viewer_id
    LEFT JOIN commerce_customer u ON u.partner_id = %(partner)s AND u.id = f.customer_id
), clicked AS MATERIALIZED (
    SELECT l.collaboration_id, k.visitor, k.device, k.clicked_at
    FROM chosen c
    JOIN kol_trackinglink l ON l.partner_id = %(partner)s AND l.collaboration_id = c.id
    JOIN kol_linkclick k ON k.partner_id = %(partner)s AND k.link_id = l.id
    WHERE k.by = 'PERSON' AND k.visitor <> ''
), last_click AS (
    -- The click itself and not its touch: that one may be the first of half an hour.
    SELECT collaboration_id, order_id, placed_at, date_part('epoch', placed_at - max(at))::numeric AS seconds
    FROM (
        SELECT m.collaboration_id, m.order_id, m.placed_at, k.clicked_at AS at
        FROM met m
        JOIN clicked k ON k.collaboration_id = m.collaboration_id AND k.visitor = m.viewer
        WHERE k.clicked_at <= m.placed_at
        UNION ALL
        SELECT m.collaboration_id, m.order_id, m.placed_at, t.touched_at
        FROM met m
        JOIN analytics_touch t ON t.partner_id = %(partner)s AND t.viewer_id = m.viewer_id
            AND t.collaboration_id = m.collaboration_id
        WHERE t.kind = 'PRODUCT_CLICK' AND t.touched_at <= m.placed_at
    ) clicks
    GROUP BY 1, 2, 3
), shared AS (
    -- Orders by viewers whose clicks came from one device.
    SELECT m.collaboration_id, d.device, array_agg(DISTINCT m.order_id) AS orders
    FROM met m
    JOIN (SELECT DISTINCT collaboration_id, device, visitor FROM clicked WHERE device <> '') d
        ON d.collaboration_id = m.collaboration_id AND d.visitor = m.viewer
    GROUP BY 1, 2
    HAVING count(DISTINCT m.order_id) >= %(many_orders)s AND count(DISTINCT m.viewer) > 1
), busy AS (
    SELECT m.collaboration_id, array_agg(m.order_id) AS orders
    FROM met m
    WHERE m.customer_id IS NOT NULL OR m.viewer_id IS NOT NULL
    GROUP BY m.collaboration_id, COALESCE(m.customer_id, m.viewer_id),
        (m.placed_at AT TIME ZONE %(timezone)s)::date
    HAVING count(*) >= %(many_orders)s
), coded AS (
    SELECT m.collaboration_id, m.order_id, m.placed_at, m.touches = 1 AS is_untouched
    FROM met m
    JOIN analytics_touch t ON t.partner_id = %(partner)s AND t.order_id = m.order_id
        AND t.collaboration_id = m.collaboration_id AND t.kind = 'CODE'
), crowd AS (
    SELECT 'ONE_DEVICE' AS kind, collaboration_id, orders FROM shared
    UNION ALL
    SELECT 'ONE_BUYER', collaboration_id, orders FROM busy
), odd AS (
    -- Every order that is odd, in which way, and what is compared.
    SELECT 'FAST_ORDERS' AS kind, collaboration_id, order_id, placed_at, seconds AS value
    FROM last_click WHERE seconds < %(fast_seconds)s
    UNION ALL
    SELECT c.kind, m.collaboration_id, m.order_id, m.placed_at, max(cardinality(c.orders))
    FROM crowd c JOIN met m ON m.collaboration_id = c.collaboration_id AND m.order_id = ANY(c.orders)
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT 'SELF_PURCHASE', m.collaboration_id, m.order_id, m.placed_at, 1
    FROM met m
    WHERE EXISTS (
        SELECT 1 FROM kol_kolaccount a
        WHERE a.kol_id = m.kol_id AND a.handle IN (
            lower(ltrim(btrim(m.viewer), '@')), lower(ltrim(btrim(m.customer), '@'))
        )
    )
    UNION ALL
    SELECT 'CODE_LEAK', collaboration_id, order_id, placed_at, 1 FROM coded WHERE is_untouched
), whole AS (
    SELECT 'FAST_ORDERS' AS kind, collaboration_id, count(*) AS among FROM last_click GROUP BY 2
    UNION ALL
    SELECT 'CODE_LEAK', collaboration_id, count(*) FROM coded GROUP BY 2
    UNION ALL
    SELECT k.kind, m.collaboration_id, count(*)
    FROM met m CROSS JOIN (VALUES ('ONE_DEVICE'), ('ONE_BUYER'), ('SELF_PURCHASE')) AS k (kind)
    GROUP BY 1, 2
), summed AS (
    SELECT o.kind, o.collaboration_id, count(*) AS counted, w.among, min(o.placed_at) AS since,
        CASE o.kind WHEN 'FAST_ORDERS' THEN min(o.value) WHEN 'CODE_LEAK' THEN count(*)::numeric / w.among
            WHEN 'SELF_PURCHASE' THEN count(*) ELSE max(o.value) END AS value,
        (array_agg(o.order_id ORDER BY o.placed_at, o.order_id))[:%(samples)s] AS order_ids
    FROM odd o JOIN whole w USING (kind, collaboration_id)
    GROUP BY 1, 2, w.among
), growth AS (
    SELECT a.kol_id, f.account_id, f.on_date, f.followers - lag(f.followers) OVER days AS gained,
        lag(f.followers) OVER days AS before, f.on_date - lag(f.on_date) OVER days AS days
    FROM kol_kolaccount a JOIN kol_kolfollowers f ON f.account_id = a.id
    WHERE a.kol_id IN (SELECT kol_id FROM chosen)
    WINDOW days AS (PARTITION BY f.account_id ORDER BY f.on_date)
), usual AS (
    -- Days nobody counted on share what came over them.
    SELECT g.*, gained::numeric / days AS a_day, count(*) OVER earlier AS history,
        avg(gained::numeric / days) OVER earlier AS mean, stddev_samp(gained::numeric / days) OVER earlier AS spread
    FROM growth g WHERE days IS NOT NULL
    WINDOW earlier AS (
        PARTITION BY account_id ORDER BY on_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
), jump AS (
    SELECT DISTINCT ON (c.id) c.id AS collaboration_id, u.gained, u.before, u.a_day / u.before AS value,
        CASE WHEN u.history >= %(least_history)s THEN round((u.a_day - u.mean) / NULLIF(u.spread, 0), 4) END
            AS deviation,
        min(u.on_date) OVER (PARTITION BY c.id) AS since
    FROM chosen c JOIN usual u USING (kol_id)
    WHERE u.before > 0 AND u.a_day > %(jump)s AND u.a_day > %(jump_share)s * u.before
        AND u.on_date >= c.starts_on - %(jump_days)s AND u.on_date < c.ends_on
    ORDER BY c.id, u.a_day / u.before DESC, u.on_date, u.account_id
), flag AS (
    SELECT kind, collaboration_id, counted, among, value, NULL::numeric AS deviation, order_ids, since,
        CASE kind WHEN 'FAST_ORDERS' THEN %(fast_seconds)s WHEN 'CODE_LEAK' THEN %(leak_share)s
            WHEN 'SELF_PURCHASE' THEN 1 ELSE %(many_orders)s END::numeric AS threshold,
        CASE kind
            WHEN 'FAST_ORDERS' THEN CASE WHEN counted < 3 THEN 'LOW' WHEN counted * 10 < among THEN 'MEDIUM'
                ELSE 'HIGH' END
            WHEN 'CODE_LEAK' THEN CASE WHEN value < 0.8 THEN 'MEDIUM' ELSE 'HIGH' END
            WHEN 'SELF_PURCHASE' THEN CASE WHEN counted < 3 THEN 'MEDIUM' ELSE 'HIGH' END
            ELSE CASE WHEN value < 4 * %(many_orders)s THEN 'MEDIUM' ELSE 'HIGH' END
        END AS severity
    FROM summed
    WHERE kind <> 'CODE_LEAK' OR (among >= %(least_code_orders)s AND value > %(leak_share)s)
    UNION ALL
    SELECT 'FOLLOWER_JUMP', collaboration_id, gained, before, value, deviation, '{{}}'::uuid[],
        since::timestamp AT TIME ZONE %(timezone)s, %(jump_share)s,
        CASE WHEN deviation IS NULL THEN 'MEDIUM' WHEN deviation < 3 THEN 'LOW' ELSE 'HIGH' END
    FROM jump
), {write}
DELETE FROM analytics_collaborationflag f
WHERE f.partner_id = %(partner)s AND f.kind <> 'HIGH_ENGAGEMENT'
    AND (f.collaboration_id IN (SELECT id FROM chosen) OR NOT EXISTS (
        SELECT 1 FROM kol_collaboration c WHERE c.partner_id = %(partner)s AND c.id = f.collaboration_id
    ))
    AND NOT EXISTS (SELECT 1 FROM flag n WHERE n.collaboration_id = f.collaboration_id AND n.kind = f.kind)
