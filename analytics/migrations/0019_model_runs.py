"""Models of what customers will buy."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('analytics', '0018_splits')]

    operations = [
        migrations.CreateModel(
            name='ModelRun',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('unit', models.CharField(choices=[('WEEK', 'Weeks')], help_text='Of the time in its parameters.', max_length=4)),
                ('worth', models.CharField(choices=[('MARGIN', 'Net of refunds and costs'), ('NET', 'Net of refunds')], help_text='What of an order counts.', max_length=6)),
                ('starts_on', models.DateField(help_text='The earliest first purchase; null: there was none.', null=True)),
                ('calibrated_to', models.DateField(help_text='The day after the last one it was fitted to.')),
                ('observed_to', models.DateField(help_text='The day after the last one it was tested on.')),
                ('customers', models.BigIntegerField(help_text='Won before it was tested.')),
                ('repeaters', models.BigIntegerField(help_text='Of these, who had bought on another day.')),
                ('parameters', models.JSONField(help_text='Of both models, by name: value and standard error.')),
                ('log_likelihood', models.DecimalField(decimal_places=6, max_digits=24, null=True)),
                ('amounts_log_likelihood', models.DecimalField(decimal_places=6, max_digits=24, null=True)),
                ('correlation', models.DecimalField(decimal_places=6, help_text='Of how often and how much; the model of amounts says it is none.', max_digits=9, null=True)),
                ('fingerprint', models.CharField(help_text='SHA-256 of what it was fitted to.', max_length=64)),
                ('holdout_ratio', models.DecimalField(decimal_places=6, help_text='Purchases predicted for each one that came.', max_digits=20, null=True)),
                ('holdout', models.JSONField(help_text='Predicted and actual, in sum and by tenth of the customers.')),
                ('baseline', models.JSONField(help_text='What past spend alone foretells, beside the model.')),
                ('gates', models.JSONField(help_text='What it must pass to be used, and whether it did.')),
                ('method', models.CharField(choices=[('MODEL', 'The model'), ('COHORT_MEAN', 'The mean of all customers')], help_text='What predictions are made by.', max_length=11)),
                ('mean_purchases', models.DecimalField(decimal_places=6, help_text='Of a customer while it was tested: the mean of all.', max_digits=20, null=True)),
                ('mean_value', models.DecimalField(decimal_places=6, help_text='What these were worth: the mean of all.', max_digits=20, null=True)),
                ('low_cut', models.DecimalField(decimal_places=4, help_text='Twelve months worth less are the low segment.', max_digits=20, null=True)),
                ('high_cut', models.DecimalField(decimal_places=4, help_text='Twelve months worth so much or more are the high segment.', max_digits=20, null=True)),
                ('made_at', models.DateTimeField()),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
        ),
        migrations.CreateModel(
            name='CustomerPrediction',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('customer_id', models.UUIDField()),
                ('p_alive', models.DecimalField(decimal_places=6, help_text='Null: no model told it.', max_digits=9, null=True)),
                ('purchases_90d', models.DecimalField(decimal_places=6, max_digits=20)),
                ('purchases_365d', models.DecimalField(decimal_places=6, max_digits=20)),
                ('value_90d', models.DecimalField(decimal_places=4, max_digits=20)),
                ('value_365d', models.DecimalField(decimal_places=4, max_digits=20)),
                ('segment', models.CharField(blank=True, choices=[('LOW', 'Low'), ('MIDDLE', 'Middle'), ('HIGH', 'High')], help_text='Empty: no model told it.', max_length=6)),
                ('segment_probability', models.DecimalField(decimal_places=6, help_text='How likely twelve months come to what the segment stands for.', max_digits=9, null=True)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('run', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.modelrun')),
            ],
        ),
        migrations.AddIndex(
            model_name='modelrun',
            index=models.Index(fields=['partner', '-made_at', '-id'], name='modelrun_partner_made'),
        ),
        migrations.AddConstraint(
            model_name='modelrun',
            constraint=models.UniqueConstraint(fields=('partner', 'currency', 'observed_to'), name='modelrun_partner_slot'),
        ),
        migrations.AddConstraint(
            model_name='customerprediction',
            constraint=models.UniqueConstraint(fields=('partner', 'customer_id'), name='prediction_partner_customer'),
        ),
    ]
