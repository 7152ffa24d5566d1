"""Paths of viewers, traffic by source, audiences; who came before and who bought first."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0004_markers'),
    ]

    operations = [
        migrations.CreateModel(
            name='SessionAudience',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('of', models.CharField(choices=[('VIEWERS', 'Viewers'), ('CUSTOMERS', 'Customers')], max_length=10)),
                ('people', models.BigIntegerField(help_text='Null: too few to tell.', null=True)),
                ('cells', models.JSONField(help_text='{dimension: {group: people}}; null people: not told.')),
                ('is_live', models.BooleanField(help_text='Made while the session was live.')),
                ('is_behind', models.BooleanField(default=False, help_text='Facts have come since.')),
                ('computed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SessionSource',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=100)),
                ('sub_source', models.CharField(max_length=100)),
                ('is_paid', models.BooleanField(null=True)),
                ('impressions', models.BigIntegerField(default=0, help_text='times the live was shown, by the source each showing told')),
                ('views', models.BigIntegerField(default=0, help_text='view starts, by the source each start told; coming back counts again')),
                ('viewers', models.BigIntegerField(default=0, help_text='distinct people with presence, by the first source they told in the session')),
                ('watch_time', models.DecimalField(decimal_places=6, default=0, help_text='seconds watched by these viewers together', max_digits=20)),
                ('converted_viewers', models.BigIntegerField(default=0, help_text='these viewers with a paid order of this session placed between their first join and its end plus the tail')),
            ],
        ),
        migrations.CreateModel(
            name='SessionSourceSales',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=100)),
                ('sub_source', models.CharField(max_length=100)),
                ('is_paid', models.BooleanField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('orders_placed', models.BigIntegerField(default=0, help_text='orders of the session by the source of the viewing they are of, by basis')),
                ('orders_paid', models.BigIntegerField(default=0, help_text='orders of the session by the source of the viewing they are of, by basis')),
                ('orders_net', models.BigIntegerField(default=0, help_text='orders of the session by the source of the viewing they are of, by basis')),
                ('live_sales_placed', models.DecimalField(decimal_places=4, default=0, help_text='merchandise after discounts of these orders, by basis', max_digits=20)),
                ('live_sales_paid', models.DecimalField(decimal_places=4, default=0, help_text='merchandise after discounts of these orders, by basis', max_digits=20)),
                ('live_sales_net', models.DecimalField(decimal_places=4, default=0, help_text='merchandise after discounts of these orders, by basis', max_digits=20)),
            ],
        ),
        migrations.CreateModel(
            name='SourceMinute',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=100)),
                ('sub_source', models.CharField(max_length=100)),
                ('is_paid', models.BooleanField(null=True)),
                ('minute', models.DateTimeField()),
                ('impressions', models.BigIntegerField(default=0, help_text='times the live was shown, by the source each showing told')),
                ('views', models.BigIntegerField(default=0, help_text='view starts, by the source each start told; coming back counts again')),
            ],
        ),
        migrations.CreateModel(
            name='ViewerPath',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('watched_from', models.DateTimeField(help_text='The start of the session where the viewer was present in it; else null.', null=True)),
                ('is_returning', models.BooleanField(help_text='Present in a session that started earlier, too.')),
                ('source', models.CharField(help_text='The first one told in the session; empty: none was.', max_length=100)),
                ('sub_source', models.CharField(max_length=100)),
                ('is_paid', models.BooleanField(help_text='Whether it was paid for; null: nobody told.', null=True)),
                ('gender', models.CharField(max_length=10)),
                ('age_band', models.CharField(max_length=10)),
                ('country', models.CharField(max_length=2)),
                ('is_follower', models.BooleanField(null=True)),
                ('first_clicked_at', models.DateTimeField(null=True)),
                ('first_carted_at', models.DateTimeField(null=True)),
                ('first_checkout_at', models.DateTimeField(null=True)),
                ('source_at', models.DateTimeField(help_text='When the source was told.', null=True)),
            ],
        ),
        migrations.AddField(
            model_name='sessionrollup',
            name='first_time_conversion_weight',
            field=models.BigIntegerField(default=0, help_text='new viewers who bought x repeat viewers'),
        ),
        migrations.AddField(
            model_name='sessionrollup',
            name='first_time_converted_viewers',
            field=models.BigIntegerField(default=0, help_text='new viewers with a paid order of this session placed between their first join and its end plus the tail'),
        ),
        migrations.AddField(
            model_name='sessionrollup',
            name='new_viewers',
            field=models.BigIntegerField(default=0, help_text='viewers who watched no session that started earlier'),
        ),
        migrations.AddField(
            model_name='sessionrollup',
            name='repeat_conversion_weight',
            field=models.BigIntegerField(default=0, help_text='repeat viewers who bought x new viewers'),
        ),
        migrations.AddField(
            model_name='sessionrollup',
            name='repeat_converted_viewers',
            field=models.BigIntegerField(default=0, help_text='repeat viewers with a paid order of this session placed between their first join and its end plus the tail'),
        ),
        migrations.AddField(
            model_name='sessionrollup',
            name='repeat_viewers',
            field=models.BigIntegerField(default=0, help_text='viewers who also watched a session of the partner that started earlier'),
        ),
        migrations.AddField(
            model_name='sessionsales',
            name='new_buyers_net',
            field=models.BigIntegerField(default=0, help_text='buyers whose first order ever is one of this session, among the orders the basis counts'),
        ),
        migrations.AddField(
            model_name='sessionsales',
            name='new_buyers_paid',
            field=models.BigIntegerField(default=0, help_text='buyers whose first order ever is one of this session, among the orders the basis counts'),
        ),
        migrations.AddField(
            model_name='sessionsales',
            name='new_buyers_placed',
            field=models.BigIntegerField(default=0, help_text='buyers whose first order ever is one of this session, among the orders the basis counts'),
        ),
        migrations.AddIndex(
            model_name='orderfact',
            index=models.Index(condition=models.Q(('customer_id__isnull', False)), fields=['partner', 'customer_id', 'placed_at'], name='orderfact_partner_customer'),
        ),
        migrations.AddField(
            model_name='sessionaudience',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddField(
            model_name='sessionaudience',
            name='session',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession'),
        ),
        migrations.AddField(
            model_name='sessionsource',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddField(
            model_name='sessionsource',
            name='session',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession'),
        ),
        migrations.AddField(
            model_name='sessionsourcesales',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddField(
            model_name='sessionsourcesales',
            name='session',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession'),
        ),
        migrations.AddField(
            model_name='sourceminute',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddField(
            model_name='sourceminute',
            name='session',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession'),
        ),
        migrations.AddField(
            model_name='viewerpath',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddField(
            model_name='viewerpath',
            name='session',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession'),
        ),
        migrations.AddField(
            model_name='viewerpath',
            name='viewer',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.viewer'),
        ),
        migrations.AddIndex(
            model_name='sessionaudience',
            index=models.Index(condition=models.Q(('is_behind', True)), fields=['partner', 'computed_at'], name='audience_behind'),
        ),
        migrations.AddConstraint(
            model_name='sessionaudience',
            constraint=models.UniqueConstraint(fields=('partner', 'session', 'of'), name='audience_partner_session'),
        ),
        migrations.AddConstraint(
            model_name='sessionsource',
            constraint=models.UniqueConstraint(fields=('partner', 'session', 'source', 'sub_source', 'is_paid'), name='sessionsource_partner_session', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='sessionsourcesales',
            constraint=models.UniqueConstraint(fields=('partner', 'session', 'currency', 'source', 'sub_source', 'is_paid'), name='sourcesales_partner_session', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='sourceminute',
            constraint=models.UniqueConstraint(fields=('partner', 'session', 'minute', 'source', 'sub_source', 'is_paid'), name='sourceminute_partner_session', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='viewerpath',
            index=models.Index(condition=models.Q(('watched_from__isnull', False)), fields=['partner', 'viewer', 'watched_from'], name='viewerpath_partner_viewer'),
        ),
        migrations.AddIndex(
            model_name='viewerpath',
            index=models.Index(fields=['partner', 'session'], name='viewerpath_partner_session'),
        ),
    ]

