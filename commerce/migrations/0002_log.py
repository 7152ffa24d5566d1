"""The event log: range partitions by month, a default one for every other time; and where a day begins."""

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

# The moments of a session, and what platforms report, are a few hundred rows among as many thousands: an index
# of theirs alone costs the river nothing, and finds them without reading the session.
MOMENTS = """
CREATE INDEX event_partner_session_moments ON commerce_event (partner_id, session_id, occurred_at)
    WHERE kind IN (30, 31, 60, 61, 62, 63, 64, 65, 66, 72)
"""

# Days of the shop are read by these alone, wherever they happened: among signs of life they are few.
SHOP = """
CREATE INDEX event_partner_shop ON commerce_event (partner_id, occurred_at) WHERE kind IN (35, 52)
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
    -- Nobody may write such rows into the default partition between the move and the attachment; nor hold it to
    -- read while he waits to write, where the attachment would wait for him.
    LOCK TABLE commerce_event IN ACCESS EXCLUSIVE MODE;
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

# The worker may take a month away and nothing else of the schema: the function runs as the owner, and refuses
# where the month holds anything of a partner it was not told of. Nobody writes into it meanwhile.
DROP_PARTITION = """
CREATE FUNCTION commerce_drop_event_partition(month date, partners uuid[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
    partition text := 'commerce_event_' || to_char(month, 'YYYY_MM');
    found uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    IF to_regclass(partition) IS NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('commerce_event partitions'));
    LOCK TABLE commerce_event IN ACCESS EXCLUSIVE MODE;
    LOOP
        -- From partner to partner by the key.
        EXECUTE format('SELECT partner_id FROM %I WHERE partner_id > $1 ORDER BY partner_id LIMIT 1', partition)
            INTO found USING found;
        EXIT WHEN found IS NULL;
        IF found <> ALL(partners) THEN
            RETURN false;
        END IF;
    END LOOP;
    EXECUTE format('DROP TABLE %I', partition);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION commerce_drop_event_partition(date, uuid[]) FROM PUBLIC;
"""

# Where the clock goes back over midnight, PostgreSQL reads 00:00 as the second of two.
DAY_START = """
CREATE FUNCTION commerce_day_start(day date, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN ((midnight - interval '1 hour') AT TIME ZONE zone)::date = day
        THEN midnight - interval '1 hour' ELSE midnight END
    FROM (SELECT day::timestamp AT TIME ZONE zone AS midnight) m
$$
"""


class Migration(migrations.Migration):
    """Made in SQL: Django does not know partitions."""

    dependencies = [("commerce", "0001_tables")]
    # A database that has all of these has this log.
    replaces = [
        ("commerce", "0002_event_log"),
        ("commerce", "0003_day_start"),
        ("commerce", "0005_markers"),
        ("commerce", "0010_privacy"),
        ("analytics", "0017_shop"),
    ]
    operations = [
        migrations.RunSQL(LOG, "DROP TABLE commerce_event"),
        migrations.RunSQL([MOMENTS, SHOP], ["DROP INDEX event_partner_shop", "DROP INDEX event_partner_session_moments"]),
        migrations.RunSQL(MAKE_PARTITION, "DROP FUNCTION commerce_make_event_partition(date)"),
        migrations.RunSQL(DROP_PARTITION, "DROP FUNCTION commerce_drop_event_partition(date, uuid[])"),
        migrations.RunSQL(DAY_START, "DROP FUNCTION commerce_day_start(date, text)"),
    ]
