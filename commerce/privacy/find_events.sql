-- The person's events, by one pass over what the log holds of the partner: by whose act it was, by who is named in it
-- anywhere, or by the order it is about; with whether it is a comment that counts as a question.
INSERT INTO erased_event
SELECT e.occurred_at, e.id, e.kind = %(comment)s AND EXISTS (
        SELECT FROM analytics_sessioncomment c
        WHERE c.partner_id = e.partner_id AND c.session_id = e.session_id AND c.at = e.occurred_at
            AND c.text = e.properties->>'text' AND c.is_question)
FROM commerce_event e
WHERE e.partner_id = %(partner)s AND (
    e.viewer_id = ANY(%(viewers)s)
    OR e.properties IS NOT NULL AND (
        e.properties->>'customer_id' = ANY(%(names)s) OR e.properties::text LIKE ANY(%(patterns)s)
        OR e.kind = ANY(%(of_orders)s) AND e.properties->>'transaction_id' = ANY(ARRAY(
            SELECT o.external_id FROM commerce_order o WHERE o.partner_id = %(partner)s
                AND (o.viewer_id = ANY(%(viewers)s) OR o.customer_id = ANY(%(customers)s))))
    )
)
