"""Tracking links and clicks."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('kol', '0001_campaigns')]

    operations = [
        migrations.AddIndex(
            model_name='linkclick',
            index=models.Index(condition=models.Q(('visitor', ''), _negated=True), fields=['partner', 'visitor', 'clicked_at'], name='linkclick_partner_visitor'),
        ),
    ]
