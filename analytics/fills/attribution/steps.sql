-- What was met, oldest first.
INSERT INTO step (partner_id, journey_id, position, kol_id, collaboration_id, kind, touched_at, is_exclusive_code)
SELECT %(partner)s, order_id, row_number() OVER (
        PARTITION BY order_id ORDER BY touched_at, {place}, collaboration_id
    ), kol_id, collaboration_id, kind, touched_at, is_exclusive_code
FROM met
