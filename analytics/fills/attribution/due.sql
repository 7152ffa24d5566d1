-- What is due of paid orders: the net merchandise of each, and to whom. Of every collaboration that an order since
-- then is due to, all orders: rates may go by what was sold before. Uses ordershare_partner_placed,
-- ordershare_partner_collab, orderfact_partner_order, refundfact_partner_order.
INSERT INTO due (partner_id, order_id, collaboration_id, model, currency, placed_at, base, returned_at)
SELECT f.partner_id, f.order_id, s.collaboration_id, g.payable_model, f.currency, f.placed_at,
    CASE WHEN f.cancelled_at IS NULL THEN f.merchandise - f.refunded ELSE 0 END,
    GREATEST(f.cancelled_at, (
        SELECT max(r.occurred_at) FROM analytics_refundfact r
        WHERE r.partner_id = %(partner)s AND r.order_id = f.order_id
    ))
FROM analytics_ordershare s
JOIN analytics_orderfact f ON f.partner_id = %(partner)s AND f.order_id = s.order_id
JOIN kol_collaboration c ON c.partner_id = %(partner)s AND c.id = s.collaboration_id
JOIN kol_campaign g ON g.partner_id = %(partner)s AND g.id = c.campaign_id
WHERE s.partner_id = %(partner)s AND s.is_payable AND f.paid_at IS NOT NULL
    AND s.collaboration_id IN (
        SELECT n.collaboration_id FROM analytics_ordershare n
        WHERE n.partner_id = %(partner)s AND n.placed_at >= %(from)s AND n.is_payable
    )
