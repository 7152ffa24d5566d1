-- One claim for each order that is due something. Uses claim_partner_order.
INSERT INTO kol_claim (partner_id, id, order_id, order_number, collaboration_id, model, status, currency, placed_at,
    approves_at, decided_by, reason)
SELECT d.partner_id, d.order_id, d.order_id, o.external_id, d.collaboration_id, d.model, 'PENDING', d.currency, d.placed_at,
    d.placed_at + make_interval(secs => g.return_window_seconds), '', ''
FROM due d
JOIN commerce_order o ON o.partner_id = d.partner_id AND o.id = d.order_id
JOIN kol_collaboration c ON c.partner_id = d.partner_id AND c.id = d.collaboration_id
JOIN kol_campaign g ON g.partner_id = d.partner_id AND g.id = c.campaign_id
WHERE d.commission <> 0
ORDER BY d.order_id
ON CONFLICT (partner_id, order_id) DO NOTHING
