-- Claims as what chose their collaboration says now; a claim that goes to another waits for its approval anew.
-- Answers (claim, where it was, where it is, its status before) of those that went. Uses claim_partner_order.
WITH held AS (
    SELECT k.id, k.collaboration_id, k.status, d.collaboration_id AS payee_id, d.model, d.currency, d.placed_at,
        d.placed_at + make_interval(secs => g.return_window_seconds) AS approves_at,
        k.collaboration_id <> d.collaboration_id AS is_moved
    FROM due d
    JOIN kol_claim k ON k.partner_id = d.partner_id AND k.order_id = d.order_id
    JOIN kol_collaboration c ON c.partner_id = d.partner_id AND c.id = d.collaboration_id
    JOIN kol_campaign g ON g.partner_id = d.partner_id AND g.id = c.campaign_id
    -- What a person declined stays declined, whoever it would be for.
    WHERE k.status <> 'DECLINED'
), changed AS (
    UPDATE kol_claim k SET
        collaboration_id = h.payee_id, model = h.model, currency = h.currency, placed_at = h.placed_at,
        status = CASE WHEN h.is_moved THEN 'PENDING' ELSE k.status END,
        approves_at = CASE WHEN h.is_moved OR k.status = 'PENDING' THEN h.approves_at ELSE k.approves_at END,
        decided_at = CASE WHEN h.is_moved THEN NULL ELSE k.decided_at END,
        decided_by = CASE WHEN h.is_moved THEN '' ELSE k.decided_by END,
        reason = CASE WHEN h.is_moved THEN '' ELSE k.reason END
    FROM held h
    WHERE k.partner_id = %(partner)s AND k.id = h.id
        AND (h.is_moved OR (k.model, k.currency, k.placed_at) IS DISTINCT FROM (h.model, h.currency, h.placed_at)
            OR (k.status = 'PENDING' AND k.approves_at <> h.approves_at))
    RETURNING k.id
)
SELECT h.id, h.collaboration_id, h.payee_id, h.status FROM held h JOIN changed USING (id) WHERE h.is_moved
