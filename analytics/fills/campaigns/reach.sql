-- Of campaigns, influencers and influencers in campaigns: whom they reached and who clicked, by day and as a whole.
-- '-infinity' stands for the whole. A scope is a set of collaborations whose KOLs are told apart.
-- Uses appearance_partner_session, viewing_partner_session_viewer, minute_partner_session_minute, touch_partner_key,
-- trackinglink_partner_collab, linkclick_partner_link, viewer_partner_external.
WITH subject AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(subjects)s::uuid[], %(agencies)s::uuid[], %(sets)s::bigint[])
        AS s (kind, subject_id, agency_id, n)
), member AS (
    SELECT * FROM unnest(%(member_of)s::bigint[], %(members)s::uuid[], %(scope_of)s::uuid[])
        AS m (n, collaboration_id, scope)
), scope AS (
    SELECT * FROM unnest(%(scopes)s::uuid[], %(scope_members)s::uuid[], %(scope_kols)s::uuid[])
        AS s (scope, collaboration_id, kol_id)
), appearance AS (
    -- Of a merged session its broadcasts are not counted beside it.
    SELECT DISTINCT a.collaboration_id, COALESCE(s.merged_into_id, s.id) AS session_id
    FROM kol_appearance a
    JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = a.session_id
    WHERE a.partner_id = %(partner)s AND a.collaboration_id = ANY(%(scope_members)s)
), presence AS (
    SELECT v.session_id, v.viewer_id, d.date, v.likes + v.comments + v.shares > 0 AS is_engaged
    FROM (SELECT DISTINCT session_id FROM appearance) s
    JOIN analytics_viewing v ON v.partner_id = %(partner)s AND v.session_id = s.session_id
    CROSS JOIN LATERAL (
        SELECT '-infinity'::date AS date
        UNION SELECT (at AT TIME ZONE %(timezone)s)::date FROM unnest(v.started) AS at
    ) d
), seen AS (
    SELECT c.scope, p.viewer_id, p.date, count(DISTINCT c.kol_id) AS kols
    FROM scope c JOIN appearance a USING (collaboration_id) JOIN presence p USING (session_id)
    GROUP BY 1, 2, 3
), content AS (
    SELECT DISTINCT m.n, m.scope, a.session_id, c.kol_id
    FROM member m JOIN appearance a USING (collaboration_id)
    JOIN (SELECT DISTINCT collaboration_id, kol_id FROM scope) c USING (collaboration_id)
), person AS (
    SELECT c.n, c.scope, p.viewer_id, p.date, bool_or(p.is_engaged) AS is_engaged,
        count(DISTINCT c.session_id) AS sessions, count(DISTINCT c.kol_id) AS own
    FROM content c JOIN presence p USING (session_id)
    GROUP BY 1, 2, 3, 4
), reached AS (
    SELECT p.n, p.date, s.kols, count(*) AS people, sum(p.sessions) AS visits,
        sum(p.own) AS own, count(*) FILTER (WHERE p.is_engaged) AS engaged
    FROM person p JOIN seen s USING (scope, viewer_id, date)
    GROUP BY 1, 2, 3
), reach AS (
    SELECT n, date, sum(people)::bigint AS reach, sum(visits)::bigint AS reach_gross,
        COALESCE(sum(people) FILTER (WHERE kols = 1), 0)::bigint AS reach_exclusive,
        sum(engaged)::bigint AS engaged_viewers, jsonb_object_agg(kols, own) AS reach_parts
    FROM reached GROUP BY 1, 2
), visit AS (
    SELECT l.collaboration_id, k.visitor, COALESCE(NULLIF(k.visitor, ''), k.device) AS person, k.clicked_at
    FROM kol_trackinglink l
    JOIN kol_linkclick k ON k.partner_id = %(partner)s AND k.link_id = l.id AND k.by = 'PERSON'
    WHERE l.partner_id = %(partner)s AND l.collaboration_id = ANY(%(members)s)
), known AS (
    -- One by one: of many viewers few followed a link.
    SELECT DISTINCT w.visitor
    FROM (SELECT DISTINCT visitor FROM visit WHERE visitor <> '') w
    CROSS JOIN unnest(%(sources)s::text[]) AS s (source) CROSS JOIN LATERAL (
        SELECT FROM commerce_viewer x
        WHERE x.partner_id = %(partner)s AND x.source = s.source AND x.external_id = w.visitor OFFSET 0
    ) v
), clicker AS (
    SELECT DISTINCT m.n, c.person, d.date
    FROM member m
    JOIN (
        SELECT t.collaboration_id, t.viewer_id::text AS person, t.touched_at AS clicked_at
        FROM analytics_touch t
        WHERE t.partner_id = %(partner)s AND t.collaboration_id = ANY(%(members)s)
            AND t.kind IN ('PRODUCT_CLICK', 'LINK_CLICK') AND t.viewer_id IS NOT NULL
        UNION ALL
        SELECT w.collaboration_id, w.person, w.clicked_at
        FROM visit w
        WHERE w.person <> '' AND NOT EXISTS (SELECT 1 FROM known k WHERE k.visitor = w.visitor)
    ) c USING (collaboration_id)
    CROSS JOIN LATERAL (VALUES ('-infinity'::date), ((c.clicked_at AT TIME ZONE %(timezone)s)::date)) AS d (date)
), traffic AS (
    SELECT n, date, count(*) AS traffic FROM clicker GROUP BY 1, 2
), again AS (
    -- The day somebody was counted before: who was not within some days is counted once in them.
    SELECT n, date, 'reach' AS key,
        lag(date) OVER (PARTITION BY n, viewer_id ORDER BY date) AS before
    FROM person WHERE date > '-infinity'
    UNION ALL
    SELECT n, date, 'engaged_viewers',
        lag(date) OVER (PARTITION BY n, viewer_id ORDER BY date)
    FROM person WHERE date > '-infinity' AND is_engaged
    UNION ALL
    SELECT c.n, p.date, 'reach_gross',
        lag(p.date) OVER (PARTITION BY c.n, p.session_id, p.viewer_id ORDER BY p.date)
    FROM (SELECT DISTINCT n, session_id FROM content) c
    JOIN presence p USING (session_id) WHERE p.date > '-infinity'
    UNION ALL
    SELECT n, date, 'traffic',
        lag(date) OVER (PARTITION BY n, person ORDER BY date)
    FROM clicker WHERE date > '-infinity'
), people_before AS (
    SELECT n, date, jsonb_object_agg(key, days) AS people_before
    FROM (
        SELECT n, date, key, jsonb_object_agg(COALESCE(before::text, ''), people) AS days
        FROM (SELECT n, date, key, before, count(*) AS people FROM again GROUP BY 1, 2, 3, 4) counted
        GROUP BY 1, 2, 3
    ) by_key
    GROUP BY 1, 2
), told AS (
    SELECT c.n, d.date, {minutes}
    FROM (SELECT DISTINCT n, session_id FROM content) c
    JOIN analytics_sessionminute m ON m.partner_id = %(partner)s AND m.session_id = c.session_id
    CROSS JOIN LATERAL (VALUES ('-infinity'::date), ((m.minute AT TIME ZONE %(timezone)s)::date)) AS d (date)
    GROUP BY 1, 2
), followed AS (
    SELECT m.n, d.date, {links}
    FROM member m
    JOIN kol_trackinglink l ON l.partner_id = %(partner)s AND l.collaboration_id = m.collaboration_id
    JOIN kol_linkclick k ON k.partner_id = %(partner)s AND k.link_id = l.id
    CROSS JOIN LATERAL (VALUES ('-infinity'::date), ((k.clicked_at AT TIME ZONE %(timezone)s)::date)) AS d (date)
    GROUP BY 1, 2
), cell AS (
    SELECT n, '-infinity'::date AS date FROM subject
    UNION SELECT n, date FROM reach
    UNION SELECT n, date FROM traffic
    UNION SELECT n, date FROM told
    UNION SELECT n, date FROM followed
), written AS (
    INSERT INTO analytics_campaignrollup (partner_id, id, kind, subject_id, agency_id, date, computed_at, reach_parts,
        people_before, reach, reach_gross, reach_exclusive, engaged_viewers, traffic, {columns})
    SELECT %(partner)s, {identity}, s.kind, s.subject_id, s.agency_id, NULLIF(x.date, '-infinity'), %(now)s,
        COALESCE(r.reach_parts, '{{}}'), COALESCE(b.people_before, '{{}}'), COALESCE(r.reach, 0),
        COALESCE(r.reach_gross, 0), COALESCE(r.reach_exclusive, 0), COALESCE(r.engaged_viewers, 0),
        COALESCE(c.traffic, 0), {values}
    FROM cell x
    JOIN subject s USING (n)
    LEFT JOIN reach r USING (n, date)
    LEFT JOIN people_before b USING (n, date)
    LEFT JOIN traffic c USING (n, date)
    LEFT JOIN told t USING (n, date)
    LEFT JOIN followed f USING (n, date)
    ON CONFLICT (partner_id, kind, subject_id, agency_id, date) DO UPDATE SET computed_at = EXCLUDED.computed_at,
        reach_parts = EXCLUDED.reach_parts, people_before = EXCLUDED.people_before, reach = EXCLUDED.reach,
        reach_gross = EXCLUDED.reach_gross, reach_exclusive = EXCLUDED.reach_exclusive,
        engaged_viewers = EXCLUDED.engaged_viewers, traffic = EXCLUDED.traffic, {updates}
    RETURNING id
)
DELETE FROM analytics_campaignrollup t USING subject s
WHERE t.partner_id = %(partner)s AND t.kind = s.kind AND t.subject_id = s.subject_id
    AND t.agency_id IS NOT DISTINCT FROM s.agency_id AND NOT EXISTS (SELECT 1 FROM written w WHERE w.id = t.id)
