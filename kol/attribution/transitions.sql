-- The steps from one KOL to the next of the journeys of every fit, and where they ended, counted once.
-- Codes are no step; a KOL met again at once is the same visit. Reads the temporary tables whole.
WITH walked AS (
    SELECT f.number, j.conversions, j.nulls, s.kol_id,
        lag(s.kol_id) OVER path AS previous,
        lead(s.kol_id) OVER path IS NULL AS is_end
    FROM step s
    JOIN journey j USING (partner_id, journey_id)
    JOIN unnest(
        %(numbers)s::int[], %(partners)s::uuid[], %(months)s::date[], %(since)s::timestamptz[],
        %(until)s::timestamptz[]
    ) AS f (number, partner_id, month, since, until)
        ON f.partner_id = j.partner_id AND CASE
            WHEN j.placed_at IS NULL THEN j.month = f.month
            ELSE j.placed_at >= f.since AND j.placed_at < f.until
        END
    WHERE s.kind <> 'CODE' AND j.conversions + j.nulls > 0
    WINDOW path AS (PARTITION BY s.journey_id, f.number ORDER BY s.position)
),
counted AS (
    SELECT number, previous, kol_id, is_end,
        sum(conversions)::bigint AS conversions, sum(nulls)::bigint AS nulls
    FROM walked
    WHERE is_end OR previous IS DISTINCT FROM kol_id
    GROUP BY number, previous, kol_id, is_end
)
SELECT number, arc.source, arc.target, sum(conversions)::bigint, sum(nulls)::bigint
FROM counted
CROSS JOIN LATERAL (
    VALUES (previous, kol_id, previous IS DISTINCT FROM kol_id), (kol_id, NULL, is_end)
) AS arc (source, target, is_taken)
WHERE arc.is_taken
GROUP BY number, arc.source, arc.target
