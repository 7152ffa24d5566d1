-- Every collaboration of the paths of some months' orders with its weight in the eight models. The steps are sorted once, by
-- what all that follows needs: the groups, the windows over a KOL's groups, the windows over a path's.
-- Weights are cut, not rounded, so that those of an order never pass 1.
-- Reads the temporary tables whole, without an index.
INSERT INTO weight
WITH met AS (
    SELECT s.journey_id, s.partner_id, s.kol_id, s.collaboration_id,
        coalesce(min(r.effect), 0) AS effect,
        count(*)::int AS touches,
        (count(*) FILTER (WHERE s.kind <> 'CODE'))::int AS visits,
        min(s.position) FILTER (WHERE s.kind <> 'CODE') AS first_position,
        max(s.position) FILTER (WHERE s.kind <> 'CODE') AS last_position,
        max(s.position) FILTER (WHERE s.is_exclusive_code AND s.kind = 'CODE') AS code_position,
        -- Half after seven days; the exponent stops where a double would end. Added up oldest first: always the
        -- same digits, and no hashing, after which all would be sorted again. A FILTER would sort each group.
        sum(
            CASE WHEN s.kind <> 'CODE'
                THEN 2 ^ greatest(date_part('epoch', s.touched_at - j.placed_at) / 604800, -1000)
            END ORDER BY s.position
        )::numeric AS freshness,
        min(s.touched_at) AS first_touched_at,
        max(s.touched_at) AS last_touched_at
    FROM step s
    JOIN journey j USING (partner_id, journey_id)
    LEFT JOIN removal_effect r
        ON r.partner_id = j.partner_id AND r.month = j.month AND r.kol_id = s.kol_id
    WHERE j.placed_at IS NOT NULL
        AND (j.partner_id, j.month) IN (SELECT * FROM unnest(%(partners)s::uuid[], %(months)s::date[]))
    GROUP BY s.journey_id, s.partner_id, s.kol_id, s.collaboration_id
),
of_kol AS (
    SELECT met.*,
        sum(visits) OVER kol AS kol_visits,
        row_number() OVER kol = 1 AS opens_kol
    FROM met
    WINDOW kol AS (
        PARTITION BY journey_id, partner_id, kol_id
        ORDER BY collaboration_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
),
of_journey AS (
    SELECT of_kol.*,
        sum(visits) OVER path AS path_visits,
        min(first_position) OVER path AS path_first,
        max(last_position) OVER path AS path_last,
        max(code_position) OVER path AS path_code,
        sum(freshness) OVER path AS path_freshness,
        count(*) FILTER (WHERE opens_kol AND kol_visits > 0) OVER path AS path_kols,
        sum(effect) FILTER (WHERE opens_kol AND kol_visits > 0) OVER path AS path_effect
    FROM of_kol
    WINDOW path AS (PARTITION BY journey_id, partner_id)
)
SELECT partner_id, journey_id, collaboration_id,
    CASE WHEN first_position = path_first THEN {one} ELSE {zero} END AS first_weight,
    CASE WHEN last_position = path_last THEN {one} ELSE {zero} END AS last_weight,
    CASE WHEN visits = 0 THEN {zero} WHEN visits = path_visits THEN {one}
        ELSE trunc(visits * {fine} / path_visits, 18) END AS linear_weight,
    CASE WHEN visits = 0 THEN {zero} WHEN visits = path_visits THEN {one}
        WHEN path_visits = 2 THEN 0.5
        ELSE trunc(
            CASE WHEN first_position = path_first THEN 0.4 ELSE 0 END
            + CASE WHEN last_position = path_last THEN 0.4 ELSE 0 END
            + 0.2 * {fine} * (
                visits - (first_position = path_first)::int - (last_position = path_last)::int
            ) / (path_visits - 2), 18)
    END AS position_weight,
    CASE WHEN visits = 0 THEN {zero} WHEN visits = path_visits THEN {one}
        ELSE trunc(freshness * {fine} / path_freshness, 18) END AS time_decay_weight,
    CASE WHEN visits = 0 THEN {zero} WHEN visits = path_visits THEN {one}
        ELSE trunc(visits * {fine} / (kol_visits * path_kols), 18) END AS shapley_weight,
    CASE WHEN visits = 0 THEN {zero} WHEN visits = path_visits THEN {one}
        -- Nobody of the path moves the chance of an order: equally, as if all did alike.
        WHEN path_effect = 0 THEN trunc(visits * {fine} / (kol_visits * path_kols), 18)
        ELSE trunc(visits * effect * {fine} / (kol_visits * path_effect), 18) END AS markov_weight,
    CASE WHEN coalesce(code_position = path_code, path_code IS NULL AND last_position = path_last)
        THEN {one} ELSE {zero} END AS code_first_weight,
    touches, first_touched_at, last_touched_at,
    coalesce(last_position = path_last, false) AS is_last
FROM of_journey
