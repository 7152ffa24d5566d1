-- What each customer of one currency had bought at the end of the calibration, and what he bought from then on.
-- A purchase is a day of the partner's calendar with a paid order, numbered from the first day of 1970.
-- Uses life_partner_first.
CREATE TEMP TABLE bought ON COMMIT DROP AS
SELECT l.customer_id, l.first_date - DATE '1970-01-01' AS first_day, 0 AS repeats,
    l.first_date - DATE '1970-01-01' AS last_day, 0 AS later, l.first_date - DATE '1970-01-01' AS latest_day,
    (l.net[1] - CASE WHEN %(by_margin)s THEN l.costs[1] ELSE 0 END)::float8 AS first_worth,
    0::float8 AS repeat_worth, 0::float8 AS later_worth
FROM analytics_customerlife l
WHERE l.partner_id = %(partner)s AND l.currency = %(currency)s AND l.first_date < %(observed_to)s
    -- Most customers buy once: of them nothing is to be taken apart.
    AND cardinality(l.ordered_at) = 1
UNION ALL
SELECT l.customer_id, l.first_date - DATE '1970-01-01', o.repeats,
    COALESCE(o.last_date, l.first_date) - DATE '1970-01-01', o.later, o.latest_date - DATE '1970-01-01',
    o.first_worth, o.repeat_worth, o.later_worth
FROM analytics_customerlife l
CROSS JOIN LATERAL (
    SELECT (count(DISTINCT d.day) FILTER (WHERE d.day > l.first_date AND d.day < %(calibrated_to)s))::int AS repeats,
        max(d.day) FILTER (WHERE d.day < %(calibrated_to)s) AS last_date,
        (count(DISTINCT d.day) FILTER (WHERE d.day > l.first_date AND d.day >= %(calibrated_to)s))::int AS later,
        max(d.day) AS latest_date,
        COALESCE(sum(d.worth) FILTER (WHERE d.day = l.first_date), 0) AS first_worth,
        COALESCE(sum(d.worth) FILTER (WHERE d.day > l.first_date AND d.day < %(calibrated_to)s), 0) AS repeat_worth,
        COALESCE(sum(d.worth) FILTER (WHERE d.day > l.first_date AND d.day >= %(calibrated_to)s), 0) AS later_worth
    FROM (
        SELECT (u.ordered_at AT TIME ZONE %(timezone)s)::date AS day,
            (u.net - CASE WHEN %(by_margin)s THEN u.cost ELSE 0 END)::float8 AS worth
        FROM unnest(l.ordered_at, l.is_paid, l.net, l.costs) AS u (ordered_at, is_paid, net, cost)
        WHERE u.is_paid
        -- A day is found once for all that is asked of it.
        OFFSET 0
    ) d
    WHERE d.day < %(observed_to)s
) o
WHERE l.partner_id = %(partner)s AND l.currency = %(currency)s AND l.first_date < %(observed_to)s
    AND cardinality(l.ordered_at) > 1
