"""The event log: range partitions by month, a default one for every other time, two indexes and no more."""

from django.db import migrations

LOG = """
CREATE TABLE commerce_event (
    partner_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    digest bigint NOT NULL,
    kind smallint NOT NULL,
    item smallint NOT NULL,
    quantity bigint,
    sequence bigint,
    view bigint,
    session_id uuid,
    viewer_id uuid,
    product_id uuid,
    properties jsonb,
    CONSTRAINT event_partner_occurred_id PRIMARY KEY (partner_id, occurred_at, id)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX event_partner_session ON commerce_event (partner_id, session_id, occurred_at)
    WHERE session_id IS NOT NULL;
CREATE TABLE commerce_event_default PARTITION OF commerce_event DEFAULT;
"""

# The worker may make partitions and nothing else of the schema: the function runs as the owner.
MAKE_PARTITION = """
CREATE FUNCTION commerce_make_event_partition(month date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first_day timestamptz := date_trunc('month', month::timestamptz);
    next_month timestamptz := first_day + interval '1 month';
    partition text := 'commerce_event_' || to_char(first_day, 'YYYY_MM');
    moved bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('commerce_event partitions'));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN -1;
    END IF;
    -- Nobody may write such rows into the default partition between the move and the attachment.
    LOCK TABLE commerce_event IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE commerce_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format(
        'WITH gone AS (DELETE FROM commerce_event_default WHERE occurred_at >= $1 AND occurred_at < $2 RETURNING *) '
        'INSERT INTO %I SELECT * FROM gone', partition) USING first_day, next_month;
    GET DIAGNOSTICS moved = ROW_COUNT;
    EXECUTE format(
        'ALTER TABLE commerce_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, first_day, next_month);
    RETURN moved;
END $$;
REVOKE ALL ON FUNCTION commerce_make_event_partition(date) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    """Made in SQL: Django does not know partitions."""

    dependencies = [("commerce", "0001_initial")]
    operations = [
        migrations.RunSQL(LOG, "DROP TABLE commerce_event"),
        migrations.RunSQL(MAKE_PARTITION, "DROP FUNCTION commerce_make_event_partition(date)"),
    ]
