"""The shop's days in parts."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('analytics', '0017_shop'), ('commerce', '0009_customers')]

    operations = [
        migrations.CreateModel(
            name='ShopPart',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('date', models.DateField(help_text="The partner's calendar day.")),
                ('dimension', models.CharField(choices=[('LIVE', 'LIVE'), ('CHANNEL', 'CHANNEL'), ('CUSTOMER', 'CUSTOMER'), ('PRODUCT', 'PRODUCT'), ('KOL', 'KOL'), ('COUNTRY', 'COUNTRY')], max_length=8)),
                ('part', models.CharField(blank=True, help_text='Empty: none, or not known.', max_length=36)),
                ('currency', models.CharField(max_length=3)),
                ('orders_placed', models.BigIntegerField(default=0, help_text='orders placed in the period, by basis')),
                ('orders_paid', models.BigIntegerField(default=0, help_text='orders placed in the period, by basis')),
                ('orders_net', models.BigIntegerField(default=0, help_text='orders placed in the period, by basis')),
                ('guest_orders_placed', models.BigIntegerField(default=0, help_text='orders of the period without a customer, by basis')),
                ('guest_orders_paid', models.BigIntegerField(default=0, help_text='orders of the period without a customer, by basis')),
                ('guest_orders_net', models.BigIntegerField(default=0, help_text='orders of the period without a customer, by basis')),
                ('non_live_orders_placed', models.BigIntegerField(default=0, help_text='orders of the period that belong to no session, by basis')),
                ('non_live_orders_paid', models.BigIntegerField(default=0, help_text='orders of the period that belong to no session, by basis')),
                ('non_live_orders_net', models.BigIntegerField(default=0, help_text='orders of the period that belong to no session, by basis')),
                ('items_sold_placed', models.BigIntegerField(default=0, help_text='units of the orders, by basis')),
                ('items_sold_paid', models.BigIntegerField(default=0, help_text='units of the orders, by basis')),
                ('items_sold_net', models.BigIntegerField(default=0, help_text='units of the orders, by basis')),
                ('sales_placed', models.DecimalField(decimal_places=4, default=0, help_text='merchandise after discounts, by basis; NET = paid - refunds and cancellations of the period', max_digits=20)),
                ('sales_paid', models.DecimalField(decimal_places=4, default=0, help_text='merchandise after discounts, by basis; NET = paid - refunds and cancellations of the period', max_digits=20)),
                ('sales_net', models.DecimalField(decimal_places=4, default=0, help_text='merchandise after discounts, by basis; NET = paid - refunds and cancellations of the period', max_digits=20)),
                ('non_live_sales_placed', models.DecimalField(decimal_places=4, default=0, help_text='sales of the period, less refunds and cancellations of it, of what belongs to no session', max_digits=20)),
                ('non_live_sales_paid', models.DecimalField(decimal_places=4, default=0, help_text='sales of the period, less refunds and cancellations of it, of what belongs to no session', max_digits=20)),
                ('non_live_sales_net', models.DecimalField(decimal_places=4, default=0, help_text='sales of the period, less refunds and cancellations of it, of what belongs to no session', max_digits=20)),
                ('refunds_placed', models.DecimalField(decimal_places=4, default=0, help_text='value given back in the period', max_digits=20)),
                ('refunds_paid', models.DecimalField(decimal_places=4, default=0, help_text='value given back in the period', max_digits=20)),
                ('refunds_net', models.DecimalField(decimal_places=4, default=0, help_text='value given back in the period', max_digits=20)),
                ('cancellations_placed', models.DecimalField(decimal_places=4, default=0, help_text='value of paid orders cancelled in the period, less what had been refunded', max_digits=20)),
                ('cancellations_paid', models.DecimalField(decimal_places=4, default=0, help_text='value of paid orders cancelled in the period, less what had been refunded', max_digits=20)),
                ('cancellations_net', models.DecimalField(decimal_places=4, default=0, help_text='value of paid orders cancelled in the period, less what had been refunded', max_digits=20)),
                ('paid_sales_placed', models.DecimalField(decimal_places=4, default=0, help_text='paid merchandise, whatever the basis asked for', max_digits=20)),
                ('paid_sales_paid', models.DecimalField(decimal_places=4, default=0, help_text='paid merchandise, whatever the basis asked for', max_digits=20)),
                ('paid_sales_net', models.DecimalField(decimal_places=4, default=0, help_text='paid merchandise, whatever the basis asked for', max_digits=20)),
                ('buyers_placed', models.BigIntegerField(default=0, help_text='distinct customers of the orders; guests are none')),
                ('buyers_paid', models.BigIntegerField(default=0, help_text='distinct customers of the orders; guests are none')),
                ('buyers_net', models.BigIntegerField(default=0, help_text='distinct customers of the orders; guests are none')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'dimension', 'date', 'part', 'currency'), name='shoppart_partner_dimension')],
            },
        ),
    ]
