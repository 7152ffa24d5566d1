-- What the buyer of each order met before it, inside the windows of the contract in force on the order's day; and how
-- the two were brought together: 1 the order's own viewer, 2 a login of its customer, 3 a shared e-mail or phone.
-- Uses orderfact_partner_placed, viewer_partner_customer, customer_partner_email, customer_partner_phone,
-- touch_partner_touched, touch_partner_order.
CREATE TEMP TABLE met ON COMMIT DROP AS
WITH placed AS (
    SELECT f.order_id, f.placed_at, f.paid_at IS NOT NULL AS is_paid, f.customer_id, o.viewer_id,
        upper(btrim(o.coupon)) AS coupon, (f.placed_at AT TIME ZONE %(timezone)s)::date AS day
    FROM analytics_orderfact f
    JOIN commerce_order o ON o.partner_id = %(partner)s AND o.id = f.order_id
    WHERE f.partner_id = %(partner)s AND f.placed_at >= %(reads_from)s
), same AS (
    SELECT c.id AS customer_id, other.id AS other_id
    FROM commerce_customer c
    JOIN commerce_customer other ON other.partner_id = %(partner)s AND other.email_hash = c.email_hash
    WHERE c.partner_id = %(partner)s AND c.email_hash <> '' AND other.id <> c.id
        AND c.id IN (SELECT customer_id FROM placed)
    UNION
    SELECT c.id, other.id
    FROM commerce_customer c
    JOIN commerce_customer other ON other.partner_id = %(partner)s AND other.phone_hash = c.phone_hash
    WHERE c.partner_id = %(partner)s AND c.phone_hash <> '' AND other.id <> c.id
        AND c.id IN (SELECT customer_id FROM placed)
), person AS (
    SELECT order_id, viewer_id, min(basis) AS basis
    FROM (
        SELECT order_id, viewer_id, 1 AS basis FROM placed WHERE viewer_id IS NOT NULL
        UNION ALL
        SELECT p.order_id, v.id, 2 FROM placed p
        JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.customer_id = p.customer_id
        UNION ALL
        SELECT p.order_id, v.id, 3 FROM placed p
        JOIN same s ON s.customer_id = p.customer_id
        JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.customer_id = s.other_id
    ) known
    GROUP BY order_id, viewer_id
), touch AS (
    SELECT * FROM analytics_touch WHERE partner_id = %(partner)s AND touched_at >= %(touched_from)s
), met AS (
    -- At one moment somebody meets an influencer once in a way, whichever of his viewers it was.
    SELECT order_id, collaboration_id, kind, touched_at, min(basis) AS basis
    FROM (
        SELECT p.order_id, t.collaboration_id, t.kind, t.touched_at, p.basis
        FROM person p JOIN touch t ON t.viewer_id = p.viewer_id
        UNION ALL
        SELECT t.order_id, t.collaboration_id, t.kind, t.touched_at, 1 FROM touch t WHERE t.order_id IS NOT NULL
    ) each
    GROUP BY order_id, collaboration_id, kind, touched_at
)
SELECT p.order_id, p.placed_at, p.is_paid, date_trunc('month', p.day)::date AS month, m.collaboration_id,
    s.kol_id, m.kind, m.touched_at, m.basis, COALESCE(c.is_exclusive, false) AS is_exclusive_code
FROM met m
JOIN placed p USING (order_id)
JOIN {span} s ON s.collaboration_id = m.collaboration_id AND s.starts_on <= p.day
    AND (s.ends_on IS NULL OR p.day < s.ends_on)
LEFT JOIN kol_promocode c ON m.kind = 'CODE' AND c.partner_id = %(partner)s AND c.code = p.coupon
    AND c.collaboration_id = m.collaboration_id
WHERE m.touched_at <= p.placed_at
    AND p.placed_at - m.touched_at < CASE m.kind WHEN 'LIVE_VIEW' THEN s.view_window ELSE s.click_window END
