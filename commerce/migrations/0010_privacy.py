"""Persons who were erased, and events whose time is over."""

import django.db.models.deletion
from django.db import migrations, models

import commerce.models.base


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


class Migration(migrations.Migration):
    dependencies = [("commerce", "0009_customers")]

    operations = [
        migrations.AddField(
            model_name='livesession',
            name='frozen_at',
            field=models.DateTimeField(editable=False, help_text='When its events went, and its numbers became what they stay.', null=True),
        ),
        migrations.AddField(
            model_name='partner',
            name='events_gone_before',
            field=models.DateTimeField(editable=False, help_text='What happened before is in no log any more.', null=True),
        ),
        migrations.RunSQL(DROP_PARTITION, "DROP FUNCTION commerce_drop_event_partition(date, uuid[])"),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "digest",
                    models.UUIDField(
                        help_text="Keyed hash of an id and its source, or of an e-mail's or phone's hash."
                    ),
                ),
                ("at", models.DateTimeField(help_text="When the person was erased.")),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="commerce.partner",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "digest"), name="suppression_partner_digest")
                ],
            },
        ),
    ]
