"""Whom to follow up after a session."""

import commerce.models.base
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('analytics', '0019_model_runs'), ('commerce', '0009_customers')]

    operations = [
        migrations.CreateModel(
            name='FollowUpList',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('rung', models.CharField(help_text='What scored it: the highest rung that earned its place.', max_length=10)),
                ('rungs', models.JSONField(help_text='What each rung did on later sessions than it had learnt from.')),
                ('learnt_from', models.BigIntegerField(help_text='Viewings of sessions that ended 90 days ago or earlier.')),
                ('viewers', models.BigIntegerField(help_text='Viewers of the session.')),
                ('made_at', models.DateTimeField()),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('viewer_id', models.UUIDField()),
                ('customer_id', models.UUIDField()),
                ('place', models.PositiveIntegerField(help_text='1 has the highest score.')),
                ('score', models.DecimalField(decimal_places=4, help_text='Margin expected in the 90 days after; else net sales.', max_digits=20)),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('is_holdout', models.BooleanField(help_text='Drawn at random to be left alone, so that the effect is seen.')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.followuplist')),
            ],
        ),
        migrations.AddIndex(
            model_name='followuplist',
            index=models.Index(fields=['partner', '-made_at', '-id'], name='followuplist_made'),
        ),
        migrations.AddConstraint(
            model_name='followuplist',
            constraint=models.UniqueConstraint(fields=('partner', 'session'), name='followuplist_partner_session'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(fields=['partner', 'customer_id'], name='followup_customer'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.UniqueConstraint(fields=('partner', 'list', 'place'), name='followup_partner_list_place'),
        ),
    ]
