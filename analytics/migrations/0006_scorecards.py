"""Chosen numbers, and what the five are compared with."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import commerce.models.base


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_audiences")]
    operations = [
        migrations.AddField(
            model_name="sessionproductsales",
            name="lines",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="sessionproductsales",
            name="stated_costs",
            field=models.DecimalField(decimal_places=4, default=0, help_text="Units x cost of those lines.", max_digits=20),
        ),
        migrations.AddField(
            model_name="sessionproductsales",
            name="stated_lines",
            field=models.BigIntegerField(default=0, help_text="Lines that tell their cost."),
        ),
        migrations.AddField(
            model_name="sessionproductsales",
            name="unstated_units",
            field=models.BigIntegerField(default=0, help_text="Units of the other lines."),
        ),
        migrations.AddField(
            model_name="sessionrollup",
            name="tail_buying_viewers",
            field=models.BigIntegerField(default=0, help_text="viewers with a paid order of this session in the tail and none before its end"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="late_orders_net",
            field=models.BigIntegerField(default=0, help_text="orders that name the session and were placed before it or after its tail, by basis"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="late_orders_paid",
            field=models.BigIntegerField(default=0, help_text="orders that name the session and were placed before it or after its tail, by basis"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="late_orders_placed",
            field=models.BigIntegerField(default=0, help_text="orders that name the session and were placed before it or after its tail, by basis"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="orders_during_net",
            field=models.BigIntegerField(default=0, help_text="orders placed between start and end, by basis"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="orders_during_paid",
            field=models.BigIntegerField(default=0, help_text="orders placed between start and end, by basis"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="orders_during_placed",
            field=models.BigIntegerField(default=0, help_text="orders placed between start and end, by basis"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="orders_in_tail_net",
            field=models.BigIntegerField(default=0, help_text="orders placed after the end and within the tail, by basis"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="orders_in_tail_paid",
            field=models.BigIntegerField(default=0, help_text="orders placed after the end and within the tail, by basis"),
        ),
        migrations.AddField(
            model_name="sessionsales",
            name="orders_in_tail_placed",
            field=models.BigIntegerField(default=0, help_text="orders placed after the end and within the tail, by basis"),
        ),
        migrations.AddField(
            model_name="shopperiod",
            name="non_live_orders_net",
            field=models.BigIntegerField(default=0, help_text="orders of the period that belong to no session, by basis"),
        ),
        migrations.AddField(
            model_name="shopperiod",
            name="non_live_orders_paid",
            field=models.BigIntegerField(default=0, help_text="orders of the period that belong to no session, by basis"),
        ),
        migrations.AddField(
            model_name="shopperiod",
            name="non_live_orders_placed",
            field=models.BigIntegerField(default=0, help_text="orders of the period that belong to no session, by basis"),
        ),
        migrations.AddField(
            model_name="shopperiod",
            name="non_live_sales_net",
            field=models.DecimalField(decimal_places=4, default=0, help_text="sales of the period, less refunds and cancellations of it, of what belongs to no session", max_digits=20),
        ),
        migrations.AddField(
            model_name="shopperiod",
            name="non_live_sales_paid",
            field=models.DecimalField(decimal_places=4, default=0, help_text="sales of the period, less refunds and cancellations of it, of what belongs to no session", max_digits=20),
        ),
        migrations.AddField(
            model_name="shopperiod",
            name="non_live_sales_placed",
            field=models.DecimalField(decimal_places=4, default=0, help_text="sales of the period, less refunds and cancellations of it, of what belongs to no session", max_digits=20),
        ),
        migrations.CreateModel(
            name="MetricSelection",
            fields=[
                ("id", models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ("owner", models.CharField(help_text="The person's login, or the name of the key.", max_length=200)),
                ("name", models.CharField(max_length=100)),
                ("metrics", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), help_text="Keys of metrics, in order.", size=None)),
                ("changed_at", models.DateTimeField()),
                ("partner", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="commerce.partner")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("partner", "owner", "name"), name="metricselection_partner_owner_name")],
            },
        ),
    ]
