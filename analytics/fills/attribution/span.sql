(
    SELECT k.id AS collaboration_id, k.kol_id, k.campaign_id, c.payable_model, t.valid_from AS starts_on,
        LEAST(t.valid_until, lead(t.valid_from) OVER (PARTITION BY t.collaboration_id ORDER BY t.valid_from)) AS ends_on,
        make_interval(secs => COALESCE(t.view_window_seconds, c.view_window_seconds)) AS view_window,
        make_interval(secs => COALESCE(t.click_window_seconds, c.click_window_seconds)) AS click_window
    FROM kol_terms t
    JOIN kol_collaboration k ON k.partner_id = %(partner)s AND k.id = t.collaboration_id
    JOIN kol_campaign c ON c.partner_id = %(partner)s AND c.id = k.campaign_id
    WHERE t.partner_id = %(partner)s
)
