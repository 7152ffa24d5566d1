"""Visits, carts and products of the shop, and an index of page views and adds to carts in the log."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models

# Days of the shop are read by these alone, wherever they happened: among signs of life they are few.
SHOP = """
CREATE INDEX event_partner_shop ON commerce_event (partner_id, occurred_at) WHERE kind IN (35, 52)
"""


class Migration(migrations.Migration):

    dependencies = [('analytics', '0016_cohorts'), ('commerce', '0009_customers')]

    operations = [
        migrations.RunSQL(SHOP, "DROP INDEX event_partner_shop"),
        migrations.CreateModel(
            name='ShopCart',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('date', models.DateField(help_text="The partner's calendar day.")),
                ('cart_id', models.CharField(blank=True, max_length=200)),
                ('viewer_id', models.UUIDField(help_text='Only of a cart without an id.', null=True)),
                ('added_at', models.DateTimeField(help_text='The first time that day.')),
                ('is_first', models.BooleanField(help_text='The day the cart was begun: it counts on this one alone.')),
                ('is_placed', models.BooleanField(help_text='It became an order.')),
                ('is_paid', models.BooleanField(help_text='It became an order that was paid.')),
            ],
        ),
        migrations.CreateModel(
            name='ShopProduct',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('date', models.DateField(help_text="The partner's calendar day.")),
                ('product_id', models.UUIDField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('lines', models.BigIntegerField(default=0, help_text='Lines that were sold, given back or cancelled.')),
                ('stated_lines', models.BigIntegerField(default=0, help_text='Lines of them that tell their cost.')),
                ('stated_costs', models.DecimalField(decimal_places=4, default=0, help_text='Units x cost of those lines.', max_digits=20)),
                ('unstated_units', models.BigIntegerField(default=0, help_text='Units of the other lines.')),
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
            ],
        ),
        migrations.CreateModel(
            name='ShopTraffic',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('grain', models.CharField(choices=[('DAY', 'Day'), ('HOUR', 'Hour')], max_length=4)),
                ('date', models.DateField(help_text="The partner's calendar day.")),
                ('started_at', models.DateTimeField(help_text='Where the day or hour begins.')),
                ('visits', models.BigIntegerField(default=0, help_text="visits with a page view, each once a day; without a visit id a viewer's day is one")),
                ('visits_with_add', models.BigIntegerField(default=0, help_text='visits in which something was put into a cart that day')),
                ('carts', models.BigIntegerField(default=0, help_text="carts by the day of their first add; without a cart id a viewer's day is one")),
                ('completed_carts_placed', models.BigIntegerField(default=0, help_text='carts of the period that became an order, whenever; unless PLACED is asked for a paid one')),
                ('completed_carts_paid', models.BigIntegerField(default=0, help_text='carts of the period that became an order, whenever; unless PLACED is asked for a paid one')),
                ('completed_carts_net', models.BigIntegerField(default=0, help_text='carts of the period that became an order, whenever; unless PLACED is asked for a paid one')),
                ('abandoned_carts_placed', models.BigIntegerField(default=0, help_text='carts of the period that did not become an order by now, by basis')),
                ('abandoned_carts_paid', models.BigIntegerField(default=0, help_text='carts of the period that did not become an order by now, by basis')),
                ('abandoned_carts_net', models.BigIntegerField(default=0, help_text='carts of the period that did not become an order by now, by basis')),
            ],
        ),
        migrations.CreateModel(
            name='ShopVisitor',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('date', models.DateField(help_text="The partner's calendar day.")),
                ('started_at', models.DateTimeField(help_text='Where the hour begins.')),
                ('viewer_id', models.UUIDField(null=True)),
                ('visits', models.IntegerField()),
                ('visits_with_add', models.IntegerField(help_text='With something put into a cart that day.')),
            ],
        ),
        migrations.AddField(
            model_name='orderfact',
            name='cart_id',
            field=models.CharField(blank=True, db_default='', help_text='The cart it was.', max_length=200),
        ),
        migrations.AddIndex(
            model_name='orderfact',
            index=models.Index(condition=models.Q(('cart_id', ''), _negated=True), fields=['partner', 'cart_id'], name='orderfact_partner_cart'),
        ),
        migrations.AddField(
            model_name='shopcart',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddField(
            model_name='shopproduct',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddField(
            model_name='shoptraffic',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddField(
            model_name='shopvisitor',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner'),
        ),
        migrations.AddIndex(
            model_name='shopcart',
            index=models.Index(fields=['partner', 'date'], name='shopcart_partner_date'),
        ),
        migrations.AddConstraint(
            model_name='shopcart',
            constraint=models.UniqueConstraint(fields=('partner', 'cart_id', 'viewer_id', 'date'), name='shopcart_partner_cart', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='shopproduct',
            constraint=models.UniqueConstraint(fields=('partner', 'date', 'product_id', 'currency'), name='shopproduct_partner_date', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='shoptraffic',
            index=models.Index(fields=['partner', 'grain', 'date'], name='shoptraffic_partner_date'),
        ),
        migrations.AddConstraint(
            model_name='shoptraffic',
            constraint=models.UniqueConstraint(fields=('partner', 'grain', 'started_at'), name='shoptraffic_partner_grain_start'),
        ),
        migrations.AddConstraint(
            model_name='shopvisitor',
            constraint=models.UniqueConstraint(fields=('partner', 'date', 'started_at', 'viewer_id'), name='shopvisitor_partner_date', nulls_distinct=False),
        ),
    ]
