-- Sales of sessions by currency: their orders, and unlinked refunds that name them.
-- Uses orderfact_partner_session, orderfact_partner_customer, refundfact_partner_session.
WITH session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(starts)s::timestamptz[], %(edges)s::timestamptz[])
        AS s (session_id, starts_at, ends_at)
), part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), o AS (
    SELECT s.session_id, currency, CASE
            WHEN placed_at >= starts_at AND placed_at < ends_at THEN 'DURING'
            -- A link or code of the session goes on for a day.
            WHEN placed_at >= ends_at AND placed_at < ends_at
                + CASE WHEN method IN ('LINK', 'CODE') THEN greatest(%(tail)s, interval '24 hours') ELSE %(tail)s END
                THEN 'TAIL'
            ELSE 'LATE' END AS timing,
        1 AS is_order, customer_id, paid_at, cancelled_at, units, merchandise, shipping, tax,
        refunded, refunded_units, {is_first_placed} AS is_first_placed, {is_first_paid} AS is_first_paid
    FROM {sold} f JOIN session s ON s.session_id = f.subject_id
    UNION ALL
    SELECT p.session_id, currency, NULL, 0, NULL, occurred_at, NULL, 0, 0, 0, 0, amount, units, false, false
    FROM analytics_refundfact r JOIN part p ON p.part_id = r.session_id
    WHERE r.partner_id = %(partner)s AND r.session_id = ANY(%(parts)s)
), written AS (
    INSERT INTO analytics_sessionsales (partner_id, id, session_id, currency, {columns})
    SELECT %(partner)s, md5(o.session_id::text || o.currency)::uuid, o.session_id, o.currency, {aggregates}
    FROM o GROUP BY o.session_id, o.currency
    ON CONFLICT (partner_id, session_id, currency) DO UPDATE SET {updates}
    RETURNING session_id, currency
)
DELETE FROM analytics_sessionsales t
WHERE t.partner_id = %(partner)s AND t.session_id = ANY(%(sessions)s)
    AND NOT EXISTS (SELECT 1 FROM written w WHERE w.session_id = t.session_id AND w.currency = t.currency)
