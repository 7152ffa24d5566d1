"""Which broadcast of a session sold an order."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0007_history"), ("commerce", "0006_broadcasts")]
    operations = [
        migrations.AddField(
            model_name='orderfact',
            name='broadcast',
            field=models.ForeignKey(db_constraint=False, db_index=False, help_text='The broadcast that sold it, where the session is made of several.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='commerce.livesession'),
        ),
        migrations.AddIndex(
            model_name='orderfact',
            index=models.Index(condition=models.Q(('broadcast__isnull', False)), fields=['partner', 'broadcast'], name='orderfact_partner_broadcast'),
        ),
    ]
