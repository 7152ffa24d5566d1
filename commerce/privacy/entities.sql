-- What is kept of the person itself. In the order in which tables are locked by whoever writes them.
-- Whoever has the same e-mail or phone number: it is the person's wherever it stands. Who was the same stays so.
UPDATE commerce_customer c SET email_hash = h.new FROM erased_hash h
WHERE c.partner_id = %(partner)s AND c.email_hash = h.old AND c.email_hash <> '';

UPDATE commerce_customer c SET phone_hash = h.new FROM erased_hash h
WHERE c.partner_id = %(partner)s AND c.phone_hash = h.old AND c.phone_hash <> '';

-- Groups a person is counted in stay where they are groups.
UPDATE commerce_customer c SET id = m.new, external_id = m.name, versions = '{}',
    consent_marketing = NULL, consent_profiling = NULL,
    gender = CASE WHEN lower(btrim(c.gender, E' \t\n\r')) = ANY(%(genders)s) THEN c.gender ELSE '' END,
    age_band = CASE WHEN btrim(c.age_band, E' \t\n\r') ~ %(age_band)s THEN c.age_band ELSE '' END
FROM erased_customer m WHERE c.partner_id = %(partner)s AND c.id = m.old;

UPDATE commerce_viewer v SET id = m.new, external_id = m.name, versions = '{}'
FROM erased_viewer m WHERE v.partner_id = %(partner)s AND v.id = m.old;

UPDATE commerce_refund r SET reason = ''
WHERE r.partner_id = %(partner)s AND r.reason <> '' AND (
    r.customer_id = ANY(%(customers)s) OR r.order_id IN (
        SELECT o.id FROM commerce_order o WHERE o.partner_id = %(partner)s
            AND (o.viewer_id = ANY(%(viewers)s) OR o.customer_id = ANY(%(customers)s))));

UPDATE commerce_order o SET cancel_reason = ''
WHERE o.partner_id = %(partner)s AND o.cancel_reason <> ''
    AND (o.viewer_id = ANY(%(viewers)s) OR o.customer_id = ANY(%(customers)s));

-- Carts and visits are the shop's, unless they are called by the person's own id: then whoever says it, as in events.
-- A short id is a number like others, and no sign of the person there.
UPDATE commerce_order o
SET cart_id = COALESCE((SELECT n.new FROM erased_name n WHERE n.old = o.cart_id), o.cart_id),
    visit_id = COALESCE((SELECT n.new FROM erased_name n WHERE n.old = o.visit_id), o.visit_id)
WHERE o.partner_id = %(partner)s AND EXISTS (
    SELECT FROM erased_name n WHERE n.old IN (o.cart_id, o.visit_id) AND length(n.old) >= %(least)s);

UPDATE analytics_orderfact f SET cart_id = n.new
FROM erased_name n WHERE f.partner_id = %(partner)s AND f.cart_id = n.old AND length(n.old) >= %(least)s;

UPDATE analytics_shopcart t SET cart_id = n.new,
    id = md5(concat_ws(' ', t.partner_id::text, date, COALESCE(viewer_id::text, '-'), n.new))::uuid
FROM erased_name n WHERE t.partner_id = %(partner)s AND t.cart_id = n.old AND length(n.old) >= %(least)s;

UPDATE commerce_lead l SET key = h.new
FROM erased_hash h WHERE l.partner_id = %(partner)s AND l.key = h.old;

-- A device of several people is one still, by another name.
UPDATE kol_linkclick k SET device = left(md5(%(salt)s || k.device), 32)
WHERE k.partner_id = %(partner)s AND k.device <> '' AND k.device IN (
    SELECT c.device FROM kol_linkclick c JOIN erased_name n ON n.old = c.visitor
    WHERE c.partner_id = %(partner)s AND c.visitor <> '');

UPDATE kol_linkclick k SET visitor = n.new
FROM erased_name n WHERE k.partner_id = %(partner)s AND k.visitor = n.old AND k.visitor <> '';

-- What viewers asked is advised to be answered; whose question it was is not known there.
UPDATE analytics_learning l SET content = (
    SELECT COALESCE(jsonb_agg(jsonb_set(c.product, '{points}', (
        SELECT COALESCE(jsonb_agg(p.point ORDER BY p.place), '[]')
        FROM jsonb_array_elements(c.product->'points') WITH ORDINALITY p (point, place)
        WHERE p.point->>'kind' <> 'QUESTION')) ORDER BY c.place), '[]')
    FROM jsonb_array_elements(l.content) WITH ORDINALITY c (product, place))
WHERE l.partner_id = %(partner)s AND l.kind = 'TALKING' AND l.subject IN (
    SELECT session_id FROM analytics_sessioncomment
    WHERE partner_id = %(partner)s AND viewer_id = ANY(%(viewers)s) AND is_question);

-- What waits to be computed again.
UPDATE commerce_stale s SET subject = m.new::text
FROM (SELECT old, new FROM erased_viewer UNION ALL SELECT old, new FROM erased_customer) m
WHERE s.partner_id = %(partner)s AND s.subject = m.old::text;

UPDATE commerce_stale s SET viewers = ARRAY(
    SELECT COALESCE(m.new, v.viewer) FROM unnest(s.viewers) WITH ORDINALITY v (viewer, place)
    LEFT JOIN erased_viewer m ON m.old = v.viewer ORDER BY v.place)
WHERE s.partner_id = %(partner)s AND s.viewers && %(viewers)s::uuid[];
