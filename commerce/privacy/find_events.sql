-- The person's events, by one pass over what the log holds of the partner: by whose act it was, by who is named in it
-- anywhere, or by the order it is about; with whether it is a comment that counts as a question, and whether it is the
-- person's own: not somebody else's that names the person, nor perhaps of another source's customer or order of that id.
WITH bought AS MATERIALIZED (
    -- Others may have bought on the person's device.
    SELECT o.id, o.source, o.external_id AS name, o.versions,
        COALESCE(o.customer_id = ANY(%(customers)s), true) AS is_own
    FROM commerce_order o
    WHERE o.partner_id = %(partner)s AND (o.viewer_id = ANY(%(viewers)s) OR o.customer_id = ANY(%(customers)s))
), called AS (
    SELECT * FROM unnest(%(sources)s::text[], %(called)s::text[]) AS n (source, name)
), claimed AS MATERIALIZED (
    -- What tells of the person's orders, refunds and customers for certain.
    SELECT (jsonb_path_query(v.versions, '$.*[last] ? (@.type() == "string")') #>> '{}')::uuid AS id FROM (
        SELECT versions FROM bought WHERE is_own UNION ALL SELECT versions FROM commerce_customer
        WHERE partner_id = %(partner)s AND id = ANY(%(customers)s)
    ) v
    UNION SELECT r.event_id FROM commerce_refund r
    WHERE r.partner_id = %(partner)s AND r.order_id = ANY(ARRAY(SELECT id FROM bought WHERE is_own))
), found AS MATERIALIZED (
    SELECT e.occurred_at, e.id, e.kind, e.session_id, e.viewer_id, COALESCE(e.properties, '{}') AS told
    FROM commerce_event e
    WHERE e.partner_id = %(partner)s AND (
        e.viewer_id = ANY(%(viewers)s)
        OR e.properties IS NOT NULL AND (
            e.properties->>'customer_id' = ANY(%(names)s) OR e.properties::text LIKE ANY(%(patterns)s)
            OR e.kind = ANY(%(of_orders)s) AND e.properties->>'transaction_id' = ANY(ARRAY(SELECT name FROM bought))
        )
    )
), sourced AS (
    -- The log does not say whose event it is; the viewer and the session do.
    SELECT f.*, COALESCE(
            (SELECT v.source FROM commerce_viewer v WHERE v.partner_id = %(partner)s AND v.id = f.viewer_id),
            (SELECT s.source FROM commerce_livesession s WHERE s.partner_id = %(partner)s AND s.id = f.session_id)
        ) AS source
    FROM found f
), judged AS (
    SELECT s.*, COALESCE(s.viewer_id = ANY(%(viewers)s), false) AS is_act,
        EXISTS (SELECT FROM called c WHERE c.name = s.told->>'customer_id' AND c.source = COALESCE(s.source, c.source))
            AS is_of_customer,
        COALESCE(COALESCE(s.source, b.sources[1]) = ANY(b.sources), false) AS is_of_order,
        COALESCE(COALESCE(s.source, b.own_sources[1]) = ANY(b.own_sources), false) AS is_of_own_order,
        (s.told - ARRAY['customer_id', 'transaction_id'])::text LIKE ANY(%(patterns)s) AS is_named
    FROM sourced s
    LEFT JOIN (
        SELECT name, array_agg(source) AS sources, array_agg(source) FILTER (WHERE is_own) AS own_sources
        FROM bought GROUP BY name
    ) b ON b.name = s.told->>'transaction_id' AND s.kind = ANY(%(of_orders)s)
)
INSERT INTO erased_event (occurred_at, id, is_question, is_own)
SELECT j.occurred_at, j.id, j.kind = %(comment)s AND EXISTS (
        SELECT FROM analytics_sessioncomment c
        WHERE c.partner_id = %(partner)s AND c.session_id = j.session_id AND c.at = j.occurred_at
            AND c.text = j.told->>'text' AND c.is_question),
    j.is_act AND COALESCE(j.told->>'customer_id' = ANY(%(names)s), true) OR j.id IN (SELECT id FROM claimed)
    OR j.is_of_customer AND (j.source IS NOT NULL OR j.told->>'customer_id' <> ALL(ARRAY(
        SELECT c.external_id FROM commerce_customer c WHERE c.partner_id = %(partner)s
            AND c.external_id = ANY(%(names)s) AND c.id <> ALL(%(customers)s))))
    OR j.is_of_own_order AND (j.source IS NOT NULL OR j.told->>'transaction_id' <> ALL(ARRAY(
        SELECT o.external_id FROM commerce_order o WHERE o.partner_id = %(partner)s
            AND o.external_id = ANY(ARRAY(SELECT name FROM bought))
            AND (o.viewer_id = ANY(%(viewers)s) OR o.customer_id = ANY(%(customers)s)) IS NOT TRUE)))
    OR j.is_named AND j.viewer_id IS NULL AND NOT j.told ? 'customer_id'
FROM judged j
WHERE j.is_act OR j.is_of_customer OR j.is_of_order OR j.is_named
