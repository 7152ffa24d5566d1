"""Years as periods of plans, and reviews of closed periods."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('analytics', '0020_follow_ups')]

    operations = [
        migrations.AlterField(
            model_name='cadencereport',
            name='cadence',
            field=models.CharField(choices=[('WEEKLY', 'Weekly'), ('BIWEEKLY', 'Biweekly'), ('MONTHLY', 'Monthly'), ('QUARTERLY', 'Quarterly'), ('YEARLY', 'Yearly')], max_length=10),
        ),
        migrations.AlterField(
            model_name='target',
            name='cadence',
            field=models.CharField(blank=True, choices=[('WEEKLY', 'Weekly'), ('BIWEEKLY', 'Biweekly'), ('MONTHLY', 'Monthly'), ('QUARTERLY', 'Quarterly'), ('YEARLY', 'Yearly')], help_text='Empty: a target of a session.', max_length=10),
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('cadence', models.CharField(choices=[('WEEKLY', 'Weekly'), ('BIWEEKLY', 'Biweekly'), ('MONTHLY', 'Monthly'), ('QUARTERLY', 'Quarterly'), ('YEARLY', 'Yearly')], max_length=10)),
                ('starts_on', models.DateField(help_text="The first day, in the partner's calendar.")),
                ('ends_on', models.DateField(help_text='The day after the last one.')),
                ('due_at', models.DateTimeField(help_text='When there was a report to look at.')),
                ('done_at', models.DateTimeField(blank=True, help_text='Empty: it is due.', null=True)),
                ('who', models.CharField(blank=True, db_default='', max_length=200)),
                ('note', models.TextField(blank=True, db_default='', help_text='What came of it.')),
                ('version', models.PositiveIntegerField(help_text='Of the report that was looked at.', null=True)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', '-starts_on', '-id'], name='review_partner_starts')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'cadence', 'starts_on'), name='review_partner_slot')],
            },
        ),
    ]
