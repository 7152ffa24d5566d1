-- Comments of sessions from a moment on, each with whether it looks like a question; whole sessions lose what is theirs
-- no longer. Uses event_partner_session, comment_partner_session_at.
WITH part AS (
    SELECT p.session_id, p.part_id, s.from_at
    FROM unnest(%(part_of)s::uuid[], %(parts)s::uuid[]) AS p (session_id, part_id)
    JOIN unnest(%(sessions)s::uuid[], %(since)s::timestamptz[]) AS s (session_id, from_at) USING (session_id)
), told AS (
    SELECT p.session_id, md5(p.session_id::text || e.id::text || e.occurred_at::text)::uuid AS id, e.occurred_at AS at,
        e.viewer_id, e.properties->>'text' AS text
    FROM commerce_event e JOIN part p ON p.part_id = e.session_id
    WHERE e.partner_id = %(partner)s AND e.session_id = ANY(%(parts)s) AND e.occurred_at >= p.from_at
        AND e.occurred_at >= %(earliest)s AND e.kind = {comment}
), held AS (
    SELECT c.id, c.session_id, c.at FROM analytics_sessioncomment c
    JOIN unnest(%(sessions)s::uuid[], %(since)s::timestamptz[]) AS s (session_id, from_at) USING (session_id)
    WHERE c.partner_id = %(partner)s AND c.session_id = ANY(%(sessions)s) AND c.at >= s.from_at
        AND c.at >= %(earliest)s
), gone AS (
    DELETE FROM analytics_sessioncomment c USING held h
    WHERE c.partner_id = %(partner)s AND c.id = h.id AND NOT EXISTS (SELECT 1 FROM told t WHERE t.id = h.id)
), fresh AS (
    SELECT t.* FROM told t WHERE NOT EXISTS (SELECT 1 FROM held h WHERE h.id = t.id)
), looked_at AS (
    -- Many write the same; what it looks like is found out once.
    SELECT text, {question} AS is_question, CASE {languages} ELSE '' END AS language
    FROM (SELECT text, translate(text, {upper}, {lower}) AS folded FROM fresh GROUP BY text) said
)
INSERT INTO analytics_sessioncomment (partner_id, id, session_id, at, viewer_id, text, is_question, language)
SELECT %(partner)s, t.id, t.session_id, t.at, t.viewer_id, t.text, l.is_question, l.language
FROM fresh t JOIN looked_at l USING (text)
