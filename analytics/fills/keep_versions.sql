-- States of a session's rows: those that are another now end, and what is known now begins.
-- Uses the key of the rows by session, and the versions' ..._partner_now and ..._partner_known.
WITH filled AS (
    SELECT * FROM unnest(%(sessions)s::uuid[], %(known)s::timestamptz[]) AS f (session_id, known_at)
), now AS (
    SELECT t.*, f.known_at FROM {rows} t JOIN filled f USING (session_id)
    WHERE t.partner_id = %(partner)s AND t.session_id = ANY(%(sessions)s)
), open AS (
    SELECT v.*, f.known_at FROM {versions} v JOIN filled f USING (session_id)
    WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(sessions)s) AND v.known_until IS NULL
), over AS (
    SELECT o.id, o.session_id, o.known_at, o.known_from = o.known_at AS is_of_now, n.id IS NULL AS is_gone
    FROM open o LEFT JOIN now n ON n.id = o.row_id AND n.session_id = o.session_id
    WHERE n.id IS NULL OR ({of_now}) IS DISTINCT FROM ({of_open})
), ended AS (
    UPDATE {versions} v SET known_until = over.known_at FROM over
    WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(sessions)s) AND v.known_until IS NULL
        AND v.id = over.id AND NOT over.is_of_now
), dropped AS (
    -- Known for no time at all: two fills of one moment.
    DELETE FROM {versions} v USING over
    WHERE v.partner_id = %(partner)s AND v.session_id = ANY(%(sessions)s) AND v.known_until IS NULL
        AND v.id = over.id AND over.is_of_now AND over.is_gone
), begun AS (
    INSERT INTO {versions} (partner_id, id, session_id, row_id, known_from, {columns})
    SELECT %(partner)s, md5(n.session_id::text || n.id::text || extract(epoch FROM n.known_at)::text)::uuid,
        n.session_id, n.id, n.known_at, {of_now}
    FROM now n LEFT JOIN open o ON o.row_id = n.id AND o.session_id = n.session_id
    WHERE o.id IS NULL OR ({of_now}) IS DISTINCT FROM ({of_open})
    ON CONFLICT (partner_id, session_id, known_from, row_id) DO UPDATE SET known_until = NULL, {updates}
    RETURNING session_id
)
SELECT session_id FROM over UNION SELECT session_id FROM begun
