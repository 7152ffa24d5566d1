-- The person's events under the new id, with what numbers are made of and nothing else that was told. Groups a person
-- is counted in stay where they are groups: nobody is recognised by them. What the house said (sessions, what is shown,
-- notes) stays but for whose it was.
UPDATE commerce_event e
SET viewer_id = COALESCE((SELECT m.new FROM erased_viewer m WHERE m.old = e.viewer_id), e.viewer_id),
    properties = CASE WHEN e.properties IS NULL THEN NULL
        WHEN e.kind <> ALL(%(acts)s) THEN e.properties - %(who)s::text[]
        ELSE NULLIF(kept.told || kept.utm || kept.items || kept.text, '{}') END
FROM erased_event g
JOIN commerce_event o ON o.partner_id = %(partner)s AND o.occurred_at = g.occurred_at AND o.id = g.id
CROSS JOIN LATERAL (
    SELECT
        (SELECT COALESCE(jsonb_object_agg(k.key, COALESCE(to_jsonb(n.new), k.value)), '{}')
            FROM jsonb_each(o.properties) k
            LEFT JOIN erased_name n ON n.old = k.value #>> '{}' AND k.key = ANY(%(renamed)s)
                AND length(n.old) >= %(least)s
            CROSS JOIN LATERAL (SELECT lower(btrim(k.value #>> '{}', E' \t\n\r')) AS text) t
            WHERE CASE k.key WHEN 'gender' THEN t.text = ANY(%(genders)s) WHEN 'age_band' THEN t.text ~ %(age_band)s
                WHEN 'country' THEN t.text ~ '^[a-z]{2}$' WHEN 'follower' THEN t.text IN ('true', 'false')
                ELSE k.key = ANY(%(kept)s) END) AS told,
        CASE WHEN jsonb_typeof(o.properties->'utm') = 'object' THEN jsonb_build_object('utm', (
            SELECT COALESCE(jsonb_object_agg(key, value), '{}') FROM jsonb_each(o.properties->'utm')
            WHERE key = ANY(%(kept_of_utm)s))) ELSE '{}' END AS utm,
        CASE WHEN jsonb_typeof(o.properties->'items') = 'array' THEN jsonb_build_object('items', (
            SELECT COALESCE(jsonb_agg((
                SELECT COALESCE(jsonb_object_agg(key, value), '{}')
                FROM jsonb_each(CASE jsonb_typeof(i.item) WHEN 'object' THEN i.item ELSE '{}' END)
                WHERE key = ANY(%(kept_of_items)s)) ORDER BY i.place), '[]')
            FROM jsonb_array_elements(o.properties->'items') WITH ORDINALITY i (item, place))) ELSE '{}' END AS items,
        CASE WHEN o.kind = %(comment)s
            THEN jsonb_build_object('text', %(erased)s || CASE WHEN g.is_question THEN '?' ELSE '' END)
            ELSE '{}' END AS text
    WHERE o.properties IS NOT NULL
    UNION ALL SELECT '{}', '{}', '{}', '{}' WHERE o.properties IS NULL
) kept
WHERE e.partner_id = %(partner)s AND e.occurred_at = g.occurred_at AND e.id = g.id
