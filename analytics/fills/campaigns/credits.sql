-- Of campaigns, influencers and influencers in campaigns: what each model credits, by day, currency and as a whole.
-- A line costs what its units cost in the part of its amount that is credited and was kept; a line given away in
-- the part its order is credited.
-- Uses ordershare_partner_collab, credit_partner_collaboration, orderfact_partner_order, orderfact_partner_customer,
-- line_partner_order_position.
WITH subject AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(subjects)s::uuid[], %(agencies)s::uuid[], %(sets)s::bigint[])
        AS s (kind, subject_id, agency_id, n)
), member AS (
    SELECT * FROM unnest(%(member_of)s::bigint[], %(members)s::uuid[]) AS m (n, collaboration_id)
), share AS (
    SELECT m.n, s.order_id, {weights}
    FROM member m
    JOIN analytics_ordershare s ON s.partner_id = %(partner)s AND s.collaboration_id = m.collaboration_id
    GROUP BY 1, 2
), sold AS (
    SELECT f.order_id, f.currency, f.customer_id, f.placed_at, f.paid_at IS NOT NULL AS is_paid,
        f.paid_at IS NOT NULL AND f.cancelled_at IS NULL AS is_kept,
        (f.placed_at AT TIME ZONE %(timezone)s)::date AS date,
        {is_first_placed} AS is_first_placed, {is_first_paid} AS is_first_paid
    FROM (SELECT DISTINCT order_id FROM share) s
    JOIN analytics_orderfact f ON f.partner_id = %(partner)s AND f.order_id = s.order_id
), credited AS (
    SELECT m.n, c.order_id, c.line_id, max(c.amount) FILTER (WHERE c.kind = 'SALE') AS amount, {credited}
    FROM member m
    JOIN analytics_credit c ON c.partner_id = %(partner)s AND c.collaboration_id = m.collaboration_id
    GROUP BY 1, 2, 3
), later AS (
    -- What buyers who were won bought from their first order on.
    SELECT o.order_id, n.order_id AS later_id, n.currency, n.merchandise, n.merchandise - n.refunded AS net
    FROM sold o
    JOIN analytics_orderfact n ON n.partner_id = %(partner)s AND n.customer_id = o.customer_id
        AND n.currency = o.currency AND n.paid_at IS NOT NULL AND n.cancelled_at IS NULL
        AND n.placed_at >= o.placed_at AND n.placed_at < (o.placed_at AT TIME ZONE %(timezone)s + %(acquired)s)
            AT TIME ZONE %(timezone)s
    WHERE o.is_first_paid
), known AS (
    SELECT l.order_id, l.id AS line_id, l.quantity * COALESCE(
            l.cost, CASE WHEN COALESCE(p.currency, o.currency) = o.currency THEN p.cost END
        ) AS cost
    FROM (SELECT order_id, currency FROM sold UNION SELECT later_id, currency FROM later) o
    JOIN commerce_orderline l ON l.partner_id = %(partner)s AND l.order_id = o.order_id
    JOIN commerce_product p ON p.partner_id = %(partner)s AND p.id = l.product_id
), ordered AS (
    SELECT c.n, c.order_id, {ordered}
    FROM credited c
    JOIN share s USING (n, order_id)
    LEFT JOIN known k USING (line_id)
    GROUP BY 1, 2
), lines AS (
    SELECT order_id, sum(cost) AS cost, count(*) AS lines, count(cost) AS costed_lines FROM known GROUP BY 1
), acquired AS (
    SELECT t.order_id, sum(t.net) AS sales, sum(l.lines)::bigint AS lines, sum(l.costed_lines)::bigint AS costed_lines,
        sum(CASE WHEN t.merchandise <> 0 THEN l.cost * t.net / t.merchandise ELSE l.cost END) AS cost
    FROM later t
    LEFT JOIN lines l ON l.order_id = t.later_id
    GROUP BY 1
), part AS (
    SELECT s.n, d.date, o.currency, p.model, o.order_id, o.customer_id, o.is_paid, o.is_first_placed, o.is_first_paid,
        p.weight, p.sale AS placed, p.sale AS paid, p.net, p.refunded, p.cost,
        CASE WHEN o.is_kept THEN l.lines END AS lines, CASE WHEN o.is_kept THEN l.costed_lines END AS costed_lines,
        a.sales AS acquired_sales, a.cost AS acquired_cost, a.lines AS acquired_lines,
        a.costed_lines AS acquired_costed_lines
    FROM share s
    JOIN sold o USING (order_id)
    LEFT JOIN ordered c USING (n, order_id)
    LEFT JOIN lines l USING (order_id)
    LEFT JOIN acquired a ON a.order_id = s.order_id AND o.is_first_paid
    CROSS JOIN LATERAL (VALUES {by_model}) AS p (model, weight, sale, net, refunded, cost)
    CROSS JOIN LATERAL (VALUES ('-infinity'::date), (o.date)) AS d (date)
    WHERE p.weight > 0
), bought AS (
    SELECT DISTINCT n, currency, model, date, customer_id, b.key
    FROM part o
    CROSS JOIN LATERAL (VALUES ('PLACED', true), ('PAID', o.is_paid)) AS b (key, counts)
    WHERE b.counts AND customer_id IS NOT NULL AND date > '-infinity'
), people_before AS (
    SELECT n, currency, model, date, jsonb_object_agg(key, days) AS people_before
    FROM (
        SELECT n, currency, model, date, key, jsonb_object_agg(COALESCE(before::text, ''), people) AS days
        FROM (
            SELECT n, currency, model, date, key, before, count(*) AS people
            FROM (
                SELECT n, currency, model, date, key,
                    lag(date) OVER (PARTITION BY n, currency, model, key, customer_id ORDER BY date) AS before
                FROM bought
            ) again
            GROUP BY 1, 2, 3, 4, 5, 6
        ) counted
        GROUP BY 1, 2, 3, 4, 5
    ) by_key
    GROUP BY 1, 2, 3, 4
), total AS (
    SELECT o.n, o.date, o.currency, o.model, {spread}, {aggregates}
    FROM part o GROUP BY 1, 2, 3, 4
), written AS (
    INSERT INTO analytics_campaigncredit (partner_id, id, kind, subject_id, agency_id, date, currency, model,
        people_before, {spread_columns}, {columns})
    SELECT %(partner)s, {identity}, s.kind, s.subject_id, s.agency_id, NULLIF(x.date, '-infinity'), x.currency,
        x.model, COALESCE(b.people_before, '{{}}'), {spread_columns}, {columns}
    FROM total x
    JOIN subject s USING (n)
    LEFT JOIN people_before b USING (n, date, currency, model)
    ON CONFLICT (partner_id, kind, subject_id, agency_id, date, currency, model) DO UPDATE
        SET people_before = EXCLUDED.people_before, {updates}
    RETURNING id
)
DELETE FROM analytics_campaigncredit t USING subject s
WHERE t.partner_id = %(partner)s AND t.kind = s.kind AND t.subject_id = s.subject_id
    AND t.agency_id IS NOT DISTINCT FROM s.agency_id AND NOT EXISTS (SELECT 1 FROM written w WHERE w.id = t.id)
