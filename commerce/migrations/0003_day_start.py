"""Where a calendar day begins, in one place: the first instant that carries its date."""

from django.db import migrations

# Where the clock goes back over midnight, PostgreSQL reads 00:00 as the second of two.
DAY_START = """
CREATE FUNCTION commerce_day_start(day date, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN ((midnight - interval '1 hour') AT TIME ZONE zone)::date = day
        THEN midnight - interval '1 hour' ELSE midnight END
    FROM (SELECT day::timestamp AT TIME ZONE zone AS midnight) m
$$
"""


class Migration(migrations.Migration):
    """A function both fills and reads call."""

    dependencies = [("commerce", "0002_event_log")]
    operations = [migrations.RunSQL(DAY_START, "DROP FUNCTION commerce_day_start(date, text)")]
