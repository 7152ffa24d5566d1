"""What buyers and viewers of live sessions are worth beside others."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('analytics', '0021_reviews'), ('commerce', '0009_customers')]

    operations = [
        migrations.CreateModel(
            name='LiveLtvIndex',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('kol_id', models.UUIDField(help_text='Null: of all customers won live.', null=True)),
                ('currency', models.CharField(max_length=3)),
                ('live_customers', models.BigIntegerField()),
                ('other_customers', models.BigIntegerField()),
                ('live_value', models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ('other_value', models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ('low', models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ('high', models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ('months', models.JSONField(help_text='[{month, live customers, live value, other customers, other value}]')),
                ('computed_at', models.DateTimeField()),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name_plural': 'live LTV indices',
                'constraints': [models.UniqueConstraint(fields=('partner', 'kol_id', 'currency'), name='liveltvindex_partner_kol', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='ViewerWorth',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('is_returning', models.BooleanField(help_text='Watched an earlier session.')),
                ('has_bought', models.BooleanField(help_text='Bought in the session or its tail.')),
                ('viewings', models.BigIntegerField()),
                ('customers', models.BigIntegerField(help_text='Of these, how many are customers by now.')),
                ('buyers', models.BigIntegerField(help_text='Of these, how many bought in the 90 days.')),
                ('value', models.DecimalField(decimal_places=4, help_text='What all of them spent.', max_digits=20)),
                ('computed_at', models.DateTimeField()),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name_plural': "viewers' worth",
                'constraints': [models.UniqueConstraint(fields=('partner', 'currency', 'is_returning', 'has_bought'), name='viewerworth_partner_group')],
            },
        ),
    ]
