"""Cohorts of customers by the day of the first purchase."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0015_lives'),
    ]

    operations = [
        migrations.CreateModel(
            name='CohortActivity',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('first_date', models.DateField(help_text="The day of the first purchase in the partner's calendar.")),
                ('dimension', models.CharField(choices=[('ALL', 'Everybody'), ('LIVE', 'In a live session or not'), ('KOL', 'KOL'), ('CHANNEL', 'Channel'), ('PRODUCT', 'First product')], max_length=7)),
                ('value', models.CharField(blank=True, help_text='Empty: all, or not known.', max_length=36)),
                ('currency', models.CharField(help_text='Of the first purchase, and of all that is counted.', max_length=3)),
                ('grain', models.CharField(choices=[('DAY', 'Day'), ('WEEK', 'Week'), ('MONTH', 'Month'), ('QUARTER', 'Quarter')], max_length=7)),
                ('starts_on', models.DateField()),
                ('active', models.BigIntegerField(help_text='Customers with a paid order in the period.')),
                ('last_at', models.DateTimeField(help_text='The latest of all that is counted here.')),
                ('orders_placed', models.BigIntegerField(default=0, help_text='orders placed, paid or not')),
                ('orders_paid', models.BigIntegerField(default=0, help_text='orders that are paid')),
                ('sales_placed', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of orders placed', max_digits=20)),
                ('sales_paid', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders, before refunds', max_digits=20)),
                ('sales_net', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders less refunds and cancellations', max_digits=20)),
                ('costs', models.DecimalField(decimal_places=4, default=0, help_text='what the net units of paid orders cost, where that is known', max_digits=20)),
                ('uncosted_orders', models.BigIntegerField(default=0, help_text='paid orders whose costs are not known')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name_plural': 'cohort activity',
                'constraints': [models.UniqueConstraint(fields=('partner', 'dimension', 'grain', 'first_date', 'value', 'currency', 'starts_on'), name='cohortactivity_partner_dimension')],
            },
        ),
        migrations.CreateModel(
            name='CohortDay',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('first_date', models.DateField(help_text="The day of the first purchase in the partner's calendar.")),
                ('dimension', models.CharField(choices=[('ALL', 'Everybody'), ('LIVE', 'In a live session or not'), ('KOL', 'KOL'), ('CHANNEL', 'Channel'), ('PRODUCT', 'First product')], max_length=7)),
                ('value', models.CharField(blank=True, help_text='Empty: all, or not known.', max_length=36)),
                ('currency', models.CharField(help_text='Of the first purchase, and of all that is counted.', max_length=3)),
                ('customers', models.BigIntegerField()),
                ('orders_placed_30', models.BigIntegerField(default=0, help_text='orders placed, paid or not')),
                ('orders_paid_30', models.BigIntegerField(default=0, help_text='orders that are paid')),
                ('sales_placed_30', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of orders placed', max_digits=20)),
                ('sales_paid_30', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders, before refunds', max_digits=20)),
                ('sales_net_30', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders less refunds and cancellations', max_digits=20)),
                ('costs_30', models.DecimalField(decimal_places=4, default=0, help_text='what the net units of paid orders cost, where that is known', max_digits=20)),
                ('uncosted_orders_30', models.BigIntegerField(default=0, help_text='paid orders whose costs are not known')),
                ('orders_placed_60', models.BigIntegerField(default=0, help_text='orders placed, paid or not')),
                ('orders_paid_60', models.BigIntegerField(default=0, help_text='orders that are paid')),
                ('sales_placed_60', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of orders placed', max_digits=20)),
                ('sales_paid_60', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders, before refunds', max_digits=20)),
                ('sales_net_60', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders less refunds and cancellations', max_digits=20)),
                ('costs_60', models.DecimalField(decimal_places=4, default=0, help_text='what the net units of paid orders cost, where that is known', max_digits=20)),
                ('uncosted_orders_60', models.BigIntegerField(default=0, help_text='paid orders whose costs are not known')),
                ('orders_placed_90', models.BigIntegerField(default=0, help_text='orders placed, paid or not')),
                ('orders_paid_90', models.BigIntegerField(default=0, help_text='orders that are paid')),
                ('sales_placed_90', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of orders placed', max_digits=20)),
                ('sales_paid_90', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders, before refunds', max_digits=20)),
                ('sales_net_90', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders less refunds and cancellations', max_digits=20)),
                ('costs_90', models.DecimalField(decimal_places=4, default=0, help_text='what the net units of paid orders cost, where that is known', max_digits=20)),
                ('uncosted_orders_90', models.BigIntegerField(default=0, help_text='paid orders whose costs are not known')),
                ('orders_placed_180', models.BigIntegerField(default=0, help_text='orders placed, paid or not')),
                ('orders_paid_180', models.BigIntegerField(default=0, help_text='orders that are paid')),
                ('sales_placed_180', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of orders placed', max_digits=20)),
                ('sales_paid_180', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders, before refunds', max_digits=20)),
                ('sales_net_180', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders less refunds and cancellations', max_digits=20)),
                ('costs_180', models.DecimalField(decimal_places=4, default=0, help_text='what the net units of paid orders cost, where that is known', max_digits=20)),
                ('uncosted_orders_180', models.BigIntegerField(default=0, help_text='paid orders whose costs are not known')),
                ('orders_placed_365', models.BigIntegerField(default=0, help_text='orders placed, paid or not')),
                ('orders_paid_365', models.BigIntegerField(default=0, help_text='orders that are paid')),
                ('sales_placed_365', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of orders placed', max_digits=20)),
                ('sales_paid_365', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders, before refunds', max_digits=20)),
                ('sales_net_365', models.DecimalField(decimal_places=4, default=0, help_text='merchandise of paid orders less refunds and cancellations', max_digits=20)),
                ('costs_365', models.DecimalField(decimal_places=4, default=0, help_text='what the net units of paid orders cost, where that is known', max_digits=20)),
                ('uncosted_orders_365', models.BigIntegerField(default=0, help_text='paid orders whose costs are not known')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'dimension', 'first_date', 'value', 'currency'), name='cohortday_partner_dimension')],
            },
        ),
    ]
