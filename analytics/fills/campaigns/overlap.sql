-- How many people saw both of two KOLs of a campaign, of the campaigns asked for.
-- Uses appearance_partner_session, viewing_partner_session_viewer, campaignoverlap_partner_pair.
WITH seen AS (
    SELECT DISTINCT c.campaign_id, c.id AS collaboration_id, v.viewer_id
    FROM kol_collaboration c
    JOIN kol_appearance a ON a.partner_id = %(partner)s AND a.collaboration_id = c.id
    JOIN commerce_livesession s ON s.partner_id = %(partner)s AND s.id = a.session_id
    JOIN analytics_viewing v ON v.partner_id = %(partner)s AND v.session_id = COALESCE(s.merged_into_id, s.id)
    WHERE c.partner_id = %(partner)s AND c.campaign_id = ANY(%(campaigns)s)
), written AS (
    INSERT INTO analytics_campaignoverlap (partner_id, id, campaign_id, first_id, second_id, people)
    SELECT %(partner)s, md5(a.collaboration_id::text || b.collaboration_id::text)::uuid, a.campaign_id,
        a.collaboration_id, b.collaboration_id, count(*)
    FROM seen a JOIN seen b ON b.campaign_id = a.campaign_id AND b.viewer_id = a.viewer_id
        AND b.collaboration_id > a.collaboration_id
    GROUP BY a.campaign_id, a.collaboration_id, b.collaboration_id
    ON CONFLICT (partner_id, campaign_id, first_id, second_id) DO UPDATE SET people = EXCLUDED.people
    RETURNING id
)
DELETE FROM analytics_campaignoverlap t
WHERE t.partner_id = %(partner)s AND t.campaign_id = ANY(%(campaigns)s)
    AND NOT EXISTS (SELECT 1 FROM written w WHERE w.id = t.id)
