-- Orders, settled: which session each belongs to, whose viewing of it, and its buyer.
-- Uses commerce_order's key, viewer_partner_customer, viewing_partner_viewer, sessionrollup_partner_session,
-- linkclick_partner_visitor, promocode_partner_code_collaboration.
WITH chosen AS (
    SELECT o.*, COALESCE(named.id, content.id) AS stated_part,
        COALESCE(named.merged_into_id, named.id, content.merged_into_id, content.id) AS stated_session,
        COALESCE(o.customer_id, own.customer_id) AS buyer
    FROM commerce_order o
    LEFT JOIN commerce_livesession named ON named.partner_id = %(partner)s AND named.id = o.session_id
    LEFT JOIN commerce_livesession content
        ON content.partner_id = %(partner)s AND content.source = o.source
        AND content.external_id = o.content_id AND o.content_id <> ''
    LEFT JOIN commerce_viewer own ON own.partner_id = %(partner)s AND own.id = o.viewer_id
    WHERE o.partner_id = %(partner)s AND o.id = ANY(%(orders)s) AND o.placed_at IS NOT NULL
), people AS (
    SELECT c.id AS order_id, c.viewer_id, true AS is_own FROM chosen c WHERE c.viewer_id IS NOT NULL
    UNION
    SELECT c.id, v.id, v.id = c.viewer_id IS TRUE
    FROM chosen c JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.customer_id = c.customer_id
), watched AS (
    SELECT DISTINCT ON (c.id) c.id AS order_id, w.session_id
    FROM chosen c
    JOIN people p ON p.order_id = c.id
    JOIN analytics_viewing w ON w.partner_id = %(partner)s AND w.viewer_id = p.viewer_id
    JOIN analytics_sessionrollup r ON r.partner_id = %(partner)s AND r.session_id = w.session_id
    JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = w.session_id
    WHERE c.stated_session IS NULL AND w.first_joined_at <= c.placed_at
        AND c.placed_at < r.window_ended_at + %(tail)s
        -- Who watched a broadcast watched the session it is of.
        AND s.merged_into_id IS NULL
    ORDER BY c.id, w.first_joined_at DESC, r.window_started_at DESC, s.external_id COLLATE "C" DESC
), used AS (
    -- A link of a session followed by somebody of the order within the day before it, else a code of one on it;
    -- never before that session began. How long after it is told by when the order was placed.
    SELECT DISTINCT ON (u.order_id) u.order_id, u.method, s.id AS part, COALESCE(s.merged_into_id, s.id) AS session_id
    FROM (
        SELECT c.partner_id, c.id AS order_id, 'LINK' AS method, 1 AS rank, k.clicked_at AS used_at, l.session_id
        FROM chosen c
        JOIN people p ON p.order_id = c.id
        JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = p.viewer_id
        JOIN kol_linkclick k
            ON k.partner_id = %(partner)s AND k.visitor = v.external_id AND k.visitor <> '' AND k."by" = 'PERSON'
            AND k.clicked_at <= c.placed_at AND k.clicked_at > c.placed_at - interval '24 hours'
        JOIN kol_trackinglink l ON l.partner_id = %(partner)s AND l.id = k.link_id
        UNION ALL
        SELECT c.partner_id, c.id, 'CODE', 2, c.placed_at, d.session_id
        FROM chosen c
        JOIN kol_promocode d ON d.partner_id = %(partner)s AND d.code = upper(btrim(c.coupon))
        WHERE c.coupon <> '' AND (d.valid_from IS NULL OR d.valid_from <= c.placed_at)
            AND (d.valid_until IS NULL OR d.valid_until > c.placed_at)
    ) u
    JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = u.session_id
    JOIN analytics_sessionrollup r ON r.partner_id = %(partner)s AND r.session_id = COALESCE(s.merged_into_id, s.id)
    WHERE r.window_started_at <= u.used_at
    ORDER BY u.order_id, u.rank, u.used_at DESC, r.window_started_at DESC, s.external_id COLLATE "C" DESC, s.source COLLATE "C" DESC
), assigned AS (
    SELECT c.*, COALESCE(c.stated_session, w.session_id, u.session_id) AS assigned_session,
        CASE WHEN c.stated_session IS NOT NULL THEN 'EXPLICIT' WHEN w.session_id IS NOT NULL THEN 'VIEWER'
            ELSE COALESCE(u.method, '') END AS method,
        CASE WHEN c.stated_session IS NOT NULL THEN c.stated_part WHEN w.session_id IS NULL THEN u.part END AS named_part
    FROM chosen c LEFT JOIN watched w ON w.order_id = c.id LEFT JOIN used u ON u.order_id = c.id
), sold_by AS (
    -- Of a session's broadcasts the one the order, link or code names, else the one joined last before it.
    SELECT a.id AS order_id, a.named_part AS broadcast_id
    FROM assigned a WHERE a.named_part <> a.assigned_session
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (a.id) a.id, w.session_id
        FROM assigned a
        JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.merged_into_id = a.assigned_session
        JOIN people p ON p.order_id = a.id
        JOIN analytics_viewing w ON w.partner_id = %(partner)s AND w.session_id = s.id AND w.viewer_id = p.viewer_id
        JOIN analytics_sessionrollup r ON r.partner_id = %(partner)s AND r.session_id = s.id
        WHERE a.named_part IS NULL AND w.first_joined_at <= a.placed_at
        ORDER BY a.id, w.first_joined_at DESC, r.window_started_at DESC, s.external_id COLLATE "C" DESC, s.source COLLATE "C" DESC
    ) joined_last
), viewing AS (
    SELECT DISTINCT ON (a.id) a.id AS order_id, w.viewer_id
    FROM assigned a
    JOIN people p ON p.order_id = a.id
    JOIN analytics_viewing w
        ON w.partner_id = %(partner)s AND w.session_id = a.assigned_session AND w.viewer_id = p.viewer_id
    JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = w.viewer_id
    WHERE p.is_own OR w.first_joined_at <= a.placed_at
    ORDER BY a.id, p.is_own DESC, w.first_joined_at DESC, v.external_id COLLATE "C" DESC
)
INSERT INTO analytics_orderfact (partner_id, id, order_id, session_id, broadcast_id, method, confidence, viewer_id, customer_id,
    cart_id, first_settled_at, placed_at, paid_at, cancelled_at, currency, units, merchandise, shipping, tax, refunded, refunded_units)
SELECT a.partner_id, a.id, a.id, a.assigned_session, b.broadcast_id, a.method,
    CASE a.method WHEN 'EXPLICIT' THEN 1 WHEN 'VIEWER' THEN 0.8 WHEN '' THEN 0 ELSE 0.6 END, v.viewer_id, a.buyer,
    a.cart_id, %(now)s, a.placed_at, a.paid_at, a.cancelled_at, COALESCE(a.currency, s.currency, p.currency),
    a.units, a.merchandise, a.shipping, a.tax, 0, 0
FROM assigned a
JOIN commerce_partner p ON p.id = a.partner_id
LEFT JOIN sold_by b ON b.order_id = a.id
LEFT JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = COALESCE(b.broadcast_id, a.assigned_session)
LEFT JOIN viewing v ON v.order_id = a.id
ORDER BY a.id
ON CONFLICT (partner_id, order_id) DO UPDATE SET
    session_id = EXCLUDED.session_id, broadcast_id = EXCLUDED.broadcast_id, method = EXCLUDED.method, confidence = EXCLUDED.confidence,
    viewer_id = EXCLUDED.viewer_id, customer_id = EXCLUDED.customer_id, cart_id = EXCLUDED.cart_id, placed_at = EXCLUDED.placed_at,
    paid_at = EXCLUDED.paid_at, cancelled_at = EXCLUDED.cancelled_at, currency = EXCLUDED.currency,
    units = EXCLUDED.units, merchandise = EXCLUDED.merchandise, shipping = EXCLUDED.shipping, tax = EXCLUDED.tax,
    refunded = 0, refunded_units = 0
