-- What each order is due: the rate of the terms in force on its day, on top of what came before it within them.
-- Thresholds are in the terms' currency: orders in another go by the plain rate. Uses terms_partner_collaboration_from.
WITH dated AS (
    SELECT d.order_id, d.currency, d.placed_at, d.base, t.id AS terms_id
    FROM due d
    JOIN commerce_partner p ON p.id = d.partner_id
    JOIN LATERAL (
        SELECT t.id, t.valid_until FROM kol_terms t
        WHERE t.partner_id = d.partner_id AND t.collaboration_id = d.collaboration_id
            AND t.valid_from <= (d.placed_at AT TIME ZONE p.timezone)::date
        ORDER BY t.valid_from DESC LIMIT 1
    ) t ON COALESCE(t.valid_until > (d.placed_at AT TIME ZONE p.timezone)::date, true)
), summed AS (
    SELECT *, sum(base) OVER (PARTITION BY terms_id, currency ORDER BY placed_at, order_id) AS reached
    FROM dated
), used AS (
    SELECT DISTINCT terms_id, currency FROM dated
), bounds AS (
    -- Below the first threshold, and where there is none, the plain rate.
    SELECT DISTINCT ON (u.terms_id, u.currency, starts) u.terms_id, u.currency, starts, rate
    FROM used u
    JOIN kol_terms t ON t.id = u.terms_id
    CROSS JOIN LATERAL (
        SELECT 0::numeric AS starts, t.commission_rate::numeric AS rate, 1 AS choice
        UNION ALL
        SELECT (tier ->> 'from')::numeric, (tier ->> 'rate')::numeric, 0
        FROM jsonb_array_elements(t.commission_tiers) AS tier WHERE t.currency = u.currency
    ) bound
    WHERE t.partner_id = %(partner)s
    ORDER BY u.terms_id, u.currency, starts, choice
), steps AS (
    SELECT *, lead(starts) OVER (PARTITION BY terms_id, currency ORDER BY starts) AS ends FROM bounds
), exact AS (
    SELECT s.order_id, s.currency,
        sum(b.rate * GREATEST(0, LEAST(s.reached, b.ends) - GREATEST(s.reached - s.base, b.starts))) AS amount
    FROM summed s JOIN steps b USING (terms_id, currency)
    GROUP BY s.order_id, s.currency
), units AS (
    SELECT e.order_id, 10::numeric ^ u.digits AS unit, e.amount * 10::numeric ^ u.digits AS amount
    FROM exact e
    JOIN unnest(%(currencies)s::text[], %(digits)s::int[]) AS u (currency, digits) ON u.currency = e.currency
), rounded AS (
    -- Half to even, in the currency's smallest unit.
    SELECT order_id, (floor(amount) + (
        amount - floor(amount) > 0.5 OR (amount - floor(amount) = 0.5 AND floor(amount) %% 2 <> 0)
    )::int) / unit AS commission
    FROM units
)
UPDATE due d SET commission = r.commission FROM rounded r WHERE r.order_id = d.order_id
