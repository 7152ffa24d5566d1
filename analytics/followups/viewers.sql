-- Viewers of sessions whose tail is over: what they did, what they had bought by then, and what they spent in the 90
-- days after. An order in the tail is one of the session: it tells of a viewer, and is not what is to be foretold.
-- Worth is margin where every cost of the partner's is known, else net sales.
-- Uses viewing_partner_session_viewer, orderfact_partner_session, viewerpath's key, life_partner_customer.
WITH session AS MATERIALIZED (
    SELECT s.id, r.window_started_at AS starts_at,
        r.window_ended_at + make_interval(secs => p.tail_seconds) AS over_at,
        GREATEST(extract(epoch FROM r.window_ended_at - r.window_started_at), 1)::float8 AS seconds,
        COALESCE((
            SELECT k.kol_id FROM kol_appearance a
            JOIN kol_collaboration k ON k.partner_id = a.partner_id AND k.id = a.collaboration_id
            WHERE a.partner_id = s.partner_id AND a.session_id = s.id
            ORDER BY a.on_screen_seconds DESC NULLS FIRST, k.kol_id LIMIT 1
        )::text, '') AS kol
    FROM commerce_livesession s
    JOIN commerce_partner p ON p.id = s.partner_id
    JOIN analytics_sessionrollup r ON r.partner_id = s.partner_id AND r.session_id = s.id
    WHERE s.partner_id = %(partner)s AND s.merged_into_id IS NULL AND s.split_at IS NULL
        AND s.last_ended_at IS NOT NULL AND r.window_ended_at IS NOT NULL
        AND COALESCE(s.currency, p.currency) = %(currency)s AND {which}
), seen AS (
    SELECT s.*, w.viewer_id, v.customer_id, w.first_joined_at, extract(epoch FROM w.watched)::float8 AS watched,
        w.product_clicks, w.comments, w.cart_adds, COALESCE(h.is_returning, false) AS is_returning
    FROM session s
    JOIN analytics_viewing w ON w.partner_id = %(partner)s AND w.session_id = s.id
    JOIN commerce_viewer v ON v.partner_id = %(partner)s AND v.id = w.viewer_id
    LEFT JOIN analytics_viewerpath h ON h.partner_id = %(partner)s AND h.id = w.id
    ORDER BY s.over_at DESC, w.viewer_id LIMIT %(most)s
)
SELECT n.viewer_id, n.customer_id, n.kol, extract(epoch FROM n.over_at)::float8,
    EXISTS (
        SELECT 1 FROM analytics_orderfact f
        WHERE f.partner_id = %(partner)s AND f.session_id = n.id AND f.paid_at IS NOT NULL
            AND (f.viewer_id = n.viewer_id OR f.customer_id = n.customer_id)
    )::int,
    n.is_returning::int, LEAST(n.watched / n.seconds, 1),
    LEAST(GREATEST(extract(epoch FROM n.first_joined_at - n.starts_at)::float8 / n.seconds, 0), 1),
    n.product_clicks, n.comments, n.cart_adds,
    CASE WHEN o.first_day IS NULL THEN -1 ELSE o.days - 1 END,
    COALESCE(o.last_day - o.first_day, 0) / 7.0::float8,
    COALESCE((n.over_at AT TIME ZONE %(timezone)s)::date - o.first_day, 0) / 7.0::float8,
    COALESCE(CASE WHEN o.days > 1 THEN o.worth_again / (o.days - 1) ELSE o.worth_first END, 0)::float8,
    COALESCE(o.spent, 0)::float8,
    COALESCE(c.consent_marketing, false) AND COALESCE(c.consent_profiling, true)
FROM seen n
LEFT JOIN commerce_customer c ON c.partner_id = %(partner)s AND c.id = n.customer_id
LEFT JOIN LATERAL (
    SELECT min(b.day) FILTER (WHERE b.is_before) AS first_day, max(b.day) FILTER (WHERE b.is_before) AS last_day,
        count(DISTINCT b.day) FILTER (WHERE b.is_before) AS days,
        sum(b.worth) FILTER (WHERE b.is_before AND b.day = b.first_date) AS worth_first,
        sum(b.worth) FILTER (WHERE b.is_before AND b.day > b.first_date) AS worth_again,
        sum(b.worth) FILTER (WHERE b.at >= n.over_at AND b.at < n.over_at + interval '90 days') AS spent
    FROM (
        SELECT a.at, (a.at AT TIME ZONE %(timezone)s)::date AS day, t.first_date, a.at < n.over_at AS is_before,
            a.net - CASE WHEN %(by_margin)s THEN COALESCE(a.cost, 0) ELSE 0 END AS worth
        FROM analytics_customerlife t, unnest(t.ordered_at, t.is_paid, t.net, t.costs) AS a (at, is_paid, net, cost)
        WHERE t.partner_id = %(partner)s AND t.customer_id = n.customer_id AND t.currency = %(currency)s AND a.is_paid
    ) b
) o ON true
ORDER BY n.over_at, n.viewer_id
