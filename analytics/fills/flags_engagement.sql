-- Collaborations more engaging than nearly all of the partner's whose KOLs have about as many followers.
-- Uses campaignrollup_partner_subject, kolfollowers_account_date.
WITH sized AS (
    -- Of accounts the largest counts: followers of two are not known apart.
    SELECT c.id AS collaboration_id, g.starts_on, r.engaged_viewers, r.reach,
        r.engaged_viewers::numeric / r.reach AS rate,
        width_bucket(of_kol.followers, %(tiers)s::numeric[]) AS tier
    FROM kol_collaboration c
    JOIN kol_campaign g ON g.partner_id = %(partner)s AND g.id = c.campaign_id
    JOIN analytics_campaignrollup r ON r.partner_id = %(partner)s AND r.kind = 'COLLABORATION'
        AND r.subject_id = c.id AND r.agency_id IS NULL AND r.date IS NULL
    CROSS JOIN LATERAL (
        SELECT max(latest.followers)::numeric AS followers
        FROM kol_kolaccount a
        CROSS JOIN LATERAL (
            SELECT f.followers FROM kol_kolfollowers f WHERE f.account_id = a.id ORDER BY f.on_date DESC LIMIT 1
        ) latest
        WHERE a.kol_id = c.kol_id
    ) of_kol
    WHERE c.partner_id = %(partner)s AND r.reach >= %(least_reach)s AND of_kol.followers IS NOT NULL
), tier AS (
    SELECT tier, round(percentile_cont(0.99) WITHIN GROUP (ORDER BY rate)::numeric, 6) AS threshold
    FROM sized GROUP BY 1 HAVING count(*) >= %(least_of_tier)s
), flag AS (
    SELECT 'HIGH_ENGAGEMENT' AS kind, s.collaboration_id, s.engaged_viewers AS counted, s.reach AS among,
        s.rate AS value, t.threshold, NULL::numeric AS deviation, '{{}}'::uuid[] AS order_ids,
        s.starts_on::timestamp AT TIME ZONE %(timezone)s AS since,
        CASE WHEN s.rate > 1.5 * t.threshold THEN 'MEDIUM' ELSE 'LOW' END AS severity
    FROM sized s JOIN tier t USING (tier)
    WHERE s.rate > t.threshold
), {write}
DELETE FROM analytics_collaborationflag f
WHERE f.partner_id = %(partner)s AND f.kind = 'HIGH_ENGAGEMENT'
    AND NOT EXISTS (SELECT 1 FROM flag n WHERE n.collaboration_id = f.collaboration_id)
