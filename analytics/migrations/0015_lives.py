"""What customers bought since their first purchase."""

import commerce.models.base
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0014_rate_cards'),
        ('commerce', '0009_customers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='refundfact',
            index=models.Index(condition=models.Q(('customer_id__isnull', False), ('order_id__isnull', True)), fields=['partner', 'customer_id'], name='refundfact_partner_customer'),
        ),
        migrations.CreateModel(
            name='CustomerLife',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('customer_id', models.UUIDField()),
                ('currency', models.CharField(max_length=3)),
                ('first_order_id', models.UUIDField()),
                ('first_at', models.DateTimeField()),
                ('first_date', models.DateField(help_text="The day of the first purchase in the partner's calendar.")),
                ('is_live', models.BooleanField(help_text='Whether the first purchase is of a session.')),
                ('channel', models.CharField(blank=True, choices=[('OWNED', 'Own site'), ('TIKTOK', 'TikTok'), ('SHOPEE', 'Shopee'), ('LAZADA', 'Lazada'), ('FACEBOOK', 'Facebook'), ('INSTAGRAM', 'Instagram'), ('YOUTUBE', 'YouTube'), ('OTHER', 'Other')], help_text="That session's.", max_length=10)),
                ('kol_id', models.UUIDField(help_text='The influencer met last before the first purchase.', null=True)),
                ('product_id', models.UUIDField(help_text='The line of the first purchase worth most.', null=True)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('ordered_at', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), help_text='When each order was placed.', size=None)),
                ('is_paid', django.contrib.postgres.fields.ArrayField(base_field=models.BooleanField(), size=None)),
                ('placed', django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=4, max_digits=20), help_text='Merchandise of each order.', size=None)),
                ('net', django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=4, max_digits=20), help_text='Less its refunds and its cancellation; 0 where it is not paid.', size=None)),
                ('costs', django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=4, max_digits=20, null=True), help_text='What its net units cost; null: not known.', size=None)),
                ('refunded_at', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), help_text='When each refund without an order was made.', size=None)),
                ('refunded', django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=4, max_digits=20), size=None)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'first_date'], name='life_partner_first')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'customer_id'), name='life_partner_customer')],
            },
        ),
    ]
