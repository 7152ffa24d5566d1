"""Product moments."""

import django.db.models.deletion
from django.db import migrations, models

import commerce.models.base


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_open_view"), ("commerce", "0006_broadcasts")]
    operations = [
        migrations.AddField(
            model_name='sessionproductsales',
            name='sales_while_featured_net',
            field=models.DecimalField(decimal_places=4, default=0, help_text="the part of the product's live sales that was ordered while it was featured, by basis", max_digits=20),
        ),
        migrations.AddField(
            model_name='sessionproductsales',
            name='sales_while_featured_paid',
            field=models.DecimalField(decimal_places=4, default=0, help_text="the part of the product's live sales that was ordered while it was featured, by basis", max_digits=20),
        ),
        migrations.AddField(
            model_name='sessionproductsales',
            name='sales_while_featured_placed',
            field=models.DecimalField(decimal_places=4, default=0, help_text="the part of the product's live sales that was ordered while it was featured, by basis", max_digits=20),
        ),
        migrations.AddField(
            model_name='sessionrollup',
            name='moment_buyers',
            field=models.BigIntegerField(default=0, help_text="those of them who then bought the featured product, summed over the session's product moments: who is in several counts in each"),
        ),
        migrations.AddField(
            model_name='sessionrollup',
            name='moment_viewers',
            field=models.BigIntegerField(default=0, help_text="viewers in the 90 seconds from a featuring, summed over the session's product moments: who is in several counts in each"),
        ),
        migrations.CreateModel(
            name='SessionShowing',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(help_text="Its place among the session's moments, from 1.")),
                ('position', models.BigIntegerField(help_text='As told when it was featured.', null=True)),
                ('featured_at', models.DateTimeField(help_text="Not before the session's start.")),
                ('unfeatured_at', models.DateTimeField(help_text="As told, also after the session's end; null when it was never closed.", null=True)),
                ('ends_at', models.DateTimeField(help_text="When it was unfeatured, the session's end so far at the latest.")),
                ('window_ends_at', models.DateTimeField(help_text="90 s after the featuring, the session's end so far at the latest.")),
                ('currency', models.CharField(help_text="Of its sales: the session's; others are left out.", max_length=3)),
                ('moment_viewers', models.BigIntegerField(default=0, help_text='distinct viewers present at any time in the 90 seconds from the featuring')),
                ('moment_buyers', models.BigIntegerField(default=0, help_text='viewers of the moment with a paid order of the product in this session, placed in those 90 seconds')),
                ('viewers_at_start', models.BigIntegerField(default=0, help_text='people present when the moment begins')),
                ('viewers_at_end', models.BigIntegerField(default=0, help_text='people present until just before the moment ends')),
                ('product_clicks', models.BigIntegerField(default=0, help_text='clicks on the product while it is featured')),
                ('carts', models.BigIntegerField(default=0, help_text='viewers who put the product into a cart while it is featured')),
                ('comments', models.BigIntegerField(default=0, help_text='comments written while it is featured, whatever about')),
                ('orders', models.BigIntegerField(default=0, help_text='paid orders of the session with the product, placed while it is featured')),
                ('live_sales', models.DecimalField(decimal_places=4, default=0, help_text="quantity x price of the product's lines in those orders, before the seller's order discount", max_digits=20)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.product')),
                ('session', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'session', 'product', 'featured_at'), name='sessionshowing_partner_moment')],
            },
        ),
    ]
