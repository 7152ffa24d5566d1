-- What a live session's team should look at now: raised, and cleared where it no longer holds.
-- Uses violation_partner_session, marker_partner_session_at, minute_partner_session_minute, orderfact_partner_session.
WITH minutes AS (
    -- A minute without a row is as the one before: only those with a level are read.
    SELECT m.minute, m.concurrent_viewers
    FROM analytics_sessionminute m
    WHERE m.partner_id = %(partner)s AND m.session_id = %(session)s AND m.is_inside
        AND m.concurrent_viewers IS NOT NULL AND m.minute < %(now)s
), loss AS (
    SELECT b.minute, b.concurrent_viewers AS present_before, n.concurrent_viewers AS present_now
    FROM (SELECT * FROM minutes WHERE minute < %(now)s - interval '5 minutes' ORDER BY minute DESC LIMIT 1) b
    CROSS JOIN (SELECT * FROM minutes ORDER BY minute DESC LIMIT 1) n
    WHERE b.concurrent_viewers - n.concurrent_viewers >= %(least_loss)s
        AND (b.concurrent_viewers - n.concurrent_viewers) >= %(steep_share)s * b.concurrent_viewers
), pace AS (
    SELECT l.product_id, sum(l.quantity)::bigint AS pieces
    FROM analytics_orderfact o
    JOIN commerce_orderline l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
    WHERE o.partner_id = %(partner)s AND o.session_id = %(session)s AND o.cancelled_at IS NULL
        AND o.placed_at > %(now)s - %(pace_window)s AND o.placed_at <= %(now)s
    GROUP BY 1
), stock AS (
    SELECT s.product_id, s.stock, COALESCE(p.pieces, 0) AS pieces
    FROM unnest(%(products)s::uuid[], %(stocks)s::bigint[], %(featured)s::bool[]) AS s (product_id, stock, is_featured)
    LEFT JOIN pace p USING (product_id)
    -- Few are left of what is on screen, or all will be gone before as much time has passed again.
    WHERE (s.is_featured OR p.pieces > 0) AND (s.stock <= %(low_stock)s OR s.stock <= p.pieces)
), holding AS (
    SELECT 'VIOLATION' AS kind, v.id::text AS subject,
        jsonb_build_object('code', v.code, 'reason', v.reason, 'severity', v.severity, 'remediation', v.remediation)
            AS details
    FROM commerce_violation v
    JOIN commerce_livesession s ON s.partner_id = v.partner_id AND s.id = v.session_id
        AND (s.id = %(session)s OR s.merged_into_id = %(session)s)
    WHERE v.partner_id = %(partner)s AND v.occurred_at IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM commerce_violationappeal a
            WHERE a.partner_id = v.partner_id AND a.violation_id = v.id AND a.state = 'OVERTURNED')
    UNION ALL
    SELECT 'GIVEAWAY', m.id::text, jsonb_build_object('label', m.label, 'productId', m.product_id)
    FROM analytics_sessionmarker m
    WHERE m.partner_id = %(partner)s AND m.session_id = %(session)s AND m.kind = 'GIVEAWAY' AND m.is_start_told
        AND m.at <= %(now)s AND (m.ended_at IS NULL OR m.ended_at > %(now)s)
    UNION ALL
    SELECT 'STEEP_LOSS', to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
        jsonb_build_object('presentBefore', present_before, 'presentNow', present_now)
    FROM loss
    UNION ALL
    SELECT 'LOW_STOCK', product_id::text, jsonb_build_object('productId', product_id, 'stock', stock, 'soldLately', pieces)
    FROM stock
), cleared AS (
    UPDATE analytics_livealert a SET cleared_at = %(now)s
    WHERE a.partner_id = %(partner)s AND a.session_id = %(session)s AND a.cleared_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM holding h WHERE h.kind = a.kind AND h.subject = a.subject)
)
INSERT INTO analytics_livealert (partner_id, id, session_id, kind, subject, raised_at, cleared_at, details)
SELECT %(partner)s, md5(%(session)s::text || kind || subject)::uuid, %(session)s, kind, subject, %(now)s, NULL, details
FROM holding
ON CONFLICT (partner_id, session_id, kind, subject) DO UPDATE SET
    raised_at = CASE WHEN analytics_livealert.cleared_at IS NULL
        THEN analytics_livealert.raised_at ELSE EXCLUDED.raised_at END,
    cleared_at = NULL, details = EXCLUDED.details
