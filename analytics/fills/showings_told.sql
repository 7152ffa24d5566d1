-- Product moments as sources tell them: from when to when each product was featured, and in which order.
-- What came of them is another statement's; a new moment has nothing yet. Uses event_partner_session.
WITH session AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(starts)s::timestamptz[], %(edges)s::timestamptz[], %(currencies)s::text[])
        AS s (session_id, starts_at, ends_at, currency)
), part AS (
    SELECT * FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
), told AS (
    SELECT p.session_id, e.product_id, e.occurred_at AS at, e.kind = {featured} AS is_on,
        CASE WHEN jsonb_typeof(e.properties->'position') = 'number' AND e.properties->>'position' ~ '^[0-9]{{1,9}}$'
            THEN (e.properties->>'position')::bigint END AS position,
        row_number() OVER (
            PARTITION BY p.session_id, e.product_id
            -- Of one instant: as the source counts (an id begins with its number, which its items share); where it
            -- does not, what ends comes first.
            ORDER BY e.occurred_at, e.sequence NULLS FIRST,
                NOT (e.kind <> {featured} AND e.id < '00000000-0100-0000-0000-000000000000'),
                left(e.id::text, 11), e.item, e.id
        ) AS place
    FROM commerce_event e JOIN part p ON p.part_id = e.session_id
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.kind IN ({featured}, {unfeatured})
        AND e.product_id IS NOT NULL
), flipped AS (
    SELECT *, lag(is_on, 1, false) OVER (PARTITION BY session_id, product_id ORDER BY place) AS was_on FROM told
), shown AS (
    -- Featuring what is featured, or unfeaturing what is not, changes nothing: on and off take turns.
    SELECT *, lead(at) OVER turns AS off_at, lag(at) OVER turns AS off_before
    FROM flipped WHERE is_on <> was_on
    WINDOW turns AS (PARTITION BY session_id, product_id ORDER BY place)
), grouped AS (
    SELECT *, count(*) FILTER (WHERE off_before IS NULL OR at >= off_before + %(window)s)
        OVER (PARTITION BY session_id, product_id ORDER BY place) AS moment
    FROM shown WHERE is_on
), moments AS (
    SELECT session_id, product_id, min(at) AS told_at, (array_agg(position ORDER BY place))[1] AS position,
        CASE WHEN bool_and(off_at IS NOT NULL) THEN max(off_at) END AS unfeatured_at
    FROM grouped GROUP BY session_id, product_id, moment
), placed AS (
    SELECT m.session_id, m.product_id, m.position, m.unfeatured_at, GREATEST(m.told_at, s.starts_at) AS featured_at,
        s.ends_at, s.currency,
        row_number() OVER (
            PARTITION BY m.session_id
            ORDER BY m.told_at, m.position NULLS LAST, d.external_id COLLATE "C", m.product_id
        ) AS number
    FROM moments m
    JOIN session s USING (session_id)
    JOIN commerce_product d ON d.partner_id = %(partner)s AND d.id = m.product_id
    WHERE m.told_at < s.ends_at
        AND (m.told_at >= s.starts_at OR m.unfeatured_at IS NULL OR m.unfeatured_at > s.starts_at)
), written AS (
    INSERT INTO analytics_sessionshowing (partner_id, id, session_id, product_id, number, position, featured_at,
        unfeatured_at, ends_at, window_ends_at, currency, {columns})
    SELECT %(partner)s, md5(session_id::text || product_id::text || featured_at::text)::uuid, session_id, product_id,
        number, position, featured_at, unfeatured_at, LEAST(unfeatured_at, ends_at),
        LEAST(featured_at + %(window)s, ends_at), currency, {zeros}
    FROM placed
    ON CONFLICT (partner_id, session_id, product_id, featured_at) DO UPDATE SET number = EXCLUDED.number,
        position = EXCLUDED.position, unfeatured_at = EXCLUDED.unfeatured_at
    RETURNING id
)
DELETE FROM analytics_sessionshowing t
WHERE t.partner_id = %(partner)s AND t.session_id = ANY(%(sessions)s)
    AND NOT EXISTS (SELECT 1 FROM written w WHERE w.id = t.id)
