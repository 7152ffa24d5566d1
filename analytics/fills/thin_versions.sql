-- States made while live and old enough, of which none was known at the start of a minute, go; the state
-- before them lasts until the next that stays. Answers when those that stay begin.
-- Uses the versions' ..._partner_known, sessionrevision_partner_known.
WITH states AS (
    SELECT v.id, v.session_id, v.row_id, v.known_from, v.known_until,
        lag(v.known_until) OVER (PARTITION BY v.session_id, v.row_id ORDER BY v.known_from)
            IS DISTINCT FROM v.known_from AS is_first,
        COALESCE(r.is_live, false) AND v.known_until <= %(before)s
            AND date_trunc('minute', v.known_from + interval '59.999999 seconds') >= v.known_until AS is_fleeting
    FROM {versions} v
    LEFT JOIN analytics_sessionrevision r
        ON r.partner_id = %(partner)s AND r.session_id = v.session_id AND r.known_from = v.known_from
    WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(sessions)s)
), runs AS (
    -- Within a run one state follows another without a gap.
    SELECT *, is_fleeting AND NOT is_first AS goes,
        sum(is_first::int) OVER (PARTITION BY session_id, row_id ORDER BY known_from) AS run
    FROM states
), ends AS (
    SELECT *, max(COALESCE(known_until, 'infinity')) OVER (PARTITION BY session_id, row_id, run) AS run_until
    FROM runs
), stay AS (
    SELECT *, NULLIF(COALESCE(
        lead(known_from) OVER (PARTITION BY session_id, row_id, run ORDER BY known_from), run_until
    ), 'infinity') AS lasts_until
    FROM ends WHERE NOT goes
), gone AS (
    DELETE FROM {versions} v USING runs WHERE v.partner_id = %(partner)s AND v.id = runs.id AND runs.goes
), longer AS (
    UPDATE {versions} v SET known_until = stay.lasts_until FROM stay
    WHERE v.partner_id = %(partner)s AND v.id = stay.id AND v.known_until IS DISTINCT FROM stay.lasts_until
)
SELECT session_id, known_from FROM stay
