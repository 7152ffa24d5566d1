-- What is due of each claim less what is booked, a line where they differ; whom nothing is due any more gives all
-- of it back. Uses claim_partner_placed and claimline_partner_claim.
WITH asked AS (
    SELECT k.id, k.order_id, k.order_number, k.status, k.placed_at FROM kol_claim k
    WHERE k.partner_id = %(partner)s AND k.placed_at >= %(since)s
    UNION
    SELECT k.id, k.order_id, k.order_number, k.status, k.placed_at FROM due d
    JOIN kol_claim k ON k.partner_id = d.partner_id AND k.order_id = d.order_id
), booked AS (
    SELECT l.claim_id, l.collaboration_id, l.currency, sum(l.base) AS base, sum(l.amount) AS amount
    FROM kol_claimline l
    WHERE l.partner_id = %(partner)s AND l.claim_id IN (SELECT id FROM asked)
    GROUP BY l.claim_id, l.collaboration_id, l.currency
), owed AS (
    SELECT a.id AS claim_id, d.collaboration_id, d.currency, d.base, d.commission AS amount, d.returned_at
    FROM asked a JOIN due d ON d.order_id = a.order_id
    WHERE a.status <> 'DECLINED'
), differing AS (
    SELECT claim_id, collaboration_id, currency,
        COALESCE(o.base, 0) - COALESCE(b.base, 0) AS base, COALESCE(o.amount, 0) - COALESCE(b.amount, 0) AS amount,
        CASE WHEN o.claim_id IS NULL THEN 'REVERSAL' WHEN b.claim_id IS NULL THEN 'SALE'
            WHEN o.base < b.base THEN 'REFUND' ELSE 'CORRECTION' END AS kind,
        o.returned_at
    FROM owed o FULL JOIN booked b USING (claim_id, collaboration_id, currency)
    WHERE (COALESCE(o.base, 0), COALESCE(o.amount, 0)) <> (COALESCE(b.base, 0), COALESCE(b.amount, 0))
)
INSERT INTO kol_claimline (partner_id, id, claim_id, collaboration_id, kind, base, amount, currency, order_number,
    placed_at, occurred_at, booked_at)
SELECT %(partner)s,
    (left(%(stamp)s::text, 18) || right(md5(claim_id::text || collaboration_id::text || currency), 16))::uuid,
    claim_id, collaboration_id, kind, base, amount, currency, a.order_number, a.placed_at,
    CASE kind WHEN 'SALE' THEN a.placed_at WHEN 'REFUND' THEN COALESCE(returned_at, %(now)s) ELSE %(now)s END, %(now)s
FROM differing JOIN asked a ON a.id = claim_id
ORDER BY claim_id, collaboration_id
