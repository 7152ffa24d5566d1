"""Recommendations, alerts, debriefs, and what was learnt."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0008_broadcasts")]
    operations = [
        migrations.CreateModel(
            name='Debrief',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('stage', models.CharField(choices=[('END', 'When it ended'), ('DAY', 'A day later')], max_length=3)),
                ('version', models.PositiveSmallIntegerField(help_text='From 1: grows when findings are another.')),
                ('made_at', models.DateTimeField()),
                ('maturity', models.PositiveSmallIntegerField()),
                ('findings', models.JSONField()),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'session', 'stage', 'version'), name='debrief_partner_session_stage')],
            },
        ),
        migrations.CreateModel(
            name='Learning',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('LEADS', 'Products to lead with'), ('SLOTS', 'Hours of the week to go live in'), ('PAIRS', 'Products bought together'), ('TALKING', 'Talking points of what is featured')], max_length=7)),
                ('subject', models.UUIDField(help_text='The session of talking points; the partner of everything else.')),
                ('made_at', models.DateTimeField()),
                ('content', models.JSONField()),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'kind', 'subject'), name='learning_partner_kind')],
            },
        ),
        migrations.CreateModel(
            name='LiveAlert',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('VIOLATION', 'Violation'), ('GIVEAWAY', 'Giveaway'), ('STEEP_LOSS', 'Steep loss of viewers'), ('LOW_STOCK', 'Stock is running out')], max_length=10)),
                ('subject', models.CharField(help_text='Which of its kind: a violation, a product, a time.', max_length=200)),
                ('raised_at', models.DateTimeField()),
                ('cleared_at', models.DateTimeField(help_text='Null: it still holds.', null=True)),
                ('details', models.JSONField(default=dict)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'session', 'kind', 'subject'), name='alert_partner_session_subject')],
            },
        ),
        migrations.CreateModel(
            name='PinRecommendation',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('rank', models.PositiveSmallIntegerField(help_text='From 1; the first place is drawn by lot now and then.')),
                ('currency', models.CharField(max_length=3)),
                ('reachable_viewers', models.BigIntegerField(help_text='People present when it was made.')),
                ('conversion', models.DecimalField(decimal_places=9, help_text='Shrunk product moment conversion.', max_digits=12)),
                ('price', models.DecimalField(decimal_places=4, max_digits=20)),
                ('fatigue', models.DecimalField(decimal_places=9, help_text='What recent showings left of its pull, 1 at most.', max_digits=12)),
                ('stock', models.BigIntegerField(null=True)),
                ('expected_sales', models.DecimalField(decimal_places=4, help_text='Of the next 90 seconds.', max_digits=20)),
                ('low_sales', models.DecimalField(decimal_places=4, max_digits=20)),
                ('high_sales', models.DecimalField(decimal_places=4, max_digits=20)),
                ('propensity', models.DecimalField(decimal_places=9, help_text='How likely it was to get this rank.', max_digits=12)),
                ('is_exploration', models.BooleanField()),
                ('state', models.CharField(choices=[('OPEN', 'Open'), ('ADOPTED', 'Featured in time'), ('IGNORED', 'Not featured in time')], default='OPEN', max_length=8)),
                ('featured_at', models.DateTimeField(null=True)),
                ('outcome_viewers', models.BigIntegerField(null=True)),
                ('outcome_buyers', models.BigIntegerField(null=True)),
                ('outcome_sales', models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.product')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'session', 'made_at', 'rank'), name='pin_partner_session_rank')],
            },
        ),
    ]
