"""Targets with owners, and reports by cadence."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0009_advice")]
    operations = [
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('metric', models.CharField(help_text='Key of the metric.', max_length=60)),
                ('about', models.CharField(help_text="The metric's own scope: SESSION or SHOP.", max_length=10)),
                ('cadence', models.CharField(blank=True, choices=[('WEEKLY', 'Weekly'), ('BIWEEKLY', 'Biweekly'), ('MONTHLY', 'Monthly'), ('QUARTERLY', 'Quarterly')], help_text='Empty: a target of a session.', max_length=10)),
                ('starts_on', models.DateField(blank=True, help_text='First day of the first period it is for.', null=True)),
                ('kind', models.CharField(choices=[('ABSOLUTE', 'The number itself'), ('RELATIVE_CHANGE', 'A share of the baseline on top of it'), ('PERCENTAGE_POINTS', 'Points on top of the baseline')], max_length=20)),
                ('value', models.DecimalField(decimal_places=6, max_digits=24)),
                ('direction', models.CharField(help_text='Which way is better: UP or DOWN.', max_length=4)),
                ('basis', models.CharField(blank=True, help_text='Empty where sales do not matter.', max_length=10)),
                ('currency', models.CharField(blank=True, help_text='Empty where sales do not matter.', max_length=3)),
                ('owner', models.CharField(help_text='Who answers for it.', max_length=200)),
                ('reason', models.TextField(blank=True)),
                ('set_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(blank=True, db_constraint=False, db_index=False, help_text='Null: a target of periods.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
        ),
        migrations.CreateModel(
            name='TargetRevision',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('who', models.CharField(max_length=200)),
                ('why', models.CharField(choices=[('SET', 'It was set'), ('STRATEGY_CHANGED', 'The strategy changed'), ('TEAM_GOAL_CHANGED', "The team's goal changed"), ('ACHIEVED', 'It was achieved'), ('UNSUITABLE', 'It did not suit'), ('GAMED', 'It was gamed')], max_length=20)),
                ('note', models.TextField(blank=True)),
                ('old_value', models.DecimalField(decimal_places=6, max_digits=24, null=True)),
                ('new_value', models.DecimalField(decimal_places=6, help_text='Null: it was retired.', max_digits=24, null=True)),
                ('old_owner', models.CharField(blank=True, max_length=200)),
                ('new_owner', models.CharField(blank=True, max_length=200)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('target', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='analytics.target')),
            ],
        ),
        migrations.CreateModel(
            name='CadenceReport',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('cadence', models.CharField(choices=[('WEEKLY', 'Weekly'), ('BIWEEKLY', 'Biweekly'), ('MONTHLY', 'Monthly'), ('QUARTERLY', 'Quarterly')], max_length=10)),
                ('starts_on', models.DateField(help_text="The first day, in the partner's calendar.")),
                ('ends_on', models.DateField(help_text='The day after the last one.')),
                ('version', models.PositiveIntegerField()),
                ('made_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField(help_text='When its numbers were last compared with the facts.')),
                ('content', models.JSONField()),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', '-starts_on', '-id'], name='report_partner_starts')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'cadence', 'starts_on', 'version'), name='report_partner_slot_version')],
            },
        ),
        migrations.AddIndex(
            model_name='target',
            index=models.Index(fields=['partner', 'session'], name='target_partner_session'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.UniqueConstraint(condition=models.Q(('retired_at__isnull', True)), fields=('partner', 'session', 'cadence', 'about', 'metric', 'basis', 'currency'), name='target_partner_subject_metric', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cadence', ''), ('session__isnull', False), ('starts_on__isnull', True)), models.Q(('session__isnull', True), ('starts_on__isnull', False), models.Q(('cadence', ''), _negated=True)), _connector='OR'), name='target_of_session_or_periods'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['UP', 'DOWN'])), name='target_direction'),
        ),
        migrations.AddIndex(
            model_name='targetrevision',
            index=models.Index(fields=['partner', 'target', 'at'], name='revision_partner_target_at'),
        ),
    ]
