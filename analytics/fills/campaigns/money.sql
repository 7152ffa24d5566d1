-- Of campaigns, influencers and influencers in campaigns: costs, and orders of people who met them, whole.
-- Uses ordershare_partner_collab, orderfact_partner_order, cost_partner_campaign, claimline_partner_statement.
WITH subject AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(subjects)s::uuid[], %(agencies)s::uuid[], %(sets)s::bigint[])
        AS s (kind, subject_id, agency_id, n)
), member AS (
    SELECT * FROM unnest(%(member_of)s::bigint[], %(members)s::uuid[]) AS m (n, collaboration_id)
), share AS (
    SELECT m.n, s.order_id, bool_or(s.is_direct) AS is_direct,
        bool_or(s.linear_weight > 0) AND NOT bool_or(s.is_last) AS is_assisted,
        -- What is known best of any of them.
        CASE WHEN bool_or(s.basis = 'ORDER') THEN 'ORDER' WHEN bool_or(s.basis = 'LOGIN') THEN 'LOGIN' ELSE 'HASH' END
            AS basis
    FROM member m
    JOIN analytics_ordershare s ON s.partner_id = %(partner)s AND s.collaboration_id = m.collaboration_id
    GROUP BY 1, 2
), f AS (
    SELECT s.*, d.date, o.currency, o.merchandise, o.paid_at IS NOT NULL AS is_paid,
        CASE WHEN o.cancelled_at IS NULL THEN o.merchandise - o.refunded ELSE 0 END AS net
    FROM share s
    JOIN analytics_orderfact o ON o.partner_id = %(partner)s AND o.order_id = s.order_id
    CROSS JOIN LATERAL (VALUES ('-infinity'::date), ((o.placed_at AT TIME ZONE %(timezone)s)::date)) AS d (date)
), met AS (
    SELECT n, date, currency, {aggregates} FROM f GROUP BY 1, 2, 3
), spent AS (
    SELECT m.n, c.on_date AS date, c.currency::text, c.amount AS ledger_cost, 0::numeric AS commission
    FROM member m
    JOIN kol_collaboration k ON k.partner_id = %(partner)s AND k.id = m.collaboration_id
    JOIN kol_costline c ON c.partner_id = %(partner)s AND c.campaign_id = k.campaign_id AND c.collaboration_id = k.id
    UNION ALL
    SELECT s.n, c.on_date, c.currency, c.amount, 0
    FROM subject s
    JOIN kol_costline c ON c.partner_id = %(partner)s AND c.campaign_id = s.subject_id AND c.collaboration_id IS NULL
    WHERE s.kind = 'CAMPAIGN' AND s.agency_id IS NULL
    UNION ALL
    SELECT m.n, (c.placed_at AT TIME ZONE %(timezone)s)::date, l.currency, 0, l.amount
    FROM member m
    JOIN kol_claimline l ON l.partner_id = %(partner)s AND l.collaboration_id = m.collaboration_id
    JOIN kol_claim c ON c.partner_id = %(partner)s AND c.id = l.claim_id
), cost AS (
    SELECT c.n, d.date, c.currency, sum(c.ledger_cost) AS ledger_cost, sum(c.commission) AS commission
    FROM spent c
    CROSS JOIN LATERAL (VALUES ('-infinity'::date), (c.date)) AS d (date)
    GROUP BY 1, 2, 3
), written AS (
    INSERT INTO analytics_campaignmoney (partner_id, id, kind, subject_id, agency_id, date, currency, ledger_cost,
        commission, {columns})
    SELECT %(partner)s, {identity}, s.kind, s.subject_id, s.agency_id, NULLIF(x.date, '-infinity'), x.currency,
        COALESCE(c.ledger_cost, 0), COALESCE(c.commission, 0), {values}
    FROM (SELECT n, date, currency FROM met UNION SELECT n, date, currency FROM cost) x
    JOIN subject s USING (n)
    LEFT JOIN met t USING (n, date, currency)
    LEFT JOIN cost c USING (n, date, currency)
    ON CONFLICT (partner_id, kind, subject_id, agency_id, date, currency) DO UPDATE
        SET ledger_cost = EXCLUDED.ledger_cost, commission = EXCLUDED.commission, {updates}
    RETURNING id
)
DELETE FROM analytics_campaignmoney t USING subject s
WHERE t.partner_id = %(partner)s AND t.kind = s.kind AND t.subject_id = s.subject_id
    AND t.agency_id IS NOT DISTINCT FROM s.agency_id AND NOT EXISTS (SELECT 1 FROM written w WHERE w.id = t.id)
