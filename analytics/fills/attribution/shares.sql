-- Each order's collaborations, and nobody where a model leaves it to nobody: weights, how they met, who is paid.
-- Uses orderfact_partner_placed, sessionrollup_partner_session, ordershare_partner_placed.
CREATE TEMP TABLE share ON COMMIT DROP AS
WITH span AS {span},
direct AS (
    -- The order is of a session the influencer appears in, and was placed while that session lasted.
    SELECT DISTINCT f.order_id, f.placed_at, a.collaboration_id
    FROM analytics_orderfact f
    JOIN kol_appearance a ON a.partner_id = %(partner)s
    JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = a.session_id
        AND COALESCE(s.merged_into_id, s.id) = f.session_id
    JOIN analytics_sessionrollup r ON r.partner_id = %(partner)s AND r.session_id = f.session_id
    JOIN span c ON c.collaboration_id = a.collaboration_id
        AND c.starts_on <= (f.placed_at AT TIME ZONE %(timezone)s)::date
        AND (c.ends_on IS NULL OR (f.placed_at AT TIME ZONE %(timezone)s)::date < c.ends_on)
    WHERE f.partner_id = %(partner)s AND f.placed_at >= %(from)s AND f.session_id IS NOT NULL
        AND f.placed_at < r.window_ended_at + %(tail)s
), met AS (
    SELECT order_id, collaboration_id, placed_at, min(basis) AS basis, bool_or(is_exclusive_code) AS is_exclusive
    FROM met WHERE placed_at >= %(from)s GROUP BY order_id, collaboration_id, placed_at
), known AS (
    SELECT COALESCE(m.order_id, d.order_id) AS order_id, COALESCE(m.placed_at, d.placed_at) AS placed_at,
        COALESCE(m.collaboration_id, d.collaboration_id) AS collaboration_id,
        COALESCE(w.touches, 0) AS touches, w.first_touched_at, w.last_touched_at,
        COALESCE(w.is_last, false) AS is_last, d.order_id IS NOT NULL AS is_direct,
        CASE m.basis WHEN 1 THEN 'ORDER' WHEN 2 THEN 'LOGIN' WHEN 3 THEN 'HASH' ELSE '' END AS basis,
        COALESCE(m.is_exclusive, false) AS is_exclusive, {weights}
    FROM met m
    FULL JOIN direct d ON d.order_id = m.order_id AND d.collaboration_id = m.collaboration_id
    LEFT JOIN weight w ON w.partner_id = %(partner)s AND w.journey_id = m.order_id
        AND w.collaboration_id = m.collaboration_id
), bid AS (
    SELECT k.*, CASE c.payable_model {bids} END AS bid
    FROM known k
    JOIN kol_collaboration o ON o.partner_id = %(partner)s AND o.id = k.collaboration_id
    JOIN kol_campaign c ON c.partner_id = %(partner)s AND c.id = o.campaign_id
), placed AS (
    SELECT *, (is_exclusive OR bid > 0) AND row_number() OVER (
            PARTITION BY order_id
            ORDER BY is_exclusive DESC, bid DESC, last_touched_at DESC NULLS LAST, collaboration_id
        ) = 1 AS is_payable
    FROM bid
), complete AS (
    SELECT order_id, collaboration_id, placed_at, touches, first_touched_at, last_touched_at, is_last, is_direct, basis,
        is_payable, {columns}
    FROM placed
    UNION ALL
    SELECT order_id, NULL, placed_at, 0, NULL, NULL, false, false, '', false, {nobodys}
    FROM placed GROUP BY order_id, placed_at
    HAVING {is_somebody_missing}
)
SELECT *, {holders},
    -- Who was met first is first to get what a division leaves; nobody is the last.
    row_number() OVER (PARTITION BY order_id ORDER BY first_touched_at, collaboration_id)::int AS turn
FROM complete
