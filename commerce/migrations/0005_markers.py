"""Violations and their appeals, and an index of the moments in the log."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models

# The moments of a session, and what platforms report, are a few hundred rows among as many thousands: an index
# of theirs alone costs the river nothing, and finds them without reading the session.
MOMENTS = """
CREATE INDEX event_partner_session_moments ON commerce_event (partner_id, session_id, occurred_at)
    WHERE kind IN (30, 31, 60, 61, 62, 63, 64, 65, 66, 72)
"""


class Migration(migrations.Migration):

    dependencies = [('commerce', '0004_record')]

    operations = [
        migrations.RunSQL(MOMENTS, "DROP INDEX event_partner_session_moments"),
        migrations.CreateModel(
            name='Violation',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=200)),
                ('external_id', models.CharField(max_length=200)),
                ('versions', models.JSONField(db_default=models.Value({}, models.JSONField()), editable=False)),
                ('occurred_at', models.DateTimeField(help_text='When it was told first.', null=True)),
                ('code', models.CharField(blank=True, db_default='', max_length=200)),
                ('reason', models.TextField(blank=True, db_default='')),
                ('severity', models.CharField(blank=True, db_default='', max_length=100)),
                ('remediation', models.TextField(blank=True, db_default='', help_text='What the platform asks for.')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
        ),
        migrations.CreateModel(
            name='ViolationAppeal',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('APPEALED', 'Appealed'), ('UPHELD', 'Upheld'), ('OVERTURNED', 'Overturned')], max_length=10)),
                ('text', models.TextField(help_text='Why the violation is contested.')),
                ('appealed_at', models.DateTimeField()),
                ('appealed_by', models.CharField(max_length=200)),
                ('decision', models.TextField(blank=True, help_text='What the platform answered.')),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.CharField(blank=True, max_length=200)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('violation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='appeals', to='commerce.violation')),
            ],
        ),
        migrations.AddIndex(
            model_name='violation',
            index=models.Index(fields=['partner', 'session', 'occurred_at'], name='violation_partner_session'),
        ),
        migrations.AddConstraint(
            model_name='violation',
            constraint=models.UniqueConstraint(fields=('partner', 'source', 'external_id'), name='violation_partner_external'),
        ),
        migrations.AddConstraint(
            model_name='violationappeal',
            constraint=models.UniqueConstraint(fields=('partner', 'violation'), name='appeal_partner_violation'),
        ),
    ]
