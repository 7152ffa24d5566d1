"""What looks odd of an influencer, with evidence."""

import commerce.models.base
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('analytics', '0012_campaigns')]

    operations = [
        migrations.CreateModel(
            name='CollaborationFlag',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('FAST_ORDERS', 'Ordered right after a click'), ('ONE_DEVICE', 'Many orders from one device'), ('ONE_BUYER', 'Many orders of one buyer on a day'), ('SELF_PURCHASE', 'Bought by the KOL'), ('CODE_LEAK', 'Code used by people the KOL never met'), ('FOLLOWER_JUMP', 'A jump in followers'), ('HIGH_ENGAGEMENT', 'Engagement above nearly all others of the tier')], max_length=15)),
                ('severity', models.CharField(choices=[('LOW', 'Low'), ('MEDIUM', 'Medium'), ('HIGH', 'High')], max_length=6)),
                ('counted', models.BigIntegerField(help_text='Orders it is seen by; new followers; engaged viewers.')),
                ('among', models.BigIntegerField(help_text='Of how many: orders, followers before, viewers.')),
                ('value', models.DecimalField(decimal_places=6, help_text='What was compared with the threshold.', max_digits=20)),
                ('threshold', models.DecimalField(decimal_places=6, max_digits=20)),
                ('deviation', models.DecimalField(decimal_places=4, help_text='In standard deviations; null: no history.', max_digits=12, null=True)),
                ('order_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), help_text='The first few of the orders.', size=None)),
                ('since', models.DateTimeField(help_text='The first time it was seen.')),
                ('collaboration', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.collaboration')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'collaboration', 'kind'), name='flag_partner_collaboration_kind')],
            },
        ),
        migrations.AlterField(
            model_name='orderfact',
            name='method',
            field=models.CharField(blank=True, choices=[('EXPLICIT', 'The order names the session'), ('VIEWER', 'The buyer watched the session'), ('LINK', 'The buyer followed a link of the session'), ('CODE', 'The order has a code of the session')], max_length=10),
        ),
        migrations.AlterField(
            model_name='sessionsales',
            name='late_orders_net',
            field=models.BigIntegerField(default=0, help_text='orders that name the session, or have a link or code of it, and were placed before it or after its tail, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsales',
            name='late_orders_paid',
            field=models.BigIntegerField(default=0, help_text='orders that name the session, or have a link or code of it, and were placed before it or after its tail, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsales',
            name='late_orders_placed',
            field=models.BigIntegerField(default=0, help_text='orders that name the session, or have a link or code of it, and were placed before it or after its tail, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsales',
            name='orders_in_tail_net',
            field=models.BigIntegerField(default=0, help_text='orders placed after the end and within the tail, of its links and codes within a day, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsales',
            name='orders_in_tail_paid',
            field=models.BigIntegerField(default=0, help_text='orders placed after the end and within the tail, of its links and codes within a day, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsales',
            name='orders_in_tail_placed',
            field=models.BigIntegerField(default=0, help_text='orders placed after the end and within the tail, of its links and codes within a day, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsalesversion',
            name='late_orders_net',
            field=models.BigIntegerField(default=0, help_text='orders that name the session, or have a link or code of it, and were placed before it or after its tail, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsalesversion',
            name='late_orders_paid',
            field=models.BigIntegerField(default=0, help_text='orders that name the session, or have a link or code of it, and were placed before it or after its tail, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsalesversion',
            name='late_orders_placed',
            field=models.BigIntegerField(default=0, help_text='orders that name the session, or have a link or code of it, and were placed before it or after its tail, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsalesversion',
            name='orders_in_tail_net',
            field=models.BigIntegerField(default=0, help_text='orders placed after the end and within the tail, of its links and codes within a day, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsalesversion',
            name='orders_in_tail_paid',
            field=models.BigIntegerField(default=0, help_text='orders placed after the end and within the tail, of its links and codes within a day, by basis'),
        ),
        migrations.AlterField(
            model_name='sessionsalesversion',
            name='orders_in_tail_placed',
            field=models.BigIntegerField(default=0, help_text='orders placed after the end and within the tail, of its links and codes within a day, by basis'),
        ),
    ]
