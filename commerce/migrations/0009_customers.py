"""Marketing spend, the carts and visits of orders, and what a partner says of its customers."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('commerce', '0008_affiliates'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='cart_id',
            field=models.CharField(blank=True, db_default='', help_text='The cart it was.', max_length=200),
        ),
        migrations.AddField(
            model_name='order',
            name='visit_id',
            field=models.CharField(blank=True, db_default='', help_text='The visit it was made in.', max_length=200),
        ),
        migrations.AddField(
            model_name='partner',
            name='bodies_kept_days',
            field=models.PositiveIntegerField(blank=True, help_text='How long bodies of refused events are kept; empty: for good.', null=True),
        ),
        migrations.AddField(
            model_name='partner',
            name='events_kept_months',
            field=models.PositiveIntegerField(blank=True, help_text='How long events are kept in the log; empty: for good.', null=True),
        ),
        migrations.AddField(
            model_name='partner',
            name='inactivity_days',
            field=models.PositiveSmallIntegerField(default=90, help_text='A customer who did not buy for so many days is not active any more.'),
        ),
        migrations.AddField(
            model_name='partner',
            name='week_starts_on',
            field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], default=0, help_text='The first day of its weeks.'),
        ),
        migrations.AlterField(
            model_name='stale',
            name='kind',
            field=models.CharField(choices=[('SESSION', 'Session'), ('ORDER', 'Order'), ('DAY', 'Day of the shop'), ('CAMPAIGN', 'Campaign'), ('CUSTOMER', 'Customer'), ('COHORT', 'Cohort of a day')], max_length=10),
        ),
        migrations.AlterField(
            model_name='stale',
            name='subject',
            field=models.CharField(help_text='Id of the session, order, campaign or customer, or the ISO date of the day or cohort.', max_length=36),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(fields=['partner', 'occurred_at'], name='lead_partner_occurred'),
        ),
        migrations.CreateModel(
            name='Spend',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=200)),
                ('external_id', models.CharField(max_length=200)),
                ('versions', models.JSONField(db_default=models.Value({}, models.JSONField()), editable=False)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ('currency', models.CharField(max_length=3, null=True)),
                ('starts_on', models.DateField(null=True)),
                ('ends_on', models.DateField(help_text='The day after the last one.', null=True)),
                ('channel', models.CharField(blank=True, db_default='', max_length=200)),
                ('campaign', models.CharField(blank=True, db_default='', max_length=200)),
                ('purpose', models.CharField(blank=True, choices=[('ACQUISITION', 'New customers'), ('RETENTION', 'Customers there are'), ('BRAND', 'The brand')], db_default='', max_length=12)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name_plural': 'spend',
                'indexes': [models.Index(fields=['partner', 'starts_on'], name='spend_partner_starts')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'source', 'external_id'), name='spend_partner_external')],
            },
        ),
    ]
