-- Cohorts of some days of first purchases, from the lives that began on them: what was bought within days of the first
-- purchase, and in the periods of the calendar. A customer is active in a period by the first paid order he has in it, so
-- that what is counted by day adds up to weeks, months and quarters.
-- Uses life_partner_first, cohortday_partner_dimension, cohortactivity_partner_dimension.
WITH moment AS (
    SELECT t.first_date, t.currency, t.is_live, t.kol_id, t.channel, t.product_id, o.*,
        o.at AT TIME ZONE %(timezone)s AS local, t.first_at AT TIME ZONE %(timezone)s AS first_local,
        (lag(o.at) OVER (PARTITION BY t.id, o.is_paid ORDER BY o.at) AT TIME ZONE %(timezone)s)::date AS before
    FROM analytics_customerlife t CROSS JOIN LATERAL {moments} o
    WHERE t.partner_id = %(partner)s AND t.first_date = ANY(%(days)s)
), dated AS (
    SELECT *, local::date AS day, CASE {horizons} END AS within FROM moment
), finest AS (
    SELECT first_date, currency, is_live, kol_id, channel, product_id, day, within, {measures},
        count(*) FILTER (WHERE is_paid AND before IS NULL) AS customers, {actives}, max(at) AS last_at
    FROM dated o GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), part AS MATERIALIZED (
    SELECT v.dimension, v.value, t.first_date, t.currency, t.day, t.within, {sums}, sum(t.customers) AS customers,
        {active_sums}, max(t.last_at) AS last_at
    FROM finest t CROSS JOIN LATERAL (VALUES {dimensions}) AS v (dimension, value)
    GROUP BY 1, 2, 3, 4, 5, 6
), won AS MATERIALIZED (
    SELECT dimension, value, first_date, currency, sum(customers) AS customers, {day_sums}
    FROM part GROUP BY 1, 2, 3, 4
), active AS MATERIALIZED (
    SELECT t.dimension, t.value, t.first_date, t.currency, g.grain, g.starts_on, {sums}, sum(g.active) AS active,
        max(t.last_at) AS last_at
    FROM part t CROSS JOIN LATERAL (VALUES {grains}) AS g (grain, starts_on, active)
    WHERE g.grain <> 'DAY' OR t.day <= t.first_date + {days_apart}
    GROUP BY 1, 2, 3, 4, 5, 6
), written AS (
    -- What is there already as it should be stays as it is.
    INSERT INTO analytics_cohortday (partner_id, id, dimension, value, first_date, currency, customers, {day_columns})
    SELECT %(partner)s, {id_of_day}, dimension, value, first_date, currency, customers, {day_columns}
    FROM (
        SELECT dimension, value, first_date, currency, customers, {day_columns} FROM won
        EXCEPT
        SELECT dimension, value, first_date, currency, customers, {day_columns} FROM analytics_cohortday
        WHERE partner_id = %(partner)s AND dimension = ANY(%(dimensions)s) AND first_date = ANY(%(days)s)
    ) others
    ORDER BY dimension, first_date, value, currency
    ON CONFLICT (partner_id, dimension, first_date, value, currency) DO UPDATE SET customers = EXCLUDED.customers, {day_updates}
), also_written AS (
    INSERT INTO analytics_cohortactivity (partner_id, id, dimension, value, first_date, currency, grain, starts_on, active,
        last_at, {columns})
    SELECT %(partner)s, {id_of_activity}, dimension, value, first_date, currency, grain, starts_on, active, last_at, {columns}
    FROM (
        SELECT dimension, value, first_date, currency, grain, starts_on, active, last_at, {columns} FROM active
        EXCEPT
        SELECT dimension, value, first_date, currency, grain, starts_on, active, last_at, {columns}
        FROM analytics_cohortactivity
        WHERE partner_id = %(partner)s AND dimension = ANY(%(dimensions)s) AND grain = ANY(%(grains)s)
            AND first_date = ANY(%(days)s)
    ) others
    ORDER BY dimension, grain, first_date, value, currency, starts_on
    ON CONFLICT (partner_id, dimension, grain, first_date, value, currency, starts_on) DO UPDATE SET
        active = EXCLUDED.active, last_at = EXCLUDED.last_at, {updates}
), gone AS (
    DELETE FROM analytics_cohortday t
    WHERE t.partner_id = %(partner)s AND t.dimension = ANY(%(dimensions)s) AND t.first_date = ANY(%(days)s)
        AND NOT EXISTS (
            SELECT 1 FROM won w WHERE w.dimension = t.dimension AND w.first_date = t.first_date AND w.value = t.value
                AND w.currency = t.currency
        )
)
DELETE FROM analytics_cohortactivity t
WHERE t.partner_id = %(partner)s AND t.dimension = ANY(%(dimensions)s) AND t.grain = ANY(%(grains)s)
    AND t.first_date = ANY(%(days)s) AND NOT EXISTS (
        SELECT 1 FROM active w WHERE w.dimension = t.dimension AND w.grain = t.grain AND w.first_date = t.first_date
            AND w.value = t.value AND w.currency = t.currency AND w.starts_on = t.starts_on
    )
