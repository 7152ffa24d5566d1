written AS (
    INSERT INTO analytics_collaborationflag AS f (partner_id, id, collaboration_id, kind, severity, counted, among,
        value, threshold, deviation, order_ids, since)
    SELECT %(partner)s, md5(collaboration_id::text || kind)::uuid, collaboration_id, kind, severity, counted, among,
        value, threshold, deviation, order_ids, since
    FROM flag
    ON CONFLICT (partner_id, collaboration_id, kind) DO UPDATE SET severity = EXCLUDED.severity,
        counted = EXCLUDED.counted, among = EXCLUDED.among, value = EXCLUDED.value, threshold = EXCLUDED.threshold,
        deviation = EXCLUDED.deviation, order_ids = EXCLUDED.order_ids, since = EXCLUDED.since
        WHERE (f.severity, f.counted, f.among, f.value, f.threshold, f.deviation, f.order_ids, f.since)
            IS DISTINCT FROM (EXCLUDED.severity, EXCLUDED.counted, EXCLUDED.among, EXCLUDED.value,
                EXCLUDED.threshold, EXCLUDED.deviation, EXCLUDED.order_ids, EXCLUDED.since)
)
