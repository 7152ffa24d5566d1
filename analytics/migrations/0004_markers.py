"""What is set beside a session's numbers: markers, comments, reported numbers; and what offers do."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('analytics', '0003_showings')]

    operations = [
        migrations.CreateModel(
            name='OfferUplift',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('PRODUCT_FEATURED', 'Product featured'), ('VIOLATION', 'Violation'), ('GIVEAWAY', 'Giveaway'), ('PROMOTION', 'Promotion'), ('PINNED_MESSAGE', 'Pinned message'), ('HOST_NOTE', 'Host note')], max_length=20)),
                ('design', models.CharField(choices=[('OBSERVATIONAL', 'All of them'), ('RANDOMISED', 'Those scheduled at random')], max_length=13)),
                ('metric', models.CharField(max_length=30)),
                ('window', models.CharField(choices=[('DURING', 'While it goes on'), ('AFTER', 'In the minutes after it')], max_length=6)),
                ('sessions', models.BigIntegerField(help_text='Sessions that could be compared.')),
                ('offers', models.BigIntegerField(help_text='Giveaways or promotions in them.')),
                ('ratio', models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                ('low', models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                ('high', models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                ('reason', models.CharField(blank=True, choices=[('NOT_ENOUGH_DATA', 'Too few sessions'), ('NOTHING_TO_COMPARE', 'Nothing happened in the flanking windows')], help_text='Why there is no ratio.', max_length=20)),
                ('computed_at', models.DateTimeField()),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
        ),
        migrations.CreateModel(
            name='ReportedNumbers',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('interval', models.CharField(choices=[('TOTAL', 'In total'), ('MINUTE', 'By the minute')], max_length=6)),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('source', models.CharField(help_text='Who says so.', max_length=200)),
                ('definition', models.CharField(blank=True, help_text='What the platform means by it.', max_length=2000)),
                ('metrics', models.JSONField(help_text='{name: number or text}, as reported.')),
                ('reported_at', models.DateTimeField(help_text='The latest word on this interval.')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
        ),
        migrations.CreateModel(
            name='SessionComment',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('text', models.TextField()),
                ('is_question', models.BooleanField(help_text='It has the form of a question in one of the languages read.')),
                ('language', models.CharField(blank=True, help_text='A guess from its script and words.', max_length=2)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
                ('viewer', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.viewer')),
            ],
        ),
        migrations.CreateModel(
            name='SessionMarker',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('PRODUCT_FEATURED', 'Product featured'), ('VIOLATION', 'Violation'), ('GIVEAWAY', 'Giveaway'), ('PROMOTION', 'Promotion'), ('PINNED_MESSAGE', 'Pinned message'), ('HOST_NOTE', 'Host note')], max_length=20)),
                ('at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(help_text='Of what has a length: its end; null as long as none was told.', null=True)),
                ('is_start_told', models.BooleanField(default=True, help_text='Off: only the end of it is known, and `at` is that end.')),
                ('label', models.CharField(blank=True, max_length=500)),
                ('text', models.TextField(blank=True)),
                ('scheduled_at_random', models.BooleanField(default=False)),
                ('details', models.JSONField(default=dict)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.product')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
        ),
        migrations.AddConstraint(
            model_name='offeruplift',
            constraint=models.UniqueConstraint(fields=('partner', 'kind', 'design', 'metric', 'window'), name='uplift_partner_kind'),
        ),
        migrations.AddConstraint(
            model_name='reportednumbers',
            constraint=models.UniqueConstraint(fields=('partner', 'session', 'id'), name='reported_partner_session'),
        ),
        migrations.AddConstraint(
            model_name='sessioncomment',
            constraint=models.UniqueConstraint(fields=('partner', 'session', 'at', 'id'), name='comment_partner_session_at'),
        ),
        migrations.AddIndex(
            model_name='sessionmarker',
            index=models.Index(condition=models.Q(('kind__in', ['GIVEAWAY', 'PROMOTION'])), fields=['partner', 'kind'], name='marker_partner_offers'),
        ),
        migrations.AddConstraint(
            model_name='sessionmarker',
            constraint=models.UniqueConstraint(fields=('partner', 'session', 'id'), name='marker_partner_session'),
        ),
    ]
